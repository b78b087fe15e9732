//! A model that goes by a map, for tests.

use particle_pilot::kernels::model::{Actions, At, Model};
use particle_pilot::kernels::real::Real;

use super::following::actions;

/// A ball on a map of hills that it must not climb, in a wind that is forecast: place and speed.
#[derive(Clone, Copy)]
pub struct Ball {
    /// How large the map's cells are in m.
    pub cell: [f32; 2],
}

pub const BALL: Ball = Ball { cell: [0.5, 0.25] };

impl Model<2, 1> for Ball {
    const REFERENCE: usize = 1;
    const GRID: bool = true;

    fn actions(&self) -> Actions<1> {
        actions(0)
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [place, speed]: [R; 2], [push]: [R; 1]) -> [R; 2] {
        [place + speed * 0.25, speed + push * 0.25]
    }

    #[inline(always)]
    fn advance_at<R: Real>(&self, state: [R; 2], control: [R; 1], at: impl At<R>) -> [R; 2] {
        let height = at.grid(state[0] / self.cell[0], state[1] / self.cell[1]);
        let [place, speed] = self.advance(state, control);
        [place, speed - height * 0.125 + at.reference(0)]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [place, _]: [R; 2], _: [R; 1]) -> R {
        (place - 0.75).square()
    }

    #[inline(always)]
    fn cost_at<R: Real>(&self, state: [R; 2], control: [R; 1], at: impl At<R>) -> R {
        at.grid(state[0] / self.cell[0], state[1] / self.cell[1]).abs() + self.cost(state, control)
    }

    #[inline(always)]
    fn final_cost_at<R: Real>(&self, [place, speed]: [R; 2], at: impl At<R>) -> R {
        at.grid(place, speed + 1.0).square()
    }

    #[inline(always)]
    fn goes_on_at<R: Real>(&self, [place, speed]: [R; 2], at: impl At<R>) -> R::Mask {
        at.grid(place / self.cell[0], speed / self.cell[1]).lt(1.5)
    }

    fn end_cost(&self) -> f32 {
        2.0
    }
}

/// Maps of other sizes: their width, their height and their cells.
pub const MAPS: [(usize, usize, &[f32]); 3] = [
    (3, 2, &[0.5, -0.25, 2.0, 0.0, 1.0, 3.0]),
    (4, 3, &[0.1, 0.2, 1.9, 0.4, 0.3, -0.7, 0.8, 0.0, 0.4, 1.4, 0.3, 2.2]),
    (1, 1, &[0.25]),
];
