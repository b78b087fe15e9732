//! What the instructions of the inner loop alone would allow.

use particle_pilot::backend::DeviceInfo;
use particle_pilot::{ActionKind, PilotConfig, PlannerKind, Simd};
use serde::{Deserialize, Serialize};

use crate::contender::Contender;
use crate::gpu_limits;
use crate::machine::Machine;
use crate::model_limits::{Needed, needed};
use crate::peak::Peak;
use crate::work::Work;

/// Left or right by coin: counted in the disassembly of the loop of `kernels/src/rollout/mod.rs`, without moves and loads
/// (`docs/benchmarks.md` says how). Other paths have not been counted.
const COIN: [(Simd, Needed); 2] = [
    // What computes with bits has a third unit for itself.
    (Simd::Avx2, Needed { multiplications: 14.0, all: 23.0 }),
    // Two units in all.
    (Simd::Avx512, Needed { multiplications: 14.0, all: 25.0 }),
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

/// The limit of a contender that reached `reached` particle-steps a second at `work`, where it is known.
pub fn limit(
    contender: &Contender,
    work: &Work,
    reached: f64,
    peaks: &[Peak],
    machine: &Machine,
) -> Option<Limit> {
    let (per_second, basis) = match contender {
        Contender::Cpu { simd, threads } => {
            of_cpu(*simd, *threads, work, peaks, machine.adds_apart())?
        }
        // The loops of other models were not counted.
        Contender::Gpus(_) if work.model().is_some() => return None,
        Contender::Gpus(indices) => of_gpus(indices, work.config()?, &machine.racing_gpus())?,
        Contender::Peer(_) => return None,
    };
    Some(Limit { particle_steps_per_s: per_second, share: reached / per_second, basis })
}

fn of_cpu(
    simd: Simd,
    threads: usize,
    work: &Work,
    peaks: &[Peak],
    adds_apart: bool,
) -> Option<(f64, String)> {
    let config = work.config()?;
    let flips_coins =
        config.planner == PlannerKind::RandomShooting && config.action == ActionKind::Discrete;
    let (needed, whence) = match work.model() {
        Some(model) => (needed(model, config, simd)?, ", by the model's trace"),
        None if flips_coins => (COIN.into_iter().find(|(of, _)| *of == simd)?.1, ""),
        None => return None,
    };
    let (instructions, what) = match adds_apart {
        true => (needed.multiplications, "multiplications"),
        false => (needed.all, "instructions"),
    };
    let peak = peaks.iter().find(|peak| peak.simd == simd && peak.threads == threads)?;
    let issued = peak.instructions_per_s;
    let lanes = simd.lanes();
    (issued > 0.0).then(|| {
        let basis = format!(
            "{instructions:.1} {simd} {what} for a step of {lanes} particles{whence}, {issued:.3e} multiply-adds/s \
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
    use crate::models::Model;
    use crate::suites::driving;

    fn peak(simd: Simd, threads: usize) -> Peak {
        Peak { simd, threads, instructions_per_s: 5e9, samples_per_s: vec![5e9] }
    }

    fn on(cpu: &str) -> Machine {
        Machine { cpu: Some(cpu.into()), ..Machine::at_hand(Simd::Scalar, false) }
    }

    #[test]
    fn a_known_loop_is_limited_by_its_instructions() {
        let work = Work::Decision(PilotConfig::of(PlannerKind::RandomShooting));
        let contender = Contender::Cpu { simd: Simd::Avx512, threads: 1 };
        let peaks = [peak(Simd::Avx512, 1)];
        let limit = |cpu| limit(&contender, &work, 1.6e9, &peaks, &on(cpu)).unwrap();
        let intel = limit("Intel(R) Xeon(R) Processor");
        assert_eq!((intel.particle_steps_per_s, intel.share), (3.2e9, 0.5));
        assert_eq!(limit("AMD EPYC").particle_steps_per_s, 5e9 * 16.0 / 14.0);
    }

    #[test]
    fn other_loops_instructions_and_threads_have_no_known_limit() {
        let config = PilotConfig::of(PlannerKind::RandomShooting);
        let peaks = [peak(Simd::Avx512, 1), peak(Simd::Neon, 1)];
        let limit = |simd, threads, config: &PilotConfig| {
            let work = Work::Decision(config.clone());
            super::limit(&Contender::Cpu { simd, threads }, &work, 1e9, &peaks, &on("any"))
        };
        assert_eq!(limit(Simd::Neon, 1, &config), None);
        assert_eq!(limit(Simd::Avx512, 2, &config), None);
        assert_eq!(limit(Simd::Avx512, 1, &PilotConfig::of(PlannerKind::Cem)), None);
    }

    #[test]
    fn other_models_are_limited_by_their_own_operations_and_gpus_by_none_that_were_counted() {
        let config = driving(2048, 100, 20);
        let needed = needed(Model::DiffDrive, &config, Simd::Avx512).unwrap();
        let work = Work::ModelDecision { model: Model::DiffDrive, config };
        let contender = Contender::Cpu { simd: Simd::Avx512, threads: 1 };
        let peaks = [peak(Simd::Avx512, 1)];
        let found = limit(&contender, &work, 1e8, &peaks, &on("Intel(R) Xeon(R)")).unwrap();
        assert_eq!(found.particle_steps_per_s, 5e9 * 16.0 / needed.all);
        assert!(found.basis.contains("120.1 avx512 instructions"), "{}", found.basis);
        assert_eq!(limit(&Contender::gpu(0), &work, 1e8, &peaks, &on("any")), None);
    }
}
