//! The improved cross-entropy method (iCEM).
//!
//! C. Pinneri, S. Sawant, S. Blaes, J. Achterhold, J. Stueckler, M. Rolinek, G. Martius, "Sample-efficient Cross-Entropy
//! Method for Real-time Planning" (2020). CEM whose noise has a power spectrum `1 / f^beta`, and which remembers: the best
//! futures' controls are followed again in the next iteration and, a step later, in the next decision. Each iteration
//! has fewer futures than the one before; in the last one, a future follows the plan as it is. What is done is the first
//! control of the best future. docs/planners.md says what is another way than in the paper.
//!
//! Where the environment only knows full control, controls are thresholded inside the rollout; what is kept, and what refits
//! follow, are the numbers before.

use std::marker::PhantomData;

use particle_pilot_kernels::controls::{
    Controls, DrawnNoise, Followed, Interpolant, Knots, PAIRS, PowerNoise, Scheme,
};
use particle_pilot_kernels::lanes::{LaneWork, Lanes};
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::planners::cem::refit_knot;
use particle_pilot_kernels::planners::icem::{MOST_KEPT, futures, step_of, with_kept};
use particle_pilot_kernels::rng::Stream;
use particle_pilot_kernels::rollout::{CHUNK, Summary};

use super::cem::elites::{Elites, elite_count};
use super::drawing::Drawing;
use super::futures::{Futures, diagnose_some};
use super::noise::{NoisePlan, are_controls};
use super::planner::{Memory, Planner, Request, Swarm, dimensions};
use super::record::record;
use super::weighing::knot_moments;
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::settings::{PilotConfig, Tuning};
use crate::trajectories::Trajectories;

/// How many of the best futures are kept, by a configuration.
pub(crate) fn keeps(config: &PilotConfig) -> u32 {
    let Tuning { elite_share, kept_share, .. } = config.tuning;
    let elites = elite_count(config.particles, elite_share) as u32;
    (elite_count(elites, kept_share) as u32).min(MOST_KEPT)
}

/// The futures of each iteration, by a configuration.
pub(crate) fn counts(config: &PilotConfig) -> impl Iterator<Item = u32> + use<> {
    let Tuning { iterations, sample_decay, elite_share, .. } = config.tuning;
    let particles = config.particles;
    let elites = elite_count(particles, elite_share) as u32;
    (0..iterations).map(move |iteration| futures(iteration, particles, sample_decay, elites))
}

/// Means for each step, deviations for each knot, and the best futures' controls.
pub(crate) struct Icem {
    futures: Futures,
    elites: Elites,
    noise: NoisePlan,
    kept: Kept,
    /// Futures of each iteration.
    counts: Vec<u32>,
    moments: Vec<f64>,
    change: Vec<f64>,
    tuning: Tuning,
    /// `D`.
    dimensions: usize,
}

/// What the best futures of the last iteration do, before anything is thresholded.
struct Kept {
    /// `[keeps][H][D]`, in the model's units; the best first.
    sequences: Vec<f32>,
    /// The same of the iteration that is at work.
    next: Vec<f32>,
    /// How many of these there are to follow: none before the first decision, then all.
    count: u32,
    /// What [`Memory::checkpoint`] has put aside.
    aside: (Vec<f32>, u32),
    keeps: u32,
}

impl Icem {
    pub fn new<M: LaneModel>(swarm: &Swarm<M>, config: &PilotConfig) -> Self {
        let noise = NoisePlan::of(swarm, config);
        let (numbers, keeps) = (noise.scales.len(), keeps(config));
        let none = vec![0.0; keeps as usize * noise.plan.len()];
        Self {
            futures: Futures::weighed(config.particles, 2 * numbers, numbers),
            elites: Elites::new(config.particles, config.tuning.elite_share),
            kept: Kept {
                next: none.clone(),
                count: 0,
                aside: (none.clone(), 0),
                sequences: none,
                keeps,
            },
            counts: counts(config).collect(),
            moments: vec![0.0; 2 * numbers],
            change: vec![0.0; numbers],
            tuning: config.tuning,
            dimensions: dimensions::<M>(),
            noise,
        }
    }

