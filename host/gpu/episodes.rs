//! Closed loops on a GPU: one launch, with a grid of one or more blocks of threads for each episode.

use bytemuck::Zeroable;
use particle_pilot_kernels::env::Physics;
use particle_pilot_kernels::model::CartPoleModel;
use particle_pilot_kernels::task::{
    Buffers, CHUNK_THREADS, EpisodeSummary, Episodes, GridBarrier, Layout, Task,
};

use super::schedule::{Schedule, WHOLE};
use super::{GpuModel, module};
use crate::cuda::{Buffer, Gpu, GpuError, Grid, Kernel};
use crate::env::Push;
use crate::settings::PilotConfig;

/// Blocks share an episode when one alone would roll out at least so many rounds of chunks for a decision: the
/// barriers cost about a round. An estimate from instruction counts, not measured on a GPU.
const WORTH_SHARING: u32 = 4;

/// Closed loops in the reference environment, many at a time.
pub struct GpuEpisodes {
    gpu: Gpu,
    kernel: Kernel,
    schedule: Schedule,
    task: Task,
    /// As in `GpuEngine`; the start in it is not used.
    numbers: Vec<f32>,
    units: [f64; 4],
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
    grids: u32,
    /// Blocks for each.
    parts: u32,
}

impl GpuEpisodes {
    /// Episodes of `config` on GPU `index`, in a cart-pole of `physics`.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU cannot be used.
    pub fn new(
        index: u32,
        config: &PilotConfig,
        model: &GpuModel,
        physics: &Physics,
    ) -> Result<Self, GpuError> {
        let schedule = Schedule::of(config, model);
        let names = [schedule.episodes.as_str()];
        let (gpu, numbers) = module::open_for(index, &names, &model.trace, None)?;
        let kernel = gpu.kernel(&schedule.episodes)?;
        let tables = gpu.upload(&schedule.tables)?;
        let task = Task { params: schedule.params, tables: tables.address(), ..Task::zeroed() };
        let per_multiprocessor = gpu.max_active_blocks(&kernel, threads(&schedule))?;
        let width = (per_multiprocessor * gpu.info().multiprocessors).max(1);
        let most_parts = if gpu.is_cooperative()? { most_parts(&schedule) } else { 1 };
        let (physics, units) = (*physics, CartPoleModel::<false>::units(physics));
        let _tables = tables;
        Ok(Self {
            gpu,
            kernel,
            schedule,
            task,
            numbers,
            units,
            _tables,
            physics,
            width,
            most_parts,
        })
    }

    /// How many episodes the GPU works on at the same time, at most.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Steps that a decision simulates.
    pub fn particle_steps(&self) -> u64 {
        let futures: u64 = self.schedule.counts.iter().copied().map(u64::from).sum();
        futures * u64::from(self.schedule.params.horizon)
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
            let populations = self.schedule.buffers.populations.min(share.parts);
            let buffers = Buffers { populations, ..self.schedule.buffers };
            let layout = Layout::of(&self.schedule.params, buffers);
            match self.gpu.buffer::<u8>(layout.size as usize * share.grids as usize) {
                Err(error) if error.is_out_of_memory() && share.grids > 1 => share.grids /= 2,
                Err(error) if error.is_out_of_memory() && populations > 1 => share.parts /= 2,
                memory => break (memory?, layout),
            }
        };
        let starts: Buffer<f64> = self.gpu.upload(starts.as_flattened())?;
        let summaries = self.gpu.zeroed::<EpisodeSummary>(count as usize)?;
        let barriers = size_of::<GridBarrier>() * share.grids as usize;
        let barriers = self.gpu.zeroed::<u8>(barriers)?;
        let episodes = Episodes {
            task: Task { layout, memory: memory.address(), seed, ..self.task },
            physics: self.physics.into(),
            units: self.units,
            push_newton: push.map_or(0.0, |push| push.newton()),
            starts: starts.address(),
            summaries: summaries.address(),
            barriers: barriers.address(),
            parts: share.parts,
            padding: 0,
            episodes: count,
            steps,
            push_length: push.map_or(0, |push| push.length()),
            push_every: push.map_or(1, |push| push.every()),
        };
        let grid = Grid {
            blocks: share.grids * share.parts,
            threads: threads(&self.schedule),
            cooperative: share.parts > 1,
        };
        // SAFETY: the kernel takes episodes, whose addresses are those of buffers that live until the summaries
        // are here, with memory and a barrier of zeros for each grid. Those of more than one block are launched
        // cooperatively.
        unsafe { self.gpu.launch_with(&self.kernel, grid, &episodes, &self.numbers)? };
        summaries.download()
    }
}

/// Threads of a block.
fn threads(schedule: &Schedule) -> u32 {
    match schedule.buffers.populations {
        0 => (schedule.params.chunks() * CHUNK_THREADS).min(WHOLE),
        _ => WHOLE,
    }
}

/// How many blocks an episode can make use of: one for each round of chunks, or for each population.
fn most_parts(schedule: &Schedule) -> u32 {
    match schedule.buffers.populations {
        0 => {
            let rounds = schedule.params.chunks().div_ceil(WHOLE / CHUNK_THREADS);
            if rounds >= WORTH_SHARING { rounds } else { 1 }
        }
        populations => populations,
    }
}

/// Shares `width` blocks out to `count` episodes, each of which can make use of `most_parts`.
fn share(count: u32, width: u32, most_parts: u32) -> Share {
    let grids = count.clamp(1, width);
    Share { grids, parts: (width / grids).clamp(1, most_parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_episodes_have_a_block_each_and_few_have_several() {
        let shared = |count, most_parts| {
            let Share { grids, parts } = share(count, 264, most_parts);
            (grids, parts)
        };
        assert_eq!(shared(10_000, 50), (264, 1));
        assert_eq!(shared(264, 50), (264, 1));
        assert_eq!(shared(100, 50), (100, 2));
        assert_eq!(shared(3, 50), (3, 50));
        assert_eq!(shared(1, 1_000_000), (1, 264));
        assert_eq!(shared(1, 1), (1, 1));
    }
}
