//! Sequential Monte Carlo over futures.
//!
//! P. Del Moral, A. Doucet, A. Jasra, "Sequential Monte Carlo samplers" (2006), for planning as in A.
//! Piche, V. Thomas, C. Ibrahim, Y. Bengio, C. Pal, "Probabilistic planning with sequential Monte
//! Carlo methods" (2019). A particle's weight is `exp(-cost / temperature)`, with the terminal cost of
//! its present state as the estimate of what is still to come. When weights have become too uneven,
//! systematic resampling replaces light particles by copies of heavy ones.
//!
//! After a few resamplings all particles would descend from one first action. Each population therefore
//! holds one first action only, and what says how good it was is the population's *evidence*, the
//! estimate of `E exp(-cost / temperature)`, which resampling leaves unbiased.

use super::cells::{load, store};
use super::{LIFETIME, Population, PopulationSpec, PopulationStats, SCORE, Strategy, WORDS, Words};
use crate::lanes::Lanes;
use crate::math::exp;
use crate::model::Vector;
use crate::plant::Plant;
use crate::reduce::{COLUMNS, from_sortable, sortable};
use crate::rollout::WORST;
use crate::team::Team;

/// The working row of the weights, and that of the scores since which they count.
const WEIGHT: usize = 0;
const SINCE: usize = 1;

/// Sequential Monte Carlo's parameters for one population.
#[derive(Clone, Copy, Debug)]
pub struct Smc {
    /// 1 / temperature, in 1 / units of cost.
    pub inverse_temperature: f32,
    /// The stratum of the first action.
    pub stratum: usize,
    /// The number of the population's first particle among all of the decision.
    pub first: u32,
}

/// The evidence for a population's first action.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmcOutput {
    /// The natural logarithm of the evidence.
    pub log_evidence: f64,
    /// The effective sample size at the end.
    pub effective_samples: f64,
    /// Costs and lifetimes.
    pub stats: PopulationStats,
}

impl Strategy for Smc {
    type Output = SmcOutput;

    #[inline(always)]
    fn run<P: Plant, L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        spec: &PopulationSpec<'_, P>,
        population: &mut Population<'_>,
    ) -> SmcOutput {
        population.start::<P, L, T>(proof, team, spec, |_| self.stratum);
        population.note_scores::<L, T>(proof, team);
        let count = population.count as f64;
        let mut log_evidence = 0.0;
        // Left or right takes a bit of a word, any other control the whole of it.
        let logarithm = if spec.continuous { 0 } else { u32::BITS.trailing_zeros() };
        let steps_of_block = (WORDS as u32) << logarithm;
        let mut step = 0u32;
        loop {
            let word = step >> logarithm;
            if P::Control::<L>::LEN == 1 && step & (steps_of_block - 1) == 0 {
                let block = word / WORDS as u32;
                population.draw::<L, T>(proof, team, &spec.stream, block, self.first);
            }
            let words = Words { row: word as usize % WORDS, shared: !spec.continuous };
            population.advance::<P, L, T>(proof, team, spec, step, words, self.first);
            step += 1;
            let (heaviest, [total, squares]) = self.weigh::<L, T>(proof, team, population);
            let is_last = step == spec.horizon || spec.is_stopped();
            // Whether the effective sample size, total^2 / squares, is below half the particles.
            let uneven = total * total < 0.5 * count * squares;
            if (is_last || uneven) && team.leads() {
                // Where the other threads of a GPU need not wait for a logarithm in `f64`.
                log_evidence += libm::log(total / count) + f64::from(heaviest);
            }
            if is_last {
                let effective_samples = total * total / squares;
                let stats = population.stats::<L, T>(proof, team, spec.horizon);
                return SmcOutput { log_evidence, effective_samples, stats };
            }
            if uneven {
                let word = spec.stream.block((), u32::MAX - step, self.first)[0];
                let weights = &population.working(WEIGHT)[..population.count];
                team.resample::<L>(proof, weights, word, population.sources);
                population.replace(team);
                population.note_scores::<L, T>(proof, team);
            }
        }
    }
}

impl Smc {
    /// Writes the weights, relative to the heaviest, and returns that one's logarithm, their sum and the
    /// sum of their squares.
    #[inline(always)]
    fn weigh<L: Lanes, T: Team>(
        &self,
        proof: L::Proof,
        team: T,
        population: &Population<'_>,
    ) -> (f32, [f64; 2]) {
        let (scores, lifetimes) = (population.row(SCORE), population.row(LIFETIME));
        let (weights, since) = (population.working(WEIGHT), population.working(SINCE));
        let factor = L::splat(proof, self.inverse_temperature);
        let (zero, nothing) = (L::splat(proof, 0.0), L::splat(proof, f32::NEG_INFINITY));
        let most = L::splat(proof, WORST);
        let mut largest = nothing;
        for place in team.places(population.width, L::COUNT) {
            let gain = load::<L>(proof, &since[place..]) - load(proof, &scores[place..]);
            let exists = zero.le(load(proof, &lifetimes[place..]));
            // Where costs are huge and the temperature is low, weights saturate instead of overflowing.
            let weight = (gain * factor).lesser(most).greater(-most);
            let weight = L::select(exists, weight, nothing);
            store(weight, &weights[place..]);
            largest = weight.greater(largest);
        }
        let mut heaviest = f32::NEG_INFINITY;
        let mut lanes = [f32::NEG_INFINITY; COLUMNS];
        largest.store(&mut lanes);
        for lane in &lanes[..L::COUNT] {
            heaviest = if *lane > heaviest { *lane } else { heaviest };
        }
        // Adding 0 makes -0 and 0 the same, of which any may have come out as the largest.
        let heaviest = from_sortable(team.combine(sortable(heaviest + 0.0), u32::max));
        for place in team.places(population.width, L::COUNT) {
            let weight = load::<L>(proof, &weights[place..]) - L::splat(proof, heaviest);
            store(exp(proof, weight), &weights[place..]);
        }
        (heaviest, team.sum_and_squares::<L>(proof, weights))
    }
}

impl Population<'_> {
    /// Restarts the weights: they count from the present scores on.
    #[inline(always)]
    fn note_scores<L: Lanes, T: Team>(&self, proof: L::Proof, team: T) {
        let (scores, since) = (self.row(SCORE), self.working(SINCE));
        for place in team.places(self.width, L::COUNT) {
            store(load::<L>(proof, &scores[place..]), &since[place..]);
        }
    }
}
