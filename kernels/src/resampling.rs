//! Systematic resampling, in whole numbers.
//!
//! J. Carpenter, P. Clifford, P. Fearnhead, "Improved particle filter for nonlinear problems" (1999): `N` points at
//! equal distances, all shifted by one random offset, are looked up in the cumulative sum of the weights; each
//! becomes a copy of the particle in whose weight it falls. Weights are fixed-point numbers, since sums of whole
//! numbers are the same in any order, so that threads can share the work.

/// 1 as a fixed-point weight.
const ONE: f32 = (1u32 << 30) as f32;

/// A weight, 0 to 1, as a fixed-point number with 30 bits after the point.
#[inline(always)]
#[must_use]
pub fn fixed_point(weight: f32) -> u32 {
    // By way of `i32`, which has instructions; NaN becomes 0.
    (weight * ONE) as i32 as u32
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
    fn fixed_point_weights_keep_the_bounds() {
        let weights = [0.0, 1e-12, 0.5, 1.0, f32::NAN];
        assert_eq!(weights.map(fixed_point), [0, 0, 1 << 29, 1 << 30, 0]);
    }
}
