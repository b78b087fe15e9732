//! A robot with two driven wheels among obstacles.

use core::f32::consts::TAU;

use crate::model::{Actions, At, Model};
use crate::real::Real;

/// Time between states in s.
const DT: f32 = 0.02;

/// A robot with two driven wheels that is to come to a place, with a heading, past the obstacles of a map: the task, and the
/// limits and weights, with which planners of this kind are compared in B. Vlahov and others, "MPPI-Generic: a CUDA library for
/// stochastic trajectory optimization" (2024). The map is a grid: 1 where there is an obstacle and 0 where there is none, or
/// anything in between.
///
/// State `[x m, y m, heading rad]`, the heading from the x axis towards the y axis, not wrapped; control
/// `[speed, turn]`, from -0.35 to 0.5 m/s and from -0.5 to 0.5 rad/s, for 0.02 s. A step costs 5 for each m that the
/// goal is away, 5 for each rad that the heading is off, and 20 times what the map has there.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::model::Model;
/// use particle_pilot_kernels::problems::DiffDrive;
/// use particle_pilot_kernels::real::Num;
///
/// let robot = DiffDrive { goal: [2.0, 1.0, 0.0], ..DiffDrive::default() };
/// let [x, y, heading] = robot.advance([1.0, 1.0, 0.0].map(Num), [0.5, -0.5].map(Num));
/// assert_eq!([x.0, y.0, heading.0], [1.01, 1.0, -0.01]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DiffDrive {
    /// Where to be, `[x m, y m, heading rad]`; default the middle of the map, along the x axis.
    pub goal: [f32; 3],
    /// Where in m the middle of the map's first cell is; default 0.05 in both, so that the map begins at 0.
    pub first_cell: [f32; 2],
    /// Cells of the map in a m; default 10. The map of the comparison has 110 x 110 of them.
    pub cells_per_metre: f32,
    /// The cost of a step in an obstacle; default 20.
    pub obstacle_weight: f32,
}

impl Default for DiffDrive {
    fn default() -> Self {
        Self {
            goal: [5.5, 5.5, 0.0],
            first_cell: [0.05; 2],
            cells_per_metre: 10.0,
            obstacle_weight: 20.0,
        }
    }
}

impl Model<3, 2> for DiffDrive {
    const GRID: bool = true;

    fn actions(&self) -> Actions<2> {
        Actions::within([-0.35, -0.5], [0.5, 0.5])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x, y, heading]: [R; 3], [speed, turn]: [R; 2]) -> [R; 3] {
        let (sine, cosine) = heading.sin_cos();
        let way = speed * DT;
        [cosine.fma(way, x), sine.fma(way, y), turn.fma(DT, heading)]
    }

    /// Of goal and heading alone.
    #[inline(always)]
    fn cost<R: Real>(&self, [x, y, heading]: [R; 3], _: [R; 2]) -> R {
        let [goal_x, goal_y, goal_heading] = self.goal;
        let away = (y - goal_y).fma(y - goal_y, (x - goal_x).square()).sqrt();
        let off = heading - goal_heading;
        let turns = off.fma(1.0 / TAU, 0.5).floor();
        (away + turns.fma(-TAU, off).abs()) * 5.0
    }

    #[inline(always)]
    fn cost_at<R: Real>(&self, state: [R; 3], control: [R; 2], at: impl At<R>) -> R {
        let column = (state[0] - self.first_cell[0]) * self.cells_per_metre;
        let row = (state[1] - self.first_cell[1]) * self.cells_per_metre;
        at.grid(column, row).fma(self.obstacle_weight, self.cost(state, control))
    }
}
