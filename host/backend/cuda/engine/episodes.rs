//! Whole closed loops on a GPU: one launch, a block of threads for each episode.

use bytemuck::Zeroable;
use particle_pilot_kernels::env::Physics;
use particle_pilot_kernels::task::{Episodes, Layout, Outcome, Task};

use super::plan::{Plan, SQUAD, WHOLE};
use super::{GpuModel, module};
use crate::backend::cuda::{Buffer, Gpu, GpuError, Kernel, info};
use crate::config::PilotConfig;
use crate::env::Push;

/// Closed loops in the reference environment, many at a time.
pub struct GpuEpisodes {
    gpu: Gpu,
    kernel: Kernel,
    plan: Plan,
    task: Task,
    tables: Buffer<f32>,
    physics: Physics,
}

impl GpuEpisodes {
    /// Episodes of `config` on GPU `index`.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU cannot be used.
    pub fn new(index: u32, config: &PilotConfig, model: &GpuModel) -> Result<Self, GpuError> {
        // First: putting the module together takes milliseconds, in vain where there is no GPU.
        info::device(index)?;
        let mut plan = Plan::of(config, model);
        // A block runs its islands one after the other, in the same memory.
        plan.keeps.populations = plan.keeps.populations.min(1);
        let gpu = Gpu::open(index, &module::with([plan.episodes.as_str()].into_iter()))?;
        let kernel = gpu.kernel(&plan.episodes)?;
        let tables = gpu.upload(&plan.tables)?;
        let task = Task {
            model: model.data,
            rules: plan.rules,
            layout: Layout::of(&plan.rules, plan.keeps),
            tables: tables.address(),
            ..Task::zeroed()
        };
        Ok(Self { gpu, kernel, plan, task, tables, physics: config.physics })
    }

    /// How many episodes the GPU works on at the same time.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU does not say.
    pub fn width(&self) -> Result<u32, GpuError> {
        let blocks = self.gpu.max_active_blocks(&self.kernel, self.threads(), 0)?;
        Ok((blocks * self.gpu.info().multiprocessors).max(1))
    }

    /// Steps that a decision simulates.
    pub fn particle_steps(&self) -> u64 {
        let rules = &self.plan.rules;
        let steps = u64::from(rules.particles) * u64::from(rules.horizon);
        steps * u64::from(rules.iterations)
    }

    /// Threads that work on an episode.
    fn threads(&self) -> u32 {
        match self.plan.keeps.populations {
            0 => (self.plan.rules.chunks() * SQUAD).min(WHOLE),
            _ => WHOLE,
        }
    }

    /// Runs an episode from each of `starts`, for `steps` steps at most; episode `i` has the seed `seed + i`.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU fails; where there is too little memory for all that could run at the same time,
    /// fewer do.
    pub fn run(
        &mut self,
        seed: u64,
        starts: &[[f64; 4]],
        steps: u32,
        push: Option<Push>,
    ) -> Result<Vec<Outcome>, GpuError> {
        let count = starts.len() as u32;
        let mut blocks = self.width()?.min(count);
        let memory = loop {
            let bytes = self.task.layout.size as usize * blocks as usize;
            match self.gpu.buffer::<u8>(bytes) {
                Err(error) if error.is_out_of_memory() && blocks > 1 => blocks /= 2,
                memory => break memory?,
            }
        };
        let starts: Buffer<f64> = self.gpu.upload(starts.as_flattened())?;
        let outcomes = self.gpu.zeroed::<Outcome>(count as usize)?;
        let mut task = self.task;
        (task.memory, task.seed) = (memory.address(), seed);
        task.tables = self.tables.address();
        let episodes = Episodes {
            task,
            physics: self.physics.into(),
            push_newton: push.map_or(0.0, |push| push.newton()),
            starts: starts.address(),
            outcomes: outcomes.address(),
            episodes: count,
            steps,
            push_length: push.map_or(0, |push| push.length()),
            push_every: push.map_or(1, |push| push.every()),
        };
        // SAFETY: the kernel takes episodes, whose addresses are those of buffers that live until the outcomes
        // are here, with memory for as many decisions as there are blocks.
        unsafe { self.gpu.launch(&self.kernel, blocks, self.threads(), 0, &episodes)? };
        outcomes.download()
    }
}
