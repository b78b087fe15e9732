//! Sequential Monte Carlo: see [`particle_pilot_kernels::population::Smc`].
//!
//! Left and right have a population each (continuous actions: eight levels; choices: each), so that no first action can
//! die out, and the evidence of the populations decides.

use particle_pilot_kernels::controls::STRATA;
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::planners::smc::{mean_evidence, share, share_of};
use particle_pilot_kernels::population::{Smc, SmcOutput};
use particle_pilot_kernels::team::Single;

use super::islands::{Islands, diagnose, shares, spec, strata};
use super::planner::{Planner, Request, Swarm, dimensions};
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::settings::{ActionKind, PilotConfig};

pub(crate) struct SmcPlanner {
    islands: Islands<SmcOutput>,
    strata: usize,
    continuous: bool,
    inverse_temperature: f32,
    outcomes: Vec<SmcOutput>,
}

impl SmcPlanner {
    pub fn new<M: LaneModel>(swarm: &Swarm<M>, config: &PilotConfig) -> Self {
        let continuous = config.action == ActionKind::Continuous;
        let strata = strata(swarm.model.choices(), continuous);
        Self {
            islands: Islands::new::<M>(config.particles, strata as u32),
            strata,
            continuous,
            inverse_temperature: (1.0 / config.tuning.temperature) as f32,
            outcomes: Vec::new(),
        }
    }

    /// The bytes that takes, about.
    pub fn memory<M: LaneModel>(config: &PilotConfig) -> u64 {
        Islands::<SmcOutput>::memory::<M>(config.particles, STRATA as u32)
    }
}

impl<M: LaneModel> Planner<M> for SmcPlanner {
    fn plan(&mut self, swarm: &Swarm<M>, request: &Request<'_>) -> (ControlVector, Diagnostics) {
        let spec = spec(swarm, request, self.continuous);
        let (strata, inverse_temperature) = (self.strata, self.inverse_temperature);
        self.outcomes.clear();
        let islands = self.islands.run(swarm, request, &spec, |index, first| Smc {
            inverse_temperature,
            stratum: index % strata,
            first,
        });
        self.outcomes.extend(islands);
        let outcomes = &self.outcomes;
        let (diagnostics, _) = diagnose(swarm, outcomes.len(), |island| {
            (outcomes[island].stats, [outcomes[island].effective_samples, 0.0])
        });
        let log_evidence = |island: usize| outcomes[island].log_evidence;
        let shares = if const { dimensions::<M>() == 1 } {
            let share = share(Single, outcomes.len(), log_evidence, strata, self.continuous);
            [share * f64::from(spec.stream.first_sign())].into()
        } else {
            let means = mean_evidence(Single, outcomes.len(), log_evidence, strata);
            shares(&spec, |levels| share_of(&means, levels))
        };
        (shares, diagnostics)
    }
}
