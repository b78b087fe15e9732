//! Rollouts: advancing particles over the horizon, and summing up their costs.

mod summary;

pub(crate) use summary::Extremes;
pub use summary::Summary;

use crate::controls::{Controls, Scheme};
use crate::lanes::{LaneBits, Lanes};
use crate::model::{LaneModel, Vector};

/// Particles of a chunk, which are worked on and summed up together: a fixed number, so that sums do not depend on
/// lanes or threads.
pub const CHUNK: usize = 128;

/// The worst cost: that of a future whose cost is not a finite number, or is more than this.
pub const WORST: f32 = 1e30;

/// A bundle of particles on their way through a rollout.
#[derive(Clone, Copy)]
pub struct Particle<M: LaneModel, L: Lanes> {
    /// Their present state, in the model's units.
    pub state: M::State<L>,
    /// Of the control that led to it.
    effort: M::Effort<L>,
    live: L::Mask,
    sums: [L; 2],
    lifetime: L,
}

impl<M: LaneModel, L: Lanes> Particle<M, L> {
    /// At the start.
    #[inline(always)]
    pub fn new(proof: L::Proof, state: M::State<L>) -> Self {
        let zero = L::splat(proof, 0.0);
        // The start itself is observed too, but is no step survived.
        let lifetime = L::splat(proof, -1.0);
        let effort = M::effort(&M::Control::<L>::all(zero));
        Self { state, effort, live: zero.le(zero), sums: [zero; 2], lifetime }
    }

    /// Scores the state that they are in; before each [`advance`](Self::advance).
    #[inline(always)]
    pub fn observe(&mut self, constants: &M::Constants<L>, one: L) {
        self.live = M::live(constants, &self.state, self.live);
        self.sums = M::accumulate(constants, &self.state, &self.effort, self.live, self.sums);
        self.lifetime = self.lifetime.add_where(self.live, one);
    }

    /// Takes a step.
    #[inline(always)]
    pub fn advance(&mut self, constants: &M::Constants<L>, control: M::Control<L>) {
        self.effort = M::effort(&control);
        self.state = M::advance(constants, self.state, control);
    }

    /// The cost of the future and how many steps it lasted, after `horizon` steps.
    #[inline(always)]
    pub fn finish(
        mut self,
        proof: L::Proof,
        constants: &M::Constants<L>,
        horizon: u32,
        end_cost: f32,
    ) -> [L; 2] {
        self.observe(constants, L::splat(proof, 1.0));
        let missed = L::splat(proof, horizon as f32) - self.lifetime;
        let cost = missed.fma(L::splat(proof, end_cost), M::running_cost(constants, self.sums));
        let terminal = M::terminal_cost(constants, &self.state);
        let cost = L::select(self.live, cost + terminal, cost);
        let finite = cost.magnitude().le(L::splat(proof, WORST));
        [
            L::select(finite, cost, L::splat(proof, WORST)),
            self.lifetime.greater(L::splat(proof, 0.0)),
        ]
    }
}

/// Rolls out `N` bundles of mirrored pairs side by side: for both sides of each, costs and lifetimes.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "an array's iterator is not unrolled for GPUs")]
pub(crate) fn rollout_pairs<M: LaneModel, L: Lanes, C: Controls<M::Control<L>>, const N: usize>(
    proof: L::Proof,
    model: &M,
    constants: &M::Constants<L>,
    start: M::State<L>,
    horizon: u32,
    mut controls: [C; N],
) -> [[[L; 2]; 2]; N] {
    let one = L::splat(proof, 1.0);
    let mut pairs = [[Particle::<M, L>::new(proof, start); 2]; N];
    let (mut step, mut block) = (0, 0);
    while step < horizon {
        for n in 0..N {
            controls[n].refill(block);
        }
        block += 1;
        let end = horizon.min(step + controls[0].block_len());
        while step < end {
            for n in 0..N {
                let again = L::reload(constants);
                pairs[n][0].observe(again, one);
                pairs[n][1].observe(again, one);
                let control = controls[n].next(step);
                pairs[n][0].advance(again, control[0]);
                let again = L::reload(constants);
                pairs[n][1].advance(again, control[1]);
            }
            step += 1;
        }
    }
    let end_cost = model.end_cost();
    let mut results = [[[one; 2]; 2]; N];
    for n in 0..N {
        let [a, b] = pairs[n];
        results[n] = [
            a.finish(proof, constants, horizon, end_cost),
            b.finish(proof, constants, horizon, end_cost),
        ];
    }
    results
}