    /// The bytes that the controls take which are kept.
    pub fn memory(config: &PilotConfig, dimensions: usize) -> u64 {
        3 * 4 * u64::from(keeps(config)) * u64::from(config.horizon) * dimensions as u64
    }

    /// Draws futures, and refits to the best of them.
    fn iterate<M: LaneModel>(
        &mut self,
        swarm: &Swarm<M>,
        request: &Request<'_>,
        iteration: u32,
    ) -> Summary {
        let (model, stream) = (&swarm.model, request.stream(iteration));
        let particles = self.counts[iteration as usize];
        let swarm = &Swarm { particles, ..*swarm };
        let is_last = iteration + 1 == self.tuning.iterations;
        let scheme = scheme(&self.noise, &self.kept, stream, is_last, model);
        let given = scheme.given;
        let summary = self.futures.roll_out(swarm, request, &scheme);
        self.weigh(request, given);
        let (noise, simd) = (self.noise.power_noise(stream), swarm.simd);
        let moments = &mut self.moments;
        knot_moments(&mut self.futures, simd, request, &noise, self.dimensions, moments);
        self.keep(swarm, request, stream, is_last);
        self.refit(model);
        self.kept.turn();
        summary
    }

    /// Gives weight 1 to the elites and 0 to all others; and to the first `given`, which are counted by themselves.
    fn weigh(&mut self, request: &Request<'_>, given: u32) {
        self.futures.in_order(|chunk| chunk.weights.fill(0.0));
        self.elites.select(&mut self.futures, request);
        for number in self.elites.iter().filter(|number| *number >= given) {
            self.futures.chunk(number as usize / CHUNK).weights[number as usize % CHUNK] = 1.0;
        }
    }

    /// Draws the controls of the best futures again, to be kept.
    fn keep<M: LaneModel>(
        &mut self,
        swarm: &Swarm<M>,
        request: &Request<'_>,
        stream: Stream,
        is_last: bool,
    ) {
        let mut next = std::mem::take(&mut self.kept.next);
        let Swarm { model, simd, horizon, .. } = swarm;
        let Followed { knots, sequences, kept, given } =
            scheme(&self.noise, &self.kept, stream, is_last, model);
        let knots = Knots { thresholded: false, ..knots };
        let best = self.elites.best(self.kept.keeps as usize);
        const { assert!(MOST_KEPT as usize <= PAIRS) };
        let mut values = request.buffers.take(knots.noise.numbers() * PAIRS);
        let pairs: [_; MOST_KEPT as usize] =
            std::array::from_fn(|place| best.get(place).map_or(0, |key| *key as u32 / 2));
        let dimensions = dimensions::<M>();
        let noise = knots.noise.draw_pairs(*simd, &pairs[..best.len()], dimensions, &mut values);
        let length = *horizon as usize * dimensions;
        for (place, (key, to)) in best.iter().zip(next.chunks_mut(length)).enumerate() {
            // Those of a bundle follow each other, but here each is by itself.
            let first_pair = pairs[place].wrapping_sub(place as u32);
            let knots = knots.with_noise(DrawnNoise { first_pair, ..noise });
            let scheme = Followed { knots, sequences, kept, given };
            let model = PhantomData::<M>;
            simd.run(WriteDown { model, scheme: &scheme, number: *key as u32, to });
        }
        request.buffers.give(values);
        self.kept.next = next;
    }

