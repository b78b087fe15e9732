//! What is timed.

use std::path::PathBuf;

use anyhow::{Context, Result};
use particle_pilot::backend::DeviceInfo;
use particle_pilot::{
    ActionKind, CartPoleProblem, Decision, Device, Evaluation, Pilot, PilotConfig, PlannerKind,
};
use particle_pilot_bench::gpu_limits as limits;
use particle_pilot_bench::start::run_pilot;

use crate::measure::{Sampling, host_time};
use crate::report::Timed;

/// Where decisions are made: near the upright rest.
const STATE: [f64; 4] = [0.01, 0.02, 0.03, -0.02];

/// As many decisions are compared with the CPU's.
const COMPARED: usize = 3;

/// One line of the table.
pub struct Row {
    /// What it is called.
    pub name: &'static str,
    /// What is done.
    pub work: Work,
    /// What it is to take on an H200, in seconds.
    pub target_s: Option<f64>,
}

/// What is done.
pub enum Work {
    /// One decision.
    Decision(PilotConfig),
    /// Closed loops.
    Episodes {
        /// With this pilot.
        config: PilotConfig,
        /// How many.
        episodes: u32,
        /// How long each.
        steps: u32,
        /// The CPU runs one in so many, and its time is multiplied by it.
        cpu_share: u32,
    },
    /// The program `pilot`, from its start to its end after one decision.
    Start {
        /// Whether the driver must compile the kernels anew instead of taking them from its cache.
        cold: bool,
    },
}

/// All rows; with hardly any work for a GPU that is none.
pub fn rows(is_virtual: bool) -> Vec<Row> {
    let pilot = |planner, action, particles, horizon| PilotConfig {
        action,
        particles,
        horizon,
        ..PilotConfig::of(planner)
    };
    let tiny = |full: u32, tiny: u32| if is_virtual { tiny } else { full };
    let (discrete, continuous) = (ActionKind::Discrete, ActionKind::Continuous);
    let shooting = |particles, horizon| {
        Work::Decision(pilot(PlannerKind::RandomShooting, discrete, particles, horizon))
    };
    let mppi = |particles, horizon| {
        Work::Decision(pilot(PlannerKind::Mppi, continuous, particles, horizon))
    };
    let episodes = |planner| Work::Episodes {
        config: pilot(planner, discrete, 256, 32),
        episodes: tiny(10_000, 4),
        steps: tiny(500, 4),
        cpu_share: tiny(50, 1),
    };
    // Blocks share it.
    let one_episode = Work::Episodes {
        config: pilot(PlannerKind::RandomShooting, discrete, tiny(65_536, 2560), 32),
        episodes: 1,
        steps: tiny(500, 4),
        cpu_share: 1,
    };
    // The targets are for all of the work.
    let row = |name, work, target_s: Option<f64>| Row {
        name,
        work,
        target_s: target_s.filter(|_| !is_virtual),
    };
    vec![
        // 8e11 steps/s.
        row("rollouts", shooting(tiny(1_000_000, 2_560), tiny(1000, 20)), Some(1e9 / 8e11)),
        row("mppi 16k", mppi(tiny(16_384, 1024), tiny(100, 10)), Some(30e-6)),
        row("mppi 2k", mppi(tiny(2048, 512), tiny(100, 10)), Some(15e-6)),
        row("episodes, shooting", episodes(PlannerKind::RandomShooting), Some(0.2)),
        row("episodes, cem", episodes(PlannerKind::Cem), Some(0.2)),
        row("one episode", one_episode, None),
        row("start", Work::Start { cold: false }, Some(0.3)),
        row("start, no cache", Work::Start { cold: true }, None),
    ]
}

impl Row {
    /// What is done, in words.
    pub fn about(&self) -> String {
        let size = |config: &PilotConfig| {
            let PilotConfig { planner, action, particles, horizon, .. } = config;
            format!("{planner}, {action}, {particles} particles x {horizon} steps")
        };
        match &self.work {
            Work::Decision(config) => format!("one decision of {}", size(config)),
            Work::Episodes { config, episodes, steps, .. } => {
                let loops = if *episodes == 1 { "episode" } else { "episodes" };
                format!("{episodes} {loops} of {steps} steps, each decision {}", size(config))
            }
            Work::Start { cold: false } => "the program pilot, first decision and end".into(),
            Work::Start { cold: true } => {
                "the same where the driver must compile the kernels (CUDA_CACHE_DISABLE=1)".into()
            }
        }
    }
}

