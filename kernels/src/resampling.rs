//! Systematic resampling, in whole numbers.
//!
//! J. Carpenter, P. Clifford, P. Fearnhead, "Improved particle filter for nonlinear problems" (1999): `N` points at
//! equal distances, all shifted by one random offset, are looked up in the cumulative sum of the weights; each
//! becomes a copy of the particle in whose weight it falls. Weights are fixed-point numbers, since sums of whole
//! numbers are the same in any order, so that threads can share the work.

use core::cell::Cell;

use crate::lanes::{Lanes, WideLanes};
use crate::population::cells::load;
use crate::reduce::COLUMNS;

/// 1 as a fixed-point weight.
const ONE: f32 = (1u32 << 30) as f32;

/// A weight, 0 to 1, as a fixed-point number with 30 bits after the point.
#[inline(always)]
#[must_use]
pub fn fixed_point(weight: f32) -> u32 {
    // By way of `i32`, which has instructions; NaN becomes 0.
    (weight * ONE) as i32 as u32
}

/// [`fixed_point`] of a row of weights, 0 to 1.
#[inline(always)]
#[must_use]
pub fn fixed_points<L: Lanes>(proof: L::Proof, weights: &[Cell<f32>; COLUMNS]) -> [u32; COLUMNS] {
    let one = L::splat(proof, ONE);
    let mut integers = [0; COLUMNS];
    for place in (0..COLUMNS).step_by(L::COUNT) {
        let weight = load::<L>(proof, &weights[place..]);
        (weight * one).widen().truncate(&mut integers[place..]);
    }
    integers
}

/// The points of systematic resampling. Positions are multiplied by the number of particles, so that all are whole:
/// `1024 * 1024` fixed-point weights fit 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Systematic {
    count: u64,
    total: u64,
    offset: u64,
}

impl Systematic {
    /// The points for `count` particles whose fixed-point weights add up to `total`, below 2^48, at the offset that the
    /// random `word` says.
    #[inline(always)]
    #[must_use]
    pub fn new(count: usize, total: u64, word: u32) -> Self {
        // word * total / 2^32, whose product does not fit 64 bits.
        let (high, low) = (total >> 16, total & 0xffff);
        let word = u64::from(word);
        let offset = (word * high + ((word * low) >> 16)) >> 16;
        Self { count: count as u64, total, offset }
    }

    /// Whether point number `point` lies below `cumulative`, the sum of a particle's weight and all before it: the
    /// first particle for which it does is the one to copy.
    #[inline(always)]
    #[must_use]
    pub fn is_below(&self, point: usize, cumulative: u64) -> bool {
        cumulative * self.count > point as u64 * self.total + self.offset
    }

    /// How many points lie [below](Systematic::is_below) each of `cumulative`; all at once, without a branch. There are at most
    /// 1024 points, and no sum is above the total, at most 2^40.
    #[inline(always)]
    #[must_use]
    pub fn counts_below<L: Lanes>(
        &self,
        proof: L::Proof,
        cumulative: &[u64; COLUMNS],
    ) -> [u32; COLUMNS] {
        // The bits of 2^52, to which whole numbers below it are added by standing in the low bits.
        const ONES: u64 = 0x4330_0000_0000_0000;
        let ones = L::Wide::splat(proof, f64::from_bits(ONES));
        let total = self.total.max(1);
        // Rounds up: a point that lies at the sum is not below it.
        let up = total - 1 - self.offset.min(total - 1);
        let count = L::Wide::splat(proof, self.count as f64);
        let (total, up) = (L::Wide::splat(proof, total as f64), L::Wide::splat(proof, up as f64));
        let mut values = [0.0; COLUMNS];
        for i in 0..COLUMNS {
            values[i] = f64::from_bits(ONES | cumulative[i]);
        }
        let mut counts = [0; COLUMNS];
        for place in (0..COLUMNS).step_by(L::COUNT) {
            let cumulative = L::Wide::load(proof, &values[place..]) - ones;
            // All but the quotient is exact. That is below 1025 and, where it is not whole, at least 2^-40 from any whole
            // number: more than rounding moves it.
            ((cumulative * count + up) / total).truncate(&mut counts[place..]);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_the_random_words_share_of_the_total() {
        for total in [0, 1, 12_345, 1 << 30, (1 << 40) - 77, (1 << 48) - 1] {
            for word in [0, 1, 0x1234_5678, 1 << 31, u32::MAX] {
                let exact = (u128::from(total) * u128::from(word)) >> 32;
                assert_eq!(u128::from(Systematic::new(3, total, word).offset), exact);
            }
        }
    }

    #[test]
    fn counts_below_are_those_of_one_point_after_the_other() {
        let mut state = 1u64;
        let mut next = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((u128::from(state) * u128::from(bound)) >> 64) as u64
        };
        for count in [1, 2, 3, 7, 1000, 1023, 1024] {
            for total in [1, 12_345, 1 << 30, (1 << 30) + 1, (count << 30) - 77, count << 30] {
                for word in [0, 1, next(1 << 32) as u32, u32::MAX] {
                    let points = Systematic::new(count as usize, total, word);
                    let naive =
                        |c| (0..count as usize).filter(|point| points.is_below(*point, c)).count();
                    // Just at a point, and wherever.
                    let at = |point: u64| (point * total + points.offset) / count;
                    let points_at = [at(0), at(count / 3), at(count - 1)];
                    let near = points_at.into_iter().flat_map(|c| [c.saturating_sub(1), c, c + 1]);
                    for c in near.chain([0, next(total), total - 1, total]).filter(|c| *c <= total)
                    {
                        let counts = points.counts_below::<f32>((), &[c; COLUMNS]);
                        assert_eq!(counts, [naive(c) as u32; COLUMNS], "{points:?} {c}");
                    }
                }
            }
        }
    }

    #[test]
    fn fixed_point_weights_keep_the_bounds() {
        let weights = [0.0, 1e-12, 0.5, 1.0, f32::NAN];
        assert_eq!(weights.map(fixed_point), [0, 0, 1 << 29, 1 << 30, 0]);
    }

    #[test]
    fn rows_of_weights_become_what_each_becomes() {
        let weights = [0.0, 1e-12, 1e-9, 0.1, 0.25, 1.0 / 3.0, 0.5, 0.999_999_94, 1.0];
        let row = core::array::from_fn(|i| weights[i % weights.len()]);
        let expected = row.map(fixed_point);
        assert_eq!(fixed_points::<f32>((), &row.map(Cell::new)), expected);
    }
}
