//! Predictive sampling.
//!
//! T. Howell, N. Gileadi, S. Tunyasuvunakool, K. Zakka, T. Erez, Y. Tassa, "Predictive Sampling: Real-time
//! Behaviour Synthesis with MuJoCo" (2022). One plan, varied by noise at knots; the best variant becomes the
//! plan, and its first control is taken. The first pair of futures follows the plan as it is, so that a plan is only given up
//! for a better one. There is no mean and no weight: what is found is a future that was simulated.
//!
//! Where the environment only knows full control, controls are thresholded inside the rollout.

use particle_pilot_kernels::controls::{KnotNoise, KnotSource};
use particle_pilot_kernels::model::{LaneModel, Vector};
use particle_pilot_kernels::rng::Stream;

use super::futures::{Futures, diagnose};
use super::noise::NoisePlan;
use super::planner::{Memory, Planner, Problem, Request};
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
        Self { futures: Futures::new(config.particles, 0), noise, change }
    }

    /// Moves the plan to the controls of `particle`.
    fn follow<M: LaneModel>(&mut self, model: &M, stream: Stream, particle: u32) {
        note::<M::Control<f32>>(&self.noise.noise(stream), particle, &mut self.change);
        self.noise.move_by(&self.change, model);
    }
}

/// Writes the noise that `particle` saw, `[knots][D]`, to `change`.
fn note<V: Vector<f32>>(noise: &KnotNoise<'_>, particle: u32, change: &mut [f64]) {
    let mut source = KnotSource::<f32, V>::new(noise, (), particle / 2);
    // The mirrored future saw the negative noise.
    let sign = if particle.is_multiple_of(2) { 1.0 } else { -1.0 };
    for knot in change.chunks_mut(V::LEN) {
        let values = source.next_knot();
        for (to, value) in knot.iter_mut().zip(values.as_ref()) {
            *to = f64::from(sign * value);
        }
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
        self.follow(&problem.model, stream, summary.best.1);
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
