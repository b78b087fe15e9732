//! Random shooting: simulate independent random futures, take the first action that did best.
//!
//! The value of a first action is the mean cost of the futures that began with it: what happens
//! on average if one acts at random afterwards. For left and right there are two such groups; a
//! continuous first action is drawn from eight evenly spaced levels.

use particle_pilot_kernels::controls::{Coin, First, Knots, STRATA, first_level, first_levels};
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::planners::shooting::best_stratum;

use super::futures::diagnose;
use super::noise::NoisePlan;
use super::planner::{Planner, Request, Swarm, dimensions, draws_numbers, draws_sides};
use super::survey::Survey;
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::planners::record::record;
use crate::settings::{ActionKind, PilotConfig};
use crate::trajectories::Trajectories;

pub(crate) struct RandomShooting {
    futures: Survey,
    /// For continuous actions.
    noise: Option<NoisePlan>,
}

impl RandomShooting {
    pub fn new<M: LaneModel>(swarm: &Swarm<M>, config: &PilotConfig) -> Self {
        let continuous = config.action == ActionKind::Continuous;
        Self {
            futures: Survey::new(config.particles),
            noise: continuous.then(|| NoisePlan::of(swarm, config)),
        }
    }
}

impl<M: LaneModel> Planner<M> for RandomShooting {
    fn plan(&mut self, swarm: &Swarm<M>, request: &Request<'_>) -> (ControlVector, Diagnostics) {
        let stream = request.stream(0);
        let full = swarm.model.full_control();
        let (summary, strata) = match &self.noise {
            None if const { draws_sides::<M>() } => {
                let scheme = Coin { stream, full };
                (self.futures.roll_out(swarm, request, &scheme), 2)
            }
            Some(noise) if const { draws_numbers::<M>() } => {
                let first = First::Levels;
                let scheme = Knots { first, ..noise.scheme(stream, &swarm.model) };
                (self.futures.roll_out(swarm, request, &scheme), STRATA)
            }
            _ => unreachable!("refused where pilots are made"),
        };
        let choices = swarm.model.choices();
        // Choices come in turn, so that a choice has the strata that are as many apart.
        let groups = if choices > 0 { choices as usize } else { strata };
        let best = best_stratum(&summary.sums, groups, swarm.particles as usize);
        let mut shares = ControlVector::zeros(dimensions::<M>());
        for (dimension, share) in shares.iter_mut().enumerate() {
            *share = f64::from(match self.noise {
                None => first_level(best, strata) * stream.first_sign(),
                Some(_) => {
                    first_levels(&stream, dimension, choices)[best / 2] * [1.0, -1.0][best % 2]
                }
            });
        }
        (shares, diagnose([swarm.particles, swarm.horizon], &summary, 1))
    }

    fn trajectories(&self, swarm: &Swarm<M>, request: &Request<'_>) -> Option<Trajectories> {
        let stream = request.stream(0);
        let full = swarm.model.full_control();
        Some(match &self.noise {
            None if const { draws_sides::<M>() } => record(swarm, request, &Coin { stream, full }),
            Some(noise) if const { draws_numbers::<M>() } => {
                let first = First::Levels;
                record(swarm, request, &Knots { first, ..noise.scheme(stream, &swarm.model) })
            }
            _ => unreachable!("refused where pilots are made"),
        })
    }
}
