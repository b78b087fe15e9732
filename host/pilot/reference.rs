//! What a pilot is given besides states.

use super::Pilot;
use crate::error::PilotError;

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

    /// Refuses what [`Pilot::set_reference`] would refuse.
    pub(crate) fn check_reference(&self, reference: &[f32]) -> Result<(), PilotError> {
        Ok(self.given.check_reference(reference)?)
    }
}
