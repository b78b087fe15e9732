//! Fractal Monte Carlo.
//!
//! S. Hernandez Cerezo, G. Duran Ballester, "Fractal AI: a fragile theory of intelligence" (2018).
//! After each step a walker compares itself with a random living companion: its *virtual reward* is
//! the product of how good its score and how far it is from (another) random companion, both
//! relative to the population. It becomes a clone of the companion with probability `(VR_j - VR_i) /
//! VR_i`, surely if it is dead. So walkers gather where reward is and still spread. The action is the
//! vote of the first actions of the walkers that are left.

use core::cell::Cell;

use super::cells::{load, store, store_bits};
use super::{
    FIRST, LARGEST, LIFETIME, Population, PopulationSpec, PopulationStats, SCORE, Strategy, Words,
};
use crate::controls::STRATA;
use crate::lanes::{LaneBits, Lanes};
use crate::math::{exp, ln, square_root};
use crate::model::Vector;
use crate::plant::Plant;
use crate::reduce::COLUMNS;
use crate::rng::uniform;
use crate::team::Team;

/// Working rows: virtual rewards, and before them the squares of how far distances are from their mean;
/// distances; scores, the higher the better; and the squares of how far they are from their mean.
const REWARD: usize = 0;
const DISTANCE: usize = 1;
const GOOD: usize = 2;
const SQUARE: usize = 3;

/// Fractal Monte Carlo's parameters for one population.
#[derive(Clone, Copy, Debug)]
pub struct Fmc {
    /// The exponent of the score's part in the virtual reward.
    pub balance: f32,
    /// The number of the population's first walker among all of the decision.
    pub first: u32,
}

/// The vote of a population.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FmcOutput {
    /// The sum of the first controls of the living, in the model's units, where these have one dimension.
    pub votes: f64,
    /// Walkers that live.
    pub living: u32,
    /// The first control of the best, in the model's units, or where that has several dimensions, its stratum.
    pub best_first: f32,
    /// Costs and lifetimes.
    pub stats: PopulationStats,
    /// How many began in each stratum, where first controls have several dimensions: sixteen bits each, the first in the lowest.
    pub strata: [u32; STRATA / 2],
}

impl FmcOutput {
    /// How many of the living began in stratum `stratum`, where first controls have several dimensions.
    #[inline(always)]
    #[must_use]
    pub fn votes_for(&self, stratum: usize) -> u32 {
        let mut two = self.strata[0];
        for i in 1..STRATA / 2 {
            two = if stratum / 2 == i { self.strata[i] } else { two };
        }
        two >> (16 * (stratum % 2)) & 0xffff
    }
}

impl Strategy for Fmc {
    type Output = FmcOutput;

    #[inline(always)]
    fn run<P: Plant, L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        spec: &PopulationSpec<'_, P>,
        population: &mut Population<'_>,
    ) -> FmcOutput {
        let strata = spec.strata;
        population.start::<P, L, T>(proof, team, spec, |walker| walker % strata);
        let mut living = population.count;
        let mut have_cloned = false;
        for step in 0..spec.horizon {
            population.draw::<L, T>(proof, team, &spec.stream, step, self.first);
            let words = Words { row: 0, shared: false };
            population.advance::<P, L, T>(proof, team, spec, step, words, self.first);
            let now = population.list_living::<T>(team, step + 1);
            if now == 0 || spec.is_stopped() {
                // Nobody is left to clone: the walkers that lived longest have the last say.
                break;
            }
            living = now;
            self.virtual_rewards::<P, L, T>(proof, team, spec, population, living, step + 1);
            team.sync();
            self.choose::<L, T>(proof, team, population, living);
            population.replace(team);
            have_cloned = true;
        }
        let votes = if P::Control::<L>::LEN == 1 {
            team.sums::<L, 1>(proof, [&population.row(FIRST)[..population.count]], |sum| sum)[0]
        } else {
            0.0
        };
        let stats = population.stats::<L, T>(proof, team, spec.horizon);
        let best_first = population.first_of_best::<T>(team, stats.best);
        let strata = if P::Control::<L>::LEN == 1 {
            [0; STRATA / 2]
        } else {
            // One after the other: an index that is not known beforehand would put them into memory.
            let count =
                |two| population.count_strata::<T>(team, if have_cloned { two } else { STRATA });
            [count(0), count(1), count(2), count(3)]
        };
        let (votes, living) = (if have_cloned { votes } else { 0.0 }, living as u32);
        FmcOutput { votes, living, best_first, stats, strata }
    }
}

