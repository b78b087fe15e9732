//! Sine and cosine: two quadratics for narrow ranges, a reduction by quadrants for wide ones.

use super::{polynomial, quadratic, quadratic_fit, round};
use crate::lanes::{LaneBits, Lanes, splat_all};

/// The largest angle in rad, 16 degrees, for which [`NarrowTrig`] keeps its promised accuracy.
pub const NARROW_LIMIT: f64 = 16.0 * core::f64::consts::PI / 180.0;

/// Sine and cosine for angles up to a limit of at most [`NARROW_LIMIT`], each scaled by a constant of
/// one's own: three and two instructions.
///
/// `sin x / x` and `cos x` are even, hence functions of `x^2`, and nearly quadratic in it so close
/// to zero.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::math::NarrowTrig;
/// let trig = NarrowTrig::<f32>::fit(0.2, 1.0, 2.0);
/// let square = 0.1f32 * 0.1;
/// assert!((trig.sine(0.1, square) - 0.1f32.sin()).abs() < 1e-8);
/// assert!((trig.cosine(square) - 2.0 * 0.1f32.cos()).abs() < 2e-7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NarrowTrig<T> {
    sine: [T; 3],
    cosine: [T; 3],
}

impl NarrowTrig<f32> {
    /// Fits `sine_scale * sin` and `cosine_scale * cos` to angles of at most `limit` rad.
    #[must_use]
    pub fn fit(limit: f64, sine_scale: f64, cosine_scale: f64) -> Self {
        let sine = quadratic_fit(limit * limit, |square| {
            let angle = libm::sqrt(square);
            sine_scale * libm::sin(angle) / angle
        });
        let cosine =
            quadratic_fit(limit * limit, |square| cosine_scale * libm::cos(libm::sqrt(square)));
        Self { sine: sine.map(|c| c as f32), cosine: cosine.map(|c| c as f32) }
    }

    /// The coefficients of the two quadratics, for [`NarrowTrig::of`].
    #[must_use]
    pub fn coefficients(&self) -> [[f32; 3]; 2] {
        [self.sine, self.cosine]
    }
}

impl<L: Lanes> NarrowTrig<L> {
    /// The functions of these coefficients, in every lane.
    #[inline(always)]
    pub fn of(proof: L::Proof, [sine, cosine]: [[f32; 3]; 2]) -> Self {
        Self { sine: splat_all(proof, sine), cosine: splat_all(proof, cosine) }
    }

    /// The scaled sine of `angle`, whose square is `square`.
    #[inline(always)]
    pub fn sine(&self, angle: L, square: L) -> L {
        quadratic(&self.sine, square) * angle
    }

    /// The scaled cosine of the angle whose square is `square`.
    #[inline(always)]
    pub fn cosine(&self, square: L) -> L {
        quadratic(&self.cosine, square)
    }
}

/// pi/2 in three parts of few bits, so that multiples up to 2^13 of the first two are exact
/// (Cody and Waite's reduction; parts as in the Cephes library's `sinf`, halved octants).
const QUARTER_TURN: [f32; 3] = [1.570_312_5, 4.837_513e-4, 7.549_79e-8];

