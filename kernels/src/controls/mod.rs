//! Sampling of particles' controls.
//!
//! Particles come in mirrored pairs that share their random numbers (antithetic variates: J. M.
//! Hammersley, K. W. Morton, "A new Monte Carlo technique: antithetic variates", 1956). Particle
//! `2 j` uses the numbers of pair `j` as drawn, particle `2 j + 1` their mirror image (or the other way round, see
//! [`Stream::first_sign`](crate::rng::Stream::first_sign)). That halves the drawing, and as many futures begin to the
//! left as to the right.

mod biased;
mod coin;
mod knots;

#[cfg(any(target_arch = "nvptx64", feature = "rust-cuda"))]
pub(crate) use biased::level;
pub use biased::{Biased, digits};
pub use coin::Coin;
pub use knots::{First, Interpolant, KnotNoise, KnotSource, Knots};

use crate::lanes::Lanes;

/// The most strata of the first action: particle `p` belongs to stratum `p % STRATA`.
pub const STRATA: usize = 8;

/// A sampling scheme: makes the [`Controls`] of bundles of mirrored pairs.
pub trait Scheme: Sync {
    /// The controls of a bundle of pairs.
    type Controls<'a, L: Lanes>: Controls<L> + Copy
    where
        Self: 'a;

    /// The controls of the pairs whose numbers are in `pairs`.
    fn controls<L: Lanes>(&self, proof: L::Proof, pairs: L::Bits) -> Self::Controls<'_, L>;
}

/// The controls of a bundle of pairs, step after step.
pub trait Controls<L: Lanes> {
    /// For how many steps [`Controls::refill`] prepares, at least 1.
    fn block_len(&self) -> u32;

    /// Prepares for the steps from `block * block_len` on; called with 0, 1, 2, ...
    fn refill(&mut self, block: u32);

    /// The controls of `step` for both sides of the pairs, in the model's units; called for one step
    /// after the other.
    fn next(&mut self, step: u32) -> [L; 2];
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
