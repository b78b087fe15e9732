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
use super::futures::{Futures, diagnose};
use super::noise::NoisePlan;
use super::planner::{Memory, Planner, Problem, Request, dimensions};
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::planners::record::record;
use crate::settings::PilotConfig;
use crate::trajectories::Trajectories;

pub(crate) struct PredictiveSampling {
    futures: Futures,
    noise: NoisePlan,
    change: Vec<f64>,
}

impl PredictiveSampling {
    pub fn new<M: LaneModel>(problem: &Problem<M>, config: &PilotConfig) -> Self {
        let mut noise = NoisePlan::of(problem, config);
        noise.anchored = true;
        let change = vec![0.0; noise.scales.len()];
        Self { futures: Futures::new(config.particles), noise, change }
    }

    /// Moves the plan to the controls of `particle`.
    fn follow<M: LaneModel>(&mut self, problem: &Problem<M>, request: &Request<'_>, particle: u32) {
        let noise = self.noise.noise(request.stream(0));
        let pair = [particle / 2];
        let mut values = request.buffers.take(noise.numbers() * width(pair.len()));
        let drawn = noise.draw_pairs(problem.simd, &pair, dimensions::<M>(), &mut values);
        // The mirrored future saw the negative noise.
        let sign = if particle.is_multiple_of(2) { 1.0 } else { -1.0 };
        for (number, change) in self.change.iter_mut().enumerate() {
            let value: f32 = drawn.at((), number, 0);
            *change = f64::from(sign * value);
        }
        request.buffers.give(values);
        self.noise.move_by(&self.change, &problem.model);
    }
}

impl<M: LaneModel> Planner<M> for PredictiveSampling {
    fn plan(
        &mut self,
        problem: &Problem<M>,
        request: &Request<'_>,
    ) -> (ControlVector, Diagnostics) {
        let stream = request.stream(0);
        let scheme = self.noise.scheme(stream, &problem.model);
        let summary = self.futures.roll_out(problem, request, &scheme);
        self.follow(problem, request, summary.best.1);
        let shares = self.noise.first_shares(problem.model.full_control());
        self.noise.shift();
        (shares, diagnose([problem.particles, problem.horizon], &summary, 1))
    }

    fn memory(&self) -> Option<&dyn Memory> {
        Some(&self.noise)
    }

    fn memory_mut(&mut self) -> Option<&mut dyn Memory> {
        Some(&mut self.noise)
    }

    fn trajectories(&self, problem: &Problem<M>, request: &Request<'_>) -> Option<Trajectories> {
        let scheme = self.noise.scheme(request.stream(0), &problem.model);
        Some(record(problem, request, &scheme))
    }

    fn nominal(&self, problem: &Problem<M>) -> Option<Vec<f64>> {
        Some(self.noise.shares(problem.model.full_control()).collect())
    }
}
