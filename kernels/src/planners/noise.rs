//! Plans with noise at knots: the update of a plan.

use crate::controls::Interpolant;

/// The control at `step`, moved by what the changes at the knots are there, within `full`; or if it is a score, within
/// twice that, and more softly: at a limit, scores would be equal. A score that nothing moves fades.
#[inline(always)]
#[must_use]
pub fn moved(
    control: f32,
    interpolant: &Interpolant<'_>,
    step: usize,
    change: impl Fn(usize) -> f64,
    full: f32,
    is_score: bool,
) -> f32 {
    let moved = f64::from(control) + interpolant.at(change, step);
    if is_score {
        let share = moved / (2.0 * f64::from(full));
        return (moved / libm::sqrt(1.0 + share * share)) as f32;
    }
    let moved = moved as f32;
    if moved < -full {
        -full
    } else if moved > full {
        full
    } else {
        moved
    }
}