    /// Moves the plan to the elites' mean and the deviations to theirs.
    fn refit<M: LaneModel>(&mut self, model: &M) {
        let full = model.full_control();
        let Tuning { smoothing, floor, .. } = self.tuning;
        let count = self.elites.count() as f64;
        let least = floor * f64::from(full);
        let elites = self.elites.iter().filter(|number| *number < MOST_KEPT);
        let elites = elites.fold(0u64, |elites, number| elites | 1 << number);
        let NoisePlan { plan, scales, weights, cubic, .. } = &mut self.noise;
        let interpolant = Interpolant { weights, cubic: *cubic };
        let (dimensions, horizon) = (self.dimensions, plan.len() / self.dimensions);
        let knots = self.change.iter_mut().zip(scales).zip(self.moments.as_chunks::<2>().0);
        for (number, ((change, scale), sums)) in knots.enumerate() {
            let step = step_of(number / dimensions, &interpolant, horizon);
            let at = step * dimensions + number % dimensions;
            let is_elite = |kept: u32| elites >> kept & 1 == 1;
            let difference = |kept: u32| {
                let control = self.kept.sequences[kept as usize * plan.len() + at];
                f64::from(control) - f64::from(plan[at])
            };
            let sums = with_kept(*sums, self.kept.count, is_elite, difference);
            (*change, *scale) = refit_knot(*scale, sums, count, smoothing, least);
        }
        self.noise.move_by(&self.change, model);
    }
}

/// How controls are drawn in an iteration, which may be the last one.
fn scheme<'a, M: LaneModel>(
    noise: &'a NoisePlan,
    kept: &'a Kept,
    stream: Stream,
    is_last: bool,
    model: &M,
) -> Followed<'a, PowerNoise<'a>> {
    let given = kept.count + u32::from(is_last);
    let knots = noise.power_scheme(stream, model);
    Followed { knots, sequences: &kept.sequences, kept: kept.count, given }
}

impl<M: LaneModel> Planner<M> for Icem {
    fn plan(&mut self, swarm: &Swarm<M>, request: &Request<'_>) -> (ControlVector, Diagnostics) {
        let Swarm { model, horizon, .. } = swarm;
        let mut lowest = f32::INFINITY;
        let mut summary = Summary::EMPTY;
        self.noise.begin();
        for iteration in 0..self.tuning.iterations {
            summary = self.iterate(swarm, request, iteration);
            lowest = lowest.min(summary.best.0);
        }
        let full = f64::from(model.full_control());
        let mut shares = ControlVector::zeros(self.dimensions);
        for (share, control) in shares.iter_mut().zip(&self.kept.sequences) {
            *share = f64::from(*control) / full;
        }
        self.noise.shift();
        self.kept.shift(self.dimensions);

        let mut diagnostics = diagnose_some(&self.counts, *horizon, &summary);
        diagnostics.best = f64::from(lowest);
        diagnostics.effective_samples = self.elites.count() as f64;
        (shares, diagnostics)
    }

    fn memory(&self) -> Option<&dyn Memory> {
        Some(self)
    }

    fn memory_mut(&mut self) -> Option<&mut dyn Memory> {
        Some(self)
    }

    fn trajectories(&self, swarm: &Swarm<M>, request: &Request<'_>) -> Option<Trajectories> {
        let scales = self.noise.first_scales();
        let (stream, is_last) = (request.stream(0), self.tuning.iterations == 1);
        let mut scheme = scheme(&self.noise, &self.kept, stream, is_last, &swarm.model);
        scheme.knots.noise.scales = &scales;
        Some(record(swarm, request, &scheme))
    }

    fn nominal(&self, swarm: &Swarm<M>) -> Option<Vec<f64>> {
        Some(self.noise.shares(swarm.model.full_control()).collect())
    }
}

impl Kept {
    /// What was sought is what is followed from now on.
    fn turn(&mut self) {
        std::mem::swap(&mut self.sequences, &mut self.next);
        self.count = self.keeps;
    }

    /// Forgets the first step of each; the last one is repeated.
    fn shift(&mut self, dimensions: usize) {
        let length = self.sequences.len() / self.keeps as usize;
        for sequence in self.sequences.chunks_mut(length) {
            sequence.copy_within(dimensions.., 0);
        }
    }
}

/// Writes down the controls of a future.
struct WriteDown<'a, M> {
    /// Which has as many dimensions as the controls.
    model: PhantomData<M>,
    scheme: &'a Followed<'a, DrawnNoise<'a>>,
    number: u32,
    /// `[H][D]`.
    to: &'a mut [f32],
}

