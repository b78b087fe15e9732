//! What the instructions of the inner loops alone would take.
//!
//! Each of a multiprocessor's four schedulers issues one instruction for 32 threads a clock. Where a GPU has fewer
//! lanes than that for multiply-adds (7.5 and 8.0: 16 for each scheduler), those may hold it up longer.

use particle_pilot::backend::DeviceInfo;
use particle_pilot::{ActionKind, PilotConfig, PlannerKind};

use crate::gpu_clocks::CLOCKS;

/// Particles that all schedulers of a multiprocessor advance by one instruction each.
const PER_CLOCK: f64 = 4.0 * 32.0;

/// The clocks of `config`'s inner loop on such a GPU, where they were counted: of the cart-pole's usual angles.
pub fn clocks_per_step(gpu: &DeviceInfo, config: &PilotConfig) -> Option<f64> {
    let kernel = match (config.planner, config.action) {
        (PlannerKind::RandomShooting, ActionKind::Discrete) => "roll_out_coin",
        (PlannerKind::Cem, ActionKind::Discrete) => "roll_out_biased",
        (PlannerKind::RandomShooting | PlannerKind::Cem, ActionKind::Continuous) => {
            "roll_out_knots"
        }
        (PlannerKind::Mppi | PlannerKind::PredictiveSampling, _) => "roll_out_knots",
        // Not counted.
        (PlannerKind::Icem | PlannerKind::Smc | PlannerKind::Fmc, _) => return None,
    };
    let is_it = |(name, capability, _): &&(&str, (u32, u32), f64)| {
        (*name, *capability) == (kernel, gpu.compute_capability)
    };
    CLOCKS.iter().find(is_it).map(|(_, _, clocks)| *clocks)
}

/// How long `particle_steps` take at least, in seconds, at the clock that the driver names.
pub fn least_seconds(gpu: &DeviceInfo, config: &PilotConfig, particle_steps: u64) -> Option<f64> {
    let clocks = clocks_per_step(gpu, config)?;
    let per_second = f64::from(gpu.multiprocessors) * PER_CLOCK * f64::from(gpu.clock_khz) * 1e3;
    (per_second > 0.0).then(|| particle_steps as f64 * clocks / per_second)
}
