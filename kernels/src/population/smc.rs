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

use super::{Population, Remains, SCORE, Strategy, Swarm};
use crate::lanes::Lanes;
use crate::math::exp;
use crate::model::Model;
use crate::reduce::largest;
use crate::rng::uniform;
use crate::weigh::weight_sums;

/// How a population is resampled.
#[derive(Clone, Copy, Debug)]
pub struct Smc {
    /// 1 / temperature, in 1 / units of cost.
    pub inverse_temperature: f32,
    /// The stratum of the first action.
    pub stratum: usize,
    /// The number of the population's first particle among all of the decision.
    pub first: u32,
}

/// What a population says about its first action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmcOutcome {
    /// The natural logarithm of the evidence.
    pub log_evidence: f64,
    /// How many particles effectively had a say in the end.
    pub effective_samples: f64,
    /// What is left.
    pub remains: Remains,
}

impl Strategy for Smc {
    type Outcome = SmcOutcome;

    #[inline(always)]
    fn run<M: Model, L: Lanes>(
        &self,
        proof: L::Proof,
        swarm: &Swarm<'_, M>,
        population: &mut Population<'_>,
    ) -> SmcOutcome {
        population.start::<M, L>(proof, swarm, |_| self.stratum);
        let count = population.count as f64;
        let mut before = population.row::<M>(SCORE)[0];
        let mut log_evidence = 0.0;
        let mut step = 0u32;
        loop {
            if step.is_multiple_of(4) {
                population.draw::<L>(proof, &swarm.stream, step / 4, self.first);
            }
            population.advance::<M, L>(proof, swarm, step, (step % 4) as usize);
            step += 1;
            let (heaviest, total, squares) = self.weigh::<M, L>(proof, population, before);
            let effective_samples = total * total / squares;
            let mean = libm::log(total / count) + f64::from(heaviest);
            if step == swarm.horizon {
                let remains = population.remains::<M>(swarm.horizon);
                let log_evidence = log_evidence + mean;
                return SmcOutcome { log_evidence, effective_samples, remains };
            }
            if effective_samples < 0.5 * count {
                log_evidence += mean;
                let shift = swarm.stream.block((), u32::MAX - step, self.first)[0];
                resample(population, total, f64::from(uniform::<f32>((), shift)));
                before = f32::NAN; // from now on, each particle's own
                let width = population.width;
                population.working[2 * width..]
                    .copy_from_slice(&population.carried[(M::DIM + SCORE) * width..][..width]);
            }
        }
    }
}

impl Smc {
    /// Writes the weights, relative to the heaviest, and returns that one's logarithm, their sum and
    /// the sum of their squares.
    ///
    /// The score since which a weight counts is `before`, or, if that is NaN, working row 2.
    #[inline(always)]
    fn weigh<M: Model, L: Lanes>(
        &self,
        proof: L::Proof,
        population: &mut Population<'_>,
        before: f32,
    ) -> (f32, f64, f64) {
        let (width, count) = (population.width, population.count);
        let scores = &population.carried[(M::DIM + SCORE) * width..][..width];
        let (weights, rest) = population.working.split_at_mut(width);
        let since = &mut rest[width..];
        if !before.is_nan() {
            since.fill(before);
        }
        let factor = L::splat(proof, self.inverse_temperature);
        for place in (0..width).step_by(L::COUNT) {
            let gain = L::load(proof, &since[place..]) - L::load(proof, &scores[place..]);
            (gain * factor).store(&mut weights[place..]);
        }
        weights[count..].fill(f32::NEG_INFINITY);
        let heaviest = largest(weights);
        for place in (0..width).step_by(L::COUNT) {
            let weight = exp(proof, L::load(proof, &weights[place..]) - L::splat(proof, heaviest));
            weight.store(&mut weights[place..]);
        }
        let sums = weight_sums(weights);
        (heaviest, sums.sides[0] + sums.sides[1], sums.squares)
    }
}

/// Systematic resampling: J. Carpenter, P. Clifford, P. Fearnhead, "Improved particle filter for
/// nonlinear problems" (1999). Particle `i` is replaced by the one at `(i + shift) / count` of the total
/// weight.
#[inline(always)]
fn resample(population: &mut Population<'_>, total: f64, shift: f64) {
    let (count, width) = (population.count, population.width);
    let weights = &population.working[..width];
    let pace = total / count as f64;
    let (mut source, mut reached) = (0, f64::from(weights[0]));
    for (i, slot) in population.sources.iter_mut().enumerate() {
        let wanted = (i as f64 + shift) * pace;
        while reached < wanted && source + 1 < count {
            source += 1;
            reached += f64::from(weights[source]);
        }
        *slot = source as u32;
    }
    population.replace();
}