/// The machine, and how to time on it.
pub struct Bench {
    /// The GPU, as pilots call it.
    pub device: Device,
    /// What it is.
    pub gpu: DeviceInfo,
    /// How to take samples.
    pub sampling: Sampling,
    /// The program `pilot`.
    pub pilot: Option<PathBuf>,
}

impl Bench {
    /// Times a row; what goes wrong becomes part of the result.
    pub fn time(&self, row: &Row) -> Timed {
        let mut timed = Timed::new(row);
        let result = match &row.work {
            Work::Decision(config) => self.time_decision(config, &mut timed),
            Work::Episodes { config, episodes, steps, cpu_share } => {
                self.time_episodes(config, [*episodes, *steps, *cpu_share], &mut timed)
            }
            Work::Start { cold } => self.time_start(*cold, &mut timed),
        };
        timed.error = result.err().map(|error| format!("{error:#}"));
        timed
    }

    fn time_decision(&self, config: &PilotConfig, timed: &mut Timed) -> Result<()> {
        let on = |device| {
            Pilot::new(PilotConfig { device, ..config.clone() }, CartPoleProblem::default())
        };
        let (mut gpu, mut cpu) = (on(self.device)?, on(Device::Cpu)?);
        let (on_gpu, on_cpu) = (decisions(&mut gpu)?, decisions(&mut cpu)?);
        timed.same_bits = Some(on_gpu == on_cpu);
        let diagnostics = &on_gpu[0].diagnostics;
        timed.particle_steps = Some(diagnostics.particle_steps);
        timed.limit_s = limits::least_seconds(&self.gpu, config, diagnostics.particle_steps);
        timed.clocks_per_step = limits::clocks_per_step(&self.gpu, config);
        timed.device = Some(self.sampling.take(|| {
            let (_, time) = gpu.act_timed(&STATE)?;
            time.context("the GPU has not decided")
        })?);
        timed.host = Some(self.sampling.take(|| host_time(|| gpu.act(&STATE)))?);
        let sampling = self.sampling.of_the_other();
        let cpu = cpu.with_hot_threads(|cpu| sampling.take(|| host_time(|| cpu.act(&STATE))));
        timed.cpu = Some(cpu?);
        Ok(())
    }

    fn time_episodes(
        &self,
        config: &PilotConfig,
        [episodes, steps, cpu_share]: [u32; 3],
        timed: &mut Timed,
    ) -> Result<()> {
        let on = |device, episodes, steps| {
            let evaluation = Evaluation::new(
                PilotConfig { device, ..config.clone() },
                CartPoleProblem::default(),
            );
            evaluation.episodes(episodes).steps(steps)
        };
        let few = episodes / cpu_share;
        let (gpu, cpu) = (on(self.device, few, steps).run()?, on(Device::Cpu, few, steps).run()?);
        timed.same_bits = Some(gpu.digest == cpu.digest && gpu.survived == cpu.survived);
        let all = on(self.device, episodes, steps);
        let particle_steps = all.run()?.particle_steps;
        timed.particle_steps = Some(particle_steps);
        timed.limit_s = limits::least_seconds(&self.gpu, config, particle_steps);
        timed.clocks_per_step = limits::clocks_per_step(&self.gpu, config);
        timed.host = Some(self.sampling.take(|| host_time(|| all.run()))?);
        let shortest = on(self.device, 1, 1);
        timed.opening = Some(self.sampling.take(|| host_time(|| shortest.run()))?);
        let some = on(Device::Cpu, few, steps);
        let cpu = self.sampling.of_the_other().take(|| host_time(|| some.run()))?;
        timed.cpu = Some(cpu.scaled(f64::from(cpu_share)));
        timed.cpu_scaled_by = Some(cpu_share);
        Ok(())
    }

    fn time_start(&self, cold: bool, timed: &mut Timed) -> Result<()> {
        let pilot = self
            .pilot
            .as_deref()
            .context("no program `pilot` beside this one; name it with --pilot")?;
        let cache: &[_] = if cold { &[("CUDA_CACHE_DISABLE", "1")] } else { &[] };
        let start = |device: Device| run_pilot(pilot, &device.to_string(), &[], cache);
        let sampling = if cold { self.sampling.of_few() } else { self.sampling };
        timed.host = Some(sampling.take(|| host_time(|| start(self.device)))?);
        if !cold {
            let sampling = self.sampling.of_the_other();
            timed.cpu = Some(sampling.take(|| host_time(|| start(Device::Cpu)))?);
        }
        Ok(())
    }
}

/// The first few.
fn decisions(pilot: &mut Pilot) -> Result<Vec<Decision>> {
    (0..COMPARED).map(|_| Ok(pilot.act(&STATE)?)).collect()
}
