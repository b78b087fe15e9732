//! Planners: how futures are drawn, and how they turn into an action.

pub(crate) mod cem;
pub(crate) mod drawing;
pub(crate) mod fmc;
pub(crate) mod futures;
pub(crate) mod icem;
pub(crate) mod islands;
mod mppi;
pub(crate) mod noise;
pub(crate) mod planner;
mod power;
mod predictive_sampling;
mod random_shooting;
mod record;
mod smc;
mod survey;
mod weighing;

use cem::{ContinuousCem, DiscreteCem};
use fmc::FmcPlanner;
use futures::Futures;
use icem::Icem;
use mppi::Mppi;
use noise::NoisePlan;
use particle_pilot_kernels::model::LaneModel;
use planner::{Planner, Swarm, dimensions, draws_numbers, draws_sides};
use predictive_sampling::PredictiveSampling;
use random_shooting::RandomShooting;
use smc::SmcPlanner;
use survey::Survey;

use crate::settings::{ActionKind, PilotConfig, PlannerKind};

/// The planner that `config` asks for.
pub(crate) fn create<M: LaneModel>(swarm: &Swarm<M>, config: &PilotConfig) -> Box<dyn Planner<M>> {
    // What is known beforehand halves the time that a model of one's own takes to compile.
    let (sides, numbers) = const { (draws_sides::<M>(), draws_numbers::<M>()) };
    match (config.planner, config.action) {
        (PlannerKind::RandomShooting, _) => Box::new(RandomShooting::new(swarm, config)),
        (PlannerKind::Cem, ActionKind::Discrete) if sides => {
            Box::new(DiscreteCem::new(swarm, config))
        }
        (PlannerKind::Cem, ActionKind::Continuous) if numbers => {
            Box::new(ContinuousCem::new(swarm, config))
        }
        (PlannerKind::Mppi, _) => Box::new(Mppi::new(swarm, config)),
        (PlannerKind::Icem, _) => Box::new(Icem::new(swarm, config)),
        (PlannerKind::PredictiveSampling, _) => Box::new(PredictiveSampling::new(swarm, config)),
        (PlannerKind::Smc, _) => Box::new(SmcPlanner::new(swarm, config)),
        (PlannerKind::Fmc, _) => Box::new(FmcPlanner::new::<M>(config)),
        (PlannerKind::Cem, _) => unreachable!("refused where pilots are made"),
    }
}

/// The futures of each iteration.
pub(crate) fn iterations(config: &PilotConfig) -> Vec<u32> {
    match config.planner {
        PlannerKind::Icem => icem::counts(config).collect(),
        PlannerKind::Cem => vec![config.particles; config.tuning.iterations as usize],
        _ => vec![config.particles],
    }
}

/// About how many bytes the planner that `config` asks for takes, for a model of `M`'s size.
pub(crate) fn memory<M: LaneModel>(config: &PilotConfig) -> u64 {
    let particles = config.particles;
    let keys = 8 * u64::from(particles);
    let dimensions = dimensions::<M>();
    let numbers = NoisePlan::knot_count(config) * dimensions;
    let noise = || NoisePlan::memory(config, dimensions) + drawing::memory(numbers);
    match (config.planner, config.action) {
        (PlannerKind::RandomShooting, ActionKind::Discrete) => Survey::memory(particles),
        (PlannerKind::RandomShooting, ActionKind::Continuous)
        | (PlannerKind::PredictiveSampling, _) => Survey::memory(particles) + noise(),
        // The numbers of those that are chosen, too.
        (PlannerKind::Cem, ActionKind::Discrete) => Futures::memory(particles, 0) + keys + keys / 2,
        (PlannerKind::Cem, ActionKind::Continuous) => {
            Futures::memory(particles, 2 * numbers) + keys + noise()
        }
        (PlannerKind::Mppi, _) => Futures::memory(particles, numbers) + noise(),
        (PlannerKind::Icem, _) => {
            let plan = noise() + Icem::memory(config, dimensions);
            Futures::memory(particles, 2 * numbers) + keys + plan
        }
        (PlannerKind::Smc, _) => SmcPlanner::memory::<M>(config),
        (PlannerKind::Fmc, _) => FmcPlanner::memory::<M>(config),
    }
}
