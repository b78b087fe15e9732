//! Sequential Monte Carlo: see [`particle_pilot_kernels::population::Smc`].
//!
//! Left and right have a population each (continuous actions: eight levels), so that no first action can
//! die out, and the evidence of the populations decides.

use particle_pilot_kernels::controls::{STRATA, first_level};
use particle_pilot_kernels::model::Model;
use particle_pilot_kernels::population::{Smc, SmcOutcome};

use super::islands::{Islands, diagnose, swarm};
use super::{Planner, Problem, Request};
use crate::config::{ActionKind, PilotConfig};
use crate::decision::Diagnostics;

pub(crate) struct SmcPlanner {
    islands: Islands<SmcOutcome>,
    strata: usize,
    continuous: bool,
    inverse_temperature: f32,
    outcomes: Vec<SmcOutcome>,
}

impl SmcPlanner {
    pub fn new<M: Model>(config: &PilotConfig) -> Self {
        let continuous = config.action == ActionKind::Continuous;
        let strata = if continuous { STRATA } else { 2 };
        Self {
            islands: Islands::new::<M>(config.particles, strata as u32),
            strata,
            continuous,
            inverse_temperature: (1.0 / config.tuning.temperature) as f32,
            outcomes: Vec::new(),
        }
    }

    /// The share of full control that the evidence speaks for: the better side, or the mean of all
    /// levels weighted by evidence.
    fn share(&self) -> f64 {
        let most = self.outcomes.iter().map(|o| o.log_evidence).fold(f64::NEG_INFINITY, f64::max);
        let mut evidence = [0.0; STRATA];
        let mut islands = [0.0; STRATA];
        for (index, outcome) in self.outcomes.iter().enumerate() {
            let difference = (outcome.log_evidence - most).max(-700.0);
            evidence[index % self.strata] += libm::exp(difference);
            islands[index % self.strata] += 1.0;
        }
        let mean = |stratum: usize| evidence[stratum] / f64::max(islands[stratum], 1.0);
        let level = |stratum: usize| f64::from(first_level(stratum, self.strata));
        if self.continuous {
            let total: f64 = (0..self.strata).map(mean).sum();
            (0..self.strata).map(|stratum| level(stratum) * mean(stratum)).sum::<f64>() / total
        } else {
            level(usize::from(mean(1) > mean(0)))
        }
    }
}

impl<M: Model> Planner<M> for SmcPlanner {
    fn plan(&mut self, problem: &Problem<M>, request: &Request<'_>) -> (f64, Diagnostics) {
        let swarm = swarm(problem, request, self.continuous);
        let (strata, inverse_temperature) = (self.strata, self.inverse_temperature);
        self.outcomes.clear();
        let islands = self.islands.run(problem, request.pool, &swarm, |index, first| Smc {
            inverse_temperature,
            stratum: index % strata,
            first,
        });
        self.outcomes.extend(islands);
        let effective = self.outcomes.iter().map(|outcome| outcome.effective_samples).sum();
        let remains = self.outcomes.iter().map(|outcome| &outcome.remains);
        let diagnostics = diagnose(problem, remains, effective);
        (self.share() * problem.model.full_action(), diagnostics)
    }

    fn forget(&mut self) {}
}
