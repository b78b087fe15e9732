//! Exponential and natural logarithm.
//!
//! Polynomials as in S. L. Moshier's Cephes library (`expf.c`, `logf.c`).

use super::{polynomial, polynomials, round};
use crate::lanes::{LaneBits, Lanes};

/// ln 2 in two parts, the first short enough that its product with an exponent is exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// `e^x`: zero below -87, the value at 88 above it, NaN for NaN.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::math::exp;
/// assert_eq!(exp((), 0.0f32), 1.0);
/// assert!((exp((), 1.0f32) - 2.718_281_7).abs() < 1e-6);
/// ```
#[inline(always)]
pub fn exp<L: Lanes>(proof: L::Proof, x: L) -> L {
    const POLYNOMIAL: [f32; 6] =
        [0.5, 1.666_666_5e-1, 4.166_579_6e-2, 8.333_452e-3, 1.398_199_9e-3, 1.987_569_1e-4];
    let lowest = L::literal(proof, -87.0);
    let bounded = L::select(x.lt(lowest), lowest, x);
    let bounded = L::select(L::literal(proof, 88.0).lt(bounded), L::literal(proof, 88.0), bounded);
    let (power, exponent) = round(proof, bounded * L::literal(proof, core::f32::consts::LOG2_E));
    let rest =
        power.fnma(L::literal(proof, LN_2[1]), power.fnma(L::literal(proof, LN_2[0]), bounded));
    let fraction =
        (rest * rest).fma(polynomial(proof, &POLYNOMIAL, rest), rest) + L::literal(proof, 1.0);
    let value = fraction.bits().plus(exponent.shl::<23>()).as_float();
    let value = L::select(x.lt(lowest), L::literal(proof, 0.0), value);
    L::select(x.le(x), value, x)
}

/// The natural logarithm of positive normal numbers; meaningless elsewhere.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::math::ln;
/// assert_eq!(ln((), 1.0f32), 0.0);
/// assert!((ln((), 10.0f32) - 2.302_585).abs() < 1e-6);
/// ```
#[inline(always)]
pub fn ln<L: Lanes>(proof: L::Proof, x: L) -> L {
    logarithms(proof, &[x])[0]
}

/// [`ln`] of several, side by side.
#[inline(always)]
pub(super) fn logarithms<L: Lanes, const N: usize>(proof: L::Proof, x: &[L; N]) -> [L; N] {
    const POLYNOMIAL: [f32; 9] = [
        3.333_333e-1,
        -2.499_999_4e-1,
        2.000_071_5e-1,
        -1.666_805_8e-1,
        1.424_932_3e-1,
        -1.242_014_1e-1,
        1.167_699_9e-1,
        -1.151_461e-1,
        7.037_683_6e-2,
    ];
    /// The bits of sqrt(1/2): mantissas are taken from there to sqrt(2), around 1.
    const LOWEST: u32 = 0x3f35_04f3;
    const ONE: u32 = 0x3f80_0000;
    let (mut exponents, mut rests) = (*x, *x);
    for n in 0..N {
        let shifted = x[n].bits().plus(L::Bits::splat(proof, ONE - LOWEST));
        let exponent = shifted.shr::<23>().plus(L::Bits::splat(proof, 127u32.wrapping_neg()));
        exponents[n] = exponent.signed_to_float();
        let mantissa = (shifted & L::Bits::splat(proof, 0x007f_ffff))
            .plus(L::Bits::splat(proof, LOWEST))
            .as_float();
        rests[n] = mantissa - L::literal(proof, 1.0);
    }
    let mut results = polynomials(proof, &POLYNOMIAL, &rests);
    for n in 0..N {
        let (exponent, f) = (exponents[n], rests[n]);
        let square = f * f;
        let tail = (square * f) * results[n];
        let tail = exponent.fma(L::literal(proof, LN_2[1]), tail);
        let tail = square.fnma(L::literal(proof, 0.5), tail);
        results[n] = exponent.fma(L::literal(proof, LN_2[0]), f + tail);
    }
    results
}

#[cfg(test)]
mod tests {
    use super::super::error::{largest, spread};
    use super::*;

    #[test]
    fn exponential_errs_by_at_most_1_2_ulp() {
        let up = largest(spread(1e-6, 88.0, 2_000_000), |x| exp((), x), libm::exp);
        let down = largest(spread(1e-6, 87.0, 2_000_000), |x| exp((), -x), |x| libm::exp(-x));
        println!("exp: {:.4} ulp up, {:.4} ulp down", up.0, down.0);
        assert!(up.0 < 1.2, "{up:?}");
        assert!(down.0 < 1.2, "{down:?}");
    }

    #[test]
    fn exponential_saturates_at_both_ends_and_keeps_nan() {
        assert_eq!(exp((), -87.5f32), 0.0);
        assert_eq!(exp((), f32::NEG_INFINITY), 0.0);
        assert_eq!(exp((), 1e9f32), exp((), 88.0f32));
        assert!(exp((), f32::NAN).is_nan());
        assert!(exp((), f32::from_bits(0x7fc0_0001)).is_nan());
    }

    #[test]
    fn logarithm_errs_by_at_most_1_ulp() {
        let worst = largest(spread(1e-37, 1e37, 4_000_000), |x| ln((), x), libm::log);
        let near_one = largest(spread(0.9, 1.1, 4_000_000), |x| ln((), x), libm::log);
        println!("ln: {:.4} ulp, near one {:.4} ulp", worst.0, near_one.0);
        assert!(worst.0 < 1.0 && near_one.0 < 1.0, "{worst:?} {near_one:?}");
    }
}
