//! Whole closed loops on a GPU: one launch, with a fleet of one or more blocks of threads for each episode.

use bytemuck::Zeroable;
use particle_pilot_kernels::env::Physics;
use particle_pilot_kernels::task::{EpisodeSummary, Episodes, Keeps, Layout, Meeting, Task};

use super::plan::{Plan, SQUAD, WHOLE};
use super::{GpuModel, module};
use crate::backend::cuda::{Buffer, Gpu, GpuError, Grid, Kernel};
use crate::config::PilotConfig;
use crate::env::Push;

/// Blocks share an episode when one alone would roll out at least so many rounds of chunks for a decision: the
/// meetings cost about a round. An estimate from instruction counts, not measured on a GPU.
const WORTH_SHARING: u32 = 4;

/// Closed loops in the reference environment, many at a time.
pub struct GpuEpisodes {
    gpu: Gpu,
    kernel: Kernel,
    plan: Plan,
    task: Task,
    _tables: Buffer<f32>,
    physics: Physics,
    /// How many blocks can run at the same time.
    width: u32,
    /// How many blocks an episode can make use of.
    most_parts: u32,
}

/// How the blocks of a launch are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    /// Episodes at the same time.
    fleets: u32,
    /// Blocks for each.
    parts: u32,
}

impl GpuEpisodes {
    /// Episodes of `config` on GPU `index`.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU cannot be used.
    pub fn new(index: u32, config: &PilotConfig, model: &GpuModel) -> Result<Self, GpuError> {
        let plan = Plan::of(config, model);
        let gpu = module::open(index, &[&plan.episodes], None)?;
        let kernel = gpu.kernel(&plan.episodes)?;
        let tables = gpu.upload(&plan.tables)?;
        let task = Task {
            model: model.data,
            rules: plan.rules,
            tables: tables.address(),
            ..Task::zeroed()
        };
        let per_multiprocessor = gpu.max_active_blocks(&kernel, threads(&plan))?;
        let width = (per_multiprocessor * gpu.info().multiprocessors).max(1);
        let most_parts = if gpu.is_cooperative()? { most_parts(&plan) } else { 1 };
        let physics = config.physics;
        Ok(Self { gpu, kernel, plan, task, _tables: tables, physics, width, most_parts })
    }

    /// How many episodes the GPU works on at the same time, at most.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Steps that a decision simulates.
    pub fn particle_steps(&self) -> u64 {
        let rules = &self.plan.rules;
        let steps = u64::from(rules.particles) * u64::from(rules.horizon);
        steps * u64::from(rules.iterations)
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
    ) -> Result<Vec<EpisodeSummary>, GpuError> {
        let count = starts.len() as u32;
        let mut share = share(count, self.width, self.most_parts);
        let (memory, layout) = loop {
            let populations = self.plan.keeps.populations.min(share.parts);
            let keeps = Keeps { populations, ..self.plan.keeps };
            let layout = Layout::of(&self.plan.rules, keeps);
            match self.gpu.buffer::<u8>(layout.size as usize * share.fleets as usize) {
                Err(error) if error.is_out_of_memory() && share.fleets > 1 => share.fleets /= 2,
                Err(error) if error.is_out_of_memory() && populations > 1 => share.parts /= 2,
                memory => break (memory?, layout),
            }
        };
        let starts: Buffer<f64> = self.gpu.upload(starts.as_flattened())?;
        let summaries = self.gpu.zeroed::<EpisodeSummary>(count as usize)?;
        let meetings = self.gpu.zeroed::<Meeting>(share.fleets as usize)?;
        let episodes = Episodes {
            task: Task { layout, memory: memory.address(), seed, ..self.task },
            physics: self.physics.into(),
            push_newton: push.map_or(0.0, |push| push.newton()),
            starts: starts.address(),
            summaries: summaries.address(),
            meetings: meetings.address(),
            parts: share.parts,
            padding: 0,
            episodes: count,
            steps,
            push_length: push.map_or(0, |push| push.length()),
            push_every: push.map_or(1, |push| push.every()),
        };
        let grid = Grid {
            blocks: share.fleets * share.parts,
            threads: threads(&self.plan),
            cooperative: share.parts > 1,
        };
        // SAFETY: the kernel takes episodes, whose addresses are those of buffers that live until the summaries
        // are here, with memory and zeros to meet in for as many fleets as there are. Fleets of more than one
        // block are launched cooperatively.
        unsafe { self.gpu.launch(&self.kernel, grid, &episodes)? };
        summaries.download()
    }
}

/// Threads of a block.
fn threads(plan: &Plan) -> u32 {
    match plan.keeps.populations {
        0 => (plan.rules.chunks() * SQUAD).min(WHOLE),
        _ => WHOLE,
    }
}

/// How many blocks an episode can make use of: one for each round of chunks, or for each population.
fn most_parts(plan: &Plan) -> u32 {
    match plan.keeps.populations {
        0 => {
            let rounds = plan.rules.chunks().div_ceil(WHOLE / SQUAD);
            if rounds >= WORTH_SHARING { rounds } else { 1 }
        }
        populations => populations,
    }
}

/// Shares `width` blocks out to `count` episodes, each of which can make use of `most_parts`.
fn share(count: u32, width: u32, most_parts: u32) -> Share {
    let fleets = count.clamp(1, width);
    Share { fleets, parts: (width / fleets).clamp(1, most_parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_episodes_have_a_block_each_and_few_have_several() {
        let shared = |count, most_parts| {
            let Share { fleets, parts } = share(count, 264, most_parts);
            (fleets, parts)
        };
        assert_eq!(shared(10_000, 50), (264, 1));
        assert_eq!(shared(264, 50), (264, 1));
        assert_eq!(shared(100, 50), (100, 2));
        assert_eq!(shared(3, 50), (3, 50));
        assert_eq!(shared(1, 1_000_000), (1, 264));
        assert_eq!(shared(1, 1), (1, 1));
    }
}
