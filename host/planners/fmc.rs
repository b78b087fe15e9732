//! Fractal Monte Carlo: see [`particle_pilot_kernels::population::Fmc`].

use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::planners::fmc::{self, best_first, share};
use particle_pilot_kernels::population::{Fmc, FmcOutput};
use particle_pilot_kernels::team::Single;

use super::islands::{Islands, diagnose, shares, spec};
use super::planner::{Planner, Request, Swarm, dimensions};
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::settings::{ActionKind, PilotConfig};

/// Populations of a decision: two, so that two threads have work; more for many particles.
pub(crate) const GROUPS: u32 = 2;

pub(crate) struct FmcPlanner {
    islands: Islands<FmcOutput>,
    continuous: bool,
    balance: f32,
    outcomes: Vec<FmcOutput>,
}

impl FmcPlanner {
    pub fn new<M: LaneModel>(config: &PilotConfig) -> Self {
        Self {
            islands: Islands::new::<M>(config.particles, GROUPS),
            continuous: config.action == ActionKind::Continuous,
            balance: config.tuning.balance as f32,
            outcomes: Vec::new(),
        }
    }

    /// The bytes that takes.
    pub fn memory<M: LaneModel>(config: &PilotConfig) -> u64 {
        Islands::<FmcOutput>::memory::<M>(config.particles, GROUPS)
    }
}

impl<M: LaneModel> Planner<M> for FmcPlanner {
    fn plan(&mut self, swarm: &Swarm<M>, request: &Request<'_>) -> (ControlVector, Diagnostics) {
        let spec = spec(swarm, request, self.continuous);
        let balance = self.balance;
        self.outcomes.clear();
        let fmc = |_, first| Fmc { balance, first };
        self.outcomes.extend(self.islands.run(swarm, request, &spec, fmc));
        let outcomes = &self.outcomes;
        let (diagnostics, [_, votes]) = diagnose(swarm, outcomes.len(), |island| {
            let FmcOutput { votes, living, stats, .. } = outcomes[island];
            (stats, [f64::from(living), votes])
        });
        let full = swarm.model.full_control();
        let best = diagnostics.best as f32;
        let best_first = best_first(Single, outcomes.len(), |island| outcomes[island], best);
        let shares = if const { dimensions::<M>() == 1 } {
            [share(votes, swarm.particles, full, best_first, self.continuous)].into()
        } else {
            let votes = fmc::votes(Single, outcomes.len(), |island| outcomes[island]);
            let (best, choices) = (best_first as usize, spec.choices > 0);
            shares(&spec, |levels| fmc::share_of(&votes, best, choices, levels))
        };
        (shares, diagnostics)
    }
}
