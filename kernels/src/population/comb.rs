//! Systematic resampling in whole numbers.
//!
//! J. Carpenter, P. Clifford, P. Fearnhead, "Improved particle filter for nonlinear problems" (1999): the
//! particles' weights lie one after the other, and a comb with as many teeth as there are particles falls on
//! them at a random place; each tooth makes a copy of the particle that it hits. Sums of whole numbers are
//! the same in any order, so that threads can share the work.

/// Weights are multiples of this part of the heaviest one's.
const GRAIN: f32 = (1u32 << 30) as f32;

/// A weight, 0 to 1, in grains.
#[inline(always)]
#[must_use]
pub fn grains(weight: f32) -> u32 {
    // By way of `i32`, which has instructions; NaN becomes 0.
    (weight * GRAIN) as i32 as u32
}

/// Where the teeth stand. Lengths are in grains divided by the number of particles, so that everything is
/// whole: `1024 * 1024` particles' grains fit 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Comb {
    count: u64,
    total: u64,
    shift: u64,
}

impl Comb {
    /// For `count` particles whose weights amount to `total` grains, below 2^48; `word` is random.
    #[inline(always)]
    #[must_use]
    pub fn new(count: usize, total: u64, word: u32) -> Self {
        // word * total / 2^32, whose product does not fit 64 bits.
        let (high, low) = (total >> 16, total & 0xffff);
        let word = u64::from(word);
        let shift = (word * high + ((word * low) >> 16)) >> 16;
        Self { count: count as u64, total, shift }
    }

    /// Whether tooth `tooth` hits one of the particles that amount to `grains` together with all before
    /// them.
    #[inline(always)]
    #[must_use]
    pub fn hits(&self, tooth: usize, grains: u64) -> bool {
        grains * self.count > tooth as u64 * self.total + self.shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shift_is_the_random_words_share_of_the_total() {
        for total in [0, 1, 12_345, 1 << 30, (1 << 40) - 77, (1 << 48) - 1] {
            for word in [0, 1, 0x1234_5678, 1 << 31, u32::MAX] {
                let exact = (u128::from(total) * u128::from(word)) >> 32;
                assert_eq!(u128::from(Comb::new(3, total, word).shift), exact);
            }
        }
    }

    #[test]
    fn grains_keep_the_bounds() {
        let weights = [0.0, 1e-12, 0.5, 1.0, f32::NAN];
        assert_eq!(weights.map(grains), [0, 0, 1 << 29, 1 << 30, 0]);
    }
}
