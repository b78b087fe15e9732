//! How the cross-entropy method follows its elites.

/// How much of its distance from one half each probability keeps from decision to decision.
const KEPT: f64 = 0.5;

/// A probability of going right, refit to `right` of `elites` elites.
#[inline(always)]
#[must_use]
pub fn refit_probability(p: f64, right: u32, elites: f64, smoothing: f64, floor: f64) -> f64 {
    let refit = smoothing * p + (1.0 - smoothing) * f64::from(right) / elites;
    refit.clamp(floor, 1.0 - floor)
}

/// Whether the first action is to the right, for which `right` of `voters` futures speak: the elites, and the
/// best future once more. A tie goes to what the best future did.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::plan::cem::goes_right;
/// assert!(goes_right(27, 52, false) && !goes_right(25, 52, true));
/// assert!(goes_right(26, 52, true) && !goes_right(26, 52, false));
/// ```
#[inline(always)]
#[must_use]
pub fn goes_right(right: u32, voters: u32, best_goes_right: bool) -> bool {
    if 2 * right == voters { best_goes_right } else { 2 * right > voters }
}

/// What of a probability goes over to the next decision: a distribution that is sure of itself could
/// not follow a change of mind.
#[inline(always)]
#[must_use]
pub fn faded(p: f64) -> f64 {
    0.5 + KEPT * (p - 0.5)
}

/// The change of the plan at a knot, and the noise's new deviation there, given the sums of the elites'
/// noise and of its square.
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

/// Bits that compare as integers the way numbers compare, -0 below +0.
#[inline(always)]
#[must_use]
pub fn sortable(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 { bits | 0x8000_0000 } else { !bits }
}

/// The number whose [`sortable`] bits these are.
#[inline(always)]
#[must_use]
pub fn from_sortable(bits: u32) -> f32 {
    f32::from_bits(if bits >> 31 == 1 { bits & 0x7fff_ffff } else { !bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sortable_bits_compare_as_the_numbers_do_and_lead_back_to_them() {
        let ordered = [f32::NEG_INFINITY, -2.0, -1e-40, -0.0, 0.0, 1e-40, 1.0, 3e38, f32::INFINITY];
        assert!(ordered.map(sortable).is_sorted());
        let back = ordered.map(|value| from_sortable(sortable(value)).to_bits());
        assert_eq!(back, ordered.map(f32::to_bits));
    }
}
