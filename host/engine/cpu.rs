//! The engine that runs particles on the CPU.

use std::any::Any;
use std::sync::Arc;

use particle_pilot_kernels::model::{LaneModel, Visitor};
use particle_pilot_kernels::population::Stop as _;

use super::create::drawn;
use super::{Engine, Plan, Question, action_of};
use crate::backend::BackendError;
use crate::control_vector::ControlVector;
use crate::error::PilotError;
use crate::memory;
use crate::planners;
use crate::planners::noise::NoisePlan;
use crate::planners::planner::{Swarm, dimensions};
use crate::settings::{Device, PilotConfig, Threads};
use crate::simd::Simd;
use crate::state::foreign_plan;
use crate::threads::Pool;
use crate::trajectories::Trajectories;

/// The engine that runs particles on the CPU.
pub(crate) struct CpuEngine<M: LaneModel> {
    swarm: Swarm<M>,
    pool: Arc<Pool>,
    planner: Box<dyn planners::planner::Planner<M>>,
    fallback_reason: Option<BackendError>,
}

impl<M: LaneModel> CpuEngine<M> {
    pub fn new(
        config: &PilotConfig,
        model: M,
        simd: Simd,
        fallback_reason: Option<BackendError>,
    ) -> Result<Self, PilotError> {
        let proof = simd.detect().expect("selected from what is available");
        let PilotConfig { particles, horizon, .. } = *config;
        require_memory::<M>(config, 1)?;
        let swarm = Swarm { model, simd: proof, particles, horizon };
        let planner = planners::create(&swarm, config);
        let pool = Arc::new(Pool::new(Threads::asked(config.threads))?);
        Ok(Self { swarm, pool, planner, fallback_reason })
    }
}

impl<M: LaneModel> Engine for CpuEngine<M> {
    fn plan(&mut self, question: Question<'_>) -> Result<Plan, PilotError> {
        question.go_on()?;
        if question.stop.is_some() {
            self.checkpoint();
        }
        let request = question.request(&self.pool);
        let plan = self.planner.plan(&self.swarm, &request);
        if request.is_stopped() {
            self.roll_back();
            return Err(PilotError::Interrupted);
        }
        Ok(plan)
    }

    fn action(&self, shares: &[f64]) -> ControlVector {
        action_of(&self.swarm.model, shares)
    }

    fn choice(&self, shares: &[f64], from: u32) -> u32 {
        self.swarm.model.choice(shares, from)
    }

    fn set_model(&mut self, model: &dyn Any) -> Result<bool, PilotError> {
        let Some(model) = model.downcast_ref() else { return Ok(false) };
        self.swarm.model = *model;
        Ok(true)
    }

    fn reset(&mut self) {
        if let Some(memory) = self.planner.memory_mut() {
            memory.reset();
        }
    }

    fn checkpoint(&mut self) -> bool {
        if let Some(memory) = self.planner.memory_mut() {
            memory.checkpoint();
        }
        true
    }

    fn roll_back(&mut self) {
        if let Some(memory) = self.planner.memory_mut() {
            memory.roll_back();
        }
    }

    fn carried(&self) -> Result<Vec<f64>, PilotError> {
        Ok(self.planner.memory().map_or_else(Vec::new, |memory| memory.carried()))
    }

    fn carry_on(&mut self, carried: &[f64]) -> Result<(), PilotError> {
        if carried.is_empty() {
            self.reset();
            return Ok(());
        }
        match self.planner.memory_mut().is_some_and(|memory| memory.carry_on(carried)) {
            true => Ok(()),
            false => Err(foreign_plan(self.swarm.horizon as usize * dimensions::<M>())),
        }
    }

    fn trajectories(&self, question: Question<'_>) -> Result<Trajectories, PilotError> {
        let size = u64::from(self.swarm.particles) * u64::from(self.swarm.horizon);
        let numbers = (M::DIM + M::ACTION_DIM) as u64;
        let what = || format!("the trajectories of {size} steps need");
        memory::require(4 * numbers * size, what, FEWER)?;
        let request = question.request(&self.pool);
        let record = self.planner.trajectories(&self.swarm, &request);
        if request.is_stopped() {
            return Err(PilotError::Interrupted);
        }
        record.ok_or_else(no_trajectories)
    }

    fn nominal(&self) -> Option<Vec<f64>> {
        let shares = self.planner.nominal(&self.swarm)?;
        let steps = shares.chunks(dimensions::<M>());
        Some(steps.flat_map(|shares| self.action(shares).to_vec()).collect())
    }

    fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool)
    }

    fn device(&self) -> Device {
        Device::Cpu
    }

    fn fallback_reason(&self) -> Option<&BackendError> {
        self.fallback_reason.as_ref()
    }
}

/// Refuses `pilots` pilots of `config` that this machine has no memory for.
fn require_memory<M: LaneModel>(config: &PilotConfig, pilots: usize) -> Result<(), PilotError> {
    let what = || {
        let each = who_needs(config);
        if pilots == 1 { each } else { format!("{pilots} times {each}") }
    };
    let remedy = if pilots == 1 {
        FEWER
    } else {
        "use fewer particles, steps, or threads and states that work at the same time"
    };
    let needed = planners::memory::<M>(&drawn::<M>(config)).saturating_mul(pilots as u64);
    memory::require(needed, what, remedy)
}

/// [`require_memory`] for a model, on whatever lanes.
pub(crate) struct MemoryCheck<'a> {
    pub config: &'a PilotConfig,
    pub pilots: usize,
}

impl Visitor for MemoryCheck<'_> {
    type Output = Result<(), PilotError>;

    fn visit<M: LaneModel>(self, _: M) -> Result<(), PilotError> {
        require_memory::<M>(self.config, self.pilots)
    }
}

/// Refuses what a GPU is handed ready-made, Halton's points above all, if this machine has no memory for it.
pub(crate) fn require_table(config: &PilotConfig, dimensions: usize) -> Result<(), PilotError> {
    memory::require(NoisePlan::memory(config, dimensions), || who_needs(config), FEWER)
}

/// What needs less memory than a pilot that has none.
const FEWER: &str = "use fewer particles or steps";

/// A pilot of `config`, with the verb.
fn who_needs(config: &PilotConfig) -> String {
    let PilotConfig { planner, particles, horizon, .. } = config;
    format!("{planner} with {particles} particles x {horizon} steps needs")
}

/// Why some planners' futures cannot be shown.
fn no_trajectories() -> PilotError {
    let reason = "particles of smc and fmc replace each other on the way, so that no future is any one particle's; \
                  other planners have trajectories";
    PilotError::Unsupported(reason.into())
}
