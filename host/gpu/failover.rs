//! A GPU's engine, with the CPU behind it: what happens when a GPU fails.

use std::sync::Arc;
use std::time::Duration;

use particle_pilot_kernels::model::CartPoleModel;

use super::GpuModel;
use super::engine::GpuEngine;
use crate::backend::BackendError;
use crate::cuda::{self, ForeignStream, GpuError};
use crate::engine::{CpuEngine, Engine, Plan, Question};
use crate::error::PilotError;
use crate::settings::{Device, PilotConfig, Threads};
use crate::simd::Simd;
use crate::state::foreign_plan;
use crate::threads::Pool;
use crate::trajectories::Trajectories;

/// The engine that runs particles on a GPU and, where the device was left open, goes on with the CPU
/// when the GPU fails.
struct Guarded<const GENERAL: bool> {
    engine: GpuEngine,
    index: u32,
    pool: Arc<Pool>,
    config: PilotConfig,
    model: CartPoleModel<GENERAL>,
    simd: Simd,
    /// What was remembered before `history`: nothing, unless a saved state was taken over.
    origin: Vec<f64>,
    /// The states since the plan was last forgotten or taken over, in which the CPU would have to decide again
    /// to arrive at the same plan. Kept only where the CPU may have to.
    history: Vec<[f32; 4]>,
    /// Why the CPU has to take over, from when the GPU has failed: what that remembers is not to be trusted.
    failure: Option<BackendError>,
    /// What took over.
    replacement: Option<CpuEngine<CartPoleModel<GENERAL>>>,
}

/// States for which memory is taken at once.
const HISTORY: usize = 10_000;

pub fn engine<const GENERAL: bool>(
    index: u32,
    config: &PilotConfig,
    model: CartPoleModel<GENERAL>,
    simd: Simd,
    stream: Option<ForeignStream>,
) -> Result<Box<dyn Engine>, BackendError> {
    // First, since the rest takes a while where there are many points.
    cuda::device(index)?;
    let engine = GpuEngine::new(index, config, &GpuModel::of(&model), stream)?;
    let open = config.device == Device::Auto;
    Ok(Box::new(Guarded {
        engine,
        index,
        pool: Arc::new(Pool::new(Threads::asked(1))?),
        config: config.clone(),
        model,
        simd,
        origin: Vec::new(),
        history: Vec::with_capacity(if open { HISTORY } else { 0 }),
        failure: None,
        replacement: None,
    }))
}

impl<const GENERAL: bool> Guarded<GENERAL> {
    /// Decides as `on_gpu` does, or on the CPU where that has to go on.
    fn decide(
        &mut self,
        question: Question<'_>,
        on_gpu: impl FnOnce(&mut GpuEngine) -> Result<(Plan, Option<Duration>), GpuError>,
    ) -> Result<(Plan, Option<Duration>), PilotError> {
        if let Some(cpu) = &mut self.replacement {
            return cpu.plan_timed(question);
        }
        question.go_on()?;
        let open = self.config.device == Device::Auto;
        if open {
            self.history.extend(question.state.first_chunk().copied());
        }
        let failure = match self.failure.take() {
            Some(before) => before,
            None => match on_gpu(&mut self.engine) {
                Ok(plan) => return Ok(plan),
                Err(error) if open => error.into(),
                Err(error) => return Err(BackendError::from(error).into()),
            },
        };
        let plan = self.take_over(failure.clone(), question);
        if plan.is_err() {
            self.failure = Some(failure);
            self.history.pop();
        }
        Ok((plan?, None))
    }

    /// Decides on the CPU, after all decisions that were made so far.
    fn take_over(
        &mut self,
        error: BackendError,
        question: Question<'_>,
    ) -> Result<Plan, PilotError> {
        let mut cpu = CpuEngine::new(&self.config, self.model, self.simd, Some(error))?;
        cpu.carry_on(&self.origin)?;
        let first = question.decision.wrapping_sub(self.history.len() as u32 - 1);
        let mut last = None;
        for (i, state) in self.history.iter().enumerate() {
            let decision = first.wrapping_add(i as u32);
            last = Some(cpu.plan(Question { state, decision, ..question })?);
        }
        self.replacement = Some(cpu);
        Ok(last.expect("the state to decide in is part of the history"))
    }
}

impl<const GENERAL: bool> Engine for Guarded<GENERAL> {
    fn plan(&mut self, question: Question<'_>) -> Result<Plan, PilotError> {
        let Question { state, seed, decision, .. } = question;
        let on_gpu = |gpu: &mut GpuEngine| Ok((gpu.plan(state, seed, decision)?, None));
        Ok(self.decide(question, on_gpu)?.0)
    }

    fn plan_timed(
        &mut self,
        question: Question<'_>,
    ) -> Result<(Plan, Option<Duration>), PilotError> {
        let Question { state, seed, decision, .. } = question;
        self.decide(question, |gpu| {
            let (plan, time) = gpu.plan_timed(state, seed, decision)?;
            Ok((plan, Some(time)))
        })
    }

    fn reset(&mut self) {
        self.origin.clear();
        self.history.clear();
        match &mut self.replacement {
            Some(cpu) => cpu.reset(),
            None => self.engine.reset(),
        }
    }

    fn carried(&self) -> Result<Vec<f64>, PilotError> {
        match &self.replacement {
            Some(cpu) => cpu.carried(),
            None => Ok(self.engine.carried().map_err(BackendError::from)?),
        }
    }

    fn carry_on(&mut self, carried: &[f64]) -> Result<(), PilotError> {
        match &mut self.replacement {
            Some(cpu) => return cpu.carry_on(carried),
            None if self.engine.carry_on(carried).map_err(BackendError::from)? => {}
            None => return Err(foreign_plan(self.config.horizon)),
        }
        self.origin = carried.to_vec();
        self.history.clear();
        Ok(())
    }

    /// Recorded on the CPU, which decides as the GPU did to arrive at the same plan.
    fn trajectories(&self, question: Question<'_>) -> Result<Trajectories, PilotError> {
        if let Some(cpu) = &self.replacement {
            return cpu.trajectories(question);
        }
        if self.config.device != Device::Auto {
            let reason = "trajectories are recorded on the CPU: use the device `auto` or `cpu`, which give \
                          the same bits";
            return Err(PilotError::Unsupported(reason.into()));
        }
        let mut cpu = CpuEngine::new(&self.config, self.model, self.simd, None)?;
        cpu.carry_on(&self.origin)?;
        let first = question.decision.wrapping_sub(self.history.len() as u32);
        for (i, state) in self.history.iter().enumerate() {
            let decision = first.wrapping_add(i as u32);
            cpu.plan(Question { state, decision, ..question })?;
        }
        cpu.trajectories(question)
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

    fn setback(&self) -> Option<&BackendError> {
        self.replacement.as_ref()?.setback()
    }
}
