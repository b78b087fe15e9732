//! Noise at knots whose power goes by a power of the frequency.
//!
//! Noise of a power spectrum `1 / f^beta` ("coloured" noise) is strong where frequencies are low: one knot is like the next,
//! and controls push to the same side for a while, where white noise takes back what it has just done.

use super::knots::{Noise, NoiseSource, next_normal};
use crate::lanes::Lanes;
use crate::model::Vector;
use crate::rng::Stream;

/// How many knots before it a knot goes by.
pub const ORDER: usize = 2;

/// Gaussian noise at the knots, each number predicted from those at the two knots before it in its dimension, plus a normal
/// number of its own: second-order autoregression.
#[derive(Clone, Copy, Debug)]
pub struct PowerNoise<'a> {
    /// The random numbers.
    pub stream: Stream,
    /// The standard deviation at each knot, `[knots][D]`, in the model's units.
    pub scales: &'a [f32],
    /// How a knot is predicted that has 0, 1, or 2 and more before it: the weights of the last and of the last but one, and
    /// the deviation of what cannot be predicted. `[ORDER + 1]`; the fourth numbers are zeros.
    pub predictors: &'a [[f32; 4]],
}

/// The noise of a bundle of pairs, knot after knot.
#[derive(Clone, Copy)]
pub struct PowerSource<'a, L: Lanes, V> {
    noise: &'a PowerNoise<'a>,
    proof: L::Proof,
    pairs: L::Bits,
    words: [L::Bits; 4],
    /// The noise at the last knot and at the one before it, without its scale.
    last: [V; ORDER],
    number: usize,
}

/// A number of the noise, given the ones at the last knot and at the one before it, and a fresh one.
#[inline(always)]
pub(super) fn predicted<L: Lanes>(
    proof: L::Proof,
    predictor: [f32; 4],
    last: [L; ORDER],
    fresh: L,
) -> L {
    let [near, far, own, _] = predictor;
    let value = last[1].fma(L::splat(proof, far), fresh * L::splat(proof, own));
    last[0].fma(L::splat(proof, near), value)
}

impl Noise for PowerNoise<'_> {
    type Source<'a, L: Lanes, V: Vector<L>>
        = PowerSource<'a, L, V>
    where
        Self: 'a;

    #[inline(always)]
    fn source<L: Lanes, V: Vector<L>>(
        &self,
        proof: L::Proof,
        pairs: L::Bits,
    ) -> PowerSource<'_, L, V> {
        let last = [V::all(L::splat(proof, 0.0)); ORDER];
        PowerSource { noise: self, proof, pairs, words: [pairs; 4], last, number: 0 }
    }

    #[inline(always)]
    fn stream(&self) -> &Stream {
        &self.stream
    }
}

impl<L: Lanes, V: Vector<L>> NoiseSource<L, V> for PowerSource<'_, L, V> {
    #[inline(always)]
    fn next_number(&mut self, dimension: usize) -> L {
        let PowerNoise { stream, scales, predictors } = self.noise;
        let (proof, number, dimensions) = (self.proof, self.number, V::dimensions());
        self.number += 1;
        let fresh: L = next_normal(stream, proof, self.pairs, number, &mut self.words);
        let before = usize::from(number >= dimensions) + usize::from(number >= 2 * dimensions);
        let last = [self.last[0].get(dimension), self.last[1].get(dimension)];
        let value = predicted(proof, predictors[before], last, fresh);
        self.last[1].set(dimension, last[0]);
        self.last[0].set(dimension, value);
        value * L::splat(proof, scales[number] * stream.first_sign())
    }

    #[inline(always)]
    fn next_knot(&mut self) -> V {
        let mut noise = self.last[0];
        for dimension in 0..V::dimensions() {
            noise.set(dimension, self.next_number(dimension));
        }
        noise
    }
}
