//! The launches of decisions: of one, or of many in step, each in a row of blocks of its own.

use std::ops::RangeInclusive;

use bytemuck::Zeroable;
use particle_pilot_kernels::task::{Buffers, CHUNK_THREADS, Layout, SHARE, Task, WHOLE};
use particle_pilot_kernels::trace::{Asks, EnvironmentTrace};

use super::schedule::{Blocks, Launch, Schedule};
use super::{KernelModel, module};
use crate::cuda::{Buffer, ForeignStream, Gpu, GpuError, Grid, Kernel};
use crate::settings::PilotConfig;

/// Blocks of a chunk's threads for each multiprocessor, in all decisions that are made together: several times as many as fit, so
/// that few wait for the last ones. An estimate, not measured on a GPU.
const BLOCKS: u32 = 128;

/// Bytes of noise that all decisions together keep from rolling out to weighing: what is in a cache is read faster than it is drawn
/// again, what has to come from memory may not be. An estimate, not measured on a GPU.
const MOST_KEPT: u64 = 32 << 20;

/// The most rows of blocks of a launch.
pub const MOST_ROWS: u32 = 65_535;

/// An open GPU with a planner's kernels for a model.
pub struct Launches {
    pub gpu: Gpu,
    /// What makes a decision.
    pub schedule: Schedule,
    reset: Ready,
    /// One iteration's launches.
    iteration: Vec<Ready>,
    /// What all decisions share.
    tables: Buffer<f32>,
}

/// A launch and what it starts.
struct Ready {
    launch: Launch,
    kernel: Kernel,
    /// Adds up the sums of a batch, where there can be several.
    fold: Option<Kernel>,
}

/// A kernel besides those of decisions, and an environment that it steps, if it has a place for one.
pub type Besides<'a> = (&'static str, Option<&'a EnvironmentTrace>);

impl Launches {
    /// The launches of `config`'s planner on GPU `index`, for decisions that learn `asks` what they are about; work goes to
    /// `stream`, if there is one given. And the numbers that kernels which simulate take.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU cannot be used.
    pub fn open(
        index: u32,
        config: &PilotConfig,
        model: &KernelModel,
        asks: Asks,
        besides: Option<Besides<'_>>,
        stream: Option<ForeignStream>,
    ) -> Result<(Self, Vec<f32>), GpuError> {
        let schedule = Schedule::of(config, model);
        let launches = || schedule.iteration.iter().chain([&schedule.reset]);
        let kernels = launches().map(|launch| launch.kernel.as_str());
        let folds = launches().filter_map(|launch| schedule.fold(launch));
        let names: Vec<_> = kernels.chain(folds).chain(besides.map(|(name, _)| name)).collect();
        let environment = besides.and_then(|(_, environment)| environment);
        let (gpu, numbers) =
            module::open_for(index, &names, &model.trace, asks, environment, stream)?;
        let ready = |launch: &Launch| {
            let kernel = gpu.kernel(&launch.kernel)?;
            let fold = schedule.fold(launch).map(|name| gpu.kernel(name)).transpose()?;
            Ok(Ready { launch: launch.clone(), kernel, fold })
        };
        let reset = ready(&schedule.reset)?;
        let iteration = schedule.iteration.iter().map(ready).collect::<Result<_, GpuError>>()?;
        let tables = gpu.upload(&schedule.tables)?;
        Ok((Self { gpu, schedule, reset, iteration, tables }, numbers))
    }

    /// Memory for `count` decisions, and the task that is about it.
    ///
    /// # Errors
    /// [`GpuError`] if there is too little, even for the sums of smaller batches.
    pub fn memory(&mut self, count: u32) -> Result<(Buffer<u8>, Task), GpuError> {
        loop {
            match (self.whole_memory(count), self.schedule.params.smaller_batch()) {
                (Err(error), _) if error.is_out_of_memory() && self.schedule.buffers.kept_noise => {
                    self.schedule.buffers.kept_noise = false;
                }
                (Err(error), Some(chunks)) if error.is_out_of_memory() => {
                    self.schedule.params.batch_chunks = chunks;
                }
                (memory, _) => return memory,
            }
        }
    }

