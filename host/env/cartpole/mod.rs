//! The cart-pole environment, with the interface and the numbers of
//! Gymnasium's `CartPole-v1`.

mod pushed;

use particle_pilot_kernels::env::Physics;
use particle_pilot_kernels::simulate::{EpisodeState, Terms, Transition, force, observation};
use serde::{Deserialize, Serialize};

use super::{EnvError, Pcg64};

pub use self::pushed::PushedCartPole;

/// What an episode counts and how long it may last.
///
/// # Examples
/// ```
/// use particle_pilot::env::CartPoleOptions;
///
/// let options = CartPoleOptions::default();
/// assert!(!options.sutton_barto_reward);
/// assert_eq!(options.max_episode_steps, Some(500));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CartPoleOptions {
    /// Rewards 0 for each step and -1 for a failing one, as Sutton and Barto
    /// have it, instead of 1 for each step; default `false`.
    pub sutton_barto_reward: bool,
    /// Steps after which an episode is truncated, `>= 1`, or `None` for no
    /// limit; default 500. (Gymnasium's `TimeLimit`.)
    pub max_episode_steps: Option<u32>,
}

impl Default for CartPoleOptions {
    fn default() -> Self {
        Self { sutton_barto_reward: false, max_episode_steps: Some(500) }
    }
}

impl CartPoleOptions {
    /// The same for [`EpisodeState::step`], where a limit of 0 steps, which is not valid here, means none.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            sutton_barto_reward: self.sutton_barto_reward,
            max_episode_steps: self.max_episode_steps.unwrap_or(0),
        }
    }
}

/// What a step led to.
///
/// # Examples
/// ```
/// use particle_pilot::env::Step;
///
/// let step = Step { state: [0.1, 0.0, 0.0, 0.0], reward: 1.0, terminated: false, truncated: true };
/// assert!(step.ended());
/// assert_eq!(step.observation(), [0.1f32, 0.0, 0.0, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Step {
    /// The new state `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
    pub state: [f64; 4],
    /// Reward for this step: 1 or 0, or with
    /// [`CartPoleOptions::sutton_barto_reward`] 0 or -1.
    pub reward: f64,
    /// The new state is a failure.
    pub terminated: bool,
    /// The step limit is reached, which is no failure. A step can be both.
    pub truncated: bool,
}

impl Step {
    /// Whether the episode is over, for whichever reason.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// env.reset(Some(1));
    /// assert!(!env.step(0)?.ended());
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    #[must_use]
    pub fn ended(&self) -> bool {
        self.terminated || self.truncated
    }

    /// The new state as Gymnasium returns it, each component rounded to `f32`.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// env.reset(Some(1));
    /// let step = env.step(0)?;
    /// assert_eq!(step.observation()[2], step.state[2] as f32);
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    #[must_use]
    pub fn observation(&self) -> [f32; 4] {
        observation(self.state)
    }
}

/// The reference environment: `gymnasium.make("CartPole-v1")` in `f64`.
///
/// [`reset`](Self::reset) draws the very states that Gymnasium draws for the
/// same seed, and [`step`](Self::step) advances, rewards, terminates and
/// truncates alike. Two differences, both for the sake of replay: an
/// environment reset without ever having been seeded uses seed 0 instead of
/// the machine's entropy, and the warning about steps past the end is not
/// printed but told by [`steps_beyond_terminated`](Self::steps_beyond_terminated).
///
/// # Examples
/// ```
/// use particle_pilot::env::CartPole;
///
/// let mut env = CartPole::default();
/// env.reset(Some(123));
/// let mut total = 0.0;
/// loop {
///     let step = env.step(1)?; // always to the right
///     total += step.reward;
///     if step.ended() {
///         break;
///     }
/// }
/// assert_eq!(total, 9.0);
/// # Ok::<(), particle_pilot::env::EnvError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CartPole {
    physics: Physics,
    options: CartPoleOptions,
    rng: Pcg64,
    /// `None` until the first reset.
    episode: Option<EpisodeState>,
    /// External push for the next step, in N.
    push_newton: f64,
}

impl Default for CartPole {
    /// `CartPole-v1`: default physics, reward 1 a step, at most 500 steps.
    fn default() -> Self {
        Self::unchecked(Physics::default(), CartPoleOptions::default())
    }
}

impl CartPole {
    /// Seed of an environment that was never given one.
    const UNSEEDED: u64 = 0;
    /// Bounds of each component of an initial state, as in Gymnasium.
    pub(crate) const RESET_BOUNDS: [f64; 2] = [-0.05, 0.05];

