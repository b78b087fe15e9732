//! Interacting particle methods: particles that advance together and replace each other on the way.
//!
//! A population lives in memory between steps, as a structure of arrays. Populations of one decision
//! do not interact: on a CPU each has a thread, on a GPU a block of threads, its [`Team`].

pub(crate) mod cells;
mod fmc;
mod smc;
mod split;

pub use fmc::{Fmc, FmcOutput};
pub use smc::{Smc, SmcOutput};
pub use split::{LARGEST, Split};

use core::cell::Cell;

use crate::controls::{SIGN, first_level};
use crate::lanes::{LaneBits, Lanes};
use crate::model::{Surroundings, Vector};
use crate::plant::{Plant, Rows};
use crate::reduce::{COLUMNS, from_sortable, sortable};
use crate::rng::{Stream, uniform};
use crate::rollout::WORST;
use crate::team::Team;
use cells::{load, load_bits, store, store_bits};

/// Rows that a particle carries along besides its state: cost, lifetime, first action, score.
const CARRIED: usize = 4;
const COST: usize = 0;
/// Steps lived through; -1 for places without a particle, which are dead from the start.
const LIFETIME: usize = 1;
const FIRST: usize = 2;
/// Cost so far plus the terminal cost of the present state.
const SCORE: usize = 3;

/// Scratch rows: a step needs them only while it lasts.
const WORKING: usize = 4;

/// Random words of a particle that are drawn at a time.
const WORDS: usize = 4;

/// The specification that all populations of a decision share: what is simulated, and how actions are drawn.
#[derive(Clone, Copy)]
pub struct PopulationSpec<'a, P> {
    /// The model.
    pub model: &'a P,
    /// The state from which all particles start, in the caller's units.
    pub state: &'a [f32],
    /// What is given besides, for models that ask for it.
    pub surroundings: Surroundings<'a>,
    /// Steps.
    pub horizon: u32,
    /// The random numbers.
    pub stream: Stream,
    /// Whether controls are any number up to the full one, rather than the full one to either side; the same in every
    /// dimension.
    pub continuous: bool,
    /// Strata of the first action.
    pub strata: usize,
    /// Cancellation: where it stops a run, the output means nothing.
    pub stop: Option<&'a dyn Stop>,
}

/// Cooperative cancellation: asked after every step whether to go on.
pub trait Stop: Sync {
    /// Whether the output is no longer wanted.
    fn is_stopped(&self) -> bool;
}

impl<P> PopulationSpec<'_, P> {
    #[inline(always)]
    fn is_stopped(&self) -> bool {
        self.stop.is_some_and(Stop::is_stopped)
    }
}

/// An interacting particle method: how particles of a population replace each other.
pub trait Strategy: Copy + Sync {
    /// The result of a population's run.
    type Output: Copy + Send;

    /// Runs a population over the horizon. All threads of the team return an output; the one of the thread that
    /// [leads](Team::leads) counts.
    fn run<P: Plant, L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        spec: &PopulationSpec<'_, P>,
        population: &mut Population<'_>,
    ) -> Self::Output;
}

/// A population of `count` particles, as a structure of arrays in memory that the threads of its team share.
///
/// Every function that the team's threads call works on their own places alone, except where they read what
/// was written before the last synchronisation.
pub struct Population<'a> {
    count: usize,
    /// The numbers of a state.
    state_len: usize,
    /// `count` rounded up to whole bundles.
    width: usize,
    /// `[state_len + CARRIED][width]`: state, cost, lifetime, first action, score.
    carried: &'a [Cell<f32>],
    /// The same, to be written while `carried` is read.
    spare: &'a [Cell<f32>],
    /// `[WORKING][width]`: scratch rows, see [`WORKING`].
    working: &'a [Cell<f32>],
    /// `[width]`: the ancestor that each particle becomes a copy of.
    sources: &'a [Cell<u32>],
    /// `[width]`: the numbers of living particles.
    living: &'a [Cell<u32>],
    /// `[WORDS][width]`: random words.
    words: &'a [Cell<u32>],
}

