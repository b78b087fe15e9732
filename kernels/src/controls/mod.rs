//! Sampling of particles' controls.
//!
//! Particles come in mirrored pairs that share their random numbers (antithetic variates: J. M.
//! Hammersley, K. W. Morton, "A new Monte Carlo technique: antithetic variates", 1956). Particle
//! `2 j` uses the numbers of pair `j` as drawn, particle `2 j + 1` their mirror image (or the other way round, see
//! [`Stream::first_sign`](crate::rng::Stream::first_sign)). That halves the drawing, and as many futures begin to the
//! left as to the right.

mod biased;
mod coin;
mod drawn;
mod followed;
mod knots;
mod power;

#[cfg(any(target_arch = "nvptx64", feature = "rust-cuda"))]
pub(crate) use biased::level;
pub use biased::{Biased, digits};
pub use coin::Coin;
pub use drawn::{DrawnNoise, PAIRS, width};
pub use followed::Followed;
pub use knots::{First, Interpolant, KnotNoise, KnotSource, Knots, Noise, NoiseSource};
pub use power::{ORDER, PowerNoise};

use crate::lanes::Lanes;
use crate::plant::Plant;
use crate::rng::Stream;

/// The most strata of the first action: particle `p` belongs to stratum `p % STRATA`.
pub const STRATA: usize = 8;

/// A sampling scheme: makes the [`Controls`] of bundles of mirrored pairs.
pub trait Scheme<P: Plant>: Sync {
    /// The controls of a bundle of pairs.
    type Controls<'a, L: Lanes>: Controls<P::Control<L>> + Copy
    where
        Self: 'a;

    /// The controls of the pairs whose numbers are in `pairs`.
    fn controls<L: Lanes>(&self, proof: L::Proof, pairs: L::Bits) -> Self::Controls<'_, L>;
}

/// The controls of a bundle of pairs, step after step.
pub trait Controls<V> {
    /// For how many steps [`Controls::refill`] prepares, at least 1.
    fn block_len(&self) -> u32;

    /// Prepares for the steps from `block * block_len` on; called with 0, 1, 2, ...
    fn refill(&mut self, block: u32);

    /// The controls of `step` for both sides of the pairs, in the model's units; called for one step
    /// after the other.
    fn next(&mut self, step: u32) -> [V; 2];
}

/// The sign bit.
pub(crate) const SIGN: u32 = 0x8000_0000;

/// The level of the first control in stratum `stratum` of `strata`, from -1 to 1, where
/// [`Stream::first_sign`](crate::rng::Stream::first_sign) is 1, and mirrored where it is -1: odd strata mirror the even
/// ones below them.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::controls::first_level;
/// assert_eq!([0, 1].map(|s| first_level(s, 2)), [1.0, -1.0]);
/// assert_eq!([0, 1, 6, 7].map(|s| first_level(s, 8)), [0.125, -0.125, 0.875, -0.875]);
/// ```
#[must_use]
pub fn first_level(stratum: usize, strata: usize) -> f32 {
    let pairs = strata / 2;
    let size = if pairs == 1 { 1.0 } else { (2 * (stratum / 2) + 1) as f32 / strata as f32 };
    if stratum.is_multiple_of(2) { size } else { -size }
}

/// The levels of the first control in `dimension` for the pairs whose numbers are 0, 1, 2 and 3 modulo 4, as their first
/// side has them: a Latin hypercube (M. D. McKay, R. J. Beckman, W. J. Conover, "A comparison of three methods for
/// selecting values of input variables", 1979). Every dimension but the first has the levels in an order and with
/// signs of its own, by the random numbers of `stream`.
///
/// Where controls are scores of so many `choices`, each stratum has the highest score for one choice, and its mirror image
/// for the next: all choices in turn, from a random one on.
#[must_use]
#[inline(always)]
pub fn first_levels(stream: &Stream, dimension: usize, choices: u32) -> [f32; STRATA / 2] {
    if choices > 0 {
        return choice_levels(stream, dimension, choices);
    }
    let mut levels = [0.0; STRATA / 2];
    for (pair, level) in levels.iter_mut().enumerate() {
        *level = first_level(2 * pair, STRATA) * stream.first_sign();
    }
    if dimension > 0 {
        // A shuffle by R. A. Fisher and F. Yates, by one byte of the word for each exchange.
        let word = stream.block((), dimension as u32, u32::MAX - 1)[0];
        for place in (1..levels.len()).rev() {
            let byte = (word >> (8 * place)) as usize & 0xff;
            // `swap` with a place that is not known beforehand would put a GPU's levels into memory.
            let (other, last) = ((byte * (place + 1)) >> 8, levels[place]);
            for i in 0..place {
                if i == other {
                    (levels[place], levels[i]) = (levels[i], last);
                }
            }
        }
        for (place, level) in levels.iter_mut().enumerate() {
            if word >> place & 1 == 1 {
                *level = -*level;
            }
        }
    }
    levels
}

