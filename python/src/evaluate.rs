//! `evaluate()`: many episodes in the reference environment, as `pilot evaluate` runs them.

use std::collections::BTreeMap;
use std::sync::Arc;

use particle_pilot::report::{EvaluationReport, Machine};
use particle_pilot::{DeviceShare as CoreDeviceShare, Evaluation, Failure as CoreFailure, Warning};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::refusal;
use crate::interrupt::interruptible;
use crate::options::Options;
use crate::record::record;
use crate::settings::{self, Asked};
use crate::warnings::{WarningSummary, advised, objects};

record! {
    /// An episode in which the pole fell or the cart left the track.
    Failure from CoreFailure {
        /// The episode's seed.
        seed: u64,
        /// How many steps it lasted.
        steps: u32,
        /// What ended it: ``"fell"`` or ``"left-track"``.
        ending: String,
    }
}

record! {
    /// How many episodes a device ran.
    DeviceShare from CoreDeviceShare {
        /// The device.
        device: String,
        /// How many episodes it finished.
        episodes: u32,
    }
}

record! {
    /// How often the pole stayed up; by the names of ``pilot evaluate --json``.
    EvaluateResult {
        /// The package's version.
        version: String,
        /// How many episodes there were.
        episodes: u32,
        /// In how many the pole stood to the last step.
        survived: u32,
        /// The share of those.
        success_rate: f64,
        /// The 95% confidence interval of that share, by Wilson's score.
        success_interval: (f64, f64),
        /// How many episodes ended how: ``"survived"``, ``"fell"`` and ``"left-track"``.
        endings: BTreeMap<String, u32>,
        /// Steps after which an episode was won; ``step_limit`` is the same by a clearer name.
        steps: u32,
        /// Steps after which an episode was won.
        step_limit: u32,
        /// Mean length of an episode, in steps.
        mean_steps: f64,
        /// The shortest episode.
        min_steps: u32,
        /// The planner.
        planner: String,
        /// Futures in each iteration.
        particles: u32,
        /// Steps of each future.
        horizon: u32,
        /// The first episode's seed.
        seed: u64,
        /// The device that the last episodes ran on.
        device: String,
        /// All devices, in the order in which they worked, and how many episodes each ran.
        devices: Vec<Py<DeviceShare>>,
        /// Why not all episodes ran on a GPU, where the device was left open and one was, or might have been, faster; else ``None``.
        fallback_reason: Option<String>,
        /// The vector instructions.
        simd: String,
        /// The CPU threads.
        threads: usize,
        /// What disturbed the cart, unknown to the planner: ``"NEWTON:LENGTH:EVERY"``, or ``None``.
        push: Option<String>,
        /// How it was planned, the planner's knobs as a group (``tuning``).
        config: Py<PyDict>,
        /// For what, in groups (``physics``, ``cost``); no limit is ``None``.
        problem: Py<PyDict>,
        /// From start to end, in s.
        wall_s: f64,
        /// Steps simulated by particles.
        particle_steps: u64,
        /// How many of those in a second.
        particle_steps_per_s: f64,
        /// A hash of all episodes' digests: the same on every machine.
        digest: String,
        /// The episodes in which the pole fell or the cart left the track, in order of seeds.
        failures: Vec<Py<Failure>>,
        /// What was noticed about decisions, by kind; a GPU that runs whole episodes tells nothing of them.
        warnings: Vec<Py<WarningSummary>>,
    }
}

/// Runs many episodes in the reference environment, all threads at work on different ones, as ``pilot evaluate``
/// does.
///
/// The digest is that of the program. Ctrl-C interrupts.
///
/// Parameters
/// ----------
/// planner : str, default "cem"
///     As for ``Pilot``.
/// episodes : int, default 100
///     How many, of seeds ``seed``, ``seed + 1``, ...
/// steps : int, default 500
///     Steps after which an episode is won.
/// push : str or sequence, optional
///     ``"NEWTON:LENGTH:EVERY"``, or these three numbers: every EVERY steps a push of NEWTON N for LENGTH steps, to the
///     left or to the right by chance, unknown to the planner.
/// **options
///     As for ``Pilot``.
///
/// Returns
/// -------
/// EvaluateResult
///
/// Raises
/// ------
/// TypeError, ValueError, DeviceError
///     As for ``Pilot``.
#[pyfunction]
#[pyo3(signature = (planner=None, **options))]
pub fn evaluate(
    py: Python<'_>,
    planner: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<EvaluateResult> {
    let options = Options::of_episodes(planner, options)?;
    options.warn_of_unread(py)?;
    let Options { asked: Asked { config, problem }, steps, episodes, push, .. } = options;
    let evaluation = Evaluation::new(config.clone(), problem)
        .episodes(episodes.unwrap_or(100))
        .steps(steps.unwrap_or(500))
        .push(push);
    let report = interruptible(py, Arc::default(), |stop| {
        let prepared = evaluation.prepare()?;
        let machine = Machine::of(&prepared);
        let result = prepared.run_with(stop.flag(), |_| _ = stop.is_set())?;
        let words = |warning: &Warning| advised(warning, &config);
        Ok(EvaluationReport::of(&result, &evaluation, machine, words))
    })?
    .map_err(refusal)?;
    Ok(EvaluateResult {
        version: report.version.into(),
        episodes: report.episodes,
        survived: report.survived,
        success_rate: report.success_rate,
        success_interval: report.success_interval.into(),
        endings: report.endings.into_iter().map(|(ending, count)| (ending.into(), count)).collect(),
        steps: report.steps,
        step_limit: report.step_limit,
        mean_steps: report.mean_steps,
        min_steps: report.min_steps,
        planner: report.planner.into(),
        particles: report.particles,
        horizon: report.horizon,
        seed: report.seed,
        device: report.device.into(),
        devices: objects(py, report.devices)?,
        fallback_reason: report.fallback_reason,
        simd: report.simd.into(),
        threads: report.threads,
        push: report.push.map(String::from),
        config: settings::report(py, &report.config)?.unbind(),
        problem: settings::report(py, &report.problem)?.unbind(),
        wall_s: report.wall_s,
        particle_steps: report.particle_steps,
        particle_steps_per_s: report.particle_steps_per_s,
        digest: report.digest.into(),
        failures: objects(py, report.failures)?,
        warnings: objects(py, report.warnings)?,
    })
}
