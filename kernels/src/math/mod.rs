//! Elementary functions from arithmetic that IEEE 754 rounds alone: the same bits in every lane, everywhere.
//!
//! Largest errors, found by the tests of this module against `f64`, in units in the last place
//! (ulp) of the result unless said otherwise:
//!
//! | function | range | largest error |
//! |---|---|---|
//! | [`NarrowTrig`] sine | every `f32` up to 12 and up to 16 degrees | 1.02, 1.10 |
//! | [`NarrowTrig`] cosine | the same | 0.64, 1.23 |
//! | [`sin_cos`] | up to 10,000 rad | 1e-7 absolute |
//! | [`exp`] | -87 to 88 | 1.01 |
//! | [`ln`] | positive normal numbers | 0.77 |
//! | [`atan2`] | all round, lengths 1e-20 to 1e20 | 3.1 |
//! | [`tanh`] | up to 100 | 1.3 |
//! | [`normal_quantile`] | multiples of 2^-24 within (0, 1) | 2e-6 relative |
//! | [`reciprocal`] | 1e-30 to 1e30 | 0.5 |
//! | [`square_root`] | 1e-30 to 1e30 | 0.5 |

mod arctangent;
mod exponential;
mod fit;
mod hyperbolic;
mod normal;
mod roots;
mod trigonometry;

pub use arctangent::atan2;
pub use exponential::{exp, ln};
pub use fit::quadratic_fit;
pub use hyperbolic::tanh;
pub use normal::{normal_quantile, normal_quantiles};
pub use roots::{reciprocal, square_root};
pub use trigonometry::{NARROW_LIMIT, NarrowTrig, sin_cos};

use crate::lanes::{LaneBits, Lanes};

/// Adding and subtracting 1.5 * 2^23 rounds to an integer, to nearest, ties to even, in
/// -2^22 ..= 2^22; before the subtraction the integer stands in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// `c[0] + t (c[1] + t c[2])`, by Horner's rule.
#[inline(always)]
pub fn quadratic<L: Lanes>(c: &[L; 3], t: L) -> L {
    c[2].fma(t, c[1]).fma(t, c[0])
}

/// `c[0] + t (c[1] + t (...))`, by Horner's rule.
#[inline(always)]
fn polynomial<L: Lanes>(proof: L::Proof, c: &[f32], t: L) -> L {
    let (last, rest) = c.split_last().expect("a polynomial has a coefficient");
    let mut sum = L::literal(proof, *last);
    for &c in rest.iter().rev() {
        sum = sum.fma(t, L::literal(proof, c));
    }
    sum
}

/// [`polynomial`] of several `t`, side by side: they do not wait for each other.
#[inline(always)]
fn polynomials<L: Lanes, const N: usize>(proof: L::Proof, c: &[f32], t: &[L; N]) -> [L; N] {
    let (last, rest) = c.split_last().expect("a polynomial has a coefficient");
    let mut sums = [L::literal(proof, *last); N];
    for &c in rest.iter().rev() {
        for n in 0..N {
            sums[n] = sums[n].fma(t[n], L::literal(proof, c));
        }
    }
    sums
}

/// The integer nearest to `x` for |x| < 2^22, as a number and as two's complement bits.
#[inline(always)]
pub fn round<L: Lanes>(proof: L::Proof, x: L) -> (L, L::Bits) {
    let shifted = x + L::literal(proof, ROUNDER);
    let integer = shifted.bits().plus(L::Bits::splat(proof, ROUNDER.to_bits().wrapping_neg()));
    (shifted - L::literal(proof, ROUNDER), integer)
}

#[cfg(test)]
pub(crate) mod error {
    //! Measures errors in units in the last place.

    /// The distance of `got` from `exact` in units in the last place of an `f32` near `exact`.
    pub fn ulps(got: f32, exact: f64) -> f64 {
        let exponent = (exact.abs().to_bits() >> 52) as i32 - 1023;
        let ulp = f64::from_bits(((exponent.max(-126) - 23 + 1023) as u64) << 52);
        (f64::from(got) - exact).abs() / ulp
    }

    /// The largest error of `f` against `exact` over `points`, and where it is.
    pub fn largest(
        points: impl Iterator<Item = f32>,
        f: impl Fn(f32) -> f32,
        exact: impl Fn(f64) -> f64,
    ) -> (f64, f32) {
        points
            .map(|x| (ulps(f(x), exact(f64::from(x))), x))
            .fold((0.0, 0.0), |worst, now| if now.0 > worst.0 { now } else { worst })
    }

    /// About `count` numbers from `low` to `high` (both positive), the same number in each octave.
    pub fn spread(low: f32, high: f32, count: u32) -> impl Iterator<Item = f32> {
        let (low, high) = (low.to_bits(), high.to_bits());
        (low..high).step_by(((high - low) / count).max(1) as usize).map(f32::from_bits)
    }
}
