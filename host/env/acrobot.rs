//! The acrobot, with the numbers of Gymnasium's `Acrobot-v1`.

use std::f64::consts::{PI, TAU};

use libm::{cos, sin};

use super::{Ending, EnvError, Environment, Outcome, Pcg64};
use crate::decision::Action;

/// Time between states in s.
const DT: f64 = 0.2;
/// The most that each number of a state can be, either way: angles in rad, speeds in rad/s.
const BOUNDS: [f64; 4] = [PI, PI, 4.0 * PI, 9.0 * PI];
/// Torques of the actions in N m.
const TORQUES: [f64; 3] = [-1.0, 0.0, 1.0];
/// Bounds of each number of a first state.
const FIRST: [f64; 2] = [-0.1, 0.1];

/// Length of the upper link in m; the lower one's is in none of the equations.
const L1: f64 = 1.0;
/// Distance of the links' centres of mass from their upper ends in m.
const LC1: f64 = 0.5;
const LC2: f64 = 0.5;
/// Masses of the links in kg.
const M1: f64 = 1.0;
const M2: f64 = 1.0;
/// Moments of inertia of the links about their centres of mass in kg m^2.
const I1: f64 = 1.0;
const I2: f64 = 1.0;
/// Gravitational acceleration in m/s^2.
const G: f64 = 9.8;

/// Two links that hang from a fixed joint, to be swung up by a motor in the joint between them until the tip is a link's
/// length above the fixed joint: Gymnasium's `Acrobot-v1` in `f64`.
///
/// * State: `[theta1 rad, theta2 rad, theta1_dot rad/s, theta2_dot rad/s]`, Gymnasium's `unwrapped.state`. `theta1` is 0
///   where the upper link hangs straight down, `theta2` is the lower link's angle from the upper one's. Angles are from
///   -pi to pi, speeds at most 4 pi and 9 pi either way.
/// * Action: [`Action::Discrete`] 0, 1 or 2 for a torque of -1, 0 or 1 N m.
/// * Reward: -1 for each step, 0 for one that ends in the goal.
/// * First state: each number uniform in `[-0.1, 0.1)` by NumPy's random numbers for the seed, rounded to single
///   precision, as `reset(seed=seed)` draws them.
/// * End: [`Ending::Arrived`] where `-cos(theta1) - cos(theta1 + theta2) > 1`, and at the step limit (Gymnasium's is 500)
///   [`Ending::OutOfTime`]. Steps after the arrival move on, as in Gymnasium.
///
/// Operations and their order are those of `gymnasium/envs/classic_control/acrobot.py` (Gymnasium 1.4) with
/// `book_or_nips = "book"`: the equations of R. S. Sutton and A. G. Barto, "Reinforcement Learning: An Introduction",
/// 1998, section 11.3, in one step of the classical Runge-Kutta method. What can differ is the last bit of a sine or
/// cosine, which come from the pure-Rust `libm` here, the same on every machine, and of some squares, which Gymnasium
/// takes as powers. The motion is chaotic, and multiplies such a bit: by 1e8 in 150 steps of pumping up.
///
/// For planning there is [`problems::Acrobot`](crate::kernels::problems::Acrobot).
///
/// # Examples
/// ```
/// use particle_pilot::Action;
/// use particle_pilot::env::{Acrobot, Environment};
///
/// let mut env = Acrobot::default();
/// // >>> env = gymnasium.make("Acrobot-v1"); env.reset(seed=42); env.unwrapped.state
/// // array([ 0.05479121, -0.01222431,  0.07171959,  0.0394736 ], dtype=float32)
/// env.begin(42);
/// assert_eq!(env.state()[0] as f32, 0.05479121);
/// let outcome = env.apply(Action::Discrete(2))?;
/// assert_eq!((outcome.reward, outcome.ending), (-1.0, None));
/// # Ok::<(), particle_pilot::env::EnvError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acrobot {
    state: [f64; 4],
    has_begun: bool,
}

