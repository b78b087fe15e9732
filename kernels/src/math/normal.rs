//! Inverse transform sampling: normal numbers from uniform ones.

use super::exponential::logarithms;
use super::polynomials;
use super::roots::square_roots;
use crate::lanes::Lanes;

/// The quantile function of the standard normal distribution: the number below which a share `u` of all lies, for `u`
/// in (0, 1).
///
/// `sqrt(2) erfinv(2 u - 1)` by M. Giles, "Approximating the erfinv function", GPU Computing Gems
/// Jade Edition (2011), single precision. `1 - u` gives exactly the negative if both are exact.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::math::normal_quantile;
/// assert_eq!(normal_quantile((), 0.5f32), 0.0);
/// assert!((normal_quantile((), 0.975f32) - 1.959_964).abs() < 1e-5);
/// ```
#[inline(always)]
pub fn normal_quantile<L: Lanes>(proof: L::Proof, u: L) -> L {
    normal_quantiles(proof, &[u])[0]
}

/// [`normal_quantile`] of several shares, side by side. Each is some fifty operations one after the other, of which a CPU does not
/// see far enough ahead to begin with the next by itself.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "an array's iterator is not unrolled for GPUs")]
pub fn normal_quantiles<L: Lanes, const N: usize>(proof: L::Proof, u: &[L; N]) -> [L; N] {
    const CENTRE: [f32; 9] = [
        1.501_409_4,
        0.246_640_73,
        -0.004_177_681_6,
        -0.001_253_725,
        0.000_218_580_87,
        -4.391_506_5e-6,
        -3.523_387_7e-6,
        3.432_739_4e-7,
        2.810_226_4e-8,
    ];
    const TAIL: [f32; 9] = [
        2.832_976_8,
        1.001_674,
        0.009_438_87,
        -0.007_622_461,
        0.005_739_508,
        -0.003_673_428_4,
        0.001_349_343_2,
        0.000_100_950_56,
        -0.000_200_214_26,
    ];
    let (mut x, mut products) = (*u, *u);
    for n in 0..N {
        x[n] = (u[n] + u[n]) - L::literal(proof, 1.0);
        products[n] = L::literal(proof, 4.0) * u[n] * (L::literal(proof, 1.0) - u[n]);
    }
    let mut w = logarithms(proof, &products);
    let mut from_centre = w;
    for n in 0..N {
        w[n] = -w[n];
        from_centre[n] = w[n] - L::literal(proof, 2.5);
    }
    let centres = polynomials(proof, &CENTRE, &from_centre);
    let mut into_tail = square_roots(proof, &w);
    for n in 0..N {
        into_tail[n] = into_tail[n] - L::literal(proof, 3.0);
    }
    let mut results = polynomials(proof, &TAIL, &into_tail);
    for n in 0..N {
        results[n] = L::select(w[n].lt(L::literal(proof, 5.0)), centres[n], results[n])
            * (x[n] * L::literal(proof, core::f32::consts::SQRT_2));
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_invert_the_error_function_within_2e_6_relative() {
        for k in (0..(1u32 << 23)).step_by(97) {
            let u = (k as f32 + 0.5) / (1u32 << 24) as f32;
            let z = f64::from(normal_quantile((), u));
            let share = 0.5 * libm::erfc(-z / core::f64::consts::SQRT_2);
            // An error dz of the quantile shows as a relative error |z| dz of a small share.
            let allowed = 2e-6 * (1.0 + z * z);
            assert!((share / f64::from(u) - 1.0).abs() < allowed, "{u}: {z} has {share}");
        }
    }

    #[test]
    fn quantiles_of_complements_are_negatives() {
        for k in 1..1024u32 {
            let u = k as f32 / 2048.0;
            assert_eq!(normal_quantile((), u), -normal_quantile((), 1.0 - u));
        }
    }
}