    /// An environment that has yet to be [`reset`](Self::reset).
    ///
    /// * `physics`: parameters and thresholds.
    /// * `options`: rewards and step limit.
    ///
    /// # Errors
    /// [`EnvError::Physics`] for a parameter out of range and
    /// [`EnvError::NoSteps`] for a limit of 0 steps.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::env::{CartPole, CartPoleOptions, Physics};
    ///
    /// let moon = Physics { gravity: 1.62, ..Physics::default() };
    /// let env = CartPole::new(moon, CartPoleOptions::default())?;
    /// assert_eq!(env.physics().gravity, 1.62);
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    pub fn new(physics: Physics, options: CartPoleOptions) -> Result<Self, EnvError> {
        physics.validate()?;
        if options.max_episode_steps == Some(0) {
            return Err(EnvError::NoSteps);
        }
        Ok(Self::unchecked(physics, options))
    }

    fn unchecked(physics: Physics, options: CartPoleOptions) -> Self {
        Self { physics, options, rng: Pcg64::new(Self::UNSEEDED), episode: None, push_newton: 0.0 }
    }

    /// Starts an episode from a state drawn uniformly from `[-0.05, 0.05)` in
    /// each component, and returns that state
    /// `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
    ///
    /// * `seed`: seeds the random numbers first, or `None` to draw the next
    ///   state from those at hand, which begin as if seeded with 0.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// // >>> env.reset(seed=42)
    /// // (array([ 0.0273956 , -0.00611216,  0.03585979,  0.0197368 ], dtype=float32), {})
    /// // >>> env.unwrapped.state[0]
    /// // np.float64(0.027395604855596334)
    /// let state = env.reset(Some(42));
    /// assert_eq!(state[0], 0.027395604855596334);
    /// assert_ne!(env.reset(None), state);
    /// ```
    pub fn reset(&mut self, seed: Option<u64>) -> [f64; 4] {
        let [low, high] = Self::RESET_BOUNDS;
        self.draw(seed, low, high)
    }

    /// As [`reset`](Self::reset), drawing each component from `[low, high)`:
    /// Gymnasium's `options={"low": low, "high": high}`.
    ///
    /// * `low`, `high`: the same for all four components, in their units.
    ///   Wide bounds may begin an episode in a failure, as in Gymnasium.
    ///
    /// # Errors
    /// [`EnvError::Bounds`] unless `low <= high` and both, and their distance,
    /// are finite.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// // >>> env.reset(seed=123, options={"low": -0.1, "high": 0.1})
    /// // (array([ 0.03647037, -0.0892358 , -0.05592803, -0.06312564], dtype=float32), {})
    /// let state = env.reset_with_bounds(Some(123), -0.1, 0.1)?;
    /// for (value, printed) in state.iter().zip([0.03647037, -0.0892358, -0.05592803, -0.06312564]) {
    ///     assert!((value - printed).abs() < 1e-8);
    /// }
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    pub fn reset_with_bounds(
        &mut self,
        seed: Option<u64>,
        low: f64,
        high: f64,
    ) -> Result<[f64; 4], EnvError> {
        EnvError::check_bounds(low, high)?;
        Ok(self.draw(seed, low, high))
    }

    fn draw(&mut self, seed: Option<u64>, low: f64, high: f64) -> [f64; 4] {
        if let Some(seed) = seed {
            self.rng = Pcg64::new(seed);
        }
        let state = std::array::from_fn(|_| self.rng.uniform(low, high));
        self.start(state);
        state
    }

    /// Starts an episode from a given state, drawing no random number.
    ///
    /// * `state`: `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
    ///
    /// # Errors
    /// [`EnvError::State`] when a component is not finite.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// env.reset_to([0.0, 0.0, 0.2, 1.0])?;
    /// assert!(env.step(0)?.terminated);
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    pub fn reset_to(&mut self, state: [f64; 4]) -> Result<(), EnvError> {
        if !state.iter().all(|v| v.is_finite()) {
            return Err(EnvError::State(state));
        }
        self.start(state);
        Ok(())
    }

    fn start(&mut self, state: [f64; 4]) {
        self.episode = Some(EpisodeState::new(state));
        self.push_newton = 0.0;
    }

    /// Pushes the cart with `physics().force_mag` for one step.
    ///
    /// * `action`: 0 to the left, 1 to the right.
    ///
    /// A terminated episode may be stepped on, as in Gymnasium: the state keeps
    /// moving, but failing steps are worth 0 (or -1 with
    /// [`CartPoleOptions::sutton_barto_reward`]).
    ///
    /// # Errors
    /// [`EnvError::InvalidAction`], [`EnvError::NotReset`], and
    /// [`EnvError::Force`] when the sum with the external push overflows.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// env.reset_to([0.0; 4])?;
    /// let step = env.step(1)?;
    /// assert!(step.state[1] > 0.0);
    /// assert_eq!((step.reward, step.terminated, step.truncated), (1.0, false, false));
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    pub fn step(&mut self, action: u32) -> Result<Step, EnvError> {
        match action {
            0 | 1 => self.step_force(force(&self.physics, action)),
            other => Err(EnvError::InvalidAction(other)),
        }
    }

