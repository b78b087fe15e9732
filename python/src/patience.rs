//! Decisions that take so long that Ctrl-C must not wait for their end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use particle_pilot::{Pilot as CorePilot, PilotConfig};
use pyo3::prelude::*;

use crate::interrupt::interruptible;

/// Steps of particles from which on a decision is worth a thread that can be interrupted: milliseconds of the fastest
/// planners and instructions, and tens of them of the slowest.
pub const LONG: u64 = 1 << 22;

/// How many steps of particles a decision of `config` takes.
pub fn particle_steps(config: &PilotConfig) -> u64 {
    let PilotConfig { particles, horizon, tuning, .. } = config;
    u64::from(*particles) * u64::from(*horizon) * u64::from(tuning.iterations)
}

/// Runs `work`, a decision of `steps` steps of particles, with the interpreter released. If it is a long one, and the
/// pilot [heeds](heed) `flag`, it can be interrupted.
///
/// # Errors
/// As [`interruptible`].
pub fn decide<R: Send>(
    py: Python<'_>,
    steps: u64,
    flag: &Arc<AtomicBool>,
    work: impl FnOnce() -> R + Send,
) -> PyResult<R> {
    match steps < LONG {
        true => Ok(py.detach(work)),
        false => interruptible(py, Arc::clone(flag), |_| work()),
    }
}

/// Has `pilot` give up its decisions once `flag` is set.
pub fn heed(pilot: &mut CorePilot, flag: &Arc<AtomicBool>) {
    pilot.set_interrupt(Arc::clone(flag));
}
