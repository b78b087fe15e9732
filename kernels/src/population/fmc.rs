//! Fractal Monte Carlo.
//!
//! S. Hernandez Cerezo, G. Duran Ballester, "Fractal AI: a fragile theory of intelligence" (2018).
//! After each step a walker compares itself with a random living companion: its *virtual reward* is
//! the product of how good its score and how far it is from (another) random companion, both
//! relative to the population. It becomes a clone of the companion with probability `(VR_j - VR_i) /
//! VR_i`, surely if it is dead. So walkers gather where reward is and still spread. The action is the
//! vote of the first actions of the walkers that are left.

use super::{FIRST, LIFETIME, Population, Remains, SCORE, Strategy, Swarm};
use crate::lanes::{LaneBits, Lanes};
use crate::math::{exp, ln, square_root};
use crate::model::Model;
use crate::reduce::{COLUMNS, sum};
use crate::rng::uniform;

/// How walkers clone.
#[derive(Clone, Copy, Debug)]
pub struct Fmc {
    /// The exponent of the score's part in the virtual reward.
    pub balance: f32,
    /// The number of the population's first walker among all of the decision.
    pub first: u32,
}

/// What a population votes for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FmcOutcome {
    /// The sum of the first controls of the living, in the model's units.
    pub votes: f64,
    /// How many live.
    pub living: u32,
    /// What is left.
    pub remains: Remains,
}

impl Strategy for Fmc {
    type Outcome = FmcOutcome;

    #[inline(always)]
    fn run<M: Model, L: Lanes>(
        &self,
        proof: L::Proof,
        swarm: &Swarm<'_, M>,
        population: &mut Population<'_>,
    ) -> FmcOutcome {
        let strata = swarm.strata;
        population.start::<M, L>(proof, swarm, |walker| walker % strata);
        let mut living = population.count;
        let mut votes = 0.0;
        for step in 0..swarm.horizon {
            population.draw::<L>(proof, &swarm.stream, step, self.first);
            population.advance::<M, L>(proof, swarm, step, 0);
            let now = count_living::<M>(population, step + 1);
            if now == 0 {
                // Nobody is left to clone: the walkers that lived longest have the last say.
                break;
            }
            living = now;
            self.virtual_rewards::<M, L>(proof, swarm, population, living);
            self.choose::<L>(proof, population, living);
            population.replace();
            votes = sum(&population.row::<M>(FIRST)[..population.count]);
        }
        FmcOutcome { votes, living: living as u32, remains: population.remains::<M>(swarm.horizon) }
    }
}

impl Fmc {
    /// Writes the virtual rewards to working row 0; those of the dead are 0.
    #[inline(always)]
    fn virtual_rewards<M: Model, L: Lanes>(
        &self,
        proof: L::Proof,
        swarm: &Swarm<'_, M>,
        population: &mut Population<'_>,
        living: usize,
    ) {
        let constants = swarm.model.constants::<L>(proof);
        let like = swarm.model.start::<L>(proof, swarm.state);
        let width = population.width;
        for place in (0..width).step_by(L::COUNT) {
            let companions = companions::<L>(
                population.words::<L>(proof, 1, place),
                &population.living[..living],
            );
            let mut other = like;
            for (row, value) in other.as_mut().iter_mut().enumerate() {
                let from = &population.carried[row * width..][..width];
                let mut gathered = [0.0f32; COLUMNS];
                for (value, companion) in gathered.iter_mut().zip(companions).take(L::COUNT) {
                    *value = from[companion as usize];
                }
                *value = L::load(proof, &gathered);
            }
            let own = population.state::<M, L>(proof, like, place);
            let squared = M::distance_squared(&constants, &own, &other);
            let apart = square_root(
                proof,
                squared.greater(L::splat(proof, 1e-30)).lesser(L::splat(proof, 1e30)),
            );
            apart.store(&mut population.working[width + place..]);
            let score = L::load(proof, &population.row::<M>(SCORE)[place..]);
            (-score).store(&mut population.working[2 * width + place..]);
        }
        let (rewards, rest) = population.working.split_at_mut(width);
        let (distances, scores) = rest.split_at_mut(width);
        let alive = &population.sources; // 1 for the living, see `count_living`
        let distance = Standard::of(distances, alive, rewards, living);
        let score = Standard::of(scores, alive, rewards, living);
        for place in (0..width).step_by(L::COUNT) {
            let near = distance.relative::<L>(proof, L::load(proof, &distances[place..]));
            let good = score.relative::<L>(proof, L::load(proof, &scores[place..]));
            let good = exp(proof, ln(proof, good) * L::splat(proof, self.balance));
            let alive = L::Bits::load(proof, &alive[place..]).signed_to_float();
            (near * good * alive).store(&mut rewards[place..]);
        }
    }

