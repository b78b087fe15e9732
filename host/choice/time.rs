//! How long work takes, as it is predicted: on the CPU and on a GPU.

use super::calibration::Calibration;
use super::work::DecisionWork;
use crate::settings::{DeviceInfo, PlannerKind};
use crate::simd::Simd;

/// What a GPU's thread gets done of its operations while it waits for none of others, in each cycle.
const IN_TURN: f64 = 0.25;
/// Blocks of a chunk's threads that are at work on each multiprocessor where there are many decisions.
const BLOCKS: f64 = 128.0;
/// Cycles in a second of a GPU that does not tell, and more than any has.
const CLOCK: f64 = 1.5e9;
const FASTEST_CLOCK: f64 = 3e9;
/// Of an environment's step in double precision: operations; bytes that come and go; launches and copies of a call.
const ENVIRONMENT_OPERATIONS: f64 = 200.0;
const ENVIRONMENT_BYTES: f64 = 30.0;
const ENVIRONMENT_CALLS: f64 = 3.0;

/// Many decisions: those of episodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episodes {
    /// Episodes.
    pub episodes: u32,
    /// Decisions of each.
    pub steps: u32,
    /// Whether the host has to take part in each step.
    pub waits: bool,
}

/// A CPU, as a pilot uses it.
#[derive(Clone, Copy, Debug)]
pub struct Cpu {
    pub simd: Simd,
    pub threads: usize,
}

/// Constants of one machine: measured ones, and estimates for the others. Those of CPUs with AVX-512 and AVX2 and of planners are
/// what one core of an Intel Xeon (family 6, model 207) took, rounded; a GPU's are guesses.
#[derive(Clone, Debug, Default)]
pub struct Model(pub Calibration);

/// Estimates for a GPU, by when it was made. None was measured.
struct Generation {
    /// Lanes of a multiprocessor that multiply and add, and those of them that do so in double precision.
    lanes: f64,
    doubles: f64,
    launch_s: f64,
    wait_s: f64,
}

impl Generation {
    /// What takes least of all: no GPU is faster.
    const LEAST: Self = Self::new(128.0, 64.0, 3e-6, 8e-6);

    const fn new(lanes: f64, doubles: f64, launch_s: f64, wait_s: f64) -> Self {
        Self { lanes, doubles, launch_s, wait_s }
    }

    /// That of a compute capability.
    const fn of((major, minor): (u32, u32)) -> Self {
        match (major, minor) {
            (..=7, _) => Self::new(64.0, 2.0, 5e-6, 15e-6),
            (8, 0) => Self::new(64.0, 32.0, 4e-6, 12e-6),
            (8, _) => Self::new(128.0, 2.0, 4e-6, 12e-6),
            (9..=11, _) => Self::new(128.0, 64.0, 3e-6, 8e-6),
            _ => Self::new(128.0, 2.0, 3e-6, 8e-6),
        }
    }
}

impl Calibration {
    /// Operations that a GPU could carry out in a second at most, of which [`Calibration::gpu_peak_share`] is a share.
    #[must_use]
    pub fn gpu_peak(gpu: &DeviceInfo) -> f64 {
        peak(gpu, Generation::of(gpu.compute_capability).lanes)
    }
}

impl Model {
    /// Seconds that the CPU takes for a decision, all threads at work on it.
    pub fn cpu_decision(&self, work: &DecisionWork, cpu: Cpu) -> f64 {
        let threads = cpu.threads.min(work.pieces as usize).max(1);
        let wake = if threads > 1 { self.0.cpu_wake_s.unwrap_or(2e-6) } else { 0.0 };
        self.cpu_once() + wake + self.operations(work) / self.cpu_rate(cpu.simd, threads)
    }

    /// Seconds that the CPU takes for episodes, each thread at work on ones of its own.
    pub fn cpu_episodes(&self, work: &DecisionWork, many: Episodes, cpu: Cpu) -> f64 {
        let threads = cpu.threads.min(many.episodes as usize).max(1);
        let decisions = f64::from(many.episodes) * f64::from(many.steps);
        let operations = self.operations(work) / self.cpu_rate(cpu.simd, threads);
        decisions * (self.cpu_once() / self.scale(threads) + operations)
    }

    /// Seconds that the CPU takes for a step of environments side by side.
    pub fn cpu_environments(&self, count: usize, threads: usize) -> f64 {
        let each = self.0.cpu_environment_step_s.unwrap_or(5e-9);
        self.cpu_once() + count as f64 * each / self.scale(threads.max(1))
    }

    /// Seconds that any GPU takes for a decision at least: no GPU need be asked where the CPU takes less.
    pub fn least_of_decision(&self, work: &DecisionWork) -> f64 {
        let calls = self.calls(work, &Generation::LEAST) + self.gpu_wait(&Generation::LEAST);
        calls + self.in_turn(work, FASTEST_CLOCK)
    }

    /// The same for episodes.
    pub fn least_of_episodes(&self, work: &DecisionWork, many: Episodes) -> f64 {
        let in_turn = f64::from(many.steps) * self.in_turn(work, FASTEST_CLOCK);
        self.gpu_open() + self.calls_of_episodes(work, many, &Generation::LEAST) + in_turn
    }

    /// The same for a step of environments side by side.
    pub fn least_of_environments(&self) -> f64 {
        let least = &Generation::LEAST;
        ENVIRONMENT_CALLS * self.gpu_launch(least) + self.gpu_wait(least)
    }

    /// Seconds that this GPU takes for a decision.
    pub fn gpu_decision(&self, work: &DecisionWork, gpu: &DeviceInfo) -> f64 {
        let generation = Generation::of(gpu.compute_capability);
        let calls = self.calls(work, &generation) + self.gpu_wait(&generation);
        let in_turn = self.in_turn(work, clock(gpu));
        calls + in_turn.max(self.operations(work) / self.gpu_rate(gpu, generation.lanes))
    }

