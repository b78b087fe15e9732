//! Noise of a power spectrum `1 / f^beta`: the prediction of each number from those before it.
//!
//! J. Timmer, M. Koenig, "On generating power law noise" (1995), draws a spectrum and transforms it, which takes all numbers
//! of a sequence at once; the paper on `icem` does so. Particles draw one number after the other. The numbers that
//! they predict each one by are those of second-order autoregression with the same autocovariances, up to a distance of two
//! knots exactly, beyond as predicted: the noise of the highest entropy that has these (J. P. Burg, "Maximum entropy
//! spectral analysis", 1975). Its spectrum is within 2.5 dB of that of the transform up to `beta = 3` (30 knots).

use particle_pilot_kernels::controls::ORDER;

/// The autocovariances at distances up to [`ORDER`] of noise with power `1 / f^exponent` and variance 1, as the transform of
/// `count` numbers has them: frequencies are multiples of `1 / count`, and what is constant has the power of the first.
fn autocovariances(exponent: f64, count: usize) -> [f64; ORDER + 1] {
    let mut sums = [0.0; ORDER + 1];
    for number in 0..=count / 2 {
        let is_alone = number == 0 || 2 * number == count;
        let share = if is_alone { 1.0 } else { 2.0 };
        let power = share * libm::pow(number.max(1) as f64, -exponent);
        for (distance, sum) in sums.iter_mut().enumerate() {
            let turns = (number * distance % count) as f64 / count as f64;
            *sum += power * libm::cos(std::f64::consts::TAU * turns);
        }
    }
    sums.map(|sum| sum / sums[0])
}

/// How a number of the noise is predicted with 0, 1, 2 and more before it, as
/// [`PowerNoise`](particle_pilot_kernels::controls::PowerNoise) has it: N. Levinson's and J. Durbin's recursion.
pub(crate) fn predictors(exponent: f64, count: usize) -> [[f32; 4]; ORDER + 1] {
    let [_, first, second] = autocovariances(exponent, count);
    // What remains of the variance when the numbers before are known; at least so much that there is noise.
    let rest = |variance: f64, reflection: f64| {
        (variance * (1.0 - reflection * reflection)).max(LEAST_VARIANCE)
    };
    let one = rest(1.0, first);
    let reflection = (second - first * first) / one;
    let two = rest(one, reflection);
    let near = first - reflection * first;
    [[0.0, 0.0, 1.0], [first, 0.0, one.sqrt()], [near, reflection, two.sqrt()]]
        .map(|[near, far, own]| [near as f32, far as f32, own as f32, 0.0])
}

/// The least variance that cannot be predicted: with two knots or three, others say all.
const LEAST_VARIANCE: f64 = 1e-6;

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use particle_pilot_kernels::controls::{Noise as _, NoiseSource as _, PowerNoise};
    use particle_pilot_kernels::rng::Stream;

    use super::*;

    const KNOTS: usize = 30;

    /// What J. Timmer's and M. Koenig's transform gives: `[i][j]`, the covariance of numbers `i` and `j` of as many as there
    /// are frequencies for, by summing up the waves themselves.
    fn of_the_transform(exponent: f64, distance: usize) -> f64 {
        // The waves of frequency `k / KNOTS`, from both ends of the spectrum; constant, as strong as the first.
        let power = |k: usize| {
            let k = k.min(KNOTS - k).max(1);
            (k as f64 / KNOTS as f64).powf(-exponent)
        };
        let wave = |k: usize| power(k) * (TAU * (k * distance) as f64 / KNOTS as f64).cos();
        (0..KNOTS).map(wave).sum::<f64>() / (0..KNOTS).map(power).sum::<f64>()
    }

    /// Sequences as particles draw them, in two dimensions.
    fn drawn(exponent: f64) -> Vec<[[f64; 2]; KNOTS]> {
        let predictors = predictors(exponent, KNOTS);
        let scales = [1.0; 2 * KNOTS];
        let noise =
            PowerNoise { stream: Stream::new(5, 0, 0), scales: &scales, predictors: &predictors };
        let sequence = |pair| {
            let mut source = noise.source::<f32, [f32; 2]>((), pair);
            std::array::from_fn(|_| source.next_knot().map(f64::from))
        };
        (0..20_000).map(sequence).collect()
    }

    #[test]
    fn neighbouring_knots_covary_as_the_transform_has_it_from_the_first_on() {
        for exponent in [0.0, 0.5, 1.0, 2.0, 3.0, 4.0] {
            let sequences = drawn(exponent);
            for dimension in 0..2 {
                for (knot, distance) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (17, 1), (27, 2)] {
                    let product =
                        |s: &[[f64; 2]; KNOTS]| s[knot][dimension] * s[knot + distance][dimension];
                    let covariance = sequences.iter().map(product).sum::<f64>() / 20_000.0;
                    let expected = of_the_transform(exponent, distance);
                    // Five standard deviations: a product's variance is 2 at most.
                    let error = 5.0 * (2.0f64 / 20_000.0).sqrt();
                    assert!(
                        (covariance - expected).abs() < error,
                        "beta {exponent}, {knot} and {distance} on: {covariance}, not {expected}"
                    );
                }
            }
            let across = sequences.iter().map(|s| s[3][0] * s[3][1]).sum::<f64>() / 20_000.0;
            assert!(across.abs() < 0.05, "dimensions go together: {across}");
        }
    }

    #[test]
    fn the_spectrum_falls_as_a_power_of_the_frequency() {
        for exponent in [0.0, 0.25, 0.5, 1.0, 2.0, 3.0] {
            let [near, far, own, _] = predictors(exponent, KNOTS)[ORDER].map(f64::from);
            // The spectrum of second-order autoregression, against the power that waves of a frequency have together.
            let total: f64 =
                (0..KNOTS).map(|k| (k.min(KNOTS - k).max(1) as f64).powf(-exponent)).sum();
            for k in 1..=KNOTS / 2 {
                let turn = TAU * k as f64 / KNOTS as f64;
                let real = 1.0 - near * turn.cos() - far * (2.0 * turn).cos();
                let imaginary = near * turn.sin() + far * (2.0 * turn).sin();
                let power = own * own / (real * real + imaginary * imaginary);
                let expected = (k as f64).powf(-exponent) * KNOTS as f64 / total;
                let decibel = 10.0 * (power / expected).log10();
                assert!(decibel.abs() < 2.5, "beta {exponent}, frequency {k}: {decibel} dB");
            }
        }
    }

    #[test]
    fn few_knots_have_finite_predictors_and_white_noise_has_none() {
        for count in 2..6 {
            for exponent in [0.0, 1.0, 4.0] {
                let numbers = predictors(exponent, count);
                assert!(numbers.iter().flatten().all(|number| number.abs() <= 2.0), "{numbers:?}");
            }
        }
        for [near, far, own, _] in predictors(0.0, KNOTS) {
            assert!(near.abs() < 1e-6 && far.abs() < 1e-6 && (own - 1.0).abs() < 1e-6);
        }
    }
}
