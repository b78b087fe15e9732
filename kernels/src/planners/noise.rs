//! Plans with noise at knots: the update of a plan.

use crate::controls::Interpolant;

/// The control at `step`, moved by what the changes at the knots are there, within `full`.
#[inline(always)]
#[must_use]
pub fn moved(
    control: f32,
    interpolant: &Interpolant<'_>,
    step: usize,
    change: impl Fn(usize) -> f64,
    full: f32,
) -> f32 {
    let moved = (f64::from(control) + interpolant.at(change, step)) as f32;
    if moved < -full {
        -full
    } else if moved > full {
        full
    } else {
        moved
    }
}