/// The levels of the first control in `dimension`, of several, for planners that keep strata apart: [`first_levels`] of either side,
/// or where controls are scores of so many `choices`, of which each is a stratum, 1 for its choice and -1 for the others, from a
/// random choice on.
#[must_use]
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "an array's iterator is not unrolled for GPUs")]
pub fn stratum_levels(stream: &Stream, dimension: usize, choices: u32) -> [f32; STRATA] {
    let mut levels = [0.0; STRATA];
    if choices > 0 {
        let mut choice = random_choice(stream, choices);
        for stratum in 0..STRATA {
            let level = if choice == dimension as u32 { 1.0 } else { -1.0 };
            levels[stratum] = if (stratum as u32) < choices { level } else { 0.0 };
            choice = if choice + 1 == choices { 0 } else { choice + 1 };
        }
        return levels;
    }
    let pairs = first_levels(stream, dimension, 0);
    for pair in 0..STRATA / 2 {
        (levels[2 * pair], levels[2 * pair + 1]) = (pairs[pair], -pairs[pair]);
    }
    levels
}

/// One of so many choices, the same for all particles.
#[inline(always)]
fn random_choice(stream: &Stream, choices: u32) -> u32 {
    // Multiplied and counted on: a division might be done where there are no choices, too.
    ((u64::from(stream.tie_breaker()) * u64::from(choices)) >> 32) as u32
}

/// [`first_levels`] of scores.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "an array's iterator is not unrolled for GPUs")]
fn choice_levels(stream: &Stream, dimension: usize, choices: u32) -> [f32; STRATA / 2] {
    let mut levels = [0.0; STRATA / 2];
    let mut choice = random_choice(stream, choices);
    for pair in 0..STRATA / 2 {
        let next = if choice + 1 == choices { 0 } else { choice + 1 };
        let (is_first, is_second) = (dimension as u32 == choice, dimension as u32 == next);
        levels[pair] = f32::from(u8::from(is_first)) - f32::from(u8::from(is_second));
        choice = if next + 1 == choices { 0 } else { next + 1 };
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_of_choices_have_each_choice_about_as_often_from_a_random_one_on() {
        for choices in 3..=8usize {
            let mut firsts = std::collections::BTreeSet::new();
            for seed in 0..100 {
                let stream = Stream::new(seed, 3, 0);
                let levels: Vec<_> = (0..choices)
                    .map(|choice| first_levels(&stream, choice, choices as u32))
                    .collect();
                let mut count = vec![0; choices];
                for stratum in 0..STRATA {
                    let sign = [1.0, -1.0][stratum % 2];
                    let scores: Vec<f32> = levels.iter().map(|l| l[stratum / 2] * sign).collect();
                    let best = scores.iter().position(|score| *score == 1.0).unwrap();
                    assert_eq!(scores.iter().filter(|score| **score == 1.0).count(), 1);
                    count[best] += 1;
                    if stratum == 0 {
                        firsts.insert(best);
                    }
                }
                let (least, most) = (STRATA / choices, STRATA.div_ceil(choices));
                assert!(count.iter().all(|n| (least..=most).contains(n)), "{choices}: {count:?}");
            }
            assert_eq!(firsts.len(), choices);
        }
    }

    #[test]
    fn strata_of_choices_that_are_kept_apart_have_one_choice_each_from_a_random_one_on() {
        for choices in 3..=8u32 {
            let mut firsts = std::collections::BTreeSet::new();
            for seed in 0..100 {
                let stream = Stream::new(seed, 3, 0);
                let levels: Vec<_> = (0..choices as usize)
                    .map(|choice| stratum_levels(&stream, choice, choices))
                    .collect();
                let of = |stratum: usize| {
                    let scores: Vec<f32> = levels.iter().map(|levels| levels[stratum]).collect();
                    assert_eq!(scores.iter().sum::<f32>(), 2.0 - choices as f32, "one is 1");
                    scores.iter().position(|score| *score == 1.0).unwrap()
                };
                let all: Vec<_> = (0..choices as usize).map(of).collect();
                firsts.insert(all[0]);
                assert!(all.windows(2).all(|two| (two[0] + 1) % choices as usize == two[1]));
                assert!(
                    levels
                        .iter()
                        .all(|levels| levels[choices as usize..].iter().all(|l| *l == 0.0))
                );
            }
            assert_eq!(firsts.len(), choices as usize);
        }
        let stream = Stream::new(5, 6, 0);
        let (pairs, all) = (first_levels(&stream, 3, 0), stratum_levels(&stream, 3, 0));
        assert!((0..STRATA).all(|s| all[s] == [1.0, -1.0][s % 2] * pairs[s / 2]));
    }

    #[test]
    fn every_dimension_has_each_level_once_and_either_sign_as_often() {
        let (mut seen, mut negative) = (std::collections::BTreeSet::new(), 0);
        for seed in 0..1000 {
            let stream = Stream::new(seed, 3, 0);
            assert_eq!(first_levels(&stream, 0, 0)[2], 0.625 * stream.first_sign());
            for dimension in 1..8 {
                let levels = first_levels(&stream, dimension, 0);
                let mut sizes = levels.map(f32::abs);
                sizes.sort_by(f32::total_cmp);
                assert_eq!(sizes, [0.125, 0.375, 0.625, 0.875]);
                negative += levels.iter().filter(|level| **level < 0.0).count();
                seen.insert(levels.map(|level| (level * 8.0) as i32));
            }
        }
        assert_eq!(seen.len(), 24 * 16, "all orders and signs occur");
        // Five standard deviations of 28,000 tosses.
        assert!(negative.abs_diff(14_000) < 420, "{negative} of 28,000");
    }
}
