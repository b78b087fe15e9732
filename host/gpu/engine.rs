//! Decisions on a GPU: each decision a few launches, one copy back and one wait.

use std::time::Duration;

use particle_pilot_kernels::task::Task;
use particle_pilot_kernels::trace::Asks;

use super::KernelModel;
use super::answer::plan_of;
use super::kept::Kept;
use super::launches::Launches;
use super::surroundings::Surroundings;
use crate::cuda::{Buffer, ForeignStream, Gpu, GpuError, Pinned};
use crate::engine::{Plan, Question};
use crate::settings::PilotConfig;

/// One planner for one model on one GPU.
pub struct GpuEngine {
    gpu: Gpu,
    model: KernelModel,
    task: Task,
    /// What kernels that simulate take besides: where the surroundings are, the model's numbers, where they take them, and the
    /// start.
    numbers: Vec<f32>,
    surroundings: Surroundings,
    launches: Launches,
    /// The memory of the task.
    memory: Buffer<u8>,
    /// Where an answer comes to, and what is left to the next decision.
    answer: Pinned<u8>,
    kept: Kept,
}

impl GpuEngine {
    /// An engine for `config` on GPU `index`, whose work goes to `stream`, if there is one given.
    ///
    /// # Errors
    /// [`GpuError`] if the GPU cannot be used.
    pub fn new(
        index: u32,
        config: &PilotConfig,
        model: KernelModel,
        stream: Option<ForeignStream>,
    ) -> Result<Self, GpuError> {
        let (mut launches, mut numbers) =
            Launches::open(index, config, &model, Asks::One, None, stream)?;
        let gpu = launches.gpu.clone();
        let surroundings =
            Surroundings::new(&gpu, &model.trace.structure, config.horizon, 1, &mut numbers)?;
        let (memory, task) = launches.memory(1)?;
        let kept = Kept::new(&launches.schedule);
        let answer = gpu.pinned(kept.end())?;
        Ok(Self { gpu, model, task, numbers, surroundings, launches, memory, answer, kept })
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
        self.surroundings.begin();
        self.surroundings.update(&self.gpu, 0, question, &mut self.numbers)?;
        self.surroundings.send()?;
        self.task.seed = question.seed;
        self.task.decision = question.decision;
        let place = self.numbers.len() - start.len();
        self.numbers[place..].copy_from_slice(start);
        // SAFETY: the task and the numbers are those of the launches, and all that they point to is this engine's.
        unsafe {
            if !self.kept.leave() {
                self.launches.reset(&self.task, &self.numbers, 1)?;
                self.kept.put_back(&mut self.memory, &self.task, 0)?;
            }
            let follows = self.kept.follows(&self.task.params);
            self.launches.decide(&self.task, &self.numbers, 1, follows)?;
        }
        self.memory.copy_to(&mut self.answer)
    }

    /// Waits for what [`GpuEngine::begin`] asked for.
    fn finish(&mut self) -> Result<Plan, GpuError> {
        let copy = self.answer.slice()?;
        let plan = plan_of(&self.launches.schedule, copy);
        self.kept.receive(copy);
        self.surroundings.arrived();
        Ok(plan)
    }

    /// Goes on with a model whose text would be the same; returns false, and changes nothing, where it would be another.
    pub fn set_model(&mut self, model: &KernelModel) -> bool {
        self.model.replace(model, &mut self.numbers, &mut self.task.params)
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
        self.kept.carry_on(carried)
    }

    /// The GPU.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }
}
