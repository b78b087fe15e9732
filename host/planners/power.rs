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