/// Statistics of a population after its run.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PopulationStats {
    /// The sum of the total costs.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
    /// The lowest total cost.
    pub best: f32,
    /// Particles that died.
    pub dead: u32,
    /// Particles whose cost was not finite.
    pub non_finite: u32,
    /// The longest lifetime in steps.
    pub longest: u32,
}

impl<'a> Population<'a> {
    /// The memory of a population of `count` particles whose states have `state_len` numbers: how many `f32` and `u32`,
    /// both multiples of 16.
    #[must_use]
    #[inline(always)]
    pub fn memory(state_len: usize, count: usize) -> [usize; 2] {
        let width = count.next_multiple_of(COLUMNS);
        [(2 * (state_len + CARRIED) + WORKING) * width, (2 + WORDS) * width]
    }

    /// A population in this memory, of the sizes that [`Population::memory`] gives.
    ///
    /// # Panics
    /// If the memory is too small.
    #[must_use]
    #[inline(always)]
    pub fn new(
        state_len: usize,
        count: usize,
        floats: &'a [Cell<f32>],
        integers: &'a [Cell<u32>],
    ) -> Self {
        let width = count.next_multiple_of(COLUMNS);
        let (carried, rest) = floats.split_at((state_len + CARRIED) * width);
        let (spare, rest) = rest.split_at((state_len + CARRIED) * width);
        let (sources, integers) = integers.split_at(width);
        let (living, words) = integers.split_at(width);
        let working = &rest[..WORKING * width];
        Self { count, state_len, width, carried, spare, working, sources, living, words }
    }

