//! A model that follows a reference, for tests.

use particle_pilot::kernels::model::{Actions, At, Kind, Model};
use particle_pilot::kernels::real::Real;

/// So many rows of the reference, from time `from` on: where to be, and what wind blows.
///
/// All are exact in single precision, so that it makes no difference who computes them.
pub fn path(from: u32, rows: u32) -> Vec<f32> {
    (from..from + rows)
        .map(|time| time as f32)
        .flat_map(|time| [target(time), wind(time)])
        .collect()
}

fn target(time: f32) -> f32 {
    0.5 - 0.0625 * time
}

fn wind(time: f32) -> f32 {
    0.25 * time - 1.0
}

/// What there is to choose from: a box, or so many choices.
pub const fn actions(choices: usize) -> Actions<1> {
    match choices {
        0 => Actions::within([-1.0], [2.0]),
        2 => Actions::choices(&[[1.0], [-0.5]]),
        _ => Actions::choices(&[[1.0], [-0.5], [0.0]]),
    }
}

pub const fn kind(choices: usize) -> Kind {
    if choices == 0 { Kind::Within } else { Kind::Choices(choices) }
}

/// The place of a balloon in a corridor around a path, in the wind. Each function has its say about the reference.
#[derive(Clone, Copy)]
pub struct Balloon<const CHOICES: usize>;

impl<const CHOICES: usize> Model<1, 1> for Balloon<CHOICES> {
    const KIND: Kind = kind(CHOICES);
    const REFERENCE: usize = 2;

    fn actions(&self) -> Actions<1> {
        actions(CHOICES)
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [place]: [R; 1], [push]: [R; 1]) -> [R; 1] {
        [place + push * 0.25]
    }

    #[inline(always)]
    fn advance_at<R: Real>(&self, state: [R; 1], control: [R; 1], at: impl At<R>) -> [R; 1] {
        let [place] = self.advance(state, control);
        [place + at.reference(1) * 0.125]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, _: [R; 1], [push]: [R; 1]) -> R {
        push.square() * 0.01
    }

    #[inline(always)]
    fn cost_at<R: Real>(&self, [place]: [R; 1], control: [R; 1], at: impl At<R>) -> R {
        (place - at.reference(0)).square()
            + at.reference(1).abs() * 0.125
            + self.cost([place], control)
    }

    #[inline(always)]
    fn final_cost_at<R: Real>(&self, [place]: [R; 1], at: impl At<R>) -> R {
        (place - at.reference(0)).square() * 3.0
    }

    #[inline(always)]
    fn goes_on_at<R: Real>(&self, [place]: [R; 1], at: impl At<R>) -> R::Mask {
        (place - at.reference(0)).abs().lt(0.75)
    }

    fn end_cost(&self) -> f32 {
        1.25
    }
}
