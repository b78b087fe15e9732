//! The engine of one of several pilots that decide together on a GPU.

use std::any::Any;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use particle_pilot_kernels::model::LaneModel;

use super::KernelModel;
use super::rows::GpuRows;
use crate::backend::BackendError;
use crate::control_vector::ControlVector;
use crate::cuda;
use crate::engine::{CpuEngine, Engine, Joined, Plan, Question, action_of};
use crate::error::PilotError;
use crate::planners::planner::dimensions;
use crate::settings::{Device, DeviceInfo, PilotConfig, Threads};
use crate::simd::Simd;
use crate::state::foreign_plan;
use crate::threads::Pool;
use crate::trajectories::Trajectories;

/// What several engines have in common that decide together.
#[derive(Clone)]
pub struct Together(Arc<Mutex<GpuRows>>);

impl Together {
    /// Forgets what was asked and not decided.
    pub fn begin(&self) {
        self.rows().begin();
    }

    /// Decides for all engines that were asked since [`Together::begin`], and waits for it.
    ///
    /// # Errors
    /// [`BackendError`] if the GPU fails; all engines are then as before.
    pub fn decide(&self) -> Result<(), BackendError> {
        Ok(self.rows().decide()?)
    }

    /// The GPU.
    pub fn info(&self) -> DeviceInfo {
        self.rows().gpu().info().clone()
    }

    fn rows(&self) -> MutexGuard<'_, GpuRows> {
        // Whoever panicked has left rows that begin with what was last received.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One row.
struct RowEngine<M: LaneModel> {
    together: Together,
    /// Which one.
    row: usize,
    index: u32,
    config: PilotConfig,
    /// That of all rows.
    model: Arc<Mutex<M>>,
    simd: Simd,
    pool: Arc<Pool>,
}

/// Engines that decide together on GPU `index`: as many of `counts` as there is memory for, and as keep it busy.
///
/// # Errors
/// [`BackendError`] if the GPU cannot be used.
pub fn rows<M: LaneModel>(
    index: u32,
    config: &PilotConfig,
    model: M,
    simd: Simd,
    counts: RangeInclusive<u32>,
) -> Result<(Vec<Box<dyn Engine>>, Together), BackendError> {
    // First, since the rest takes a while where there are many points.
    cuda::device(index)?;
    let rows = GpuRows::new(index, config, KernelModel::of(&model)?, counts)?;
    let count = rows.count();
    let together = Together(Arc::new(Mutex::new(rows)));
    let (model, pool) = (Arc::new(Mutex::new(model)), Arc::new(Pool::new(Threads::asked(1))?));
    let engine = |row| -> Box<dyn Engine> {
        let (together, config) = (together.clone(), config.clone());
        let (model, pool) = (Arc::clone(&model), Arc::clone(&pool));
        Box::new(RowEngine { together, row, index, config, model, simd, pool })
    };
    Ok(((0..count).map(engine).collect(), together))
}

impl<M: LaneModel> RowEngine<M> {
    fn model(&self) -> M {
        *self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: LaneModel> Joined for RowEngine<M> {
    fn ask(&mut self, question: Question<'_>) -> Result<(), PilotError> {
        question.go_on()?;
        let start = self.model().start::<f32>((), question.state);
        let asked = self.together.rows().ask(self.row, start.as_ref(), &question);
        Ok(asked.map_err(BackendError::from)?)
    }

    fn answer(&self) -> Result<Option<Plan>, PilotError> {
        Ok(self.together.rows().answer(self.row).map_err(BackendError::from)?)
    }
}

impl<M: LaneModel> Engine for RowEngine<M> {
    fn joined(&mut self) -> Option<&mut dyn Joined> {
        Some(self)
    }

    /// Alone.
    fn plan(&mut self, question: Question<'_>) -> Result<Plan, PilotError> {
        self.together.begin();
        self.ask(question)?;
        self.together.decide()?;
        self.answer()?.ok_or(PilotError::Interrupted)
    }

    fn action(&self, shares: &[f64]) -> ControlVector {
        action_of(&self.model(), shares)
    }

    fn choice(&self, shares: &[f64], from: u32) -> u32 {
        self.model().choice(shares, from)
    }

    /// For all rows.
    fn set_model(&mut self, model: &dyn Any) -> Result<bool, PilotError> {
        let Some(model) = model.downcast_ref::<M>() else { return Ok(false) };
        let new = KernelModel::of(model).map_err(BackendError::from)?;
        let mut rows = self.together.rows();
        if !rows.set_model(&new) {
            // Its functions take other ways, which is another text.
            let count = rows.count() as u32;
            let mut others = GpuRows::new(self.index, &self.config, new, count..=count)
                .map_err(BackendError::from)?;
            for (kept, before) in others.kept().iter_mut().zip(rows.kept()) {
                // Refused where the GPU has left what are no numbers: then the plan begins anew.
                kept.carry_on(&before.values());
            }
            *rows = others;
        }
        *self.model.lock().unwrap_or_else(PoisonError::into_inner) = *model;
        Ok(true)
    }

    fn reset(&mut self) {
        self.together.rows().kept()[self.row].reset();
    }

    fn carried(&self) -> Result<Vec<f64>, PilotError> {
        Ok(self.together.rows().kept()[self.row].values())
    }

    fn carry_on(&mut self, carried: &[f64]) -> Result<(), PilotError> {
        match self.together.rows().kept()[self.row].carry_on(carried) {
            true => Ok(()),
            false => Err(foreign_plan(self.config.horizon as usize * dimensions::<M>())),
        }
    }

    /// Recorded on the CPU, which has the same futures.
    fn trajectories(&self, question: Question<'_>) -> Result<Trajectories, PilotError> {
        let mut cpu = CpuEngine::new(&self.config, self.model(), self.simd, None)?;
        cpu.carry_on(&self.carried()?)?;
        cpu.trajectories(question)
    }

    fn nominal(&self) -> Option<Vec<f64>> {
        None
    }

    fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }

    fn device(&self) -> Device {
        Device::Cuda(self.index)
    }

    fn device_name(&self) -> String {
        format!("{} ({})", self.device(), self.together.info().name)
    }

    fn fallback_reason(&self) -> Option<&BackendError> {
        None
    }
}