/// The specification of one decision's rollout.
#[derive(Clone, Copy)]
pub struct RolloutSpec<'a, M, S> {
    /// The model.
    pub model: &'a M,
    /// The scheme that draws controls.
    pub scheme: &'a S,
    /// The state from which all futures start, in the caller's units.
    pub state: &'a [f32],
    /// Steps.
    pub horizon: u32,
    /// Futures in all.
    pub particles: u32,
}

impl<M, S> RolloutSpec<'_, M, S> {
    /// The number of chunks that the futures make.
    #[must_use]
    pub fn chunks(&self) -> usize {
        (self.particles as usize).div_ceil(CHUNK)
    }
}

/// Rolls out chunk `chunk` of `spec` and writes the costs of its futures to `costs`; places beyond the last
/// particle get [`WORST`].
#[inline(always)]
pub fn rollout_chunk<M: LaneModel, S: Scheme<M>, L: Lanes>(
    proof: L::Proof,
    spec: &RolloutSpec<'_, M, S>,
    chunk: usize,
    costs: &mut [f32; CHUNK],
) -> Summary {
    let first = chunk * CHUNK;
    let mut rollout = ChunkRollout {
        proof,
        spec,
        constants: spec.model.constants::<L>(proof),
        start: spec.model.start::<L>(proof, spec.state),
        first: first as u32,
        count: (spec.particles as usize - first).min(CHUNK),
        costs,
        extremes: Extremes::<L>::new(proof),
    };
    let mut done = 0;
    while done < rollout.count {
        // Two bundles of pairs only where the second is not all beyond the last particle.
        done += if L::INTERLEAVE == 2 && done + 2 * L::COUNT < rollout.count {
            rollout.roll_out::<2>(done)
        } else {
            rollout.roll_out::<1>(done)
        };
    }
    rollout.costs[rollout.count..].fill(WORST);
    Summary::of(proof, rollout.costs, rollout.extremes, rollout.first, rollout.count)
}

/// A chunk that is being rolled out.
struct ChunkRollout<'a, M: LaneModel, S, L: Lanes> {
    proof: L::Proof,
    spec: &'a RolloutSpec<'a, M, S>,
    constants: M::Constants<L>,
    start: M::State<L>,
    /// The number of the first particle.
    first: u32,
    /// Particles.
    count: usize,
    costs: &'a mut [f32; CHUNK],
    extremes: Extremes<L>,
}

impl<M: LaneModel, S: Scheme<M>, L: Lanes> ChunkRollout<'_, M, S, L> {
    /// Rolls out `N` bundles of pairs from place `from` of the chunk on; returns how many particles these are.
    #[inline(always)]
    fn roll_out<const N: usize>(&mut self, from: usize) -> usize {
        let (proof, spec) = (self.proof, self.spec);
        let mut pair = (self.first + from as u32) / 2;
        let mut controls = [spec.scheme.controls::<L>(proof, L::Bits::counting(proof, pair)); N];
        for controls in &mut controls[1..] {
            pair += L::COUNT as u32;
            *controls = spec.scheme.controls::<L>(proof, L::Bits::counting(proof, pair));
        }
        let bundles =
            rollout_pairs(proof, spec.model, &self.constants, self.start, spec.horizon, controls);
        for (n, sides) in bundles.into_iter().enumerate() {
            self.keep(from + 2 * n * L::COUNT, sides);
        }
        2 * N * L::COUNT
    }

    /// Keeps the costs and lifetimes of both sides of a bundle of pairs, whose first particle has place `place`.
    #[inline(always)]
    fn keep(&mut self, place: usize, mut sides: [[L; 2]; 2]) {
        let proof = self.proof;
        let [first, second] = sides[0][0].zip(sides[1][0]);
        first.store(&mut self.costs[place..]);
        second.store(&mut self.costs[place + L::COUNT..]);
        if place + 2 * L::COUNT > self.count {
            let nothing = L::splat(proof, f32::NAN);
            let lane = L::Bits::counting(proof, 0).signed_to_float();
            for (s, side) in sides.iter_mut().enumerate() {
                let rest = (self.count - place + 1 - s) / 2;
                let there = lane.lt(L::splat(proof, rest as f32));
                *side = [L::select(there, side[0], nothing), L::select(there, side[1], nothing)];
            }
        }
        let whole = L::splat(proof, self.spec.horizon as f32);
        for side in sides {
            self.extremes.note(proof, side, whole);
        }
    }
}
