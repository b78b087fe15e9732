//! The action by the evidence of `smc`'s populations.

use crate::controls::{STRATA, first_level};
use crate::math::exp;
use crate::reduce::{from_sortable, sortable};
use crate::team::Team;

/// The action by evidence, as a share of full control: the better side of two, or where actions are `continuous`, the
/// mean of all levels weighted by evidence.
///
/// `log_evidence` is its logarithm for each of `islands` populations; the first action of population `i` is that of
/// stratum `i % strata`.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::planners::smc::share;
/// use particle_pilot_kernels::team::Single;
/// // Twice the left, twice the right, whose mean is higher though the best is to the left.
/// let evidence = [2.0f64, 3.0, 2.5, 1.0];
/// assert_eq!(share(Single, 4, |island| evidence[island].ln(), 2, false), 1.0);
/// ```
#[inline(always)]
#[must_use]
pub fn share<T: Team>(
    team: T,
    islands: usize,
    log_evidence: impl Fn(usize) -> f64,
    strata: usize,
    continuous: bool,
) -> f64 {
    let means = mean_evidence(team, islands, log_evidence, strata);
    if continuous {
        share_of(&means, &levels(strata))
    } else {
        f64::from(first_level(usize::from(means[1] > means[0]), strata))
    }
}

/// The levels of so many strata of one number; 0 where there is no such stratum.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "an array's iterator is not unrolled for GPUs")]
fn levels(strata: usize) -> [f32; STRATA] {
    let mut levels = [0.0; STRATA];
    for stratum in 0..STRATA {
        levels[stratum] = if stratum < strata { first_level(stratum, strata) } else { 0.0 };
    }
    levels
}

/// The mean of the strata's `levels`, weighted by their evidence: the action in one of several dimensions, as a share of
/// full control, or a choice's score.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::planners::smc::share_of;
/// let means = [1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
/// assert_eq!(share_of(&means, &[-1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]), 0.5);
/// ```
#[inline(always)]
#[must_use]
pub fn share_of(means: &[f64; STRATA], levels: &[f32; STRATA]) -> f64 {
    let (mut total, mut weighted) = (0.0, 0.0);
    for stratum in 0..STRATA {
        total += means[stratum];
        weighted += f64::from(levels[stratum]) * means[stratum];
    }
    weighted / total
}

/// The mean evidence of each stratum's populations, relative to nearly the highest; 0 where there is no such stratum. See
/// [`share`].
#[inline(always)]
#[must_use]
pub fn mean_evidence<T: Team>(
    team: T,
    islands: usize,
    log_evidence: impl Fn(usize) -> f64,
    strata: usize,
) -> [f64; STRATA] {
    // Evidence is relative to nearly the highest: what exactly to does not matter, if it is the same for
    // all. Where its logarithm is large, rounding it to single precision is off by more than an exponential can
    // bear, so that what remains is asked for its highest once more.
    let near = highest(team, islands, &log_evidence);
    let most = near + highest(team, islands, |island| log_evidence(island) - near);
    let sums: [f64; STRATA] = team.sums_of(islands, |stratum, island| {
        if island % strata == stratum {
            f64::from(exp((), (log_evidence(island) - most) as f32))
        } else {
            0.0
        }
    });
    let mut means = [0.0; STRATA];
    for stratum in 0..STRATA {
        if stratum < strata {
            let members = (islands + strata - 1 - stratum) / strata;
            means[stratum] = sums[stratum] / members.max(1) as f64;
        }
    }
    means
}

/// The highest `value` of all islands, in single precision; in every thread.
#[inline(always)]
fn highest<T: Team>(team: T, islands: usize, value: impl Fn(usize) -> f64) -> f64 {
    let mut most = f32::NEG_INFINITY;
    for island in team.places(islands, 1) {
        most = most.max(value(island) as f32);
    }
    f64::from(from_sortable(team.combine(sortable(most), u32::max)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::team::Single;

    #[test]
    fn continuous_actions_are_the_mean_of_the_levels_weighted_by_evidence() {
        let most =
            |stratum: usize| move |island: usize| if island == stratum { -1e4 } else { -2e4 };
        assert_eq!(share(Single, 8, most(3), 8, true), -0.375);
        assert_eq!(share(Single, 16, |_| -123.0, 8, true), 0.0);
    }

    #[test]
    fn evidence_beyond_what_single_precision_resolves_is_still_told_apart() {
        let evidence = [-1e12, -1e12 - 1.0, -3e12, -1e12 + 1.0, -2e12, -9e12, -1e13, -1e12 - 9.0];
        let weights = evidence.map(|log: f64| (log - evidence[3]).exp());
        let mean = (0..8).map(|s| f64::from(first_level(s, 8)) * weights[s]).sum::<f64>()
            / weights.iter().sum::<f64>();
        let share = share(Single, 8, |island| evidence[island], 8, true);
        assert!((share - mean).abs() < 1e-6, "{share} {mean}");
    }

    #[test]
    fn of_equals_the_first_is_taken() {
        assert_eq!(share(Single, 6, |_| -1e5, 2, false), 1.0);
        assert_eq!(share(Single, 1, |_| -3.0, 2, false), 1.0);
    }
}