impl Acrobot {
    /// Begins an episode in a given state.
    ///
    /// * `state`: `[theta1 rad, theta2 rad, theta1_dot rad/s, theta2_dot rad/s]`.
    ///
    /// # Errors
    /// [`EnvError::OtherState`] for angles beyond pi and speeds beyond 4 pi and 9 pi, which no step leads to.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::env::{Acrobot, Environment};
    /// use particle_pilot::{Action, Ending};
    /// let mut env = Acrobot::default();
    /// env.reset_to([3.0, 0.0, 0.0, 0.0])?; // nearly upright
    /// let outcome = env.apply(Action::Discrete(1))?;
    /// assert_eq!((outcome.reward, outcome.ending), (0.0, Some(Ending::Arrived)));
    /// # Ok::<(), particle_pilot::env::EnvError>(())
    /// ```
    pub fn reset_to(&mut self, state: [f64; 4]) -> Result<(), EnvError> {
        if !state.iter().zip(BOUNDS).all(|(number, bound)| number.abs() <= bound) {
            let required = "angles of at most pi and speeds of at most 4 pi and 9 pi".into();
            return Err(EnvError::no_state(&state, required));
        }
        self.state = state;
        self.has_begun = true;
        Ok(())
    }

    /// Whether the tip is high enough.
    fn has_arrived(&self) -> bool {
        let [theta1, theta2, ..] = self.state;
        -cos(theta1) - cos(theta2 + theta1) > 1.0
    }
}

/// How fast each number of `state` changes under `torque`.
fn derivative([theta1, theta2, dtheta1, dtheta2]: [f64; 4], torque: f64) -> [f64; 4] {
    let (sin2, cos2) = (sin(theta2), cos(theta2));
    let d1 = M1 * (LC1 * LC1) + M2 * (L1 * L1 + LC2 * LC2 + 2.0 * L1 * LC2 * cos2) + I1 + I2;
    let d2 = M2 * (LC2 * LC2 + L1 * LC2 * cos2) + I2;
    let phi2 = M2 * LC2 * G * cos(theta1 + theta2 - PI / 2.0);
    let phi1 = -M2 * L1 * LC2 * (dtheta2 * dtheta2) * sin2
        - 2.0 * M2 * L1 * LC2 * dtheta2 * dtheta1 * sin2
        + (M1 * LC1 + M2 * L1) * G * cos(theta1 - PI / 2.0)
        + phi2;
    let ddtheta2 = (torque + d2 / d1 * phi1 - M2 * L1 * LC2 * (dtheta1 * dtheta1) * sin2 - phi2)
        / (M2 * (LC2 * LC2) + I2 - d2 * d2 / d1);
    let ddtheta1 = -(d2 * ddtheta2 + phi1) / d1;
    [dtheta1, dtheta2, ddtheta1, ddtheta2]
}

/// One step of the classical Runge-Kutta method of order 4.
fn runge_kutta(state: [f64; 4], torque: f64) -> [f64; 4] {
    let along = |slope: [f64; 4], dt: f64| std::array::from_fn(|i| state[i] + dt * slope[i]);
    let k1 = derivative(state, torque);
    let k2 = derivative(along(k1, DT / 2.0), torque);
    let k3 = derivative(along(k2, DT / 2.0), torque);
    let k4 = derivative(along(k3, DT), torque);
    let sum = std::array::from_fn(|i| k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    along(sum, DT / 6.0)
}

/// The same angle from -pi to pi, turn by turn, as Gymnasium has it: other ways round differently.
fn wrapped(mut angle: f64) -> f64 {
    while angle > PI {
        angle -= TAU;
    }
    while angle < -PI {
        angle += TAU;
    }
    angle
}

impl Environment for Acrobot {
    fn begin(&mut self, seed: u64) {
        let [low, high] = FIRST;
        let drawn = Pcg64::new(seed).uniform4(low, high);
        self.state = drawn.map(|number| f64::from(number as f32));
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
            Action::Discrete(index) => TORQUES.get(index as usize),
            Action::Continuous(_) => None,
        };
        let torque = *torque.ok_or_else(|| EnvError::no_choice(action, TORQUES.len()))?;
        let [theta1, theta2, dtheta1, dtheta2] = runge_kutta(self.state, torque);
        let [.., bound1, bound2] = BOUNDS;
        self.state = [
            wrapped(theta1),
            wrapped(theta2),
            dtheta1.clamp(-bound1, bound1),
            dtheta2.clamp(-bound2, bound2),
        ];
        Ok(match self.has_arrived() {
            true => Outcome { reward: 0.0, ending: Some(Ending::Arrived) },
            false => Outcome { reward: -1.0, ending: None },
        })
    }

    fn at_step_limit(&self) -> Ending {
        Ending::OutOfTime
    }
}
