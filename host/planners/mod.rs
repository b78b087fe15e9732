//! Planners: how futures are drawn, and how they turn into an action.

mod tuning;

pub use tuning::{Interpolation, Noise, Tuning};

use serde::{Deserialize, Serialize};

use crate::names::named;

/// Which planner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PlannerKind {
    /// Independent random futures; the first action whose futures do better on average.
    #[default]
    RandomShooting,
    /// Cross-entropy method: futures drawn again and again around the best ones.
    Cem,
    /// Model predictive path integral control: one plan, moved to where weighted futures point.
    Mppi,
    /// Sequential Monte Carlo: futures advance together, the unlikely are replaced by the likely.
    Smc,
    /// Fractal Monte Carlo: futures clone each other for reward and for distance.
    Fmc,
}

named!(
    PlannerKind,
    "planner",
    [
        (PlannerKind::RandomShooting, "random-shooting"),
        (PlannerKind::Cem, "cem"),
        (PlannerKind::Mppi, "mppi"),
        (PlannerKind::Smc, "smc"),
        (PlannerKind::Fmc, "fmc"),
    ]
);

use particle_pilot_kernels::model::Model;

use crate::backend::cpu::{Pool, SimdProof};
use crate::config::PilotConfig;
use crate::decision::Diagnostics;

/// What stays the same from decision to decision.
pub(crate) struct Problem<M> {
    pub model: M,
    pub simd: SimdProof,
    pub particles: u32,
    pub horizon: u32,
}

impl<M: Model> Problem<M> {
    pub(crate) fn new(model: M, simd: SimdProof, config: &PilotConfig) -> Self {
        Self {
            model,
            simd,
            particles: config.particles,
            horizon: config.horizon,
        }
    }
}

/// A planner with its memory.
pub(crate) trait Planner<M: Model>: Send {
    fn plan(
        &mut self,
        problem: &Problem<M>,
        pool: &Pool,
        state: &[f32],
        seed: u64,
        decision: u32,
    ) -> (f64, Diagnostics);
    fn forget(&mut self);
}

pub(crate) fn create<M: Model>(
    _problem: &Problem<M>,
    _config: &PilotConfig,
) -> Box<dyn Planner<M>> {
    Box::new(Stub)
}

struct Stub;
impl<M: Model> Planner<M> for Stub {
    fn plan(
        &mut self,
        problem: &Problem<M>,
        _pool: &Pool,
        state: &[f32],
        _seed: u64,
        _decision: u32,
    ) -> (f64, Diagnostics) {
        let push = state[2] + 0.3 * state[3];
        (
            if push > 0.0 {
                problem.model.full_action()
            } else {
                -problem.model.full_action()
            },
            Diagnostics {
                best: 0.0,
                mean: 1.0,
                spread: 0.5,
                effective_samples: 100.0,
                dead_share: 0.1,
                non_finite: 0,
                longest: problem.horizon,
                horizon: problem.horizon,
                particles: u64::from(problem.particles),
                particle_steps: u64::from(problem.particles) * u64::from(problem.horizon),
            },
        )
    }
    fn forget(&mut self) {}
}
