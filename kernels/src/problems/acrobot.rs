//! The acrobot of Gymnasium's `Acrobot-v1`.

use core::f32::consts::{PI, TAU};

use crate::model::{Actions, Kind, Model};
use crate::real::Real;

/// Time between states in s.
const DT: f32 = 0.2;
/// Gravitational acceleration in m/s^2.
const G: f32 = 9.8;
/// The most speed of each joint in rad/s.
const MAX_SPEED: [f32; 2] = [4.0 * PI, 9.0 * PI];
/// The tip's height above the fixed joint in m that is to be passed.
const GOAL: f32 = 1.0;
/// The least energy in J that reaches it: with the upper link level, the lower one upright, and both at rest. Hanging, there are
/// -19.6.
const GOAL_ENERGY: f32 = 0.5 * G;

/// Two links of 1 m and 1 kg that hang from a fixed joint, to be swung up by a motor in the joint between them until the tip is
/// 1 m above the fixed joint.
///
/// State `[theta1 rad, theta2 rad, theta1_dot rad/s, theta2_dot rad/s]`, `theta1` from hanging, `theta2` from the upper link's
/// direction; a torque of -1, 0 or 1 N m. Each step costs 1 until the tip is there. Since that may be farther away than
/// planners look, the last state of a future costs what [`Acrobot::height_weight`] and [`Acrobot::energy_weight`] say.
///
/// The equations are those of R. S. Sutton and A. G. Barto, "Reinforcement Learning: An Introduction", 1998, section 11.3,
/// in one step of the classical Runge-Kutta method.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::model::Model;
/// use particle_pilot_kernels::problems::Acrobot;
/// use particle_pilot_kernels::real::Num;
///
/// let hanging = [Num(0.0_f32); 4];
/// let next = Acrobot::default().advance(hanging, [Num(1.0)]);
/// assert!(next[0].0 < 0.0 && next[1].0 > 0.0); // the links bend
/// assert!(Acrobot::default().goes_on(next));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Acrobot {
    /// What a metre costs that the tip lacks at the end of a future, in steps, `>= 0`; default 1. Much more than the energy
    /// makes planners hold the tip up instead of swinging back.
    pub height_weight: f32,
    /// What a joule costs that both links lack at the end of a future to reach the goal, in steps, `>= 0`; default 1. More
    /// makes planners swing first; with 0 they take half as long again, or never arrive.
    pub energy_weight: f32,
}

impl Default for Acrobot {
    fn default() -> Self {
        Self { height_weight: 1.0, energy_weight: 1.0 }
    }
}

/// The height of the tip above the fixed joint in m.
#[inline(always)]
fn height<R: Real>([theta1, theta2, ..]: [R; 4]) -> R {
    -theta1.cos() - (theta1 + theta2).cos()
}

/// The energy of both links in J, 0 where both are level and at rest.
#[inline(always)]
fn energy<R: Real>([theta1, theta2, speed1, speed2]: [R; 4]) -> R {
    // The matrix of masses is [[d1, d2], [d2, 1.25]].
    let cos2 = theta2.cos();
    let (d1, d2) = (cos2 + 3.5, cos2.fma(0.5, 1.25));
    let twice = d1 * speed1.square() + d2 * speed1 * speed2 * 2.0 + speed2.square() * 1.25;
    let depth = theta1.cos() * 1.5 + (theta1 + theta2).cos() * 0.5;
    twice * 0.5 - depth * G
}

/// How fast each number of a state changes under `torque`. Of all lengths, masses and moments of inertia only the numbers
/// are left; `cos(theta - pi/2)` is a sine.
#[inline(always)]
fn derivative<R: Real>([theta1, theta2, speed1, speed2]: [R; 4], torque: R) -> [R; 4] {
    let (sin2, cos2) = theta2.sin_cos();
    let d1 = cos2 + 3.5;
    let d2 = cos2.fma(0.5, 1.25);
    let ratio = d2 / d1;
    let phi2 = (theta1 + theta2).sin() * (0.5 * G);
    let phi1 = theta1.sin().fma(1.5 * G, phi2) - speed2 * speed1.fma(2.0, speed2) * sin2 * 0.5;
    let change2 =
        (torque + ratio * phi1 - speed1.square() * sin2 * 0.5 - phi2) / (-(ratio * d2) + 1.25);
    let change1 = -(d2 * change2 + phi1) / d1;
    [speed1, speed2, change1, change2]
}

/// `state` after `dt` seconds along `slope`.
#[inline(always)]
fn along<R: Real>(mut state: [R; 4], slope: [R; 4], dt: f32) -> [R; 4] {
    for i in 0..4 {
        state[i] = slope[i].fma(dt, state[i]);
    }
    state
}

/// The same angle from -pi to pi.
#[inline(always)]
fn wrapped<R: Real>(angle: R) -> R {
    let turns = angle.fma(1.0 / TAU, 0.5).floor();
    turns.fma(-TAU, angle)
}

impl Model<4, 1> for Acrobot {
    const KIND: Kind = Kind::Choices(3);

    fn actions(&self) -> Actions<1> {
        Actions::choices(&[[-1.0], [0.0], [1.0]])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, state: [R; 4], [torque]: [R; 1]) -> [R; 4] {
        let k1 = derivative(state, torque);
        let k2 = derivative(along(state, k1, DT / 2.0), torque);
        let k3 = derivative(along(state, k2, DT / 2.0), torque);
        let k4 = derivative(along(state, k3, DT), torque);
        let mut sum = k1;
        for i in 0..4 {
            sum[i] = (k2[i] + k3[i]).fma(2.0, k1[i] + k4[i]);
        }
        let [theta1, theta2, speed1, speed2] = along(state, sum, DT / 6.0);
        let [most1, most2] = MAX_SPEED;
        [wrapped(theta1), wrapped(theta2), speed1.clamp(-most1, most1), speed2.clamp(-most2, most2)]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, state: [R; 4], _: [R; 1]) -> R {
        state[0].constant(1.0)
    }

    #[inline(always)]
    fn final_cost<R: Real>(&self, state: [R; 4]) -> R {
        // In this order, what is no number stays so.
        let none = state[0].constant(0.0);
        let lacking = none.max(-height(state) + GOAL);
        let energy_lacking = none.max(-energy(state) + GOAL_ENERGY);
        lacking.fma(self.height_weight, energy_lacking * self.energy_weight)
    }

    /// Until the tip is high enough. Where the state is no number, too, since arriving costs nothing.
    #[inline(always)]
    fn goes_on<R: Real>(&self, state: [R; 4]) -> R::Mask {
        !height(state).gt(GOAL)
    }

    /// Angles go round, and a turn of a link is much. (`2 - 2 cos` of a difference is about its square.)
    #[inline(always)]
    fn distance_squared<R: Real>(&self, a: [R; 4], b: [R; 4]) -> R {
        let bend = (a[0] - b[0]).cos() + (a[1] - b[1]).cos();
        let speeds = (a[2] - b[2]).square() * 0.05 + (a[3] - b[3]).square() * 0.02;
        bend.fma(-2.0, 4.0) + speeds
    }
}
