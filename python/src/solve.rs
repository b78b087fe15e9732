//! `solve()`: one episode in the reference environment, as `pilot solve` runs it.

use std::ops::ControlFlow;
use std::sync::Arc;

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use particle_pilot::report::EpisodeReport;
use particle_pilot::{Episode, Pilot as CorePilot, Warning};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::decision;
use crate::errors::refusal;
use crate::interrupt::interruptible;
use crate::options::Options;
use crate::patience::heed;
use crate::record::record;
use crate::settings::{self, Asked};
use crate::times::DecisionMicroseconds;
use crate::warnings::{WarningNote, advised, objects};

record! {
    /// How an episode in the reference environment ended; by the names of ``pilot solve --json``.
    SolveResult {
        /// The package's version.
        version: String,
        /// Whether the pole stood to the last step.
        survived: bool,
        /// What ended it: ``"survived"``, ``"fell"`` or ``"left-track"``.
        ending: String,
        /// Steps taken, the one that ended the episode included.
        steps: u32,
        /// Steps after which the episode is won.
        step_limit: u32,
        /// ``float64 [4]``: the state that the last step led to, in m, m/s, rad, rad/s.
        final_state: Py<PyArray1<f64>>,
        /// The sum of the rewards.
        total_reward: f64,
        /// The planner.
        planner: String,
        /// Futures in each iteration.
        particles: u32,
        /// Steps of each future.
        horizon: u32,
        /// The seed.
        seed: u64,
        /// The device that planned.
        device: String,
        /// Why no GPU did, or not to the end, where the device was left open and one was, or might have been, faster; else ``None``.
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
        /// From reset to end, in s.
        wall_s: f64,
        /// How long decisions took, in microseconds.
        decision_us: Py<DecisionMicroseconds>,
        /// Steps simulated by particles.
        particle_steps: u64,
        /// How many of those in a second.
        particle_steps_per_s: f64,
        /// A hash of every state and action, 16 hexadecimal digits: the same on every machine.
        digest: String,
        /// What was noticed about the decisions, by kind, in the order in which it came; mostly nothing.
        warnings: Vec<Py<WarningNote>>,
        /// ``float64 [steps, 4]``: the states in which the pilot decided, in m, m/s, rad, rad/s.
        states: Py<PyArray2<f64>>,
        /// ``int64 [steps]``, or for continuous actions ``float64 [steps]`` in N: what it decided.
        actions: Py<PyAny>,
    }
}

/// Runs one episode in the reference environment, which has ``CartPole-v1``'s numbers, as ``pilot solve`` does.
///
/// The digest is that of the program. Ctrl-C interrupts.
///
/// Parameters
/// ----------
/// planner : str, default "cem"
///     As for ``Pilot``.
/// steps : int, default 500
///     Steps after which the episode is won.
/// push : str or sequence, optional
///     ``"NEWTON:LENGTH:EVERY"``, or these three numbers: every EVERY steps a push of NEWTON N for LENGTH steps, to the
///     left or to the right by chance, unknown to the planner.
/// **options
///     As for ``Pilot``. ``seed`` determines the first state too.
///
/// Returns
/// -------
/// SolveResult
///
/// Raises
/// ------
/// TypeError, ValueError, DeviceError
///     As for ``Pilot``.
#[pyfunction]
#[pyo3(signature = (planner=None, **options))]
pub fn solve(
    py: Python<'_>,
    planner: Option<&Bound<'_, PyAny>>,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<SolveResult> {
    let options = Options::of_episode(planner, options)?;
    options.warn_of_unread(py)?;
    let Options { asked: Asked { config, problem }, steps, push, .. } = options;
    let mut pilot = py.detach(|| CorePilot::new(config, problem)).map_err(refusal)?;
    let flag = Arc::default();
    heed(&mut pilot, &flag);
    let episode = Episode::new().seed(pilot.config().seed).steps(steps.unwrap_or(500)).push(push);
    let (mut states, mut actions) = (Vec::new(), Vec::new());
    let result = interruptible(py, flag, |stop| {
        episode.run_with(&mut pilot, |record| {
            states.extend(record.state);
            actions.push(record.action);
            match stop.is_set() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
    })?;
    let result = result.map_err(refusal)?;
    let words = |warning: &Warning| advised(warning, pilot.config());
    let report = EpisodeReport::of(&result, &episode, &pilot, words);
    Ok(SolveResult {
        version: report.version.into(),
        survived: report.survived,
        ending: report.ending.into(),
        steps: report.steps,
        step_limit: report.step_limit,
        final_state: PyArray1::from_iter(py, report.final_state.into_iter().flatten()).unbind(),
        total_reward: report.total_reward,
        planner: report.planner.into(),
        particles: report.particles,
        horizon: report.horizon,
        seed: report.seed,
        device: report.device.into(),
        fallback_reason: report.fallback_reason,
        simd: report.simd.into(),
        threads: report.threads,
        push: report.push.map(String::from),
        config: settings::report(py, &report.config)?.unbind(),
        problem: settings::report(py, &report.problem)?.unbind(),
        wall_s: report.wall_s,
        decision_us: Py::new(py, DecisionMicroseconds::from(report.decision_us))?,
        particle_steps: report.particle_steps,
        particle_steps_per_s: report.particle_steps_per_s,
        digest: report.digest.into(),
        warnings: objects(py, report.warnings)?,
        states: PyArray1::from_vec(py, states).reshape([actions.len(), 4])?.unbind(),
        actions: decision::actions(py, report.config.action, &actions),
    })
}
