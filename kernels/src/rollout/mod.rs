//! Rollouts: advancing particles over the horizon, and summing up their costs.

mod summary;

pub(crate) use summary::Extremes;
pub use summary::Summary;

use crate::controls::{Controls, Scheme};
use crate::lanes::{LaneBits, Lanes};
use crate::model::{Here, LaneModel, Surroundings, Vector};
use crate::plant::Plant;

/// Particles of a chunk, which are worked on and summed up together: a fixed number, so that sums do not depend on
/// lanes or threads.
pub const CHUNK: usize = 128;

/// The worst cost: that of a future whose cost is not a finite number, or is more than this.
pub const WORST: f32 = 1e30;

/// `cost`, or [`WORST`] where it is not a number or beyond that.
#[inline(always)]
pub(crate) fn bounded<L: Lanes>(proof: L::Proof, cost: L) -> L {
    let worst = L::literal(proof, WORST);
    L::select(cost.magnitude().le(worst), cost, worst)
}

/// A bundle of particles on their way through a rollout.
#[derive(Clone, Copy)]
pub struct Particle<M: LaneModel, L: Lanes> {
    /// Their present state, in the model's units.
    pub state: M::State<L>,
    /// Of the control that led to it.
    pub(crate) effort: M::Effort<L>,
    pub(crate) live: L::Mask,
    pub(crate) sums: [L; 2],
    pub(crate) lifetime: L,
}

impl<M: LaneModel, L: Lanes> Particle<M, L> {
    /// At the start.
    #[inline(always)]
    pub fn new(proof: L::Proof, state: M::State<L>) -> Self {
        let zero = L::literal(proof, 0.0);
        // The start itself is observed too, but is no step survived.
        let lifetime = L::literal(proof, -1.0);
        let effort = M::effort(&M::Control::<L>::all(zero));
        Self { state, effort, live: zero.le(zero), sums: [zero; 2], lifetime }
    }

    /// Scores the state that they are in; before each [`advance`](Self::advance).
    #[inline(always)]
    pub fn observe(&mut self, constants: &M::Constants<L>, at: Here<'_, L>, one: L) {
        let (state, effort) = (&self.state, &self.effort);
        self.live = M::live_at(constants, state, self.live, at);
        self.sums = M::accumulate_at(constants, state, effort, self.live, self.sums, at);
        self.lifetime = self.lifetime.add_where(self.live, one);
    }

    /// Takes a step.
    #[inline(always)]
    pub fn advance(
        &mut self,
        constants: &M::Constants<L>,
        at: Here<'_, L>,
        control: M::Control<L>,
    ) {
        self.effort = M::effort(&control);
        self.state = M::advance_at(constants, self.state, control, at);
    }

    /// The cost of the future and how many steps it lasted, after `horizon` steps.
    #[inline(always)]
    pub fn finish(
        mut self,
        proof: L::Proof,
        constants: &M::Constants<L>,
        at: Here<'_, L>,
        horizon: L,
        end_cost: f32,
    ) -> [L; 2] {
        self.observe(constants, at, L::literal(proof, 1.0));
        let missed = horizon - self.lifetime;
        let cost = missed.fma(L::splat(proof, end_cost), M::running_cost(constants, self.sums));
        let terminal = M::terminal_cost_at(constants, &self.state, at);
        let cost = L::select(self.live, cost + terminal, cost);
        [bounded(proof, cost), self.lifetime.greater(L::literal(proof, 0.0))]
    }
}

/// Rolls out `N` bundles of mirrored pairs side by side: for both sides of each, costs and lifetimes.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "an array's iterator is not unrolled for GPUs")]
pub(crate) fn rollout_pairs<P: Plant, L: Lanes, C: Controls<P::Control<L>>, const N: usize>(
    setup: &P::Setup<'_, L>,
    horizon: u32,
    mut controls: [C; N],
) -> [[[L; 2]; 2]; N] {
    let mut pairs = [P::begin(setup); N];
    let (mut step, mut block) = (0, 0);
    while step < horizon {
        for n in 0..N {
            controls[n].refill(block);
        }
        block += 1;
        let end = horizon.min(step + controls[0].block_len());
        while step < end {
            for n in 0..N {
                P::step(setup, &mut pairs[n], &mut controls[n], step);
            }
            step += 1;
        }
    }
    let mut results = [P::finish(setup, pairs[0], horizon); N];
    for n in 1..N {
        results[n] = P::finish(setup, pairs[n], horizon);
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
    /// What is given besides, for models that ask for it.
    pub surroundings: Surroundings<'a>,
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
pub fn rollout_chunk<P: Plant, S: Scheme<P>, L: Lanes>(
    proof: L::Proof,
    spec: &RolloutSpec<'_, P, S>,
    chunk: usize,
    costs: &mut [f32; CHUNK],
) -> Summary {
    let first = chunk * CHUNK;
    let mut rollout = ChunkRollout {
        proof,
        spec,
        setup: spec.model.setup::<L>(proof, spec.state, spec.surroundings),
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
struct ChunkRollout<'a, P: Plant, S, L: Lanes> {
    proof: L::Proof,
    spec: &'a RolloutSpec<'a, P, S>,
    setup: P::Setup<'a, L>,
    /// The number of the first particle.
    first: u32,
    /// Particles.
    count: usize,
    costs: &'a mut [f32; CHUNK],
    extremes: Extremes<L>,
}

impl<P: Plant, S: Scheme<P>, L: Lanes> ChunkRollout<'_, P, S, L> {
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
        let bundles = rollout_pairs::<P, L, _, N>(&self.setup, spec.horizon, controls);
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
