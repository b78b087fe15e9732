//! Importance weights: weights of futures by their cost, and weighted moments of their noise.

use crate::controls::{DrawnNoise, PAIRS};
use crate::lanes::Lanes;
use crate::math::exp;
use crate::reduce::{COLUMNS, Sums, fold, fold_pairs, fold_to};
use crate::rollout::CHUNK;

/// Sums over the weights of a chunk's futures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WeightSums {
    /// Sums of the weights, by side of the mirrored pairs.
    pub sides: [f64; 2],
    /// The sum of their squares.
    pub squares: f64,
}

impl WeightSums {
    /// The effective sample size, `(sum w)^2 / sum w^2`: how many equal weights would be as good.
    #[must_use]
    pub fn effective_samples(&self) -> f64 {
        let sum = self.sides[0] + self.sides[1];
        if self.squares > 0.0 { sum * sum / self.squares } else { 0.0 }
    }
}

/// Boltzmann weights `exp((lowest - cost) * inverse_temperature)`, so that the best future has weight 1.
#[inline(always)]
pub fn weigh_chunk<L: Lanes>(
    proof: L::Proof,
    costs: &[f32; CHUNK],
    lowest: f32,
    inverse_temperature: f32,
    weights: &mut [f32; CHUNK],
) -> WeightSums {
    let lowest = L::splat(proof, lowest);
    let factor = L::splat(proof, inverse_temperature);
    for (cost, weight) in costs.chunks(L::COUNT).zip(weights.chunks_mut(L::COUNT)) {
        exp(proof, (lowest - L::load(proof, cost)) * factor).store(weight);
    }
    weight_sums(weights)
}

/// The sums over `weights`, in the order of [`crate::reduce`].
#[inline(always)]
pub(crate) fn weight_sums(weights: &[f32]) -> WeightSums {
    let sums = Sums::of(weights);
    // Columns 0, 2, ... belong to the first side.
    WeightSums { sides: fold_to(sums.values), squares: fold(sums.squares) }
}

/// Weighted sums over a chunk's noise at the knots: to `moments[MOMENTS * j]` goes the sum of `w v`, to the next number, where
/// two `MOMENTS` are asked for and not one, that of `w v^2`; `v` is number `j` of the noise, `[knots][D]`, as the future saw it.
#[inline(always)]
pub fn knot_moments_chunk<L: Lanes, const MOMENTS: usize>(
    proof: L::Proof,
    noise: &DrawnNoise<'_>,
    weights: &[f32; CHUNK],
    moments: &mut [f64],
) {
    const { assert!(MOMENTS == 1 || MOMENTS == 2) };
    let mut sides = [[0.0f32; PAIRS]; 2];
    for (i, pair) in weights.as_chunks::<2>().0.iter().enumerate() {
        // The mirrored future saw the negative noise.
        sides[0][i] = pair[0] - pair[1];
        sides[1][i] = pair[0] + pair[1];
    }
    for (number, moments) in moments.chunks_exact_mut(MOMENTS).enumerate() {
        moments.fill(0.0);
        // Sixteen pairs at a time, whatever the lanes: the order of the sums must not depend on them. Two such sums at once.
        for group in (0..noise.width).step_by(2 * COLUMNS / MOMENTS) {
            let mut values = [0.0f32; 2 * COLUMNS];
            let is_last = group + COLUMNS == noise.width;
            for at in (0..COLUMNS).step_by(L::COUNT) {
                let place = group + at;
                let value = noise.at(proof, number, place);
                let first = L::load(proof, &sides[0][place..]) * value;
                let second = if MOMENTS == 2 {
                    L::load(proof, &sides[1][place..]) * (value * value)
                } else if is_last {
                    L::literal(proof, 0.0)
                } else {
                    let next = place + COLUMNS;
                    L::load(proof, &sides[0][next..]) * noise.at(proof, number, next)
                };
                let [low, high] = first.zip(second);
                low.store(&mut values[2 * at..]);
                high.store(&mut values[2 * at + L::COUNT..]);
            }
            let [first, second] = fold_pairs(&values);
            moments[0] += first;
            moments[MOMENTS - 1] += second;
        }
    }
}
