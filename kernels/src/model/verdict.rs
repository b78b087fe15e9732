//! A model as the judge of its own episodes.

/// The cost of a step whose cost is no finite number: as much as planners charge.
const NO_COST: f64 = 1e30;

/// Whether an episode is over, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not.
    GoesOn,
    /// At the goal.
    Arrived,
    /// In a state that must not be.
    Failed,
}

/// What a step comes to by a model's functions of the state that it led to: its reward, and whether the episode is over.
///
/// * `is_finite`: whether all numbers of that state are.
/// * `goes_on`, `cost`, `end_cost`: as in [`Model`](super::Model).
///
/// # Examples
/// ```
/// use particle_pilot_kernels::model::{Verdict, judge};
/// assert_eq!(judge(true, true, 2.0, 20.0), (-2.0, Verdict::GoesOn));
/// assert_eq!(judge(true, false, 2.0, 20.0), (-20.0, Verdict::Failed));
/// assert_eq!(judge(true, false, 2.0, 0.0), (0.0, Verdict::Arrived));
/// assert_eq!(judge(false, true, f32::NAN, 0.0), (-1e30, Verdict::Failed));
/// ```
#[inline(always)]
#[must_use]
pub fn judge(is_finite: bool, goes_on: bool, cost: f32, end_cost: f32) -> (f64, Verdict) {
    let verdict = if is_finite && goes_on {
        Verdict::GoesOn
    } else if is_finite && end_cost <= 0.0 {
        Verdict::Arrived
    } else {
        Verdict::Failed
    };
    let cost = f64::from(if verdict == Verdict::GoesOn { cost } else { end_cost });
    let is_cost = is_finite && cost.is_finite();
    (-(if is_cost { cost } else { NO_COST }), verdict)
}
