//! The vote of `fmc`'s walkers.

use crate::controls::STRATA;
use crate::population::FmcOutput;
use crate::reduce::sortable;
use crate::team::Team;

/// The walkers' vote as a share of full control: the majority's side, or where actions are `continuous`, the mean.
///
/// `votes` is the sum of the first controls of `particles` walkers in the model's units, `full` being the full one. A
/// tie goes to `best_first`, the first control of the best walker.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::planners::fmc::share;
/// assert_eq!(share(-12.0, 100, 2.0, 2.0, false), -1.0);
/// assert_eq!(share(0.0, 100, 2.0, -2.0, false), -1.0);
/// assert_eq!(share(-12.0, 12, 2.0, 2.0, true), -0.5);
/// ```
#[inline(always)]
#[must_use]
pub fn share(votes: f64, particles: u32, full: f32, best_first: f32, continuous: bool) -> f64 {
    if continuous {
        (votes / (f64::from(full) * f64::from(particles))).clamp(-1.0, 1.0)
    } else if votes > 0.0 || (votes == 0.0 && best_first > 0.0) {
        1.0
    } else {
        -1.0
    }
}

/// The walkers' vote in one of several dimensions, as a share of full control: the mean of their strata's `levels`, or where strata
/// are `choices`, a score, the highest of which is that of the choice with most votes; a tie goes to `best`, the stratum in which
/// the best walker began.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::planners::fmc::share_of;
/// let votes = [2.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
/// let [first, second] = [[1.0, -1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-1.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0]];
/// assert!(share_of(&votes, 1, true, &second) > share_of(&votes, 1, true, &first));
/// assert_eq!(share_of(&votes, 1, false, &[0.5, -0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]), 0.2);
/// assert_eq!(share_of(&[0.0; 8], 1, false, &[1.0; 8]), 0.0);
/// ```
#[inline(always)]
#[must_use]
pub fn share_of(votes: &[f64; STRATA], best: usize, choices: bool, levels: &[f32; STRATA]) -> f64 {
    let (mut total, mut weighted) = (0.0, 0.0);
    for stratum in 0..STRATA {
        let casting = if choices && stratum == best { 0.5 } else { 0.0 };
        let votes = votes[stratum] + casting;
        total += votes;
        weighted += f64::from(levels[stratum]) * votes;
    }
    if total > 0.0 { weighted / total } else { 0.0 }
}

/// The votes for each stratum of all `count` populations, where first controls have several dimensions.
#[inline(always)]
#[must_use]
pub fn votes<T: Team>(team: T, count: usize, of: impl Fn(usize) -> FmcOutput) -> [f64; STRATA] {
    team.sums_of(count, |stratum, island| f64::from(of(island).votes_for(stratum)))
}

/// The first control of the best walker of all `count` populations, or its stratum, given the output of each and the lowest score,
/// `best`; of equals, the first's.
#[inline(always)]
#[must_use]
pub fn best_first<T: Team>(
    team: T,
    count: usize,
    of: impl Fn(usize) -> FmcOutput,
    best: f32,
) -> f32 {
    let mut first = u32::MAX;
    for island in team.places(count, 1) {
        if sortable(of(island).stats.best) == sortable(best) {
            first = first.min(island as u32);
        }
    }
    of(team.combine(first, u32::min) as usize).best_first
}
