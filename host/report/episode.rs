//! What one episode came to.

use serde::Serialize;

use super::{Microseconds, per_second};
use crate::backend::{Device, Simd};
use crate::decision::Warning;
use crate::env::{Ending, Push};
use crate::episode::{Digest, Episode, EpisodeResult, WarningNote};
use crate::pilot::Pilot;
use crate::problem::Problem;
use crate::settings::{PilotConfig, PlannerKind};

/// What one episode came to: `pilot solve --json`, and Python's `SolveResult`.
///
/// # Examples
/// ```
/// use particle_pilot::report::EpisodeReport;
/// use particle_pilot::{CartPoleProblem, Ending, Episode, Pilot, PilotConfig, Warning};
/// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
/// let episode = Episode::new().steps(50);
/// let result = episode.run(&mut pilot)?;
/// let report = EpisodeReport::of(&result, &episode, &pilot, Warning::to_string);
/// assert_eq!((report.ending, report.step_limit, report.push), (Ending::Survived, 50, None));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EpisodeReport {
    /// The library's version.
    pub version: &'static str,
    /// Whether it [went as it should](Ending::is_success).
    pub survived: bool,
    /// Whether the observer ended the episode.
    pub interrupted: bool,
    /// Why it is over.
    pub ending: Ending,
    /// Steps taken, the one that ended the episode included.
    pub steps: u32,
    /// Steps after which the episode is won.
    pub step_limit: u32,
    /// The state after the last step, for cart-pole in m, m/s, rad, rad/s; none where a GPU ran the whole episode.
    pub final_state: Option<Vec<f64>>,
    /// The sum of the rewards.
    pub total_reward: f64,
    /// The planner.
    pub planner: PlannerKind,
    /// Futures in each iteration.
    pub particles: u32,
    /// Steps of each future.
    pub horizon: u32,
    /// The seed.
    pub seed: u64,
    /// The device that planned last.
    pub device: Device,
    /// Why it is not, or no longer, a GPU, where the device was left open and a GPU was, or might have been, faster.
    pub fallback_reason: Option<String>,
    /// The vector instructions.
    pub simd: Simd,
    /// The CPU threads.
    pub threads: usize,
    /// What disturbed the cart, unknown to the planner.
    pub push: Option<Push>,
    /// How it was planned.
    pub config: PilotConfig,
    /// For what; none for a model of one's own.
    pub problem: Option<Problem>,
    /// From reset to end, in s.
    pub wall_s: f64,
    /// How long decisions took.
    pub decision_us: Microseconds,
    /// Steps simulated by particles.
    pub particle_steps: u64,
    /// How many of those in a second.
    pub particle_steps_per_s: f64,
    /// A hash of every state and action.
    pub digest: Digest,
    /// What was noticed about the decisions, by kind.
    pub warnings: Vec<EpisodeWarning>,
}

/// A kind of warning that came in an episode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EpisodeWarning {
    /// In how many decisions it came.
    pub decisions: u32,
    /// The step of the first.
    pub first_step: u32,
    /// What that one said.
    pub text: String,
}

impl EpisodeReport {
    /// What `episode` came to, run by `pilot`; `words` says a warning.
    #[must_use]
    pub fn of(
        result: &EpisodeResult,
        episode: &Episode,
        pilot: &Pilot,
        words: impl Fn(&Warning) -> String,
    ) -> Self {
        let config = pilot.config();
        let warning = |note: &WarningNote| EpisodeWarning {
            decisions: note.decisions,
            first_step: note.first_step,
            text: words(&note.warning),
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            survived: result.survived,
            interrupted: result.interrupted,
            ending: result.ending,
            steps: result.steps,
            step_limit: episode.step_limit(),
            final_state: result.final_state.clone(),
            total_reward: result.total_reward,
            planner: config.planner,
            particles: config.particles,
            horizon: config.horizon,
            seed: result.seed,
            device: pilot.device(),
            fallback_reason: pilot.fallback_reason().map(ToString::to_string),
            simd: pilot.simd(),
            threads: pilot.threads(),
            push: episode.disturbance(),
            config: config.clone(),
            problem: pilot.problem().cloned(),
            wall_s: result.wall.as_secs_f64(),
            decision_us: result.decision_times.into(),
            particle_steps: result.particle_steps,
            particle_steps_per_s: per_second(result.particle_steps, result.wall),
            digest: result.digest,
            warnings: result.warnings.iter().map(warning).collect(),
        }
    }
}
