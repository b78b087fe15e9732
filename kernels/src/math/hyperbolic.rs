//! The hyperbolic tangent.
//!
//! The polynomial is that of S. L. Moshier's Cephes library (`tanhf.c`).

use super::{exp, polynomial};
use crate::lanes::{LaneBits, Lanes};

/// `tanh x`, from -1 to 1; NaN for NaN.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::math::tanh;
/// assert_eq!([0.0f32, 20.0, -20.0].map(|x| tanh((), x)), [0.0, 1.0, -1.0]);
/// ```
#[inline(always)]
pub fn tanh<L: Lanes>(proof: L::Proof, x: L) -> L {
    const POLYNOMIAL: [f32; 5] =
        [-3.333_328e-1, 1.333_144_2e-1, -5.373_971_6e-2, 2.063_909e-2, -5.704_988_7e-3];
    let size = x.magnitude();
    let square = x * x;
    let narrow = (square * x).fma(polynomial(proof, &POLYNOMIAL, square), x);
    let [one, two] = [L::literal(proof, 1.0), L::literal(proof, 2.0)];
    let wide = one - two / (exp(proof, size + size) + one);
    let sign = x.bits() & L::Bits::splat(proof, 0x8000_0000);
    L::select(size.lt(L::literal(proof, 0.625)), narrow, (wide.bits() | sign).as_float())
}

#[cfg(test)]
mod tests {
    use super::super::error::{largest, spread};
    use super::*;

    #[test]
    fn the_hyperbolic_tangent_errs_by_at_most_1_4_ulp() {
        let worst = largest(spread(1e-30, 100.0, 4_000_000), |x| tanh((), x), libm::tanh);
        println!("tanh: {:.3} ulp", worst.0);
        assert!(worst.0 <= 1.4, "{worst:?}");
        assert!(spread(1e-30, 100.0, 1000).all(|x| tanh((), -x) == -tanh((), x)));
        assert!(tanh((), f32::NAN).is_nan());
    }
}
