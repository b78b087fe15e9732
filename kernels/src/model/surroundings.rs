//! What a model sees besides state and control: numbers that are given with a decision.

use super::{Grid, LaneModel};
use crate::lanes::Lanes;
use crate::real::Num;

/// What is given with a decision besides the state, for models that ask for it. Nothing, unless given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// `[H + 1][P]`: a row of [`LaneModel::REFERENCE`] numbers for each state of a future, the present one first.
    pub reference: &'a [f32],
    /// For models that say [`LaneModel::GRID`].
    pub grid: Grid<'a>,
}

impl<'a> Surroundings<'a> {
    /// What `M` sees of it when a future is `step` steps from now.
    ///
    /// # Panics
    /// If the reference has no such row.
    #[inline(always)]
    #[must_use]
    pub fn at<M: LaneModel, L: Lanes>(&self, proof: L::Proof, step: u32) -> Here<'a, L> {
        let row = match const { M::REFERENCE } {
            0 => &[],
            len => &self.reference[step as usize * len..][..len],
        };
        let grid = if const { M::GRID } { self.grid } else { Grid::default() };
        Here { proof, row, grid }
    }
}

/// What a model sees besides state and control, at one step of a future.
///
/// # Examples
/// Plain numbers are what a test of a model gives it; planners give lanes.
/// ```
/// use particle_pilot_kernels::model::{Actions, At, Model};
/// use particle_pilot_kernels::real::{Num, Real};
///
/// /// A place on a line, to be where the reference says.
/// #[derive(Clone, Copy)]
/// struct Follower;
///
/// impl Model<1, 1> for Follower {
///     const REFERENCE: usize = 1;
///
///     fn actions(&self) -> Actions<1> {
///         Actions::within([-1.0], [1.0])
///     }
///     #[inline(always)]
///     fn advance<R: Real>(&self, [place]: [R; 1], [speed]: [R; 1]) -> [R; 1] {
///         [place + speed * 0.1]
///     }
///     #[inline(always)]
///     fn cost<R: Real>(&self, _: [R; 1], [speed]: [R; 1]) -> R {
///         speed.square() * 0.01
///     }
///     #[inline(always)]
///     fn cost_at<R: Real>(&self, state: [R; 1], control: [R; 1], at: impl At<R>) -> R {
///         (state[0] - at.reference(0)).square() + self.cost(state, control)
///     }
/// }
///
/// /// A step at which the reference is this number.
/// #[derive(Clone, Copy)]
/// struct Step(f32);
///
/// impl At<Num<f32>> for Step {
///     fn reference(&self, _: usize) -> Num<f32> {
///         Num(self.0)
///     }
///     fn grid(&self, _: Num<f32>, _: Num<f32>) -> Num<f32> {
///         unreachable!("this model has none")
///     }
/// }
///
/// let cost = Follower.cost_at([Num(3.0)], [Num(0.0)], Step(5.0));
/// assert_eq!(cost.0, 4.0);
/// ```
pub trait At<R>: Copy {
    /// Number `index` of this step's row of the reference: the same for all particles.
    ///
    /// # Panics
    /// If rows have no such number: if `index` is not below the model's `REFERENCE`.
    fn reference(&self, index: usize) -> R;

    /// What the grid has at column `x` and row `y`, both counted from 0, and in between as well: interpolated bilinearly between
    /// the four cells around, exactly a cell's number in its middle, which is where `x` and `y` are whole. Outside, what is
    /// nearest on the edge. What is no number where `x` or `y` is none.
    ///
    /// Where in the world column 0 and row 0 are, and how large a cell is, are fields of the model:
    /// `at.grid((x - self.left) / self.cell, (y - self.top) / self.cell)`.
    ///
    /// # Panics
    /// If the model does not say `GRID`.
    fn grid(&self, x: R, y: R) -> R;
}

/// What bundles of particles see at one step.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a, L: Lanes> {
    proof: L::Proof,
    row: &'a [f32],
    grid: Grid<'a>,
}

impl<L: Lanes> Here<'_, L> {
    /// Number `index` of this step's row of the reference.
    ///
    /// # Panics
    /// If rows have no such number.
    #[inline(always)]
    #[must_use]
    pub fn number(&self, index: usize) -> L {
        L::given(self.proof, self.row[index])
    }

    /// What the grid has at column `x` and row `y`: [`Grid::sample`].
    ///
    /// # Panics
    /// If the model does not say [`LaneModel::GRID`].
    #[inline(always)]
    #[must_use]
    pub fn sample(&self, x: L, y: L) -> L {
        self.grid.sample(self.proof, x, y)
    }
}

impl<L: Lanes> At<Num<L>> for Here<'_, L> {
    #[inline(always)]
    fn reference(&self, index: usize) -> Num<L> {
        Num(self.number(index))
    }

    #[inline(always)]
    fn grid(&self, x: Num<L>, y: Num<L>) -> Num<L> {
        Num(self.sample(x.0, y.0))
    }
}
