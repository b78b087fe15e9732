//! What a pilot is given besides states.

use std::sync::Arc;

use super::Pilot;
use crate::error::PilotError;
use crate::given::OwnGrid;

impl Pilot {
    /// Gives the reference along which the next decisions look ahead, for a model that
    /// [has one](crate::kernels::model::Model::REFERENCE): `[H + 1][P]`, row after row, where `H` is the horizon and `P` the
    /// numbers of a row. Row 0 belongs to the state that the next decision is about, row `h` to where a future is `h` steps
    /// later.
    ///
    /// It stays until another is given, however many decisions are made and also after [`Pilot::reset`]: whoever moves along
    /// a path gives the part of it that is now ahead before each decision. Nothing is compiled for that and the plan so far is
    /// kept; it costs a copy. Like the model it is no part of what [`Pilot::save`] puts by: give it again to a pilot that goes
    /// on from there.
    ///
    /// # Errors
    /// [`PilotError::Given`] for a model that has no reference, one of another length, or numbers that are not finite; what
    /// was given before then still counts.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::kernels::model::{Actions, At, Model};
    /// use particle_pilot::kernels::real::Real;
    /// use particle_pilot::{Action, Pilot, PilotConfig};
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
    /// let config = PilotConfig { horizon: 20, ..PilotConfig::default() };
    /// let mut pilot = Pilot::with_model(config, Follower)?;
    /// assert!(pilot.act(&[0.0]).is_err(), "it does not know where to go");
    /// let path = |start: f32| -> Vec<f32> { (0..=20).map(|h| start + 0.05 * h as f32).collect() };
    /// pilot.set_reference(&path(0.0))?;
    /// assert!(matches!(pilot.act(&[0.0])?.action, Action::Continuous(speed) if speed[0] > 0.0));
    /// pilot.set_reference(&path(-4.0))?;
    /// # pilot.reset(0);
    /// assert!(matches!(pilot.act(&[0.0])?.action, Action::Continuous(speed) if speed[0] < 0.0));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn set_reference(&mut self, reference: &[f32]) -> Result<(), PilotError> {
        Ok(self.given.set_reference(reference)?)
    }

    /// Gives the grid that the model samples from the next decision on, for one that
    /// [has one](crate::kernels::model::Model::GRID): `[height][width]` cells, row after row, up to 4096 x 4096.
    ///
    /// It stays until another is given, of any size, like a [reference](Pilot::set_reference). Nothing is compiled for that
    /// and the plan so far is kept; it costs a copy, and where a GPU decides, another to its memory (of which a grid takes 4
    /// bytes a cell, and as many of page-locked memory of the host).
    ///
    /// # Errors
    /// [`PilotError::Given`] for a model that has no grid, another size, or cells that are no numbers from -1e30 to 1e30; what was
    /// given before then still counts.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::kernels::model::{Actions, At, Model};
    /// use particle_pilot::kernels::real::Real;
    /// use particle_pilot::{Action, Pilot, PilotConfig};
    ///
    /// /// A place on a map of 2 m x 1 m, to be where the ground is low.
    /// #[derive(Clone, Copy)]
    /// struct Ball;
    ///
    /// impl Model<1, 1> for Ball {
    ///     const GRID: bool = true;
    ///
    ///     fn actions(&self) -> Actions<1> {
    ///         Actions::within([-1.0], [1.0])
    ///     }
    ///     #[inline(always)]
    ///     fn advance<R: Real>(&self, [x]: [R; 1], [speed]: [R; 1]) -> [R; 1] {
    ///         [x + speed * 0.1]
    ///     }
    ///     #[inline(always)]
    ///     fn cost<R: Real>(&self, _: [R; 1], [speed]: [R; 1]) -> R {
    ///         speed.square() * 0.01
    ///     }
    ///     #[inline(always)]
    ///     fn cost_at<R: Real>(&self, state: [R; 1], control: [R; 1], at: impl At<R>) -> R {
    ///         let [x] = state;
    ///         at.grid(x / 0.5, x.constant(0.0)) + self.cost(state, control) // cells of 0.5 m
    ///     }
    /// }
    ///
    /// let mut pilot = Pilot::with_model(PilotConfig::default(), Ball)?;
    /// pilot.set_grid(5, 2, &[4.0, 2.0, 1.0, 0.0, 0.5, 9.0, 9.0, 9.0, 9.0, 9.0])?;
    /// assert!(matches!(pilot.act(&[1.0])?.action, Action::Continuous(speed) if speed[0] > 0.0));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn set_grid(
        &mut self,
        width: usize,
        height: usize,
        cells: &[f32],
    ) -> Result<(), PilotError> {
        self.require_grid()?;
        self.share_grid(&Arc::new(OwnGrid::new(width, height, cells)?))
    }

    /// As [`Pilot::set_grid`], with one that others have as well.
    pub(crate) fn share_grid(&mut self, grid: &Arc<OwnGrid>) -> Result<(), PilotError> {
        Ok(self.given.set_grid(Arc::clone(grid))?)
    }

    /// Refuses any grid where the model takes none.
    pub(crate) fn require_grid(&self) -> Result<(), PilotError> {
        Ok(self.given.require_grid()?)
    }

    /// Refuses what [`Pilot::set_reference`] would refuse.
    pub(crate) fn check_reference(&self, reference: &[f32]) -> Result<(), PilotError> {
        Ok(self.given.check_reference(reference)?)
    }
}