    /// Seconds that this GPU takes for episodes, as many at a time as it has room for, with its opening.
    pub fn gpu_episodes(&self, work: &DecisionWork, many: Episodes, gpu: &DeviceInfo) -> f64 {
        let generation = Generation::of(gpu.compute_capability);
        let decisions = f64::from(many.episodes) * f64::from(many.steps);
        let blocks = f64::from(many.episodes) * f64::from(work.gpu_threads) / 64.0;
        let rounds = (blocks / (BLOCKS * f64::from(gpu.multiprocessors.max(1)))).ceil().max(1.0);
        let all = decisions * self.operations(work) / self.gpu_rate(gpu, generation.lanes);
        let in_turn = rounds * f64::from(many.steps) * self.in_turn(work, clock(gpu));
        let calls = rounds * self.calls_of_episodes(work, many, &generation);
        self.gpu_open() + calls + in_turn.max(all)
    }

    /// Seconds that this GPU takes for a step of environments side by side, whose results are copied to the host.
    pub fn gpu_environments(&self, count: usize, gpu: &DeviceInfo) -> f64 {
        let generation = Generation::of(gpu.compute_capability);
        let copies =
            count as f64 * ENVIRONMENT_BYTES / self.0.gpu_copy_bytes_per_s.unwrap_or(1.2e10);
        let steps = count as f64 * ENVIRONMENT_OPERATIONS / self.gpu_rate(gpu, generation.doubles);
        let calls = ENVIRONMENT_CALLS * self.gpu_launch(&generation) + self.gpu_wait(&generation);
        calls + copies + steps
    }

    /// Operations of a decision.
    fn operations(&self, work: &DecisionWork) -> f64 {
        work.steps * self.operations_of_step(work)
    }

    fn operations_of_step(&self, work: &DecisionWork) -> f64 {
        work.operations + self.planner_operations(work.planner)
    }

    /// Operations of a planner in each step, besides those that follow from its settings.
    fn planner_operations(&self, planner: PlannerKind) -> f64 {
        let measured = &self.0;
        let (measured, usual) = match planner {
            PlannerKind::RandomShooting => (measured.random_shooting_operations, 10.0),
            PlannerKind::Cem => (measured.cem_operations, 20.0),
            PlannerKind::Mppi => (measured.mppi_operations, 50.0),
            PlannerKind::Smc => (measured.smc_operations, 145.0),
            PlannerKind::Fmc => (measured.fmc_operations, 1000.0),
            PlannerKind::PredictiveSampling => (measured.predictive_sampling_operations, 15.0),
            PlannerKind::Icem => (measured.icem_operations, 100.0),
        };
        measured.unwrap_or(usual)
    }

    fn cpu_once(&self) -> f64 {
        self.0.cpu_decision_s.unwrap_or(1e-6)
    }

    /// Operations that threads carry out in a second.
    fn cpu_rate(&self, simd: Simd, threads: usize) -> f64 {
        let measured = &self.0;
        let (measured, usual) = match simd {
            Simd::Scalar => (measured.cpu_scalar_operations_per_s, 1e9),
            Simd::Neon => (measured.cpu_neon_operations_per_s, 2e10),
            Simd::Avx2 => (measured.cpu_avx2_operations_per_s, 4e10),
            Simd::Avx512 => (measured.cpu_avx512_operations_per_s, 8e10),
        };
        measured.unwrap_or(usual) * self.scale(threads)
    }

    /// As many times as much as one thread do several.
    fn scale(&self, threads: usize) -> f64 {
        // Of which two share a core, on most machines.
        1.0 + (threads - 1) as f64 * self.0.cpu_thread_share.unwrap_or(0.7)
    }

    fn gpu_launch(&self, generation: &Generation) -> f64 {
        self.0.gpu_launch_s.unwrap_or(generation.launch_s)
    }

    fn gpu_wait(&self, generation: &Generation) -> f64 {
        self.0.gpu_wait_s.unwrap_or(generation.wait_s)
    }

    fn gpu_open(&self) -> f64 {
        self.0.gpu_open_s.unwrap_or(0.3)
    }

    fn calls(&self, work: &DecisionWork, generation: &Generation) -> f64 {
        f64::from(work.launches) * self.gpu_launch(generation)
    }

    /// Launches of episodes that all run at the same time.
    fn calls_of_episodes(
        &self,
        work: &DecisionWork,
        many: Episodes,
        generation: &Generation,
    ) -> f64 {
        let wait = if many.waits { self.gpu_wait(generation) } else { 0.0 };
        // One launch more steps the environments.
        let step = self.calls(work, generation) + self.gpu_launch(generation) + wait;
        f64::from(many.steps) * step
    }

    /// Seconds that one thread of a GPU is at work on a decision, which nothing makes shorter.
    fn in_turn(&self, work: &DecisionWork, clock: f64) -> f64 {
        work.steps_in_turn * self.operations_of_step(work) / (clock * IN_TURN)
    }

    /// Operations that a GPU with so many lanes on each multiprocessor carries out in a second.
    fn gpu_rate(&self, gpu: &DeviceInfo, lanes: f64) -> f64 {
        let share = self.0.gpu_peak_share.unwrap_or(0.5);
        peak(gpu, lanes) * share
    }
}

fn peak(gpu: &DeviceInfo, lanes: f64) -> f64 {
    f64::from(gpu.multiprocessors.max(1)) * lanes * clock(gpu)
}

/// Cycles of a GPU in a second.
fn clock(gpu: &DeviceInfo) -> f64 {
    if gpu.clock_khz == 0 { CLOCK } else { 1e3 * f64::from(gpu.clock_khz) }
}