    /// Writes to `sources` whom each walker is replaced by: itself or its companion.
    #[inline(always)]
    fn choose<L: Lanes>(&self, proof: L::Proof, population: &mut Population<'_>, living: usize) {
        let rewards = &population.working[..population.width];
        for place in (0..population.width).step_by(L::COUNT) {
            let drawn = population.words::<L>(proof, 2, place);
            let companions = companions::<L>(drawn, &population.living[..living]);
            let mut chances = [0u32; COLUMNS];
            population.words::<L>(proof, 3, place).store(&mut chances);
            for i in 0..L::COUNT {
                let (own, other) = (rewards[place + i], rewards[companions[i] as usize]);
                // u < (other - own) / own, without dividing; true for the dead, whose own is 0.
                let clones = uniform::<f32>((), chances[i]) * own < other - own;
                population.sources[place + i] =
                    if clones { companions[i] } else { (place + i) as u32 };
            }
        }
    }
}

/// Lists the living after `steps` steps and marks them with 1 in `sources`, others with 0.
#[inline(always)]
fn count_living<M: Model>(population: &mut Population<'_>, steps: u32) -> usize {
    let mut living = 0;
    let (count, width) = (population.count, population.width);
    let lifetimes = &population.carried[(M::DIM + LIFETIME) * width..][..width];
    let marks = population.sources.iter_mut().zip(lifetimes).enumerate();
    for (walker, (mark, lifetime)) in marks {
        let lives = walker < count && *lifetime >= steps as f32;
        *mark = u32::from(lives);
        if lives {
            population.living[living] = walker as u32;
            living += 1;
        }
    }
    living
}

/// A random one of `living` for each lane: `floor(u * living)`.
#[inline(always)]
fn companions<L: Lanes>(words: L::Bits, living: &[u32]) -> [u32; COLUMNS] {
    let mut companions = [0u32; COLUMNS];
    words.mul_wide(living.len() as u32).0.store(&mut companions);
    for companion in companions.iter_mut().take(L::COUNT) {
        *companion = living[*companion as usize];
    }
    companions
}

/// Mean and deviation of a quantity over the living.
struct Standard {
    mean: f32,
    inverse_deviation: f32,
}

impl Standard {
    #[inline(always)]
    fn of(values: &[f32], alive: &[u32], work: &mut [f32], living: usize) -> Self {
        let count = living as f64;
        for ((work, value), alive) in work.iter_mut().zip(values).zip(alive) {
            *work = if *alive == 1 { *value } else { 0.0 };
        }
        let mean = (sum(work) / count) as f32;
        for ((work, value), alive) in work.iter_mut().zip(values).zip(alive) {
            *work = if *alive == 1 { (value - mean) * (value - mean) } else { 0.0 };
        }
        let deviation = libm::sqrt(sum(work) / count);
        let inverse = if deviation > 0.0 { (1.0 / deviation) as f32 } else { 0.0 };
        Self { mean, inverse_deviation: if inverse.is_finite() { inverse } else { 0.0 } }
    }

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
