//! Decisions on a GPU: each decision a few launches, one copy back and one wait.

use std::time::Duration;

use bytemuck::Zeroable;
use particle_pilot_kernels::rollout::Summary;
use particle_pilot_kernels::task::{Answer, CHUNK_THREADS, Layout, Task};
use particle_pilot_kernels::trace::head_len;

use super::kept::Kept;
use super::schedule::{Blocks, Launch, Schedule, WHOLE};
use super::surroundings::Surroundings;
use super::{GpuModel, module};
use crate::control_vector::ControlVector;
use crate::cuda::{Buffer, ForeignStream, Gpu, GpuError, Grid, Kernel, Pinned};
use crate::decision::Diagnostics;
use crate::engine::{Plan, Question};
use crate::planners::futures::diagnose_some;
use crate::settings::PilotConfig;

/// One planner for one model on one GPU.
pub struct GpuEngine {
    gpu: Gpu,
    model: GpuModel,
    task: Task,
    /// What kernels that simulate take besides: where the surroundings are, the model's numbers, where they take them, and the
    /// start.
    numbers: Vec<f32>,
    surroundings: Surroundings,
    schedule: Schedule,
    reset: Ready,
    /// One iteration's launches.
    iteration: Vec<Ready>,
    /// The memory of the task.
    memory: Buffer<u8>,
    /// The tables that the task points to.
    _tables: Buffer<f32>,
    /// Where an answer comes to, and what is left to the next decision.
    answer: Pinned<u8>,
    kept: Kept,
}

/// A launch and what it starts.
struct Ready {
    launch: Launch,
    kernel: Kernel,
    /// Adds up the sums of a batch, where there can be several.
    fold: Option<Kernel>,
}

impl GpuEngine {
    /// An engine for `config` on GPU `index`, whose work goes to `stream`, if there is one given.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU cannot be used.
    pub fn new(
        index: u32,
        config: &PilotConfig,
        model: GpuModel,
        stream: Option<ForeignStream>,
    ) -> Result<Self, GpuError> {
        let mut schedule = Schedule::of(config, &model);
        let launches = || schedule.iteration.iter().chain([&schedule.reset]);
        let kernels = launches().map(|launch| launch.kernel.as_str());
        let folds = launches().filter_map(|launch| schedule.fold(launch));
        let names: Vec<_> = kernels.chain(folds).collect();
        let (gpu, mut numbers) = module::open_for(index, &names, &model.trace, stream)?;
        let ready = |launch: &Launch| {
            let kernel = gpu.kernel(&launch.kernel)?;
            let fold = schedule.fold(launch).map(|name| gpu.kernel(name)).transpose()?;
            Ok(Ready { launch: launch.clone(), kernel, fold })
        };
        let reset = ready(&schedule.reset)?;
        let iteration = schedule.iteration.iter().map(ready).collect::<Result<_, GpuError>>()?;
        let tables = gpu.upload(&schedule.tables)?;
        let surroundings =
            Surroundings::new(&gpu, &model.trace.structure, config.horizon, &mut numbers)?;
        let (memory, layout) = loop {
            let layout = Layout::of(&schedule.params, schedule.buffers);
            match (gpu.buffer::<u8>(layout.size as usize), schedule.params.smaller_batch()) {
                (Err(error), Some(chunks)) if error.is_out_of_memory() => {
                    schedule.params.batch_chunks = chunks;
                }
                (memory, _) => break (memory?, layout),
            }
        };
        let task = Task {
            params: schedule.params,
            layout,
            memory: memory.address(),
            tables: tables.address(),
            ..Task::zeroed()
        };
        let kept = Kept::new(&schedule, &layout);
        let answer = gpu.pinned(kept.end())?;
        let _tables = tables;
        Ok(Self {
            gpu,
            model,
            task,
            numbers,
            surroundings,
            schedule,
            reset,
            iteration,
            memory,
            _tables,
            answer,
            kept,
        })
    }

    /// Decides about futures from `start`, in the model's units.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU fails; what the next decision begins with is then as before.
    pub fn plan(&mut self, start: &[f32], question: &Question<'_>) -> Result<Plan, GpuError> {
        let gpu = self.gpu.clone();
        let _current = gpu.enter()?;
        self.begin(start, question)?;
        self.finish()
    }

    /// As [`GpuEngine::plan`], and says how long launches and copy took by the GPU's own clock.
    ///
    /// # Errors
    /// As [`GpuEngine::plan`].
    pub fn plan_timed(
        &mut self,
        start: &[f32],
        question: &Question<'_>,
    ) -> Result<(Plan, Duration), GpuError> {
        let gpu = self.gpu.clone();
        let time = gpu.time(|_| self.begin(start, question))?;
        Ok((self.finish()?, time))
    }