impl Fmc {
    /// Writes the virtual rewards of those that are alive after `steps` steps; those of the dead are 0.
    #[inline(always)]
    fn virtual_rewards<P: Plant, L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        spec: &PopulationSpec<'_, P>,
        population: &Population<'_>,
        living: usize,
        steps: u32,
    ) {
        let setup = spec.model.setup::<L>(proof, spec.state, spec.surroundings);
        let (scores, lifetimes) = (population.row(SCORE), population.row(LIFETIME));
        let (distances, goods) = (population.working(DISTANCE), population.working(GOOD));
        let (rewards, squares) = (population.working(REWARD), population.working(SQUARE));
        let (width, zero) = (population.width, L::splat(proof, 0.0));
        let steps = L::splat(proof, steps as f32);
        for place in team.places(width, L::COUNT) {
            let drawn = population.words::<L>(proof, 1, place);
            let companions = companions::<L>(drawn, &population.living[..living]);
            let squared = P::distance_squared(&setup, population.states(), place, &companions);
            let apart = square_root(
                proof,
                squared.greater(L::splat(proof, 1e-30)).lesser(L::splat(proof, 1e30)),
            );
            let lives = steps.le(load(proof, &lifetimes[place..]));
            store(L::select(lives, apart, zero), &distances[place..]);
            let good = -load::<L>(proof, &scores[place..]);
            store(L::select(lives, good, zero), &goods[place..]);
        }
        let count = living as f64;
        let means = team.sums::<L, 2>(proof, [distances, goods], |sum| sum / count);
        let [near, good] = means.map(|mean| mean as f32);
        for place in team.places(width, L::COUNT) {
            let lives = steps.le(load(proof, &lifetimes[place..]));
            let off = load::<L>(proof, &distances[place..]) - L::splat(proof, near);
            store(L::select(lives, off * off, zero), &rewards[place..]);
            let off = load::<L>(proof, &goods[place..]) - L::splat(proof, good);
            store(L::select(lives, off * off, zero), &squares[place..]);
        }
        let inverses =
            team.sums::<L, 2>(proof, [rewards, squares], |sum| inverse_deviation(sum / count));
        let near = Standard { mean: near, inverse_deviation: inverses[0] as f32 };
        let good = Standard { mean: good, inverse_deviation: inverses[1] as f32 };
        for place in team.places(width, L::COUNT) {
            let lives = steps.le(load(proof, &lifetimes[place..]));
            let near = near.relative::<L>(proof, load(proof, &distances[place..]));
            let good = good.relative::<L>(proof, load(proof, &goods[place..]));
            let good = exp(proof, ln(proof, good) * L::splat(proof, self.balance));
            store(L::select(lives, near * good, zero), &rewards[place..]);
        }
    }

    /// The cloning step: writes to `sources` what each walker becomes a copy of, itself or its companion.
    #[inline(always)]
    fn choose<L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        population: &Population<'_>,
        living: usize,
    ) {
        let (rewards, lifetimes) = (population.working(REWARD), population.row(LIFETIME));
        let zero = L::splat(proof, 0.0);
        for place in team.places(population.width, L::COUNT) {
            let drawn = population.words::<L>(proof, 2, place);
            let companions = companions::<L>(drawn, &population.living[..living]);
            let mut gathered = [0.0f32; COLUMNS];
            for i in 0..L::COUNT {
                gathered[i] = rewards[companions[i] as usize].get();
            }
            let own = load::<L>(proof, &rewards[place..]);
            let chance = uniform::<L>(proof, population.words::<L>(proof, 3, place));
            // u < (other - own) / own, without dividing; true for the dead, whose own is 0.
            let clones = (chance * own).lt(L::load(proof, &gathered) - own);
            // Places without a walker stay so.
            let clones = clones & zero.le(load(proof, &lifetimes[place..]));
            let companion = L::Bits::load(proof, &companions).as_float();
            let itself = L::Bits::counting(proof, place as u32).as_float();
            let source = L::select(clones, companion, itself).bits();
            store_bits::<L>(source, &population.sources[place..]);
        }
    }
}

impl Population<'_> {
    /// How many walkers began in strata `2 two` and `2 two + 1`, as in [`FmcOutput::strata`].
    #[inline(always)]
    fn count_strata<T: Team>(&self, team: T, two: usize) -> u32 {
        const { assert!(LARGEST < 1 << 16) };
        let firsts = self.row(FIRST);
        let mut counts = 0;
        for place in team.places(self.count, 1) {
            let stratum = firsts[place].get() as usize;
            counts += u32::from(stratum / 2 == two) << (16 * (stratum % 2));
        }
        team.combine(counts, |a, b| a + b)
    }

    /// Lists the living after `steps` steps.
    #[inline(always)]
    fn list_living<T: Team>(&self, team: T, steps: u32) -> usize {
        let lifetimes = &self.row(LIFETIME)[..self.count];
        let steps = steps as f32;
        team.compact(self.count, |walker| lifetimes[walker].get() >= steps, self.living)
    }
}

/// A random one of `living` for each lane: `floor(u * living)`.
#[inline(always)]
fn companions<L: Lanes>(words: L::Bits, living: &[Cell<u32>]) -> [u32; COLUMNS] {
    let mut companions = [0u32; COLUMNS];
    words.mul_wide(living.len() as u32).0.store(&mut companions);
    for i in 0..L::COUNT {
        companions[i] = living[companions[i] as usize].get();
    }
    companions
}

/// 1 / deviation as a finite `f32`, 0 where all are alike.
#[inline(always)]
fn inverse_deviation(variance: f64) -> f64 {
    let deviation = libm::sqrt(variance);
    let inverse = if deviation > 0.0 { 1.0 / deviation } else { 0.0 };
    if inverse <= f64::from(f32::MAX) { inverse } else { 0.0 }
}

/// Standardisation: mean and inverse deviation of a quantity over the living.
struct Standard {
    mean: f32,
    inverse_deviation: f32,
}

impl Standard {
    /// `1 + ln(1 + z)` for `z > 0`, else `exp(z)`, of the standardised value `z`: positive, 1 at the
    /// mean.
    #[inline(always)]
    fn relative<L: Lanes>(&self, proof: L::Proof, value: L) -> L {
        let z = (value - L::splat(proof, self.mean)) * L::splat(proof, self.inverse_deviation);
        let above = L::splat(proof, 1.0)
            + ln(proof, L::splat(proof, 1.0) + z.greater(L::splat(proof, 0.0)));
        let below = exp(proof, z.lesser(L::splat(proof, 0.0)).greater(L::splat(proof, -60.0)));
        L::select(L::splat(proof, 0.0).lt(z), above, below)
    }
}
