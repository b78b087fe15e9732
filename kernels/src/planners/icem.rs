//! The improved cross-entropy method: how many futures an iteration has, and what those that follow kept controls add to
//! a refit.

use crate::controls::Interpolant;

/// The most futures that are kept, so that what a decision leaves to the next stays small: no more than a chunk has pairs.
pub const MOST_KEPT: u32 = 64;

/// The futures of iteration `iteration`, given those of the first: by `decay` fewer in each, but twice the `elites` at
/// least.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::planners::icem::futures;
/// assert_eq!([0, 1, 2, 3].map(|i| futures(i, 1000, 1.25, 50)), [1000, 800, 640, 512]);
/// assert_eq!([0, 9].map(|i| futures(i, 1000, 1.25, 400)), [1000, 800]);
/// assert_eq!(futures(3, 100, 2.0, 100), 100);
/// ```
#[inline(always)]
#[must_use]
pub fn futures(iteration: u32, particles: u32, decay: f64, elites: u32) -> u32 {
    let mut count = f64::from(particles);
    let mut passed = 0;
    while passed < iteration {
        count /= decay;
        passed += 1;
    }
    let (count, least) = (count as u32, elites.saturating_mul(2));
    let least = if least < particles { least } else { particles };
    if count < least { least } else { count }
}

/// The step of `horizon` that stands for knot `knot`: the one at which it is, or the nearest to it.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::controls::Interpolant;
/// use particle_pilot_kernels::planners::icem::step_of;
/// let linear = Interpolant { weights: &[[0.0; 4]; 5], cubic: false };
/// assert_eq!([0, 1, 2].map(|knot| step_of(knot, &linear, 8)), [0, 5, 7]);
/// let cubic = Interpolant { cubic: true, ..linear };
/// assert_eq!([0, 1, 2].map(|knot| step_of(knot, &cubic, 8)), [0, 0, 5]);
/// ```
#[inline(always)]
#[must_use]
pub fn step_of(knot: usize, interpolant: &Interpolant<'_>, horizon: usize) -> usize {
    // A cubic begins one knot before the first step.
    let place = if interpolant.cubic && knot > 0 { knot - 1 } else { knot };
    let step = place * interpolant.weights.len();
    if step < horizon { step } else { horizon - 1 }
}

/// `moments`, the sums of the other elites' noise at a knot and of its square, with those of the elites among `kept` futures
/// that follow controls which were kept: `difference` says how far one's is from the plan.
#[inline(always)]
#[must_use]
pub fn with_kept(
    moments: [f64; 2],
    kept: u32,
    is_elite: impl Fn(u32) -> bool,
    difference: impl Fn(u32) -> f64,
) -> [f64; 2] {
    let [mut first, mut second] = moments;
    let mut number = 0;
    while number < kept {
        if is_elite(number) {
            let difference = difference(number);
            first += difference;
            second += difference * difference;
        }
        number += 1;
    }
    [first, second]
}
