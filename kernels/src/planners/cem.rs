//! The cross-entropy method: refits to the elites, and their vote.

/// The share of its distance from one half that each probability keeps from decision to decision.
const KEPT: f64 = 0.5;

/// The refit of a probability of going right to `right` of `elites` elites.
#[inline(always)]
#[must_use]
pub fn refit_probability(p: f64, right: u32, elites: f64, smoothing: f64, floor: f64) -> f64 {
    let refit = smoothing * p + (1.0 - smoothing) * f64::from(right) / elites;
    refit.clamp(floor, 1.0 - floor)
}

/// The elites' vote: whether the first action is to the right, for which `right` of `voters` futures speak, the elites
/// and the best future once more. A tie goes to what the best future did.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::planners::cem::goes_right;
/// assert!(goes_right(27, 52, false) && !goes_right(25, 52, true));
/// assert!(goes_right(26, 52, true) && !goes_right(26, 52, false));
/// ```
#[inline(always)]
#[must_use]
pub fn goes_right(right: u32, voters: u32, best_goes_right: bool) -> bool {
    if 2 * right == voters { best_goes_right } else { 2 * right > voters }
}

/// A probability for the next decision, moved towards one half: a distribution that is sure of itself could not
/// follow a change of mind.
#[inline(always)]
#[must_use]
pub fn faded(p: f64) -> f64 {
    0.5 + KEPT * (p - 0.5)
}

/// The refit at a knot: the change of the plan, and the noise's new deviation, given the sums of the elites' noise
/// and of its square.
#[inline(always)]
#[must_use]
pub fn refit_knot(
    scale: f32,
    [first, second]: [f64; 2],
    elites: f64,
    smoothing: f64,
    least: f64,
) -> (f64, f32) {
    let mean = first / elites;
    let variance = second / elites - mean * mean;
    let deviation = libm::sqrt(if variance > 0.0 { variance } else { 0.0 });
    let refit = smoothing * f64::from(scale) + (1.0 - smoothing) * deviation;
    ((1.0 - smoothing) * mean, (if refit > least { refit } else { least }) as f32)
}
