//! The pendulum, with the numbers of Gymnasium's `Pendulum-v1`.

use std::f64::consts::{PI, TAU};

use serde::{Deserialize, Serialize};

use super::{BadPhysics, EnvError, Environment, Outcome, Pcg64};
use crate::decision::Action;

/// Time between states in s.
const DT: f64 = 0.05;
/// The most that the motor can do, in N m.
const MAX_TORQUE: f64 = 2.0;
/// The most speed in rad/s; more is cut off.
const MAX_SPEED: f64 = 8.0;
/// Mass of the rod in kg.
const MASS: f64 = 1.0;
/// Length of the rod in m.
const LENGTH: f64 = 1.0;

/// What can be chosen of a [`Pendulum`].
///
/// # Examples
/// ```
/// use particle_pilot::env::PendulumParameters;
/// assert_eq!(PendulumParameters::default().g, 10.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PendulumParameters {
    /// Gravitational acceleration in m/s^2, at most 1e300 either way; default 10. More is harder to lift. Gymnasium's
    /// `make("Pendulum-v1", g=9.81)`.
    pub g: f64,
}

impl Default for PendulumParameters {
    fn default() -> Self {
        Self { g: 10.0 }
    }
}

/// A rod that hangs from one end, to be swung up and held there by a motor too weak to lift it: Gymnasium's
/// `Pendulum-v1` in `f64`.
///
/// * State: `[theta rad, theta_dot rad/s]`, Gymnasium's `unwrapped.state`. `theta` is 0 where the rod stands upright, and
///   goes on counting beyond a turn; `theta_dot` is at most 8 either way.
/// * Action: [`Action::Continuous`] with a torque in N m; what is beyond 2 either way counts as 2.
/// * Reward: `-(theta^2 + 0.1 theta_dot^2 + 0.001 torque^2)`, of the state before the step, with `theta` from -pi to pi.
///   At most 0, where all are 0, at least -16.3.
/// * First state: uniform in `[-pi, pi)` and `[-1, 1)`, by NumPy's random numbers for the seed, as `reset(seed=seed)`
///   draws them.
/// * End: none of its own. Gymnasium's step limit is 200.
///
/// Operations and their order are those of `gymnasium/envs/classic_control/pendulum.py` (Gymnasium 1.4). What can differ is
/// the last bit of a sine, which comes from the pure-Rust `libm` here, the same on every machine. Gymnasium also rounds
/// parts of the sum to single precision where the torque is given in that.
///
/// For planning there is [`problems::Pendulum`](crate::kernels::problems::Pendulum).
///
/// # Examples
/// ```
/// use particle_pilot::Action;
/// use particle_pilot::env::{Environment, Pendulum};
///
/// let mut env = Pendulum::default();
/// // >>> env = gymnasium.make("Pendulum-v1"); env.reset(seed=42); env.unwrapped.state
/// // array([ 1.72131662, -0.12224312])
/// env.begin(42);
/// assert!((env.state()[0] - 1.72131662).abs() < 1e-8);
/// let outcome = env.apply(Action::Continuous([2.0].into()))?;
/// assert!(outcome.reward < -2.9 && outcome.ending.is_none());
/// # Ok::<(), particle_pilot::env::EnvError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pendulum {
    parameters: PendulumParameters,
    state: [f64; 2],
    has_begun: bool,
}

impl Pendulum {
    /// One that has yet to [begin](Environment::begin).
    ///
    /// # Errors
    /// [`EnvError::Physics`] for a gravity out of range.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::env::{Pendulum, PendulumParameters};
    /// let moon = Pendulum::new(PendulumParameters { g: 1.62 })?;
    /// assert_eq!(moon.parameters().g, 1.62);
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    pub fn new(parameters: PendulumParameters) -> Result<Self, EnvError> {
        let PendulumParameters { g } = parameters;
        // Beyond, three times it is infinite, and infinity times a sine of 0 no number.
        match g.abs() <= 1e300 {
            true => Ok(Self { parameters, ..Self::default() }),
            false => {
                Err(BadPhysics { name: "g", given: g, required: "at most 1e300 either way" }.into())
            }
        }
    }

    /// What was chosen.
    #[must_use]
    pub fn parameters(&self) -> PendulumParameters {
        self.parameters
    }

    /// Begins an episode in a given state.
    ///
    /// * `state`: `[theta rad, theta_dot rad/s]`.
    ///
    /// # Errors
    /// [`EnvError::OtherState`] for what is not finite, and for speeds beyond 8 rad/s, which no step leads to.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::Action;
    /// use particle_pilot::env::{Environment, Pendulum};
    /// let mut env = Pendulum::default();
    /// env.reset_to([0.0, 0.0])?; // upright, at rest
    /// assert_eq!(env.apply(Action::Continuous([0.0].into()))?.reward, 0.0);
    /// assert_eq!(env.state(), [0.0, 0.0]);
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    pub fn reset_to(&mut self, state: [f64; 2]) -> Result<(), EnvError> {
        let [theta, theta_dot] = state;
        if !theta.is_finite() || theta_dot.is_nan() || theta_dot.abs() > MAX_SPEED {
            let required = "a finite angle and a speed of at most 8 rad/s".into();
            return Err(EnvError::no_state(&state, required));
        }
        self.state = state;
        self.has_begun = true;
        Ok(())
    }
}

/// The same angle from -pi to pi, by Python's `%`, whose result has the sign of the divisor.
fn normalized(angle: f64) -> f64 {
    (angle + PI).rem_euclid(TAU) - PI
}

impl Environment for Pendulum {
    fn begin(&mut self, seed: u64) {
        let mut rng = Pcg64::new(seed);
        self.state = [rng.uniform(-PI, PI), rng.uniform(-1.0, 1.0)];
        self.has_begun = true;
    }

    fn start_from(&mut self, state: &[f64]) -> Result<(), EnvError> {
        self.reset_to(EnvError::require_numbers(state)?)
    }

    fn state(&self) -> &[f64] {
        &self.state
    }

    fn apply(&mut self, action: Action) -> Result<Outcome, EnvError> {
        if !self.has_begun {
            return Err(EnvError::NotReset);
        }
        let torque = match action {
            Action::Continuous(numbers) if numbers.len() == 1 && numbers[0].is_finite() => {
                numbers[0].clamp(-MAX_TORQUE, MAX_TORQUE)
            }
            _ => return Err(EnvError::no_numbers(action, 1)),
        };
        let ([theta, theta_dot], g) = (self.state, self.parameters.g);
        let angle = normalized(theta);
        let cost = angle * angle + 0.1 * (theta_dot * theta_dot) + 0.001 * (torque * torque);
        let acceleration =
            3.0 * g / (2.0 * LENGTH) * libm::sin(theta) + 3.0 / (MASS * (LENGTH * LENGTH)) * torque;
        let theta_dot = (theta_dot + acceleration * DT).clamp(-MAX_SPEED, MAX_SPEED);
        self.state = [theta + theta_dot * DT, theta_dot];
        Ok(Outcome { reward: -cost, ending: None })
    }
}
