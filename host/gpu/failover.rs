//! A GPU's engine, with the CPU behind it: what happens when a GPU fails.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use particle_pilot_kernels::model::LaneModel;

use super::KernelModel;
use super::engine::GpuEngine;
use crate::backend::BackendError;
use crate::control_vector::ControlVector;
use crate::cuda::{self, ForeignStream, GpuError};
use crate::engine::{CpuEngine, Engine, Plan, Question, action_of};
use crate::error::PilotError;
use crate::planners::planner::dimensions;
use crate::settings::{Device, PilotConfig, Threads};
use crate::simd::Simd;
use crate::state::foreign_plan;
use crate::threads::Pool;
use crate::trajectories::Trajectories;

/// The engine that runs particles on a GPU and, where the device was left open, goes on with the CPU
/// when the GPU fails.
struct Guarded<M: LaneModel> {
    engine: GpuEngine,
    index: u32,
    pool: Arc<Pool>,
    config: PilotConfig,
    model: M,
    simd: Simd,
    /// Why the CPU has to take over, from when the GPU has failed until it has.
    failure: Option<BackendError>,
    /// What took over.
    replacement: Option<CpuEngine<M>>,
}

pub fn engine<M: LaneModel>(
    index: u32,
    config: &PilotConfig,
    model: M,
    simd: Simd,
    stream: Option<ForeignStream>,
) -> Result<Box<dyn Engine>, BackendError> {
    // First, since the rest takes a while where there are many points.
    cuda::device(index)?;
    let engine = GpuEngine::new(index, config, KernelModel::of(&model)?, stream)?;
    Ok(Box::new(Guarded {
        engine,
        index,
        pool: Arc::new(Pool::new(Threads::asked(1))?),
        config: config.clone(),
        model,
        simd,
        failure: None,
        replacement: None,
    }))
}

impl<M: LaneModel> Guarded<M> {
    /// Decides as `on_gpu` does from the start in the model's units, or on the CPU where that has to go on.
    fn decide(
        &mut self,
        question: Question<'_>,
        on_gpu: impl FnOnce(&mut GpuEngine, &[f32]) -> Result<(Plan, Option<Duration>), GpuError>,
    ) -> Result<(Plan, Option<Duration>), PilotError> {
        if let Some(cpu) = &mut self.replacement {
            return cpu.plan_timed(question);
        }
        question.go_on()?;
        let start = self.model.start::<f32>((), question.state);
        let failure = match self.failure.take() {
            Some(before) => before,
            None => match on_gpu(&mut self.engine, start.as_ref()) {
                Ok(plan) => return Ok(plan),
                Err(error) if self.config.device == Device::Auto => error.into(),
                Err(error) => return Err(BackendError::from(error).into()),
            },
        };
        let plan = self.take_over(failure.clone(), question);
        if plan.is_err() {
            self.failure = Some(failure);
        }
        Ok((plan?, None))
    }

    /// Decides on the CPU, and from now on.
    fn take_over(
        &mut self,
        error: BackendError,
        question: Question<'_>,
    ) -> Result<Plan, PilotError> {
        let mut cpu = self.on_cpu(Some(error))?;
        let plan = cpu.plan(question)?;
        self.replacement = Some(cpu);
        Ok(plan)
    }

    /// Has the GPU plan with another model, unless it has failed. Where it is refused, nothing has changed.
    fn set_on_gpu(&mut self, model: &M) -> Result<(), BackendError> {
        let model = KernelModel::of(model)?;
        if self.failure.is_none() && !self.engine.set_model(&model) {
            // Its functions take other ways, which is another text. No model that can be changed is on a stream of
            // another program's.
            let mut engine = GpuEngine::new(self.index, &self.config, model, None)?;
            // Refused where the GPU has left what are no numbers: then the plan begins anew.
            engine.carry_on(&self.engine.carried());
            self.engine = engine;
        }
        Ok(())
    }

    /// A CPU that goes on from where the GPU is: what that leaves to its next decision, the host has too.
    fn on_cpu(&self, fallback_reason: Option<BackendError>) -> Result<CpuEngine<M>, PilotError> {
        let mut cpu = CpuEngine::new(&self.config, self.model, self.simd, fallback_reason)?;
        cpu.carry_on(&self.engine.carried())?;
        Ok(cpu)
    }
}

impl<M: LaneModel> Engine for Guarded<M> {
    fn plan(&mut self, question: Question<'_>) -> Result<Plan, PilotError> {
        let plan = self.decide(question, |gpu, start| Ok((gpu.plan(start, &question)?, None)))?;
        Ok(plan.0)
    }

    fn plan_timed(
        &mut self,
        question: Question<'_>,
    ) -> Result<(Plan, Option<Duration>), PilotError> {
        self.decide(question, |gpu, start| {
            let (plan, time) = gpu.plan_timed(start, &question)?;
            Ok((plan, Some(time)))
        })
    }

    fn action(&self, shares: &[f64]) -> ControlVector {
        action_of(&self.model, shares)
    }

    fn choice(&self, shares: &[f64], from: u32) -> u32 {
        self.model.choice(shares, from)
    }

    fn set_model(&mut self, model: &dyn Any) -> Result<bool, PilotError> {
        let Some(model) = model.downcast_ref::<M>() else { return Ok(false) };
        if let Some(cpu) = &mut self.replacement {
            // Which says what actions are, whoever plans.
            self.model = *model;
            return cpu.set_model(model);
        }
        let before = std::mem::replace(&mut self.model, *model);
        let result = match self.set_on_gpu(model) {
            Err(error) if self.config.device == Device::Auto => {
                self.on_cpu(Some(error)).map(|cpu| self.replacement = Some(cpu))
            }
            result => result.map_err(PilotError::from),
        };
        if result.is_err() {
            self.model = before;
        }
        result.map(|()| true)
    }

    fn reset(&mut self) {
        match &mut self.replacement {
            Some(cpu) => cpu.reset(),
            None => self.engine.reset(),
        }
    }

    fn carried(&self) -> Result<Vec<f64>, PilotError> {
        match &self.replacement {
            Some(cpu) => cpu.carried(),
            None => Ok(self.engine.carried()),
        }
    }

    fn carry_on(&mut self, carried: &[f64]) -> Result<(), PilotError> {
        match &mut self.replacement {
            Some(cpu) => return cpu.carry_on(carried),
            None if self.engine.carry_on(carried) => {}
            None => {
                let numbers = self.config.horizon as usize * dimensions::<M>();
                return Err(foreign_plan(numbers));
            }
        }
        Ok(())
    }

    /// Recorded on the CPU, which has the same futures.
    fn trajectories(&self, question: Question<'_>) -> Result<Trajectories, PilotError> {
        match &self.replacement {
            Some(cpu) => cpu.trajectories(question),
            None => self.on_cpu(None)?.trajectories(question),
        }
    }

    fn nominal(&self) -> Option<Vec<f64>> {
        self.replacement.as_ref()?.nominal()
    }

    fn pool(&self) -> Arc<Pool> {
        match &self.replacement {
            Some(cpu) => cpu.pool(),
            None => Arc::clone(&self.pool),
        }
    }

    fn device(&self) -> Device {
        match &self.replacement {
            Some(cpu) => cpu.device(),
            None => Device::Cuda(self.index),
        }
    }

    fn device_name(&self) -> String {
        match &self.replacement {
            Some(cpu) => cpu.device_name(),
            None => format!("{} ({})", self.device(), self.engine.gpu().info().name),
        }
    }

    fn fallback_reason(&self) -> Option<&BackendError> {
        self.replacement.as_ref()?.fallback_reason()
    }
}
