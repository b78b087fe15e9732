//! What many episodes came to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::per_second;
use crate::backend::{Device, Simd};
use crate::decision::Warning;
use crate::env::Push;
use crate::episode::Digest;
use crate::evaluation::{
    DeviceShare, Evaluation, EvaluationResult, Failure, PreparedEvaluation, WarningSummary,
};
use crate::problem::Problem;
use crate::settings::{PilotConfig, PlannerKind};

/// What many episodes came to: `pilot evaluate --json`, and Python's `EvaluateResult`.
///
/// # Examples
/// ```
/// use particle_pilot::report::{EvaluationReport, Machine};
/// use particle_pilot::{CartPoleProblem, Evaluation, PilotConfig, Warning};
/// let evaluation = Evaluation::new(PilotConfig::default(), CartPoleProblem::default()).episodes(2).steps(20);
/// let prepared = evaluation.prepare()?;
/// let machine = Machine::of(&prepared);
/// let result = prepared.run_with(&Default::default(), |_| ())?;
/// let report = EvaluationReport::of(&result, &evaluation, machine, Warning::to_string);
/// assert_eq!((report.step_limit, report.endings["survived"]), (20, 2));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvaluationReport {
    /// The library's version.
    pub version: &'static str,
    /// How many episodes were finished.
    pub episodes: u32,
    /// How many [went as they should](crate::Ending::is_success).
    pub survived: u32,
    /// Whether that is fewer episodes than were asked for.
    pub interrupted: bool,
    /// The share of those that survived.
    pub success_rate: f64,
    /// The 95% confidence interval of that share, by Wilson's score.
    pub success_interval: [f64; 2],
    /// How many episodes ended how, by the names of [`Ending`](crate::Ending): those that came, and of cart-pole all.
    pub endings: BTreeMap<&'static str, u32>,
    /// Steps after which an episode is won; `step_limit` is the same by a clearer name.
    pub steps: u32,
    /// Steps after which an episode is won.
    pub step_limit: u32,
    /// Mean length of an episode, in steps.
    pub mean_steps: f64,
    /// The shortest episode.
    pub min_steps: u32,
    /// The planner.
    pub planner: PlannerKind,
    /// Futures in each iteration.
    pub particles: u32,
    /// Steps of each future.
    pub horizon: u32,
    /// The configuration's seed, which is the first episode's unless [`Evaluation::first_seed`] says otherwise.
    pub seed: u64,
    /// The device that the last episodes ran on.
    pub device: Device,
    /// All devices, in the order in which they worked, and how many episodes each ran.
    pub devices: Vec<DeviceShare>,
    /// Why not all episodes ran on a GPU, where the device was left open and a GPU was, or might have been, faster.
    pub fallback_reason: Option<String>,
    /// The vector instructions that a CPU uses.
    pub simd: Simd,
    /// The threads that a CPU uses.
    pub threads: usize,
    /// What disturbed the cart, unknown to the planner.
    pub push: Option<Push>,
    /// How it was planned.
    pub config: PilotConfig,
    /// For what; none for a model of one's own.
    pub problem: Option<Problem>,
    /// From start to end, in s.
    pub wall_s: f64,
    /// Steps simulated by particles.
    pub particle_steps: u64,
    /// How many of those in a second.
    pub particle_steps_per_s: f64,
    /// A hash of all episodes' digests, in order of seeds.
    pub digest: Digest,
    /// The episodes that did not survive, in order of seeds.
    pub failures: Vec<Failure>,
    /// What was noticed about decisions, by kind; a GPU that runs whole episodes tells nothing of them.
    pub warnings: Vec<EvaluationWarning>,
}

/// A kind of warning that came in an evaluation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvaluationWarning {
    /// In how many decisions it came.
    pub decisions: u64,
    /// In how many episodes.
    pub episodes: u32,
    /// The seed of the first episode.
    pub first_seed: u64,
    /// The step of the first decision there.
    pub first_step: u32,
    /// What that one said.
    pub text: String,
}

impl EvaluationWarning {
    /// `summary`, in words.
    #[must_use]
    pub fn of(summary: &WarningSummary, words: impl Fn(&Warning) -> String) -> Self {
        let WarningSummary { warning, decisions, episodes, first_seed, first_step } = *summary;
        Self { decisions, episodes, first_seed, first_step, text: words(&warning) }
    }
}

/// What episodes begin to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The device: never [`Device::Auto`].
    pub device: Device,
    /// The vector instructions that a CPU uses.
    pub simd: Simd,
    /// The threads that a CPU uses.
    pub threads: usize,
}

impl Machine {
    /// That of an evaluation, which is gone once it has run.
    #[must_use]
    pub fn of(evaluation: &PreparedEvaluation) -> Self {
        let (device, simd) = (evaluation.device(), evaluation.simd());
        Self { device, simd, threads: evaluation.threads() }
    }
}

impl EvaluationReport {
    /// What `evaluation` came to, begun on `machine`; `words` says a warning.
    #[must_use]
    pub fn of(
        result: &EvaluationResult,
        evaluation: &Evaluation,
        machine: Machine,
        words: impl Fn(&Warning) -> String,
    ) -> Self {
        let Evaluation { config, problem, episodes, episode, .. } = evaluation;
        let endings = evaluation.usual_endings().iter().chain(result.endings.keys());
        let warning = |summary: &WarningSummary| EvaluationWarning::of(summary, &words);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            episodes: result.episodes,
            survived: result.survived,
            interrupted: result.episodes < *episodes,
            success_rate: result.success_rate,
            success_interval: result.success_interval,
            endings: endings.map(|ending| (ending.name(), result.ended(*ending))).collect(),
            steps: episode.step_limit(),
            step_limit: episode.step_limit(),
            mean_steps: result.mean_steps,
            min_steps: result.min_steps,
            planner: config.planner,
            particles: config.particles,
            horizon: config.horizon,
            seed: config.seed,
            device: result.devices.last().map_or(machine.device, |share| share.device),
            devices: result.devices.clone(),
            fallback_reason: result.fallback_reason.clone(),
            simd: machine.simd,
            threads: machine.threads,
            push: episode.disturbance(),
            config: config.clone(),
            problem: problem.clone(),
            wall_s: result.wall.as_secs_f64(),
            particle_steps: result.particle_steps,
            particle_steps_per_s: per_second(result.particle_steps, result.wall),
            digest: result.digest,
            failures: result.failures.clone(),
            warnings: result.warnings.iter().map(warning).collect(),
        }
    }
}
