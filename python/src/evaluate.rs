//! `evaluate()`: many episodes in the reference environment, as `pilot evaluate` runs them.

use std::sync::Arc;

use particle_pilot::{DeviceShare as CoreDeviceShare, Evaluation, Failure as CoreFailure};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::refusal;
use crate::interrupt::interruptible;
use crate::options::Options;
use crate::record::record;
use crate::times::per_second;

record! {
    /// An episode in which the pole fell.
    Failure {
        /// The episode's seed.
        seed: u64,
        /// How many steps it lasted.
        steps: u32,
        /// What ended it: ``"fell"``, ``"left-track"``, or ``"failed"`` where a GPU does not tell which.
        ending: String,
    }
}

record! {
    /// How many episodes a device ran.
    DeviceShare {
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
        /// Steps after which an episode was won.
        steps: u32,
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
        /// All devices, in the order of seeds, and how many episodes each ran.
        devices: Vec<Py<DeviceShare>>,
        /// Why not all episodes ran on a GPU, where the device was left open; else ``None``.
        setback: Option<String>,
        /// The vector instructions.
        simd: String,
        /// The CPU threads.
        threads: usize,
        /// From start to end, in s.
        wall_s: f64,
        /// Steps simulated by particles.
        particle_steps: u64,
        /// How many of those in a second.
        particle_steps_per_s: f64,
        /// A hash of all episodes' digests: the same on every machine.
        digest: String,
        /// The episodes in which the pole fell, in order of seeds.
        failures: Vec<Py<Failure>>,
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
    let Options { config, steps, episodes, push, .. } = options;
    let steps = steps.unwrap_or(500);
    let evaluation =
        Evaluation::new(config.clone()).episodes(episodes.unwrap_or(100)).steps(steps).push(push);
    let (result, device, simd, threads) = interruptible(py, Arc::default(), |stop| {
        let evaluation = evaluation.prepare()?;
        let (device, simd) = (evaluation.device(), evaluation.simd().name());
        let threads = evaluation.threads();
        let result = evaluation.run_with(stop.flag(), |_| _ = stop.is_set())?;
        Ok((result, device, simd, threads))
    })?
    .map_err(refusal)?;
    let share = |share: &CoreDeviceShare| {
        Py::new(py, DeviceShare { device: share.device.to_string(), episodes: share.episodes })
    };
    let failure = |failure: &CoreFailure| {
        let CoreFailure { seed, steps, ending, .. } = *failure;
        Py::new(py, Failure { seed, steps, ending: ending.name().into() })
    };
    Ok(EvaluateResult {
        version: env!("CARGO_PKG_VERSION").into(),
        episodes: result.episodes,
        survived: result.survived,
        success_rate: result.success_rate,
        success_interval: result.success_interval.into(),
        steps,
        mean_steps: result.mean_steps,
        min_steps: result.min_steps,
        planner: config.planner.name().into(),
        particles: config.particles,
        horizon: config.horizon,
        seed: config.seed,
        device: result.devices.last().map_or(device, |share| share.device).to_string(),
        devices: result.devices.iter().map(share).collect::<PyResult<_>>()?,
        setback: result.setback.clone(),
        simd: simd.into(),
        threads,
        wall_s: result.wall.as_secs_f64(),
        particle_steps: result.particle_steps,
        particle_steps_per_s: per_second(result.particle_steps, result.wall),
        digest: result.digest.to_string(),
        failures: result.failures.iter().map(failure).collect::<PyResult<_>>()?,
    })
}
