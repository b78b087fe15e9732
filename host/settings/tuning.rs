//! What can be tuned about the planners.

use serde::{Deserialize, Serialize};

use super::names::named;
use super::{ActionKind, NoiseScale, PlannerKind, SettingError};

/// How controls run between knots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Interpolation {
    /// Straight lines.
    #[default]
    Linear,
    /// Catmull and Rom's cubics, which are smooth.
    Cubic,
}

named!(
    Interpolation,
    "interpolation",
    [(Interpolation::Linear, "linear"), (Interpolation::Cubic, "cubic")]
);

/// Where the noise at the knots comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Noise {
    /// Independent normal numbers.
    #[default]
    White,
    /// Normal numbers that follow their predecessor (first-order autoregression), see
    /// [`Tuning::colour`].
    Coloured,
    /// Normal numbers spread evenly over the particles by Halton's sequence, shifted at random
    /// for every decision.
    Halton,
}

named!(
    Noise,
    "noise",
    [(Noise::White, "white"), (Noise::Coloured, "coloured"), (Noise::Halton, "halton")]
);

/// The planners' knobs. Each planner reads some of them; [`Tuning::of`] gives its defaults.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuning {
    /// `cem`, `icem`: refits in each decision, 1 to 100. More searches deeper, at proportional cost.
    pub iterations: u32,
    /// `cem`, `icem`: the share of futures to refit to, above 0 to 1. Less converges faster and errs more.
    pub elite_share: f64,
    /// `cem`, `icem`: how much of the old plan stays in a refit, 0 to below 1.
    pub smoothing: f64,
    /// `cem`, `icem`: the probability that each action keeps at every step, 1/256 to 0.5; for continuous
    /// actions, and with `icem`, the least standard deviation as a share of the full force.
    pub floor: f64,
    /// `mppi`, `smc`: the temperature, 1e-9 to 1e9, in units of cost. More lets worse futures have a say.
    pub temperature: f64,
    /// `mppi`: choose the temperature in each decision such that the effective sample size is this
    /// share of the particles; 0 for the fixed temperature.
    pub target_share: f64,
    /// `cem`, `icem`, `mppi`, `predictive-sampling`, `random-shooting` with continuous actions, `icem`, `mppi` and
    /// `predictive-sampling` with discrete ones: steps between knots, 1 to 1000. More makes smoother plans of fewer numbers.
    pub knot_spacing: u32,
    /// The same planners: how controls run between knots.
    pub interpolation: Interpolation,
    /// The same planners but `icem`: where the noise comes from.
    pub noise: Noise,
    /// The same planners: the noise's standard deviation as a share of full control, above 0 to 10; one number for all
    /// dimensions of a box, or one for each. Scores of choices all have the same.
    pub noise_scale: NoiseScale,
    /// The same planners but `icem`, with coloured noise: the correlation of neighbouring knots, 0 to below 1.
    pub colour: f64,
    /// `fmc`: the exponent of the score against that of the distance, 0 to 10. More seeks reward,
    /// less explores.
    pub balance: f64,
    /// `icem`: `beta` of the noise's power spectrum `1 / f^beta`, 0 to 4. 0 is white noise, 1 pink, 2 a random walk's; more is
    /// smoother, and pushes farther to one side.
    #[serde(default = "exponent_of_icem")]
    pub noise_exponent: f64,
    /// `icem`: the share of the elites that are followed again in the next iteration and decision, above 0 to 1; of these 64
    /// at most.
    #[serde(default = "kept_share_of_icem")]
    pub kept_share: f64,
    /// `icem`: how many times as many futures each iteration has as the next, 1 to 10. The last has twice the elites at least.
    #[serde(default = "sample_decay_of_icem")]
    pub sample_decay: f64,
}

fn exponent_of_icem() -> f64 {
    0.5
}

fn kept_share_of_icem() -> f64 {
    0.3
}

fn sample_decay_of_icem() -> f64 {
    1.25
}

