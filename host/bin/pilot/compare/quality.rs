//! How well an episode went, beyond whether the pole stood.

use particle_pilot::EpisodeResult;
use serde::Serialize;

use super::REFERENCE;
use crate::settings::Settings;

/// What tells apart pilots that all survive.
#[derive(Clone, Copy)]
pub struct Quality {
    /// Root mean square of the position, in m.
    position_rms: f64,
    /// Root mean square of the angle, in degrees.
    angle_rms: f64,
    /// As futures are charged, by the reference's weights, for each step of the whole length.
    cost: f64,
}

impl Quality {
    /// Of an episode, charged as the reference would; none where a GPU ran it, which does not tell its states.
    pub fn of(result: &EpisodeResult, settings: &Settings) -> Option<Self> {
        let [position_rms, _, angle_rms, _] = *result.state_rms.as_deref()? else { return None };
        let weights = settings.weights(REFERENCE);
        let (steps, limit) = (f64::from(result.steps), f64::from(settings.steps()));
        let running = weights.position * position_rms.powi(2) + weights.angle * angle_rms.powi(2);
        Some(Self {
            position_rms,
            angle_rms: angle_rms.to_degrees(),
            cost: (running * steps + weights.end * (limit - steps)) / limit,
        })
    }
}

/// A mean over episodes, and how far the true one may be away, with a confidence of 95%.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    pub mean: f64,
    /// None of a single episode.
    pub margin: Option<f64>,
}

impl Mean {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let count = values.clone().count() as f64;
        if count == 0.0 {
            return None;
        }
        let mean = values.clone().sum::<f64>() / count;
        let squares: f64 = values.map(|value| (value - mean).powi(2)).sum();
        let margin =
            (count > 1.0).then(|| quantile(count - 1.0) * (squares / (count - 1.0) / count).sqrt());
        Some(Self { mean, margin })
    }

    /// Whether it is below 0 by more than chance explains.
    fn is_negative(&self) -> bool {
        self.mean + self.margin.unwrap_or(f64::INFINITY) < 0.0
    }
}

/// Whether `these` episodes cost less than `those` of the same seeds, by more than chance explains.
pub fn cost_less(these: &[Quality], those: &[Quality]) -> bool {
    let differences = these.iter().zip(those).map(|(this, that)| this.cost - that.cost);
    Mean::of(differences).is_some_and(|difference| difference.is_negative())
}

/// The 97.5% quantile of Student's distribution with so many degrees of freedom, to 1% from 3 on, by the expansion of
/// Cornish and Fisher (M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 26.7.5).
fn quantile(freedom: f64) -> f64 {
    let z: f64 = 1.959_963_984_540_054;
    match freedom {
        1.0 => 12.706,
        2.0 => 4.303,
        n => {
            let first = (z.powi(3) + z) / (4.0 * n);
            let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n);
            let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z)
                / (384.0 * n.powi(3));
            z + first + second + third
        }
    }
}

/// The means of many episodes.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Qualities {
    position_rms_m: Option<Mean>,
    angle_rms_deg: Option<Mean>,
    cost_per_step: Option<Mean>,
}

impl Qualities {
    pub fn of(all: &[Quality]) -> Self {
        Self {
            position_rms_m: Mean::of(all.iter().map(|quality| quality.position_rms)),
            angle_rms_deg: Mean::of(all.iter().map(|quality| quality.angle_rms)),
            cost_per_step: Mean::of(all.iter().map(|quality| quality.cost)),
        }
    }

    /// The mean cost of a step.
    pub fn mean_cost(&self) -> Option<f64> {
        self.cost_per_step.map(|cost| cost.mean)
    }

    /// As people read them.
    pub fn cells(&self) -> [String; 3] {
        let brief =
            |mean: Option<Mean>| mean.map_or("-".into(), |mean| format!("{:.2}", mean.mean));
        let cost = self.cost_per_step.map_or("-".into(), |Mean { mean, margin }| {
            // As many decimals as the margin has a meaning for.
            let decimals =
                margin.map_or(4, |m| (1.0 - m.max(1e-9).log10().floor()).clamp(1.0, 8.0) as usize);
            let margin = margin.map_or(String::new(), |margin| format!(" ± {margin:.decimals$}"));
            format!("{mean:.decimals$}{margin}")
        });
        [brief(self.position_rms_m), brief(self.angle_rms_deg), cost]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_students() {
        // From published tables of the distribution.
        for (freedom, expected) in
            [(1.0, 12.706), (2.0, 4.303), (3.0, 3.182), (4.0, 2.776), (9.0, 2.262), (99.0, 1.984)]
        {
            assert!((quantile(freedom) / expected - 1.0).abs() < 0.01, "{freedom}");
        }
        let mean = Mean::of([1.0, 2.0, 3.0, 4.0, 5.0].into_iter()).unwrap();
        assert_eq!(mean.mean, 3.0);
        assert!((mean.margin.unwrap() - 2.776 * 0.5f64.sqrt()).abs() < 0.02);
        assert_eq!(Mean::of([7.0].into_iter()), Some(Mean { mean: 7.0, margin: None }));
        assert_eq!(Mean::of([].into_iter()), None);
    }

    #[test]
    fn less_is_only_what_chance_does_not_explain() {
        let all = |costs: &[f64]| -> Vec<Quality> {
            costs
                .iter()
                .map(|cost| Quality { position_rms: 0.0, angle_rms: 0.0, cost: *cost })
                .collect()
        };
        let far_apart = all(&[1.0, 5.0, 9.0]);
        assert!(cost_less(&far_apart, &all(&[1.1, 5.11, 9.1]))); // the differences are what counts
        assert!(!cost_less(&far_apart, &all(&[1.1, 5.2, 8.9])));
        assert!(!cost_less(&far_apart, &far_apart));
        assert!(!cost_less(&all(&[1.0]), &all(&[2.0])));
    }
}
