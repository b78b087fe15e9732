//! Fractal Monte Carlo: see [`particle_pilot_kernels::population::Fmc`].

use particle_pilot_kernels::model::Model;
use particle_pilot_kernels::population::{Fmc, FmcOutcome};

use super::islands::{Islands, diagnose, swarm};
use super::{Planner, Problem, Request};
use crate::config::{ActionKind, PilotConfig};
use crate::decision::Diagnostics;

/// Populations of a decision: two, so that two threads have work; more for many particles.
const GROUPS: u32 = 2;

pub(crate) struct FmcPlanner {
    islands: Islands<FmcOutcome>,
    continuous: bool,
    balance: f32,
    outcomes: Vec<FmcOutcome>,
}

impl FmcPlanner {
    pub fn new<M: Model>(config: &PilotConfig) -> Self {
        Self {
            islands: Islands::new::<M>(config.particles, GROUPS),
            continuous: config.action == ActionKind::Continuous,
            balance: config.tuning.balance as f32,
            outcomes: Vec::new(),
        }
    }
}

impl<M: Model> Planner<M> for FmcPlanner {
    fn plan(&mut self, problem: &Problem<M>, request: &Request<'_>) -> (f64, Diagnostics) {
        let swarm = swarm(problem, request, self.continuous);
        let balance = self.balance;
        self.outcomes.clear();
        let fmc = |_, first| Fmc { balance, first };
        self.outcomes.extend(self.islands.run(problem, request.pool, &swarm, fmc));
        let votes: f64 = self.outcomes.iter().map(|outcome| outcome.votes).sum();
        let living: f64 = self.outcomes.iter().map(|outcome| f64::from(outcome.living)).sum();
        let remains = self.outcomes.iter().map(|outcome| &outcome.remains);
        let diagnostics = diagnose(problem, remains, living);
        let share = if self.continuous {
            let full = f64::from(problem.model.full_control()) * f64::from(problem.particles);
            (votes / full).clamp(-1.0, 1.0)
        } else if votes >= 0.0 {
            1.0
        } else {
            -1.0
        };
        (share * problem.model.full_action(), diagnostics)
    }

    fn forget(&mut self) {}
}
