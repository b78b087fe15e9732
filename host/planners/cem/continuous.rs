//! CEM for continuous control.

use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::planners::cem::refit_knot;
use particle_pilot_kernels::rollout::{CHUNK, Summary};

use super::elites::Elites;
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::planners::futures::{Futures, diagnose};
use crate::planners::noise::NoisePlan;
use crate::planners::planner::{Memory, Planner, Request, Swarm, dimensions};
use crate::planners::record::record;
use crate::planners::weighing::knot_moments;
use crate::settings::{PilotConfig, Tuning};
use crate::trajectories::Trajectories;

/// Means for each step and deviations for each knot, of each dimension.
pub(crate) struct ContinuousCem {
    futures: Futures,
    elites: Elites,
    noise: NoisePlan,
    moments: Vec<f64>,
    change: Vec<f64>,
    tuning: Tuning,
}

impl ContinuousCem {
    pub fn new<M: LaneModel>(swarm: &Swarm<M>, config: &PilotConfig) -> Self {
        let noise = NoisePlan::of(swarm, config);
        let numbers = noise.scales.len();
        Self {
            futures: Futures::weighed(config.particles, 2 * numbers, numbers),
            elites: Elites::new(config.particles, config.tuning.elite_share),
            noise,
            moments: vec![0.0; 2 * numbers],
            change: vec![0.0; numbers],
            tuning: config.tuning,
        }
    }

    /// Gives weight 1 to the elites and 0 to all others.
    fn weigh(&mut self, request: &Request<'_>) {
        self.futures.in_order(|chunk| chunk.weights.fill(0.0));
        self.elites.select(&mut self.futures, request);
        for number in self.elites.iter() {
            self.futures.chunk(number as usize / CHUNK).weights[number as usize % CHUNK] = 1.0;
        }
    }

    /// Moves the plan to the elites' mean and the deviations to theirs.
    fn refit<M: LaneModel>(&mut self, model: &M) {
        let full = model.full_control();
        let Tuning { smoothing, floor, .. } = self.tuning;
        let count = self.elites.count() as f64;
        let least = floor * f64::from(full);
        let moments = self.moments.as_chunks::<2>().0;
        let knots = self.change.iter_mut().zip(&mut self.noise.scales);
        for ((change, scale), sums) in knots.zip(moments) {
            (*change, *scale) = refit_knot(*scale, *sums, count, smoothing, least);
        }
        self.noise.move_by(&self.change, model);
    }
}

impl<M: LaneModel> Planner<M> for ContinuousCem {
    fn plan(&mut self, swarm: &Swarm<M>, request: &Request<'_>) -> (ControlVector, Diagnostics) {
        let full = swarm.model.full_control();
        let mut lowest = f32::INFINITY;
        let mut summary = Summary::EMPTY;
        self.noise.begin();
        for iteration in 0..self.tuning.iterations {
            let stream = request.stream(iteration);
            let scheme = self.noise.scheme(stream, &swarm.model);
            summary = self.futures.roll_out(swarm, request, &scheme);
            lowest = lowest.min(summary.best.0);
            self.weigh(request);
            let (noise, simd) = (self.noise.noise(stream), swarm.simd);
            let moments = &mut self.moments;
            knot_moments(&mut self.futures, simd, request, &noise, dimensions::<M>(), moments);
            self.refit(&swarm.model);
        }
        let shares = self.noise.first_shares(full);
        self.noise.shift();

        let mut diagnostics =
            diagnose([swarm.particles, swarm.horizon], &summary, self.tuning.iterations);
        diagnostics.best = f64::from(lowest);
        diagnostics.effective_samples = self.elites.count() as f64;
        (shares, diagnostics)
    }

    fn memory(&self) -> Option<&dyn Memory> {
        Some(&self.noise)
    }

    fn memory_mut(&mut self) -> Option<&mut dyn Memory> {
        Some(&mut self.noise)
    }

    fn trajectories(&self, swarm: &Swarm<M>, request: &Request<'_>) -> Option<Trajectories> {
        let scales = self.noise.first_scales();
        let mut scheme = self.noise.scheme(request.stream(0), &swarm.model);
        scheme.noise.scales = &scales;
        Some(record(swarm, request, &scheme))
    }

    fn nominal(&self, swarm: &Swarm<M>) -> Option<Vec<f64>> {
        Some(self.noise.shares(swarm.model.full_control()).collect())
    }
}