    /// As [`step`](Self::step), with any force instead of an action.
    ///
    /// * `force_newton`: force on the cart in N, positive to the right; not
    ///   limited to `physics().force_mag`.
    ///
    /// # Errors
    /// [`EnvError::NotReset`], and [`EnvError::Force`] when the force, or its
    /// sum with the external push, is not finite.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// env.reset_to([0.0; 4])?;
    /// assert_eq!(env.step_force(0.0)?.state, [0.0; 4]);
    /// assert!(env.step_force(f64::NAN).is_err());
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    pub fn step_force(&mut self, force_newton: f64) -> Result<Step, EnvError> {
        let episode = self.episode.as_mut().ok_or(EnvError::NotReset)?;
        let push_newton = self.push_newton;
        let force = force_newton + push_newton;
        if !force.is_finite() {
            return Err(EnvError::Force { force_newton, push_newton });
        }
        self.push_newton = 0.0;

        let Transition { reward, terminated, truncated } =
            episode.step(&self.physics, self.options.terms(), force);
        Ok(Step { state: episode.state, reward, terminated, truncated })
    }

    /// Adds an external push to the force of the next step only.
    ///
    /// * `newton`: push on the cart in N, positive to the right; replaces one
    ///   set before. A reset clears it.
    ///
    /// # Errors
    /// [`EnvError::Force`] when it is not finite.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// env.reset_to([0.0; 4])?;
    /// env.set_push(10.0)?;
    /// assert_eq!(env.step(0)?.state, [0.0; 4]); // the two cancel out
    /// assert_ne!(env.step(0)?.state, [0.0; 4]);
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    pub fn set_push(&mut self, newton: f64) -> Result<(), EnvError> {
        if !newton.is_finite() {
            return Err(EnvError::Force { force_newton: 0.0, push_newton: newton });
        }
        self.push_newton = newton;
        Ok(())
    }

    /// The state `[x m, x_dot m/s, theta rad, theta_dot rad/s]`, or `None`
    /// before the first reset.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// assert_eq!(env.state(), None);
    /// let state = env.reset(Some(5));
    /// assert_eq!(env.state(), Some(state));
    /// ```
    #[must_use]
    pub fn state(&self) -> Option<[f64; 4]> {
        self.episode.map(|episode| episode.state)
    }

    /// The state as Gymnasium returns it, each component rounded to `f32`, or
    /// `None` before the first reset.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// let state = env.reset(Some(5));
    /// assert_eq!(env.observation(), Some(state.map(|v| v as f32)));
    /// ```
    #[must_use]
    pub fn observation(&self) -> Option<[f32; 4]> {
        self.state().map(observation)
    }

    /// Steps taken since the last reset.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// env.reset(None);
    /// let _ = env.step(0)?;
    /// assert_eq!(env.elapsed_steps(), 1);
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    #[must_use]
    pub fn elapsed_steps(&self) -> u32 {
        self.episode.map_or(0, |episode| episode.elapsed_steps)
    }

    /// Failing steps taken after the one that terminated the episode, or `None`
    /// while it has not terminated. Above 0 the caller has missed the end:
    /// Gymnasium warns at 1.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// let mut env = CartPole::default();
    /// env.reset_to([2.4, 1.0, 0.0, 0.0])?;
    /// assert_eq!(env.steps_beyond_terminated(), None);
    /// assert!(env.step(1)?.terminated);
    /// assert_eq!(env.steps_beyond_terminated(), Some(0));
    /// assert_eq!(env.step(1)?.reward, 0.0);
    /// assert_eq!(env.steps_beyond_terminated(), Some(1));
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    #[must_use]
    pub fn steps_beyond_terminated(&self) -> Option<u32> {
        self.episode?.failures.checked_sub(1)
    }

    /// Parameters and thresholds.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// assert_eq!(CartPole::default().physics().x_threshold, 2.4);
    /// ```
    #[must_use]
    pub fn physics(&self) -> &Physics {
        &self.physics
    }

    /// Rewards and step limit.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::CartPole;
    /// assert_eq!(CartPole::default().options().max_episode_steps, Some(500));
    /// ```
    #[must_use]
    pub fn options(&self) -> &CartPoleOptions {
        &self.options
    }
}

#[cfg(test)]
mod tests;