    /// Asks for all that a decision takes, without waiting for it.
    fn begin(&mut self, start: &[f32], question: &Question<'_>) -> Result<(), GpuError> {
        self.surroundings.update(&self.gpu, question, &mut self.numbers)?;
        self.task.seed = question.seed;
        self.task.decision = question.decision;
        let place = self.numbers.len() - start.len();
        self.numbers[place..].copy_from_slice(start);
        if !self.kept.leave() {
            self.launch(&self.reset)?;
            self.kept.put_back(&mut self.memory, &self.task.layout, &self.schedule.params)?;
        }
        self.task.params.kept = self.kept.follows(&self.schedule.params);
        for iteration in 0..self.schedule.counts.len() {
            self.task.iteration = iteration as u32;
            self.task.params.particles = self.schedule.counts[iteration];
            if iteration > 0 {
                self.task.params.kept = self.schedule.params.keeps;
            }
            for place in 0..self.iteration.len() {
                self.launch_batches(place)?;
            }
        }
        self.memory.copy_to(&mut self.answer)
    }

    /// Waits for what [`GpuEngine::begin`] asked for.
    fn finish(&mut self) -> Result<Plan, GpuError> {
        let copy = self.answer.slice()?;
        let answer: Answer = bytemuck::pod_read_unaligned(&copy[..size_of::<Answer>()]);
        self.kept.receive(copy);
        self.surroundings.arrived();
        let shares = &answer.shares[..self.schedule.params.dimensions as usize];
        let mut control = ControlVector::zeros(shares.len());
        control.copy_from_slice(shares);
        Ok((control, self.diagnose(&answer)))
    }

    /// Goes on with a model whose text would be the same; returns false, and changes nothing, where it would be another.
    pub fn set_model(&mut self, model: &GpuModel) -> bool {
        let (old, new) = (&self.model.trace, &model.trace);
        if old.structure != new.structure {
            return false;
        }
        let end = self.numbers.len() - new.structure.state_len() as usize;
        let place = head_len(&new.structure)..end;
        // Numbers may be in the text, and the noise goes by full control.
        if place.len() != new.parameters.len() || self.model.full != model.full {
            return false;
        }
        self.numbers[place].copy_from_slice(&new.parameters);
        self.task.params.end_cost = model.end_cost;
        self.task.params.choices = model.choices; // the limit goes by the type
        self.model = model.clone();
        true
    }

    /// Forgets the last plan.
    pub fn reset(&mut self) {
        self.kept.reset();
    }

    /// What the next decision begins with, as the CPU's planners have it.
    pub fn carried(&self) -> Vec<f64> {
        self.kept.values()
    }

    /// Takes over what another has carried; returns false, and changes nothing, where that cannot be.
    pub fn carry_on(&mut self, carried: &[f64]) -> bool {
        if carried.is_empty() {
            self.reset();
            return true;
        }
        self.kept.replace(carried)
    }

    /// The GPU.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// Launches number `place` of an iteration; once for each batch if it works on such.
    fn launch_batches(&mut self, place: usize) -> Result<(), GpuError> {
        let batches = match self.iteration[place].launch.blocks {
            Blocks::Chunks(_) => self.task.params.batches(),
            Blocks::Islands | Blocks::One => 1,
        };
        for batch in 0..batches {
            self.task.batch = batch;
            let ready = &self.iteration[place];
            self.launch(ready)?;
            if let Some(fold) = ready.fold.as_ref().filter(|_| batches > 1) {
                self.start(fold, Grid::new(1, WHOLE))?;
            }
        }
        Ok(())
    }

    fn launch(&self, ready: &Ready) -> Result<(), GpuError> {
        let (blocks, threads) = match ready.launch.blocks {
            Blocks::Chunks(_) => (self.task.params.batch(self.task.batch).1, CHUNK_THREADS),
            Blocks::Islands => (self.schedule.params.islands, WHOLE),
            Blocks::One => (1, WHOLE),
        };
        self.start(&ready.kernel, Grid::new(blocks, threads))
    }

    fn start(&self, kernel: &Kernel, grid: Grid) -> Result<(), GpuError> {
        // SAFETY: the kernel takes a task, whose addresses are those of the buffers that this engine holds, laid
        // out as `Layout` says, and if it simulates the model's numbers.
        unsafe { self.gpu.launch_with(kernel, grid, &self.task, &self.numbers) }
    }

    fn diagnose(&self, answer: &Answer) -> Diagnostics {
        let params = &self.schedule.params;
        let summary = Summary {
            sums: answer.sums,
            squares: answer.squares,
            best: (answer.lowest, 0),
            dead: answer.dead,
            non_finite: answer.non_finite,
            longest: answer.longest,
        };
        Diagnostics {
            effective_samples: answer.effective_samples,
            ..diagnose_some(&self.schedule.counts, params.horizon, &summary)
        }
    }
}
