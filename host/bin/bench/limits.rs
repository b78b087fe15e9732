//! What the instructions of the inner loop alone would allow.

use particle_pilot::backend::DeviceInfo;
use particle_pilot::{ActionKind, PilotConfig, PlannerKind, Simd};
use serde::{Deserialize, Serialize};

use crate::contender::Contender;
use crate::gpu_limits;
use crate::machine::Machine;
use crate::peak::Peak;

/// What the units that multiply and add must do for one step of one bundle of particles.
struct Counted {
    simd: Simd,
    /// Multiplications, with or without an addition.
    multiplications: f64,
    /// All that those units do where they also add, compare, and compute with bits, as Intel's.
    all: f64,
}

/// Left or right by coin: counted in the disassembly of the loop of `kernels/src/rollout/mod.rs`, without moves and loads
/// (`docs/benchmarks.md` says how). Other paths have not been counted.
const COIN: [Counted; 2] = [
    // What computes with bits has a third unit for itself.
    Counted { simd: Simd::Avx2, multiplications: 14.0, all: 23.0 },
    // Two units in all.
    Counted { simd: Simd::Avx512, multiplications: 14.0, all: 25.0 },
];

/// The most particle-steps a second that a contender could reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    pub particle_steps_per_s: f64,
    /// How much of it was reached.
    pub share: f64,
    /// From what it follows.
    pub basis: String,
}

/// The limit of a contender that reached `reached` particle-steps a second with `config`, where it is known.
pub fn limit(
    contender: &Contender,
    config: &PilotConfig,
    reached: f64,
    peaks: &[Peak],
    machine: &Machine,
) -> Option<Limit> {
    let (per_second, basis) = match contender {
        Contender::Cpu { simd, threads } => {
            of_cpu(*simd, *threads, config, peaks, machine.adds_apart())?
        }
        Contender::Gpus(indices) => of_gpus(indices, config, &machine.racing_gpus())?,
        Contender::Peer(_) => return None,
    };
    Some(Limit { particle_steps_per_s: per_second, share: reached / per_second, basis })
}

fn of_cpu(
    simd: Simd,
    threads: usize,
    config: &PilotConfig,
    peaks: &[Peak],
    adds_apart: bool,
) -> Option<(f64, String)> {
    let flips_coins =
        config.planner == PlannerKind::RandomShooting && config.action == ActionKind::Discrete;
    let counted = COIN.iter().find(|counted| counted.simd == simd)?;
    let (instructions, what) = match adds_apart {
        true => (counted.multiplications, "multiplications"),
        false => (counted.all, "instructions"),
    };
    let peak = peaks.iter().find(|peak| peak.simd == simd && peak.threads == threads)?;
    let issued = peak.instructions_per_s;
    let lanes = simd.lanes();
    (flips_coins && issued > 0.0).then(|| {
        let basis = format!(
            "{instructions} {simd} {what} for a step of {lanes} particles, {issued:.3e} multiply-adds/s \
             measured"
        );
        (issued * lanes as f64 / instructions, basis)
    })
}

fn of_gpus(indices: &[u32], config: &PilotConfig, gpus: &[DeviceInfo]) -> Option<(f64, String)> {
    let mut sum = 0.0;
    let mut clocks = 0.0;
    for index in indices {
        let gpu = gpus.iter().find(|gpu| gpu.index == *index)?;
        clocks = gpu_limits::clocks_per_step(gpu, config)?;
        sum += 1.0 / gpu_limits::least_seconds(gpu, config, 1)?;
    }
    Some((sum, format!("{clocks} clocks for a step of 32 particles, at the driver's clock")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak(simd: Simd, threads: usize) -> Peak {
        Peak { simd, threads, instructions_per_s: 5e9, samples_per_s: vec![5e9] }
    }

    fn on(cpu: &str) -> Machine {
        Machine { cpu: Some(cpu.into()), ..Machine::at_hand(Simd::Scalar, false) }
    }

    #[test]
    fn a_known_loop_is_limited_by_its_instructions() {
        let config = PilotConfig::of(PlannerKind::RandomShooting);
        let contender = Contender::Cpu { simd: Simd::Avx512, threads: 1 };
        let peaks = [peak(Simd::Avx512, 1)];
        let limit = |cpu| limit(&contender, &config, 1.6e9, &peaks, &on(cpu)).unwrap();
        let intel = limit("Intel(R) Xeon(R) Processor");
        assert_eq!((intel.particle_steps_per_s, intel.share), (3.2e9, 0.5));
        assert_eq!(limit("AMD EPYC").particle_steps_per_s, 5e9 * 16.0 / 14.0);
    }

    #[test]
    fn other_loops_instructions_and_threads_have_no_known_limit() {
        let config = PilotConfig::of(PlannerKind::RandomShooting);
        let peaks = [peak(Simd::Avx512, 1), peak(Simd::Neon, 1)];
        let limit = |simd, threads, config: &PilotConfig| {
            super::limit(&Contender::Cpu { simd, threads }, config, 1e9, &peaks, &on("any"))
        };
        assert_eq!(limit(Simd::Neon, 1, &config), None);
        assert_eq!(limit(Simd::Avx512, 2, &config), None);
        assert_eq!(limit(Simd::Avx512, 1, &PilotConfig::of(PlannerKind::Cem)), None);
    }
}