impl<M: LaneModel> LaneWork for WriteDown<'_, M> {
    type Output = ();

    /// A single lane. Inside this function the compiler knows the CPU's fused multiply-add.
    #[inline(always)]
    fn run<L: Lanes>(self, _: L::Proof) {
        let mut controls = Scheme::<M>::controls::<f32>(self.scheme, (), self.number / 2);
        let block_len = Controls::<M::Control<f32>>::block_len(&controls);
        for (step, to) in self.to.chunks_mut(dimensions::<M>()).enumerate() {
            let step = step as u32;
            if step.is_multiple_of(block_len) {
                controls.refill(step / block_len);
            }
            let control: M::Control<f32> = controls.next(step)[self.number as usize % 2];
            to.copy_from_slice(control.as_ref());
        }
    }
}

impl Memory for Icem {
    fn reset(&mut self) {
        self.noise.reset();
        self.kept.count = 0;
    }

    fn checkpoint(&mut self) {
        self.noise.checkpoint();
        let Kept { sequences, count, aside, .. } = &mut self.kept;
        aside.0.copy_from_slice(sequences);
        aside.1 = *count;
    }

    fn roll_back(&mut self) {
        self.noise.roll_back();
        let Kept { sequences, count, aside, .. } = &mut self.kept;
        sequences.copy_from_slice(&aside.0);
        *count = aside.1;
    }

    /// The plan, `[H][D]`, and if there are such, the controls that are kept, `[keeps][H][D]`; in the model's units.
    fn carried(&self) -> Vec<f64> {
        let mut carried = self.noise.carried();
        if self.kept.count > 0 {
            carried.extend(self.kept.sequences.iter().copied().map(f64::from));
        }
        carried
    }

    fn carry_on(&mut self, carried: &[f64]) -> bool {
        let (length, kept) = (self.noise.plan.len(), &mut self.kept);
        let is_whole = carried.len() == length + kept.sequences.len();
        let fits = (is_whole || carried.len() == length)
            && are_controls(carried)
            && self.noise.carry_on(&carried[..length]);
        if fits {
            kept.count = if is_whole { kept.keeps } else { 0 };
            for (to, control) in kept.sequences.iter_mut().zip(&carried[length..]) {
                *to = *control as f32;
            }
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use particle_pilot_kernels::env::Physics;
    use particle_pilot_kernels::model::{CartPoleModel, CostWeights, Surroundings};

    use super::*;
    use crate::planners::drawing::Buffers;
    use crate::settings::{ActionKind, PlannerKind, Threads};
    use crate::simd::Simd;
    use crate::threads::Pool;

    #[test]
    fn the_best_cost_never_gets_worse_from_an_iteration_to_the_next() {
        let model = CartPoleModel::<false>::new(&Physics::default(), &CostWeights::default());
        let simd = Simd::select().unwrap().detect().unwrap();
        let pool = Pool::new(Threads::asked(1)).unwrap();
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            for (seed, kept_share) in [(0, 0.3), (1, 0.01), (2, 1.0), (3, 0.3)] {
                let usual = PilotConfig::of(PlannerKind::Icem);
                let tuning =
                    Tuning { iterations: 12, sample_decay: 1.5, kept_share, ..usual.tuning };
                let config = PilotConfig { particles: 300, action, tuning, ..usual };
                let swarm = Swarm { model: model.unwrap(), simd, particles: 300, horizon: 30 };
                let mut icem = Icem::new(&swarm, &config);
                let request = Request {
                    buffers: Buffers::of_this_thread(),
                    pool: &pool,
                    state: &[0.5, -0.3, 0.08, 0.4],
                    surroundings: Surroundings::default(),
                    seed,
                    decision: 0,
                    stop: None,
                    heard: AtomicBool::new(false),
                };
                let costs: Vec<_> = (0..12)
                    .map(|iteration| icem.iterate(&swarm, &request, iteration).best.0)
                    .collect();
                assert!(costs.is_sorted_by(|a, b| a >= b), "{action}: {costs:?}");
                assert!(costs[11] < costs[0], "{action}: nothing was found: {costs:?}");
            }
        }
    }
}
