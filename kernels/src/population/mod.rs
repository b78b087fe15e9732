//! Particles that advance together and replace each other on the way.
//!
//! A population lives in memory between steps, as a structure of arrays. Populations of one decision
//! do not interact, so that threads and GPU blocks can each take one.

mod fmc;
mod smc;

pub use fmc::{Fmc, FmcOutcome};
pub use smc::{Smc, SmcOutcome};

use crate::controls::{SIGN, first_level};
use crate::lanes::{LaneBits, Lanes};
use crate::model::Model;
use crate::reduce::{COLUMNS, sum, sum_of_squares};
use crate::rng::{Stream, uniform};
use crate::rollout::WORST;

/// Rows that a particle carries along besides its state.
const CARRIED: usize = 4;
const COST: usize = 0;
const LIFETIME: usize = 1;
const FIRST: usize = 2;
/// Cost so far plus the terminal cost of the present state.
const SCORE: usize = 3;

/// Rows that a step needs only while it lasts.
const WORKING: usize = 3;

/// What is simulated, and how actions are drawn.
#[derive(Clone, Copy)]
pub struct Swarm<'a, M> {
    /// What is simulated.
    pub model: &'a M,
    /// The state from which all particles start, in the caller's units.
    pub state: &'a [f32],
    /// Steps.
    pub horizon: u32,
    /// The random numbers.
    pub stream: Stream,
    /// Whether actions are any force up to the full one, rather than the full one to either side.
    pub continuous: bool,
    /// How many first actions there are.
    pub strata: usize,
}

/// How particles of a population replace each other.
pub trait Strategy: Copy + Sync {
    /// What a population says in the end.
    type Outcome: Copy + Send;

    /// Runs a population over the horizon.
    fn run<M: Model, L: Lanes>(
        &self,
        proof: L::Proof,
        swarm: &Swarm<'_, M>,
        population: &mut Population<'_>,
    ) -> Self::Outcome;
}

/// The memory of a population of `count` particles.
pub struct Population<'a> {
    count: usize,
    /// `count` rounded up to whole bundles.
    width: usize,
    /// `[DIM + CARRIED][width]`: state, cost, lifetime, first action, score.
    carried: &'a mut [f32],
    /// The same, to be written while `carried` is read.
    spare: &'a mut [f32],
    /// `[WORKING][width]`.
    working: &'a mut [f32],
    /// `[width]`: whom each particle is replaced by.
    sources: &'a mut [u32],
    /// `[width]`: the numbers of living particles.
    living: &'a mut [u32],
    /// `[4][width]`: random words.
    words: &'a mut [u32],
}

/// What is left of a population.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Remains {
    /// The lowest total cost.
    pub best: f32,
    /// The sum of the total costs.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
    /// Particles that died.
    pub dead: u32,
    /// Particles whose cost was not finite.
    pub non_finite: u32,
    /// The longest lifetime in steps.
    pub longest: u32,
}

impl<'a> Population<'a> {
    /// How many `f32` and `u32` a population of `count` particles of `M` needs.
    #[must_use]
    pub fn memory<M: Model>(count: usize) -> [usize; 2] {
        let width = count.next_multiple_of(COLUMNS);
        [(2 * (M::DIM + CARRIED) + WORKING) * width, 6 * width]
    }

    /// A population in this memory, of the sizes that [`Population::memory`] gives.
    ///
    /// # Panics
    /// If the memory is too small.
    #[must_use]
    pub fn new<M: Model>(count: usize, floats: &'a mut [f32], integers: &'a mut [u32]) -> Self {
        let width = count.next_multiple_of(COLUMNS);
        let (carried, rest) = floats.split_at_mut((M::DIM + CARRIED) * width);
        let (spare, rest) = rest.split_at_mut((M::DIM + CARRIED) * width);
        let (sources, integers) = integers.split_at_mut(width);
        let (living, words) = integers.split_at_mut(width);
        let working = &mut rest[..WORKING * width];
        Self { count, width, carried, spare, working, sources, living, words }
    }

    /// Puts every particle at the start; `stratum` gives the stratum of a particle's first action.
    #[inline(always)]
    fn start<M: Model, L: Lanes>(
        &mut self,
        proof: L::Proof,
        swarm: &Swarm<'_, M>,
        stratum: impl Fn(usize) -> usize,
    ) {
        let constants = swarm.model.constants::<L>(proof);
        let start = swarm.model.start::<L>(proof, swarm.state);
        let score = M::terminal_cost(&constants, &start);
        let full = swarm.model.full_control();
        for place in (0..self.width).step_by(L::COUNT) {
            let mut first = [0.0f32; COLUMNS];
            for (i, first) in first.iter_mut().enumerate().take(L::COUNT) {
                *first = first_level(stratum(place + i), swarm.strata) * full;
            }
            let zero = L::splat(proof, 0.0);
            for (row, value) in start.as_ref().iter().enumerate() {
                value.store(&mut self.carried[row * self.width + place..]);
            }
            for (row, value) in [zero, zero, L::load(proof, &first), score].into_iter().enumerate()
            {
                value.store(&mut self.carried[(M::DIM + row) * self.width + place..]);
            }
        }
    }

