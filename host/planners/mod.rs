//! Planners: how futures are drawn, and how they turn into an action.

pub(crate) mod cem;
pub(crate) mod fmc;
pub(crate) mod futures;
mod islands;
mod mppi;
pub(crate) mod noise;
mod random_shooting;
mod smc;
mod weighing;

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use particle_pilot_kernels::lanes::SimdProof;
use particle_pilot_kernels::model::Model;
use particle_pilot_kernels::population::Stop;
use particle_pilot_kernels::rng::Stream;

use crate::decision::Diagnostics;
use crate::settings::{ActionKind, PilotConfig, PlannerKind};
use crate::threads::Pool;
use crate::trajectories::Trajectories;
use cem::{ContinuousCem, DiscreteCem};
use fmc::FmcPlanner;
use futures::Futures;
use mppi::Mppi;
use noise::NoisePlan;
use random_shooting::RandomShooting;
use smc::SmcPlanner;

/// What stays the same from decision to decision.
pub(crate) struct Problem<M> {
    pub model: M,
    pub simd: SimdProof,
    pub particles: u32,
    pub horizon: u32,
}

impl<M> Problem<M> {
    /// How much is simulated.
    pub fn size(&self) -> Size {
        Size { particles: self.particles, horizon: self.horizon }
    }
}

/// How much an iteration simulates.
pub(crate) struct Size {
    pub particles: u32,
    pub horizon: u32,
}

/// What changes from decision to decision.
pub(crate) struct Request<'a> {
    pub pool: &'a Pool,
    /// `[M::DIM]`, in the caller's units.
    pub state: &'a [f32],
    pub seed: u64,
    pub decision: u32,
    /// Set by somebody who no longer wants to know: what then comes of it means nothing.
    pub stop: Option<&'a AtomicBool>,
    /// Whether that was noticed.
    pub heard: AtomicBool,
}

impl Request<'_> {
    /// The random numbers of one iteration.
    pub fn stream(&self, iteration: u32) -> Stream {
        Stream::new(self.seed, self.decision, iteration)
    }
}

impl Stop for Request<'_> {
    /// Asked often enough that it takes a fraction of 0.1 s to be heard. Once true, it stays so, whatever becomes of the
    /// flag: some work is left out then.
    #[inline(always)]
    fn is_stopped(&self) -> bool {
        let Some(stop) = self.stop else { return false };
        if stop.load(Relaxed) {
            self.heard.store(true, Relaxed);
        }
        self.heard.load(Relaxed)
    }
}

/// A planner with its memory.
pub(crate) trait Planner<M: Model>: Send {
    /// The action for the requested state, in the caller's units of control, and how the futures
    /// looked from which it follows.
    fn plan(&mut self, problem: &Problem<M>, request: &Request<'_>) -> (f64, Diagnostics);

    /// Forgets the last plan.
    fn reset(&mut self);

    /// Keeps aside what the next decision begins with. Nothing to do for planners that begin each anew.
    fn checkpoint(&mut self) {}

    /// Takes back the decisions since the last [`Planner::checkpoint`]: the next one begins with what was kept.
    fn roll_back(&mut self) {}

    /// What the next decision begins with, as numbers that [`Planner::carry_on`] takes; none where each begins anew.
    fn carried(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes over what [`Planner::carried`] gave, elsewhere or earlier; returns false, and changes nothing, where that
    /// cannot be.
    fn carry_on(&mut self, _carried: &[f64]) -> bool {
        false
    }

    /// The futures that the first iteration of [`Planner::plan`] would simulate, in the model's units; `None` where
    /// particles replace each other on the way, and no future is any one particle's.
    fn trajectories(&self, _: &Problem<M>, _: &Request<'_>) -> Option<Trajectories> {
        None
    }

    /// The plan with which the next decision begins: for each step the mean control, `[H]`, as a share of the full
    /// one; `None` where nothing is kept.
    fn nominal(&self, _: &Problem<M>) -> Option<Vec<f64>> {
        None
    }
}

/// The planner that `config` asks for.
pub(crate) fn create<M: Model>(problem: &Problem<M>, config: &PilotConfig) -> Box<dyn Planner<M>> {
    match config.planner {
        PlannerKind::RandomShooting => Box::new(RandomShooting::new(problem, config)),
        PlannerKind::Cem => match config.action {
            ActionKind::Discrete => Box::new(DiscreteCem::new(problem, config)),
            ActionKind::Continuous => Box::new(ContinuousCem::new(problem, config)),
        },
        PlannerKind::Mppi => Box::new(Mppi::new(problem, config)),
        PlannerKind::Smc => Box::new(SmcPlanner::new::<M>(config)),
        PlannerKind::Fmc => Box::new(FmcPlanner::new::<M>(config)),
    }
}

/// About how many bytes the planner that `config` asks for takes, for a model of `M`'s size.
pub(crate) fn memory<M: Model>(config: &PilotConfig) -> u64 {
    let particles = config.particles;
    let keys = 8 * u64::from(particles);
    let moments = 2 * NoisePlan::knot_count(config);
    match (config.planner, config.action) {
        (PlannerKind::RandomShooting, ActionKind::Discrete) => Futures::memory(particles, 0),
        (PlannerKind::RandomShooting, ActionKind::Continuous) => {
            Futures::memory(particles, 0) + NoisePlan::memory(config)
        }
        // The numbers of those that are chosen, too.
        (PlannerKind::Cem, ActionKind::Discrete) => Futures::memory(particles, 0) + keys + keys / 2,
        (PlannerKind::Cem, ActionKind::Continuous) => {
            Futures::memory(particles, moments) + keys + NoisePlan::memory(config)
        }
        (PlannerKind::Mppi, _) => Futures::memory(particles, moments) + NoisePlan::memory(config),
        (PlannerKind::Smc, _) => SmcPlanner::memory::<M>(config),
        (PlannerKind::Fmc, _) => FmcPlanner::memory::<M>(config),
    }
}