    /// Puts every particle at the start; `stratum` gives the stratum of a particle's first action.
    #[inline(always)]
    fn start<P: Plant, L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        spec: &PopulationSpec<'_, P>,
        stratum: impl Fn(usize) -> usize,
    ) {
        let setup = spec.model.setup::<L>(proof, spec.state, spec.surroundings);
        let full = spec.model.full_control() * spec.stream.first_sign();
        for place in team.places(self.width, L::COUNT) {
            let (mut first, mut lifetime) = ([0.0f32; COLUMNS], [0.0f32; COLUMNS]);
            for i in 0..L::COUNT {
                first[i] = first_level(stratum(place + i), spec.strata) * full;
                lifetime[i] = if place + i < self.count { 0.0 } else { -1.0 };
            }
            let score = P::start_in(&setup, self.states(), place);
            store(L::splat(proof, 0.0), &self.row(COST)[place..]);
            store(L::load(proof, &lifetime), &self.row(LIFETIME)[place..]);
            store(L::load(proof, &first), &self.row(FIRST)[place..]);
            store(score, &self.row(SCORE)[place..]);
        }
    }

    /// The particles' states.
    #[inline(always)]
    fn states(&self) -> Rows<'a> {
        Rows { cells: self.carried, width: self.width }
    }

    /// The particles' row `row` of [`CARRIED`].
    #[inline(always)]
    fn row(&self, row: usize) -> &'a [Cell<f32>] {
        &self.carried[(self.state_len + row) * self.width..][..self.width]
    }

    /// Row `row` of [`WORKING`].
    #[inline(always)]
    fn working(&self, row: usize) -> &'a [Cell<f32>] {
        &self.working[row * self.width..][..self.width]
    }

    /// Draws [`WORDS`] rows of random words: block `block` of `stream` for the particles from `first` on.
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "an array's iterator is not unrolled for GPUs")]
    fn draw<L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        stream: &Stream,
        block: u32,
        first: u32,
    ) {
        for place in team.places(self.width, L::COUNT) {
            let particles = L::Bits::counting(proof, first.wrapping_add(place as u32));
            let drawn = stream.block(proof, block, particles);
            for row in 0..WORDS {
                store_bits::<L>(drawn[row], &self.words[row * self.width + place..]);
            }
        }
    }

    /// Row `row` of the random words, for the bundle at `place`.
    #[inline(always)]
    fn words<L: Lanes>(&self, proof: L::Proof, row: usize, place: usize) -> L::Bits {
        load_bits::<L>(proof, &self.words[row * self.width + place..])
    }

    /// Advances every particle by step `step`: the first with its first action, later ones with one that
    /// row `words` of the random words says.
    #[inline(always)]
    fn advance<P: Plant, L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        spec: &PopulationSpec<'_, P>,
        step: u32,
        words: usize,
    ) {
        let setup = spec.model.setup::<L>(proof, spec.state, spec.surroundings);
        let full = spec.model.full_control();
        let missed = (spec.horizon - step) as f32 * spec.model.end_cost();
        let now = [L::splat(proof, step as f32), L::splat(proof, missed)];
        let [costs, lifetimes] = [COST, LIFETIME].map(|row| self.row(row));
        let [firsts, scores] = [FIRST, SCORE].map(|row| self.row(row));
        for place in team.places(self.width, L::COUNT) {
            let so_far = [load(proof, &costs[place..]), load(proof, &lifetimes[place..])];
            let control = if step == 0 {
                load(proof, &firsts[place..])
            } else if spec.continuous {
                let share = uniform::<L>(proof, self.words::<L>(proof, words, place));
                (share + share - L::splat(proof, 1.0)) * L::splat(proof, full)
            } else {
                let sign = L::Bits::splat(proof, SIGN);
                ((self.words::<L>(proof, words, place) & sign) ^ L::splat(proof, -full).bits())
                    .as_float()
            };
            let control = P::Control::<L>::all(control);
            let [cost, lifetime, score] =
                P::step_in(&setup, self.states(), place, control, so_far, now, step);
            store(cost, &costs[place..]);
            store(lifetime, &lifetimes[place..]);
            store(score, &scores[place..]);
        }
    }

    /// Replaces every particle by the one that `sources` names, which this thread wrote for its places.
    #[inline(always)]
    fn replace<T: Team>(&mut self, team: T) {
        let rows = self.carried.chunks_exact(self.width).zip(self.spare.chunks_exact(self.width));
        for (from, to) in rows {
            team.gather(from, self.sources, to);
        }
        core::mem::swap(&mut self.carried, &mut self.spare);
    }

    /// The first control of the particle of lowest score, which is `best`, in the model's units; of equals, the first's.
    #[inline(always)]
    fn first_of_best<T: Team>(&self, team: T, best: f32) -> f32 {
        let scores = self.row(SCORE);
        let mut first = u32::MAX;
        for place in team.places(self.count, 1) {
            if sortable(scores[place].get()) == sortable(best) {
                first = first.min(place as u32);
            }
        }
        let first = team.combine(first, u32::min);
        self.row(FIRST)[first as usize].get()
    }

    /// The statistics after `horizon` steps.
    #[inline(always)]
    fn stats<T: Team>(&self, team: T, horizon: u32) -> PopulationStats {
        let scores = &self.row(SCORE)[..self.count];
        let lifetimes = &self.row(LIFETIME)[..self.count];
        let [sum, squares] = team.sum_and_squares(scores);
        let (mut best, mut dead, mut non_finite, mut longest) = (u32::MAX, 0, 0, 0);
        for place in team.places(self.count, 1) {
            let (score, lifetime) = (scores[place].get(), lifetimes[place].get() as u32);
            best = best.min(sortable(score));
            dead += u32::from(lifetime < horizon);
            non_finite += u32::from(score >= WORST);
            longest = longest.max(lifetime);
        }
        PopulationStats {
            sum,
            squares,
            best: from_sortable(team.combine(best, u32::min)),
            dead: team.combine(dead, |a, b| a + b),
            non_finite: team.combine(non_finite, |a, b| a + b),
            longest: team.combine(longest, u32::max),
        }
    }
}
