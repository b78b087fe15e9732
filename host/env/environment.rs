//! What episodes run in.

use super::{Ending, EnvError, ModelWorld};
use crate::decision::Action;

/// A world that a pilot acts in. It need not be what the pilot's model says of it.
///
/// For the same seed and the same actions it must do the same, to the last bit, if episodes are to be
/// reproducible.
///
/// # Examples
/// ```
/// use particle_pilot::Action;
/// use particle_pilot::env::{CartPole, Environment};
/// let mut env = CartPole::default();
/// env.begin(42);
/// let outcome = env.apply(Action::Discrete(1))?;
/// assert_eq!((outcome.reward, outcome.ending), (1.0, None));
/// assert_eq!(Environment::state(&env).len(), 4);
/// # Ok::<(), particle_pilot::env::EnvError>(())
/// ```
pub trait Environment: Send {
    /// Begins an episode, in a state that follows from `seed`.
    fn begin(&mut self, seed: u64);

    /// Puts an episode that has just begun into this first state in place of its seed's; all else stays the seed's, such
    /// as pushes to come. [Replays](crate::recording::Replay) ask for it where a recording begins otherwise than its seed.
    ///
    /// # Errors
    /// [`EnvError`] for a state that no episode can begin in, and nothing has changed. Any is refused unless
    /// the environment has this function.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::env::{Acrobot, Environment};
    /// let mut env = Acrobot::default();
    /// env.begin(42);
    /// env.start_from(&[3.0, 0.0, 0.0, 0.0])?; // nearly upright
    /// assert_eq!(env.state(), [3.0, 0.0, 0.0, 0.0]);
    /// assert!(env.start_from(&[3.0, 0.0]).is_err());
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    fn start_from(&mut self, state: &[f64]) -> Result<(), EnvError> {
        Err(EnvError::no_state(state, "its seed's first state only".into()))
    }

    /// The state now, as many numbers as the pilot's model has, in its units; any so many before the first episode.
    fn state(&self) -> &[f64];

    /// Takes a step.
    ///
    /// # Errors
    /// [`EnvError`] for an action that is none here, and before the first episode.
    fn apply(&mut self, action: Action) -> Result<Outcome, EnvError>;

    /// How an episode ends that reaches its step limit. As a success, unless given: where there is a goal to arrive at,
    /// it is [`Ending::OutOfTime`].
    fn at_step_limit(&self) -> Ending {
        Ending::Survived
    }

    /// What a GPU steps in place of this environment, with the same bits; `None` where it is stepped here.
    #[doc(hidden)]
    fn world(&self) -> Option<ModelWorld> {
        None
    }
}

/// What a step came to, besides a new state.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Outcome {
    /// The step's reward.
    pub reward: f64,
    /// Why the episode is over with it; none where it goes on.
    pub ending: Option<Ending>,
}