    /// The particles' row `row` of [`CARRIED`].
    #[inline(always)]
    fn row<M: Model>(&self, row: usize) -> &[f32] {
        &self.carried[(M::DIM + row) * self.width..][..self.width]
    }

    /// Draws four rows of random words: block `block` of `stream` for the particles from `first` on.
    #[inline(always)]
    fn draw<L: Lanes>(&mut self, proof: L::Proof, stream: &Stream, block: u32, first: u32) {
        for place in (0..self.width).step_by(L::COUNT) {
            let particles = L::Bits::counting(proof, first.wrapping_add(place as u32));
            let drawn = stream.block(proof, block, particles);
            for (row, words) in drawn.into_iter().enumerate() {
                words.store(&mut self.words[row * self.width + place..]);
            }
        }
    }

    /// Row `row` of the random words, for the bundle at `place`.
    #[inline(always)]
    fn words<L: Lanes>(&self, proof: L::Proof, row: usize, place: usize) -> L::Bits {
        L::Bits::load(proof, &self.words[row * self.width + place..])
    }

    /// The state of the bundle at `place`.
    #[inline(always)]
    fn state<M: Model, L: Lanes>(
        &self,
        proof: L::Proof,
        like: M::State<L>,
        place: usize,
    ) -> M::State<L> {
        let mut state = like;
        for (row, value) in state.as_mut().iter_mut().enumerate() {
            *value = L::load(proof, &self.carried[row * self.width + place..]);
        }
        state
    }

    /// Advances every particle by step `step`: the first with its first action, later ones with one that
    /// row `words` of the random words says.
    #[inline(always)]
    fn advance<M: Model, L: Lanes>(
        &mut self,
        proof: L::Proof,
        swarm: &Swarm<'_, M>,
        step: u32,
        words: usize,
    ) {
        let constants = swarm.model.constants::<L>(proof);
        let like = swarm.model.start::<L>(proof, swarm.state);
        let missed = (swarm.horizon - step) as f32 * swarm.model.end_cost();
        let full = swarm.model.full_control();
        let zero = L::splat(proof, 0.0);
        for place in (0..self.width).step_by(L::COUNT) {
            let cost = L::load(proof, &self.row::<M>(COST)[place..]);
            let lifetime = L::load(proof, &self.row::<M>(LIFETIME)[place..]);
            let was_live = L::splat(proof, step as f32).le(lifetime);
            let control = if step == 0 {
                L::load(proof, &self.row::<M>(FIRST)[place..])
            } else if swarm.continuous {
                let share = uniform::<L>(proof, self.words::<L>(proof, words, place));
                (share + share - L::splat(proof, 1.0)) * L::splat(proof, full)
            } else {
                let sign = L::Bits::splat(proof, SIGN);
                ((self.words::<L>(proof, words, place) & sign) ^ L::splat(proof, -full).bits())
                    .as_float()
            };
            let state = M::advance(&constants, self.state::<M, L>(proof, like, place), control);
            let live = M::live(&constants, &state, was_live);
            let running =
                M::running_cost(&constants, M::tally(&constants, &state, live, [zero; 2]));
            let dying = L::select(was_live, cost + L::splat(proof, missed), cost);
            let cost = L::select(live, cost + running, dying);
            let terminal = L::select(live, M::terminal_cost(&constants, &state), zero);
            let score = cost + terminal;
            let finite = score.magnitude().le(L::splat(proof, WORST));
            let score = L::select(finite, score, L::splat(proof, WORST));
            for (row, value) in state.as_ref().iter().enumerate() {
                value.store(&mut self.carried[row * self.width + place..]);
            }
            let lifetime = lifetime.add_where(live, L::splat(proof, 1.0));
            for (row, value) in [(COST, cost), (LIFETIME, lifetime), (SCORE, score)] {
                value.store(&mut self.carried[(M::DIM + row) * self.width + place..]);
            }
        }
    }

    /// Replaces every particle by the one that `sources` names.
    #[inline(always)]
    fn replace(&mut self) {
        let rows =
            self.carried.chunks_exact(self.width).zip(self.spare.chunks_exact_mut(self.width));
        for (from, to) in rows {
            for (to, source) in to.iter_mut().zip(self.sources.iter()) {
                *to = from[*source as usize];
            }
        }
        core::mem::swap(&mut self.carried, &mut self.spare);
    }

    /// What is left after `horizon` steps.
    #[inline(always)]
    fn remains<M: Model>(&self, horizon: u32) -> Remains {
        let scores = &self.carried[(M::DIM + SCORE) * self.width..][..self.count];
        let lifetimes = &self.carried[(M::DIM + LIFETIME) * self.width..][..self.count];
        let whole = horizon as f32;
        Remains {
            best: scores.iter().copied().fold(f32::INFINITY, f32::min),
            sum: sum(scores),
            squares: sum_of_squares(scores),
            dead: lifetimes.iter().map(|lifetime| u32::from(*lifetime < whole)).sum(),
            non_finite: scores.iter().map(|score| u32::from(*score >= WORST)).sum(),
            longest: lifetimes.iter().copied().fold(0.0, f32::max) as u32,
        }
    }
}