impl Tuning {
    /// The defaults of a planner, found by trying on the cart-pole with and without pushes.
    ///
    /// * `cem`: two refits to the best 5%. Most futures that differ from a good plan fall within the
    ///   horizon; a larger share would refit to fallen ones.
    /// * `icem`: noise as strong as the control, at every step, and nearly white: what makes it smooth makes dithering rare.
    ///   Twice as many elites as `cem`, of which 0.3 are kept and each iteration has 0.8 of the futures of the one before,
    ///   as in the paper.
    /// * `mppi`: noise as strong as the control, at every other step. Smoother noise cannot dither,
    ///   which is how full left and full right make small forces.
    /// * `predictive-sampling`: noise half as strong as the control, at every other step. Less of it finds no way back from
    ///   where a fall is near.
    /// * `smc`, `mppi`: a temperature of one step's life: a future that falls a step earlier has 0.37
    ///   of the say.
    /// * `random-shooting` with continuous actions: noise as strong as the control and new at every
    ///   step. What an action is worth should not depend on a guess that is then kept up.
    #[must_use]
    pub fn of(planner: PlannerKind) -> Self {
        let common = Self {
            iterations: 2,
            elite_share: 0.05,
            smoothing: 0.2,
            floor: 0.05,
            temperature: 1.0,
            target_share: 0.0,
            knot_spacing: 5,
            interpolation: Interpolation::Linear,
            noise: Noise::White,
            noise_scale: 0.5.into(),
            colour: 0.5,
            balance: 1.0,
            noise_exponent: exponent_of_icem(),
            kept_share: kept_share_of_icem(),
            sample_decay: sample_decay_of_icem(),
        };
        match planner {
            PlannerKind::Mppi => Self { knot_spacing: 2, noise_scale: 1.0.into(), ..common },
            PlannerKind::RandomShooting => {
                Self { knot_spacing: 1, noise_scale: 1.0.into(), ..common }
            }
            PlannerKind::PredictiveSampling => Self { knot_spacing: 2, ..common },
            PlannerKind::Icem => {
                Self { elite_share: 0.1, knot_spacing: 1, noise_scale: 1.0.into(), ..common }
            }
            PlannerKind::Cem | PlannerKind::Smc | PlannerKind::Fmc => common,
        }
    }

    /// The names of all knobs, as the fields here and the options of the program and of the Python package have them.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::Tuning;
    /// assert!(Tuning::knobs().contains(&"elite_share"));
    /// ```
    #[must_use]
    pub fn knobs() -> [&'static str; 15] {
        let (planner, action) = (PlannerKind::default(), ActionKind::default());
        Self::of(planner).readers(planner, action).map(|(knob, _)| knob)
    }

    /// The knobs that `planner` does not read, by their names here, and in which case not: after "has no effect".
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{ActionKind, PlannerKind, Tuning};
    /// let (planner, action) = (PlannerKind::Fmc, ActionKind::Discrete);
    /// let unread = Tuning::of(planner).unread(planner, action);
    /// assert!(unread.contains(&("iterations", "on fmc".into())));
    /// assert!(unread.iter().all(|(knob, _)| *knob != "balance"));
    /// ```
    #[must_use]
    pub fn unread(&self, planner: PlannerKind, action: ActionKind) -> Vec<(&'static str, String)> {
        let reads = self.readers(planner, action);
        let reads_knots = reads.contains(&("noise", true));
        // Whatever the actions are, so that these are not why.
        let reads_always = planner == PlannerKind::Icem;
        let about_knots = ["knot_spacing", "interpolation", "noise", "noise_scale", "colour"];
        let case = |knob| match knob {
            "colour" if reads_knots => "unless the noise is coloured".into(),
            knob if has_knots(planner) && !reads_always && about_knots.contains(&knob) => {
                format!("on {planner} with {action} actions")
            }
            _ => format!("on {planner}"),
        };
        let unread = reads.into_iter().filter(|(_, is_read)| !is_read);
        unread.map(|(knob, _)| (knob, case(knob))).collect()
    }

