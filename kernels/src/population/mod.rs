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

use crate::controls::{SIGN, STRATA, first_level, stratum_levels};
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
/// The first control, or where that has several dimensions, its stratum.
const FIRST: usize = 2;
/// Cost so far plus the terminal cost of the present state.
const SCORE: usize = 3;

/// Scratch rows: a step needs them only while it lasts.
const WORKING: usize = 4;

/// Random words of a particle that are drawn at a time.
const WORDS: usize = 4;

/// The first random block of controls of several dimensions, beyond those that are drawn for other things.
const CONTROLS: u32 = 1 << 30;

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
    /// Whether controls are any number up to the full one, rather than the full one to either side; always where they have
    /// several dimensions.
    pub continuous: bool,
    /// Strata of the first action.
    pub strata: usize,
    /// How many choices there are where controls are scores of choices, each of which is a stratum; 0 where they are controls.
    pub choices: u32,
    /// Cancellation: where it stops a run, the output means nothing.
    pub stop: Option<&'a dyn Stop>,
}

/// The random words that say a step's controls.
#[derive(Clone, Copy)]
struct Words {
    /// Their row.
    row: usize,
    /// Whether steps share them: left or right takes the highest bit, and the next one moves up.
    shared: bool,
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
                let stratum = stratum(place + i);
                first[i] = if P::Control::<L>::LEN == 1 {
                    first_level(stratum, spec.strata) * full
                } else {
                    stratum as f32
                };
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