    /// Memory for as many decisions of `counts` as there is room for, and the task that is about them.
    ///
    /// # Errors
    /// As [`Launches::memory`].
    pub fn memory_for(
        &mut self,
        counts: RangeInclusive<u32>,
    ) -> Result<(u32, Buffer<u8>, Task), GpuError> {
        let (least, mut count) = counts.into_inner();
        loop {
            let (memory, task) = match self.whole_memory(count) {
                Err(error) if error.is_out_of_memory() && count > least => {
                    count = (count / 2).max(least);
                    continue;
                }
                Err(error) if error.is_out_of_memory() => self.memory(count)?,
                memory => memory?,
            };
            return Ok((count, memory, task));
        }
    }

    /// As [`Launches::memory`], in batches as large as they are now.
    fn whole_memory(&self, count: u32) -> Result<(Buffer<u8>, Task), GpuError> {
        let Schedule { params, buffers, .. } = &self.schedule;
        let count = u64::from(count);
        let kept_noise = buffers.kept_noise && count * params.noise_bytes() <= MOST_KEPT;
        let layout = Layout::of(params, Buffers { kept_noise, ..*buffers });
        let answers = (layout.answer_size * count).next_multiple_of(256);
        let memory = self.gpu.buffer::<u8>((answers + layout.size * count) as usize)?;
        let task = Task {
            params: *params,
            layout,
            answers: memory.address(),
            memory: memory.address() + answers,
            tables: self.tables.address(),
            ..Task::zeroed()
        };
        Ok((memory, task))
    }

    /// Has `rows` decisions forget all earlier ones.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU fails.
    ///
    /// # Safety
    /// `task` must be of [`Launches::memory`] for so many, and the memory still be there; `numbers` must be those of
    /// [`Launches::open`] with addresses, where there are any, of what is there.
    pub unsafe fn reset(&self, task: &Task, numbers: &[f32], rows: u32) -> Result<(), GpuError> {
        // SAFETY: the caller's duty.
        unsafe { self.launch(&self.reset, task, numbers, rows) }
    }

    /// Asks for `rows` decisions, without waiting for them. A single one begins with so many kept futures as `follows` says.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU fails.
    ///
    /// # Safety
    /// As for [`Launches::reset`], which must have been called.
    pub unsafe fn decide(
        &self,
        task: &Task,
        numbers: &[f32],
        rows: u32,
        follows: u32,
    ) -> Result<(), GpuError> {
        let mut task = *task;
        task.params.kept = follows;
        for (iteration, futures) in (0..).zip(&self.schedule.counts) {
            (task.iteration, task.params.particles) = (iteration, *futures);
            for ready in &self.iteration {
                let batches = match ready.launch.blocks {
                    Blocks::Chunks(_) => task.params.batches(),
                    Blocks::Islands | Blocks::Shares | Blocks::One => 1,
                };
                for batch in 0..batches {
                    task.batch = batch;
                    // SAFETY: the caller's duty.
                    unsafe { self.launch(ready, &task, numbers, rows) }?;
                    if let Some(fold) = ready.fold.as_ref().filter(|_| batches > 1) {
                        let grid = Grid { rows, ..Grid::new(1, WHOLE) };
                        // SAFETY: the caller's duty.
                        unsafe { self.gpu.launch_with(fold, grid, &task, numbers) }?;
                    }
                }
            }
            task.params.kept = task.params.keeps;
        }
        Ok(())
    }

    /// # Safety
    /// As for [`Launches::reset`].
    unsafe fn launch(
        &self,
        ready: &Ready,
        task: &Task,
        numbers: &[f32],
        rows: u32,
    ) -> Result<(), GpuError> {
        let (blocks, threads) = match ready.launch.blocks {
            Blocks::Chunks(_) => (task.params.batch(task.batch).1, CHUNK_THREADS),
            Blocks::Islands => (task.params.islands, WHOLE),
            Blocks::Shares => (task.params.particles.div_ceil(SHARE), WHOLE),
            Blocks::One => (1, WHOLE),
        };
        let grid = Grid { rows, ..Grid::new(blocks, threads) };
        // SAFETY: the kernel takes a task, whose addresses are those of the caller's memory for as many as there are rows,
        // laid out as `Layout` says, and of the tables; and if it simulates, numbers.
        unsafe { self.gpu.launch_with(&ready.kernel, grid, task, numbers) }
    }

    /// How many decisions keep the GPU busy.
    pub fn width(&self) -> u32 {
        (BLOCKS * self.gpu.info().multiprocessors / self.blocks()).clamp(1, MOST_ROWS)
    }

    /// How many blocks a decision keeps busy.
    fn blocks(&self) -> u32 {
        match self.schedule.buffers.populations {
            0 => self.schedule.params.chunks(),
            populations => populations * (WHOLE / CHUNK_THREADS),
        }
    }
}
