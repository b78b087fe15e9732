//! What many episodes say.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::decision::Warning;
use crate::env::Ending;
use crate::episode::{Digest, EpisodeResult, WarningNote, WarningNotes};
use crate::settings::Device;

/// What the episodes of an evaluation say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationResult {
    /// How many episodes were finished.
    pub episodes: u32,
    /// How many [went as they should](Ending::is_success); for cart-pole, in how many the pole stood to the last step.
    pub survived: u32,
    /// The share of those.
    pub success_rate: f64,
    /// The 95% confidence interval of that share, by Wilson's score.
    pub success_interval: [f64; 2],
    /// Mean length of an episode, in steps.
    pub mean_steps: f64,
    /// The shortest episode.
    pub min_steps: u32,
    /// The mean sum of an episode's rewards; for cart-pole, its mean length. Of a model that is its own environment, an
    /// episode that fails early may have lost less than one that goes on: see `success_rate`, too.
    #[serde(default)]
    pub mean_reward: f64,
    /// From start to end.
    pub wall: Duration,
    /// Steps simulated by particles.
    pub particle_steps: u64,
    /// A hash of all episodes' digests, in order of seeds.
    pub digest: Digest,
    /// The episodes that did not go as they should, in order of seeds.
    pub failures: Vec<Failure>,
    /// How many episodes ended how, of those endings that came.
    #[serde(default)]
    pub endings: BTreeMap<Ending, u32>,
    /// What was noticed about decisions, by kind; nothing of episodes that a GPU ran as a whole.
    #[serde(default)]
    pub warnings: Vec<WarningSummary>,
    /// Which devices ran how many episodes, in the order in which they worked. One, unless a GPU failed on the way; none where
    /// no [`Evaluation`](crate::Evaluation) ran them.
    #[serde(default)]
    pub devices: Vec<DeviceShare>,
    /// Why not all episodes ran on a GPU, where the device was left open and a GPU was, or might have been, faster: the words of the
    /// [`BackendError`](crate::backend::BackendError).
    #[serde(default)]
    pub fallback_reason: Option<String>,
}

/// How many of an evaluation's episodes ran on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceShare {
    /// The device: never [`Device::Auto`].
    pub device: Device,
    /// How many episodes it finished, at least 1.
    pub episodes: u32,
}

/// A kind of warning that came in an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WarningSummary {
    /// The first of its kind, in the order of seeds.
    pub warning: Warning,
    /// In how many decisions it came.
    pub decisions: u64,
    /// In how many episodes.
    pub episodes: u32,
    /// The seed of the first episode.
    pub first_seed: u64,
    /// The step of the first decision there.
    pub first_step: u32,
}

impl WarningSummary {
    /// The warnings of all episodes, by kind: of each episode its seed, and what was noticed.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{Diagnostics, WarningNotes, WarningSummary};
    /// let mut notes = WarningNotes::default();
    /// notes.note(&Diagnostics { dead_share: 1.0, ..Diagnostics::default() }, 7);
    /// let summaries = WarningSummary::of([(3, &WarningNotes::default()), (4, &notes), (5, &notes)]);
    /// assert_eq!((summaries[0].episodes, summaries[0].first_seed, summaries[0].first_step), (2, 4, 7));
    /// ```
    #[must_use]
    pub fn of<'a>(episodes: impl IntoIterator<Item = (u64, &'a WarningNotes)>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (first_seed, notes) in episodes {
            for note in notes.iter() {
                let WarningNote { warning, decisions, first_step } = *note;
                let (kind, decisions) = (discriminant(&warning), decisions.into());
                match all.iter_mut().find(|summary| discriminant(&summary.warning) == kind) {
                    Some(summary) => {
                        summary.decisions += decisions;
                        summary.episodes += 1;
                    }
                    None => {
                        all.push(Self { warning, decisions, episodes: 1, first_seed, first_step });
                    }
                }
            }
        }
        all
    }
}

/// An episode that did not go as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The episode's seed.
    pub seed: u64,
    /// How many steps it lasted.
    pub steps: u32,
    /// What happened.
    pub ending: Ending,
}

impl EvaluationResult {
    /// What these episodes say, which took `wall` in all, wherever they ran.
    #[must_use]
    pub fn of(results: &[EpisodeResult], wall: Duration) -> Self {
        let episodes = results.len() as u32;
        let failed = |result: &&EpisodeResult| !result.survived;
        let failures: Vec<Failure> = results
            .iter()
            .filter(failed)
            .map(|result| Failure { seed: result.seed, steps: result.steps, ending: result.ending })
            .collect();
        let survived = episodes - failures.len() as u32;
        let mut endings = BTreeMap::new();
        results.iter().for_each(|result| *endings.entry(result.ending).or_insert(0) += 1);
        let count = f64::from(episodes.max(1));
        let mut digest = Digest::new();
        results.iter().for_each(|result| digest.digest(result.digest));
        Self {
            episodes,
            survived,
            success_rate: f64::from(survived) / count,
            success_interval: wilson_interval(survived, episodes),
            // As whole numbers: the sum of no floats is -0.
            mean_steps: results.iter().map(|r| u64::from(r.steps)).sum::<u64>() as f64 / count,
            min_steps: results.iter().map(|r| r.steps).min().unwrap_or(0),
            mean_reward: results.iter().fold(0.0, |sum, r| sum + r.total_reward) / count,
            wall,
            particle_steps: results.iter().map(|r| r.particle_steps).sum(),
            digest,
            failures,
            endings,
            warnings: WarningSummary::of(
                results.iter().map(|result| (result.seed, &result.warnings)),
            ),
            devices: Vec::new(),
            fallback_reason: None,
        }
    }

    /// How many episodes ended so.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{CartPoleProblem, Ending, Evaluation, PilotConfig};
    /// let result = Evaluation::new(PilotConfig::default(), CartPoleProblem::default()).episodes(3).steps(50).run()?;
    /// assert_eq!((result.ended(Ending::Survived), result.ended(Ending::Fell)), (3, 0));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    #[must_use]
    pub fn ended(&self, ending: Ending) -> u32 {
        self.endings.get(&ending).copied().unwrap_or(0)
    }
}

/// The 95% confidence interval of a share of which `successes` in `trials` were seen.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of
/// the American Statistical Association 22 (1927).
fn wilson_interval(successes: u32, trials: u32) -> [f64; 2] {
    if trials == 0 {
        return [0.0, 1.0];
    }
    let z = 1.959_963_984_540_054;
    let (n, p) = (f64::from(trials), f64::from(successes) / f64::from(trials));
    let centre = p + z * z / (2.0 * n);
    let reach = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // Exact where rounding would leave a little.
    let low = if successes == 0 { 0.0 } else { ((centre - reach) / scale).max(0.0) };
    let high = if successes == trials { 1.0 } else { ((centre + reach) / scale).min(1.0) };
    [low, high]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_interval_agrees_with_the_published_example() {
        // R. G. Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
        let [low, high] = wilson_interval(81, 263);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        assert_eq!(wilson_interval(0, 0), [0.0, 1.0]);
        for trials in [1, 10, 100, 1000] {
            assert_eq!(wilson_interval(trials, trials)[1], 1.0);
            assert_eq!(wilson_interval(0, trials)[0], 0.0);
        }
        assert!(EvaluationResult::of(&[], Duration::ZERO).mean_steps.is_sign_positive());
    }
}
