//! The angle of a vector.
//!
//! The polynomial is that of S. L. Moshier's Cephes library (`atanf.c`).

use super::polynomial;
use crate::lanes::Lanes;

/// The angle of the vector `(x, y)` from the x axis, from -pi to pi, for finite numbers; 0 of two zeros, whatever their
/// signs.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::math::atan2;
/// assert_eq!(atan2((), 0.0f32, 2.0), 0.0);
/// assert_eq!(atan2((), -3.0f32, 0.0), -std::f32::consts::FRAC_PI_2);
/// ```
#[inline(always)]
pub fn atan2<L: Lanes>(proof: L::Proof, y: L, x: L) -> L {
    const POLYNOMIAL: [f32; 4] = [-3.333_295e-1, 1.997_771_1e-1, -1.387_768_6e-1, 8.053_744_6e-2];
    const PI: f32 = core::f32::consts::PI;
    let [zero, one] = [L::literal(proof, 0.0), L::literal(proof, 1.0)];
    let (width, height) = (x.magnitude(), y.magnitude());
    let longer = width.greater(height);
    let slope = L::select(longer.le(zero), zero, width.lesser(height) / longer);
    // Beyond an eighth of pi, turned back by a quarter: tan(a - pi/4) = (tan a - 1) / (tan a + 1).
    let is_steep = L::literal(proof, core::f32::consts::SQRT_2 - 1.0).lt(slope);
    let turned = L::select(is_steep, (slope - one) / (slope + one), slope);
    let square = turned * turned;
    let angle = (square * turned).fma(polynomial(proof, &POLYNOMIAL, square), turned);
    let angle = L::select(is_steep, angle + L::literal(proof, PI / 4.0), angle);
    let angle = L::select(width.lt(height), L::literal(proof, PI / 2.0) - angle, angle);
    let angle = L::select(x.lt(zero), L::literal(proof, PI) - angle, angle);
    // Comparisons have lost what is no number.
    L::select(y.lt(zero), -angle, angle) + x.fma(zero, y * zero)
}

#[cfg(test)]
mod tests {
    use super::super::error::ulps;
    use super::*;

    #[test]
    fn angles_follow_the_library_function_all_round() {
        let mut worst = 0.0f64;
        for turn in 0..1_000_000 {
            let angle = f64::from(turn) * 1e-6 * std::f64::consts::TAU;
            for length in [1e-20, 1e-3, 1.0, 7.3, 1e20] {
                let [y, x] =
                    [length * libm::sin(angle), length * libm::cos(angle)].map(|v| v as f32);
                let exact = libm::atan2(f64::from(y), f64::from(x));
                if exact != 0.0 {
                    worst = worst.max(ulps(atan2((), y, x), exact));
                }
            }
        }
        println!("atan2: {worst:.3} ulp");
        assert!(worst <= 3.2, "{worst}");
    }

    #[test]
    fn axes_have_their_angles() {
        use std::f32::consts::{FRAC_PI_2, PI};
        let angles = [(0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, 0.0), (-0.0, -0.0)];
        assert_eq!(
            angles.map(|(y, x)| atan2((), y, x)),
            [0.0, FRAC_PI_2, PI, -FRAC_PI_2, 0.0, 0.0]
        );
        assert!(atan2((), f32::NAN, 1.0).is_nan() && atan2((), 1.0, f32::NAN).is_nan());
    }
}