    /// Advances every particle by step `step`: the first with its first action, later ones with one that the `words` say, or where
    /// that has several dimensions, words of its own; the particles' numbers are from `first` on.
    #[inline(always)]
    fn advance<P: Plant, L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        spec: &PopulationSpec<'_, P>,
        step: u32,
        words: Words,
        first: u32,
    ) {
        let setup = spec.model.setup::<L>(proof, spec.state, spec.surroundings);
        let full = spec.model.full_control();
        let missed = (spec.horizon - step) as f32 * spec.model.end_cost();
        let now = [L::splat(proof, step as f32), L::splat(proof, missed)];
        let [costs, lifetimes] = [COST, LIFETIME].map(|row| self.row(row));
        let [firsts, scores] = [FIRST, SCORE].map(|row| self.row(row));
        for place in team.places(self.width, L::COUNT) {
            let so_far = [load(proof, &costs[place..]), load(proof, &lifetimes[place..])];
            let control = if P::Control::<L>::LEN > 1 {
                if step == 0 {
                    self.first_of_stratum::<P, L>(proof, spec, place)
                } else {
                    draw_control::<P, L>(proof, spec, step, first.wrapping_add(place as u32))
                }
            } else {
                P::Control::<L>::all(if step == 0 {
                    load(proof, &firsts[place..])
                } else if spec.continuous {
                    let share = uniform::<L>(proof, self.words::<L>(proof, words.row, place));
                    (share + share - L::splat(proof, 1.0)) * L::splat(proof, full)
                } else {
                    let signs = self.words::<L>(proof, words.row, place);
                    if words.shared {
                        let next = signs.shl::<1>();
                        store_bits::<L>(next, &self.words[words.row * self.width + place..]);
                    }
                    let sign = signs & L::Bits::splat(proof, SIGN);
                    (sign ^ L::splat(proof, -full).bits()).as_float()
                })
            };
            let [cost, lifetime, score] =
                P::step_in(&setup, self.states(), place, control, so_far, now, step);
            store(cost, &costs[place..]);
            store(lifetime, &lifetimes[place..]);
            store(score, &scores[place..]);
        }
    }

    /// The first control of the bundle at `place`, of several dimensions.
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "an array's iterator is not unrolled for GPUs")]
    fn first_of_stratum<P: Plant, L: Lanes>(
        &self,
        proof: L::Proof,
        spec: &PopulationSpec<'_, P>,
        place: usize,
    ) -> P::Control<L> {
        let (strata, full) = (&self.row(FIRST)[place..], spec.model.full_control());
        let mut control = P::Control::<L>::all(L::splat(proof, 0.0));
        for dimension in 0..P::Control::<L>::dimensions() {
            let of_strata = stratum_levels(&spec.stream, dimension, spec.choices);
            let mut levels = [0.0f32; COLUMNS];
            for i in 0..L::COUNT {
                // An index that is not known beforehand would put a GPU's levels into memory.
                for stratum in 0..STRATA {
                    if strata[i].get() == stratum as f32 {
                        levels[i] = of_strata[stratum] * full;
                    }
                }
            }
            control.set(dimension, L::load(proof, &levels));
        }
        control
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

    /// The first control, in the model's units, of the particle of lowest score, which is `best`, or where that has several
    /// dimensions, its stratum; of equals, the first's.
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
    fn stats<L: Lanes, T: Team>(&self, proof: L::Proof, team: T, horizon: u32) -> PopulationStats {
        let scores = &self.row(SCORE)[..self.count];
        let lifetimes = &self.row(LIFETIME)[..self.count];
        let [sum, squares] = team.sum_and_squares::<L>(proof, scores);
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

/// A random control of several dimensions for step `step` of the particles from `first` on.
#[inline(always)]
fn draw_control<P: Plant, L: Lanes>(
    proof: L::Proof,
    spec: &PopulationSpec<'_, P>,
    step: u32,
    first: u32,
) -> P::Control<L> {
    let particles = L::Bits::counting(proof, first);
    let full = L::splat(proof, spec.model.full_control());
    let mut control = P::Control::<L>::all(full);
    let dimensions = P::Control::<L>::dimensions();
    let blocks = dimensions.div_ceil(WORDS) as u32;
    let mut words = [particles; WORDS];
    for dimension in 0..P::Control::<L>::LEN {
        if dimension >= dimensions {
            continue;
        }
        if dimension % WORDS == 0 {
            let block = CONTROLS + step * blocks + (dimension / WORDS) as u32;
            words = spec.stream.block(proof, block, particles);
        }
        let share = uniform::<L>(proof, words[dimension % WORDS]);
        control.as_mut()[dimension] = (share + share - L::splat(proof, 1.0)) * full;
    }
    control
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Actions, Boxed, Model};
    use crate::real::Real;

    #[derive(Clone, Copy)]
    struct Five;

    impl Model<1, 5> for Five {
        fn actions(&self) -> Actions<5> {
            Actions::within([-1.0; 5], [1.0; 5])
        }
        fn advance<R: Real>(&self, [place]: [R; 1], control: [R; 5]) -> [R; 1] {
            [place + control[0] + control[4]]
        }
        fn cost<R: Real>(&self, [place]: [R; 1], _: [R; 5]) -> R {
            place
        }
    }

    #[test]
    fn controls_of_several_numbers_are_uniform_and_independent_of_each_other() {
        let model = Boxed::<_, 1, 5>::new(Five).unwrap();
        let spec = PopulationSpec {
            model: &model,
            state: &[0.0],
            surroundings: Surroundings::default(),
            horizon: 10,
            stream: Stream::new(3, 1, 0),
            continuous: true,
            strata: 8,
            choices: 0,
            stop: None,
        };
        let steps = 1..9u32;
        let drawn: Vec<[f32; 5]> = steps
            .flat_map(|step| (0..5000).map(move |particle| (step, particle)))
            .map(|(step, particle)| draw_control::<_, f32>((), &spec, step, particle))
            .collect();
        let count = drawn.len() as f64;
        let mean = |value: &dyn Fn(&[f32; 5]) -> f64| drawn.iter().map(value).sum::<f64>() / count;
        // Five standard errors: of means 0.0029, of squares 0.0015, of products 0.0017.
        for i in 0..5 {
            assert!(mean(&|control| f64::from(control[i])).abs() < 0.0145);
            let square = mean(&|control| f64::from(control[i]).powi(2));
            assert!((square - 1.0 / 3.0).abs() < 0.0075, "{square}");
            for j in 0..i {
                let product = mean(&|control| f64::from(control[i]) * f64::from(control[j]));
                assert!(product.abs() < 0.0085, "{i} and {j}: {product}");
            }
        }
        let mut bits: Vec<_> = drawn.iter().map(|control| control.map(f32::to_bits)).collect();
        bits.sort_unstable();
        bits.dedup();
        assert_eq!(bits.len(), drawn.len(), "no control is drawn twice");
    }
}
