//! What the instructions of the inner loops alone would take.
//!
//! Each of a multiprocessor's four schedulers issues one instruction for 32 threads a clock. Where a GPU has fewer
//! lanes than that for multiply-adds (7.5 and 8.0: 16 for each scheduler), those may hold it up longer.

use particle_pilot::backend::DeviceInfo;
use particle_pilot::{PilotConfig, PlannerKind};

/// Clocks for which a scheduler is busy with one step of 32 particles, at least.
struct Clocks {
    /// The GPU's compute capability.
    capability: (u32, u32),
    /// Left or right by coin: the kernel `roll_out_coin`.
    coin: f64,
    /// Left or right with probabilities: `roll_out_biased`.
    biased: f64,
    /// Any force: `roll_out_knots`.
    knots: f64,
}

/// Counted by `cargo xtask ptxas` on 2026-11-30, with NVIDIA's assembler 13.5.37. On 7.5 and 8.0 multiply-adds
/// decide (twice their number); elsewhere the number of instructions does.
const CLOCKS: [Clocks; 4] = [
    Clocks { capability: (7, 5), coin: 42.0, biased: 42.4, knots: 55.0 },
    Clocks { capability: (8, 0), coin: 42.0, biased: 42.5, knots: 57.0 },
    Clocks { capability: (9, 0), coin: 24.4, biased: 25.4, knots: 48.5 },
    Clocks { capability: (12, 0), coin: 25.0, biased: 25.5, knots: 41.5 },
];

/// Particles that all schedulers of a multiprocessor advance by one instruction each.
const PER_CLOCK: f64 = 4.0 * 32.0;

/// The clocks of `config`'s inner loop on such a GPU, where they were counted.
pub fn clocks_per_step(gpu: &DeviceInfo, config: &PilotConfig) -> Option<f64> {
    let clocks = CLOCKS.iter().find(|clocks| clocks.capability == gpu.compute_capability)?;
    match config.planner {
        PlannerKind::RandomShooting => Some(clocks.coin),
        PlannerKind::Cem => Some(clocks.biased),
        PlannerKind::Mppi | PlannerKind::PredictiveSampling => Some(clocks.knots),
        // Not counted.
        PlannerKind::Icem | PlannerKind::Smc | PlannerKind::Fmc => None,
    }
}

/// How long `particle_steps` take at least, in seconds, at the clock that the driver names.
pub fn least_seconds(gpu: &DeviceInfo, config: &PilotConfig, particle_steps: u64) -> Option<f64> {
    let clocks = clocks_per_step(gpu, config)?;
    let per_second = f64::from(gpu.multiprocessors) * PER_CLOCK * f64::from(gpu.clock_khz) * 1e3;
    (per_second > 0.0).then(|| particle_steps as f64 * clocks / per_second)
}
