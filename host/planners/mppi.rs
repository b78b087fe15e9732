//! Model predictive path integral control (MPPI).
//!
//! G. Williams, P. Drews, B. Goldfain, J. M. Rehg, E. A. Theodorou, "Information-theoretic model
//! predictive control: theory and applications to autonomous driving" (2017). One plan, varied by
//! noise; each variant weighs `exp(-(cost - lowest) / temperature)`, and the plan moves by the weighted
//! mean of the noise. It is kept and shifted for the next decision.
//!
//! Where the environment only knows full control, controls are thresholded inside the rollout, half of
//! the futures begin with each action, and the action is the weighted majority's.

use particle_pilot_kernels::controls::{First, Knots};
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::planners::mppi::{TemperatureSearch, better_side};
use particle_pilot_kernels::population::Stop as _;
use particle_pilot_kernels::rng::Stream;
use particle_pilot_kernels::weigh::WeightSums;

use super::futures::{Futures, diagnose};
use super::noise::NoisePlan;
use super::planner::{Memory, Planner, Request, Swarm, dimensions};
use super::weighing::{SUMS, knot_moments, weigh};
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::planners::record::record;
use crate::settings::{ActionKind, PilotConfig};
use crate::trajectories::Trajectories;

pub(crate) struct Mppi {
    futures: Futures,
    noise: NoisePlan,
    change: Vec<f64>,
    temperature: f64,
    target_share: f64,
    discrete: bool,
}

impl Mppi {
    pub fn new<M: LaneModel>(swarm: &Swarm<M>, config: &PilotConfig) -> Self {
        let noise = NoisePlan::of(swarm, config);
        let numbers = noise.scales.len();
        Self {
            futures: Futures::weighed(config.particles, numbers.max(SUMS), numbers),
            noise,
            change: vec![0.0; numbers],
            temperature: config.tuning.temperature,
            target_share: config.tuning.target_share,
            discrete: config.action == ActionKind::Discrete,
        }
    }

    /// Weighs the futures, at the fixed temperature or at the one whose effective sample size is
    /// the target.
    fn weigh<M: LaneModel>(
        &mut self,
        swarm: &Swarm<M>,
        request: &Request<'_>,
        lowest: f32,
    ) -> WeightSums {
        if self.target_share == 0.0 {
            return weigh(&mut self.futures, swarm.simd, request, lowest, self.temperature);
        }
        let target = self.target_share * f64::from(swarm.particles);
        let mut search = TemperatureSearch::new(self.temperature, target);
        loop {
            let sums = weigh(&mut self.futures, swarm.simd, request, lowest, search.now());
            if search.note(sums.effective_samples()) || request.is_stopped() {
                return sums;
            }
        }
    }
}

/// How controls are drawn around the plan; where there is only left and right, half of them begin with either.
fn scheme<'a, M: LaneModel>(
    noise: &'a NoisePlan,
    discrete: bool,
    stream: Stream,
    model: &M,
) -> Knots<'a> {
    let first = if discrete { First::Sides } else { First::Drawn };
    Knots { first, ..noise.scheme(stream, model) }
}

impl<M: LaneModel> Planner<M> for Mppi {
    fn plan(&mut self, swarm: &Swarm<M>, request: &Request<'_>) -> (ControlVector, Diagnostics) {
        let stream = request.stream(0);
        let full = swarm.model.full_control();
        let scheme = scheme(&self.noise, self.discrete, stream, &swarm.model);
        let summary = self.futures.roll_out(swarm, request, &scheme);
        let sums = self.weigh(swarm, request, summary.best.0);

        let (noise, simd, change) = (self.noise.noise(stream), swarm.simd, &mut self.change);
        knot_moments(&mut self.futures, simd, request, &noise, dimensions::<M>(), change);
        let total = sums.sides[0] + sums.sides[1];
        change.iter_mut().for_each(|change| *change /= total);
        self.noise.move_by(&self.change, &swarm.model);
        let shares = if self.discrete {
            [better_side(sums.sides, swarm.particles) * f64::from(stream.first_sign())].into()
        } else {
            self.noise.first_shares(full)
        };
        self.noise.shift();

        let diagnostics = Diagnostics {
            effective_samples: sums.effective_samples(),
            ..diagnose([swarm.particles, swarm.horizon], &summary, 1)
        };
        (shares, diagnostics)
    }

    fn memory(&self) -> Option<&dyn Memory> {
        Some(&self.noise)
    }

    fn memory_mut(&mut self) -> Option<&mut dyn Memory> {
        Some(&mut self.noise)
    }

    fn trajectories(&self, swarm: &Swarm<M>, request: &Request<'_>) -> Option<Trajectories> {
        let stream = request.stream(0);
        let scheme = scheme(&self.noise, self.discrete, stream, &swarm.model);
        Some(record(swarm, request, &scheme))
    }

    fn nominal(&self, swarm: &Swarm<M>) -> Option<Vec<f64>> {
        Some(self.noise.shares(swarm.model.full_control()).collect())
    }
}