    /// Every knob by name, and whether `planner` reads it.
    fn readers(&self, planner: PlannerKind, action: ActionKind) -> [(&'static str, bool); 15] {
        let is = |kind| planner == kind;
        let (cem, mppi) = (is(PlannerKind::Cem), is(PlannerKind::Mppi));
        let icem = is(PlannerKind::Icem);
        let (refits, always) = (cem || icem, mppi || is(PlannerKind::PredictiveSampling));
        let noise = always || has_knots(planner) && action == ActionKind::Continuous && !icem;
        let knots = noise || icem;
        [
            ("iterations", refits),
            ("elite_share", refits),
            ("smoothing", refits),
            ("floor", refits),
            ("temperature", mppi || is(PlannerKind::Smc)),
            ("target_share", mppi),
            ("knot_spacing", knots),
            ("interpolation", knots),
            ("noise", noise),
            ("noise_scale", knots),
            ("colour", noise && self.noise == Noise::Coloured),
            ("balance", is(PlannerKind::Fmc)),
            ("noise_exponent", icem),
            ("kept_share", icem),
            ("sample_decay", icem),
        ]
    }

    /// Checks every knob's range.
    ///
    /// # Errors
    /// [`SettingError`] about the first knob out of range.
    pub fn validate(&self) -> Result<(), SettingError> {
        let checks: [(&str, bool, String, &str); 12] = [
            (
                "iterations",
                (1..=100).contains(&self.iterations),
                self.iterations.to_string(),
                "1 to 100",
            ),
            (
                "elite_share",
                above_0(self.elite_share, 1.0),
                self.elite_share.to_string(),
                "above 0 to 1",
            ),
            (
                "smoothing",
                (0.0..1.0).contains(&self.smoothing),
                self.smoothing.to_string(),
                "0 to below 1",
            ),
            (
                "floor",
                (1.0 / 256.0..=0.5).contains(&self.floor),
                self.floor.to_string(),
                "1/256 to 0.5",
            ),
            (
                "temperature",
                (1e-9..=1e9).contains(&self.temperature),
                self.temperature.to_string(),
                "1e-9 to 1e9",
            ),
            (
                "target_share",
                (0.0..1.0).contains(&self.target_share),
                self.target_share.to_string(),
                "0 to below 1",
            ),
            (
                "knot_spacing",
                (1..=1000).contains(&self.knot_spacing),
                self.knot_spacing.to_string(),
                "1 to 1000",
            ),
            ("colour", (0.0..1.0).contains(&self.colour), self.colour.to_string(), "0 to below 1"),
            ("balance", (0.0..=10.0).contains(&self.balance), self.balance.to_string(), "0 to 10"),
            (
                "noise_exponent",
                (0.0..=4.0).contains(&self.noise_exponent),
                self.noise_exponent.to_string(),
                "0 to 4",
            ),
            (
                "kept_share",
                above_0(self.kept_share, 1.0),
                self.kept_share.to_string(),
                "above 0 to 1",
            ),
            (
                "sample_decay",
                (1.0..=10.0).contains(&self.sample_decay),
                self.sample_decay.to_string(),
                "1 to 10",
            ),
        ];
        match checks.into_iter().find(|(_, good, _, _)| !good) {
            Some((name, _, given, required)) => Err(SettingError { name, given, required }),
            None => self.noise_scale.validate(),
        }
    }
}

/// Whether a number is above 0, and `most` at most.
pub(super) fn above_0(number: f64, most: f64) -> bool {
    number > 0.0 && number <= most
}

/// Whether `planner` draws controls at knots for some actions.
fn has_knots(planner: PlannerKind) -> bool {
    !matches!(planner, PlannerKind::Smc | PlannerKind::Fmc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CartPoleProblem, Decision, Device, Pilot, PilotConfig};

    /// What a pilot decides three times in a row.
    fn decisions(config: &PilotConfig) -> Vec<Decision> {
        let mut pilot = Pilot::new(config.clone(), CartPoleProblem::default()).unwrap();
        (0..3).map(|_| pilot.act(&[0.02, 0.1, 0.03, -0.2]).unwrap()).collect()
    }

    #[test]
    fn knobs_that_are_not_read_change_nothing_and_all_others_do() {
        // `target_share` and `interpolation` only matter where these are so.
        let common =
            Tuning { knot_spacing: 3, noise: Noise::Coloured, ..Tuning::of(PlannerKind::Cem) };
        let turned = [
            ("iterations", Tuning { iterations: 3, ..common }),
            ("elite_share", Tuning { elite_share: 0.2, ..common }),
            ("smoothing", Tuning { smoothing: 0.5, ..common }),
            ("floor", Tuning { floor: 0.4, ..common }),
            ("temperature", Tuning { temperature: 3.0, ..common }),
            ("target_share", Tuning { target_share: 0.3, ..common }),
            ("knot_spacing", Tuning { knot_spacing: 7, ..common }),
            ("interpolation", Tuning { interpolation: Interpolation::Cubic, ..common }),
            ("noise", Tuning { noise: Noise::Halton, ..common }),
            // Where only the sign counts, its size matters once the plan meets its limits.
            ("noise_scale", Tuning { noise_scale: 10.0.into(), ..common }),
            ("colour", Tuning { colour: 0.9, ..common }),
            ("balance", Tuning { balance: 2.0, ..common }),
            ("noise_exponent", Tuning { noise_exponent: 3.0, ..common }),
            ("kept_share", Tuning { kept_share: 0.8, ..common }),
            ("sample_decay", Tuning { sample_decay: 2.0, ..common }),
        ];
        for (planner, _) in PlannerKind::ALL {
            for (action, _) in ActionKind::ALL {
                let config = PilotConfig {
                    action: *action,
                    particles: 200,
                    device: Device::Cpu,
                    threads: 1,
                    tuning: common,
                    ..PilotConfig::of(*planner)
                };
                let expected = decisions(&config);
                let unread = common.unread(*planner, *action);
                for (knob, tuning) in &turned {
                    let is_read = unread.iter().all(|(name, _)| name != knob);
                    let differ =
                        decisions(&PilotConfig { tuning: *tuning, ..config.clone() }) != expected;
                    assert_eq!(differ, is_read, "{knob} of {planner} {action}");
                }
                let white = Tuning { noise: Noise::White, ..common };
                let other = Tuning { colour: 0.1, ..white };
                let [white, other] = [white, other]
                    .map(|tuning| decisions(&PilotConfig { tuning, ..config.clone() }));
                assert_eq!(white, other);
            }
        }
    }
}
