//! Predictive sampling.
//!
//! T. Howell, N. Gileadi, S. Tunyasuvunakool, K. Zakka, T. Erez, Y. Tassa, "Predictive Sampling: Real-time
//! Behaviour Synthesis with MuJoCo" (2022). One plan, varied by noise at knots; the best variant becomes the
//! plan, and its first control is taken. The first pair of futures follows the plan as it is, so that a plan is only given up
//! for a better one. There is no mean and no weight: what is found is a future that was simulated.
//!
//! Where the environment only knows full control, controls are thresholded inside the rollout.

use particle_pilot_kernels::controls::width;
use particle_pilot_kernels::model::LaneModel;

use super::drawing::Drawing;
use super::futures::diagnose;
use super::noise::NoisePlan;
use super::planner::{Memory, Planner, Request, Swarm, dimensions};
use super::survey::Survey;
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::planners::record::record;
use crate::settings::PilotConfig;
use crate::trajectories::Trajectories;

pub(crate) struct PredictiveSampling {
    futures: Survey,
    noise: NoisePlan,
    change: Vec<f64>,
}

impl PredictiveSampling {
    pub fn new<M: LaneModel>(swarm: &Swarm<M>, config: &PilotConfig) -> Self {
        let mut noise = NoisePlan::of(swarm, config);
        noise.anchored = true;
        let change = vec![0.0; noise.scales.len()];
        Self { futures: Survey::new(config.particles), noise, change }
    }

    /// Moves the plan to the controls of `particle`.
    fn follow<M: LaneModel>(&mut self, swarm: &Swarm<M>, request: &Request<'_>, particle: u32) {
        let noise = self.noise.noise(request.stream(0));
        let pair = [particle / 2];
        let mut values = request.buffers.take(noise.numbers() * width(pair.len()));
        let drawn = noise.draw_pairs(swarm.simd, &pair, dimensions::<M>(), &mut values);
        // The mirrored future saw the negative noise.
        let sign = if particle.is_multiple_of(2) { 1.0 } else { -1.0 };
        for (number, change) in self.change.iter_mut().enumerate() {
            let value: f32 = drawn.at((), number, 0);
            *change = f64::from(sign * value);
        }
        request.buffers.give(values);
        self.noise.move_by(&self.change, &swarm.model);
    }
}

impl<M: LaneModel> Planner<M> for PredictiveSampling {
    fn plan(&mut self, swarm: &Swarm<M>, request: &Request<'_>) -> (ControlVector, Diagnostics) {
        let stream = request.stream(0);
        let scheme = self.noise.scheme(stream, &swarm.model);
        let summary = self.futures.roll_out(swarm, request, &scheme);
        self.follow(swarm, request, summary.best.1);
        let shares = self.noise.first_shares(swarm.model.full_control());
        self.noise.shift();
        (shares, diagnose([swarm.particles, swarm.horizon], &summary, 1))
    }

    fn memory(&self) -> Option<&dyn Memory> {
        Some(&self.noise)
    }

    fn memory_mut(&mut self) -> Option<&mut dyn Memory> {
        Some(&mut self.noise)
    }

    fn trajectories(&self, swarm: &Swarm<M>, request: &Request<'_>) -> Option<Trajectories> {
        let scheme = self.noise.scheme(request.stream(0), &swarm.model);
        Some(record(swarm, request, &scheme))
    }

    fn nominal(&self, swarm: &Swarm<M>) -> Option<Vec<f64>> {
        Some(self.noise.shares(swarm.model.full_control()).collect())
    }
}