/// Sine and cosine of angles up to 10,000 rad; larger finite ones give numbers of magnitude up to
/// about 1 without meaning, and non-finite ones give NaN.
///
/// Polynomials on [-pi/4, pi/4] as in S. L. Moshier's Cephes library (`sinf.c`).
#[inline(always)]
pub fn sin_cos<L: Lanes>(proof: L::Proof, angle: L) -> (L, L) {
    // Larger angles would leave the range in which rounding works; NaN and infinity become NaN.
    let bound = L::literal(proof, 2_000_000.0);
    let zero_or_nan = angle * L::literal(proof, 0.0);
    let angle = L::select(angle.magnitude().le(bound), angle, zero_or_nan);
    let (turns, quadrant) = round(proof, angle * L::literal(proof, core::f32::consts::FRAC_2_PI));
    let [a, b, c] = QUARTER_TURN;
    let [a, b, c] = [L::literal(proof, a), L::literal(proof, b), L::literal(proof, c)];
    let x = turns.fnma(c, turns.fnma(b, turns.fnma(a, angle)));
    let square = x * x;
    let sine = polynomial(proof, &[-1.666_665_5e-1, 8.332_161e-3, -1.951_529_6e-4], square);
    let sine = (square * x).fma(sine, x);
    let cosine = polynomial(proof, &[4.166_664_6e-2, -1.388_731_6e-3, 2.443_315_7e-5], square);
    let cosine =
        (square * square).fma(cosine, square.fnma(L::literal(proof, 0.5), L::literal(proof, 1.0)));

    // Odd quadrants swap the two; bit 1 of the quadrant is the sine's sign, of quadrant + 1 the
    // cosine's.
    let one = L::Bits::splat(proof, 1);
    let swap = (quadrant & one).signed_to_float();
    let swap = L::literal(proof, 0.5).le(swap);
    let sign = L::Bits::splat(proof, 0x8000_0000);
    let sine_sign = quadrant.shl::<30>() & sign;
    let cosine_sign = quadrant.plus(one).shl::<30>() & sign;
    (
        (L::select(swap, cosine, sine).bits() ^ sine_sign).as_float(),
        (L::select(swap, sine, cosine).bits() ^ cosine_sign).as_float(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::error::{largest, spread, ulps};
    use super::*;

    /// Taylor's series: below 0.32 rad the first term left out is under 1e-19 of the result, and the
    /// compiler can vectorise it, which the platform's function prevents.
    fn sine_series(x: f64) -> f64 {
        let t = x * x;
        let inner = 1.0 - t / 72.0 * (1.0 - t / 110.0 * (1.0 - t / 156.0));
        x * (1.0 - t / 6.0 * (1.0 - t / 20.0 * (1.0 - t / 42.0 * inner)))
    }

    fn cosine_series(x: f64) -> f64 {
        let t = x * x;
        let inner = 1.0 - t / 56.0 * (1.0 - t / 90.0 * (1.0 - t / 132.0 * (1.0 - t / 182.0)));
        1.0 - t / 2.0 * (1.0 - t / 12.0 * (1.0 - t / 30.0 * inner))
    }

    #[test]
    fn the_series_that_judge_agree_with_the_library_functions() {
        for x in spread(1e-6, 0.32, 100_000).map(f64::from) {
            assert!((sine_series(x) / libm::sin(x) - 1.0).abs() < 4e-16, "{x}");
            assert!((cosine_series(x) - libm::cos(x)).abs() < 4e-16, "{x}");
        }
    }

    #[test]
    fn narrow_sine_and_cosine_err_by_at_most_1_5_ulp_at_every_f32_of_their_range() {
        for (degrees, sine_bound, cosine_bound) in [(12.0f64, 1.02, 0.71), (16.0, 1.2, 1.45)] {
            let limit = degrees.to_radians();
            let trig = NarrowTrig::fit(limit, 1.0, 1.0);
            let last = (limit as f32).to_bits();
            let (mut worst_sine, mut worst_cosine) = (0.0f64, 0.0f64);
            // Below 2^-40, where `x^2` is no more than rounding, the sine is `x` times one constant.
            for bits in 2f32.powi(-40).to_bits()..=last {
                let x = f32::from_bits(bits);
                let exact = f64::from(x);
                worst_sine = worst_sine.max(ulps(trig.sine(x, x * x), sine_series(exact)));
                worst_cosine = worst_cosine.max(ulps(trig.cosine(x * x), cosine_series(exact)));
            }
            println!("{degrees} degrees: sine {worst_sine:.4} ulp, cosine {worst_cosine:.4} ulp");
            assert!(worst_sine <= sine_bound, "sine {worst_sine}");
            assert!(worst_cosine <= cosine_bound, "cosine {worst_cosine}");
        }
    }

    #[test]
    fn wide_sine_and_cosine_follow_the_library_functions_over_ten_thousand_radians() {
        let mut worst = 0.0f64;
        for x in spread(1e-4, 10_000.0, 4_000_000) {
            for x in [x, -x] {
                let (sine, cosine) = sin_cos((), x);
                for (got, exact) in
                    [(sine, libm::sin(f64::from(x))), (cosine, libm::cos(f64::from(x)))]
                {
                    let absolute = (f64::from(got) - exact).abs();
                    if absolute > 1e-7 {
                        worst = worst.max(ulps(got, exact));
                    }
                }
            }
        }
        println!("wide: {worst:.3} ulp where the error exceeds 1e-7");
        assert!(worst <= 2.0, "{worst}");
    }

    #[test]
    fn wide_sine_keeps_small_angles_and_never_makes_numbers_out_of_nan() {
        let (worst, at) = largest(spread(1e-30, 0.7, 1_000_000), |x| sin_cos((), x).0, libm::sin);
        assert!(worst < 1.5, "{worst} at {at}");
        for x in [f32::NAN, f32::INFINITY] {
            assert!(sin_cos((), x).0.is_nan() && sin_cos((), x).1.is_nan());
        }
        assert!(sin_cos((), 3e38f32).0.abs() <= 1.0);
    }
}
