//! The pendulum of Gymnasium's `Pendulum-v1`.

use core::f32::consts::TAU;

use crate::model::{Actions, Model};
use crate::real::Real;

/// Time between states in s.
const DT: f32 = 0.05;
/// The most that the motor can do, in N m.
const MAX_TORQUE: f32 = 2.0;
/// The most speed in rad/s.
const MAX_SPEED: f32 = 8.0;

/// A rod of 1 m and 1 kg that hangs from one end, to be swung up and held there by a motor too weak to lift it.
///
/// State `[theta rad, theta_dot rad/s]`, `theta` from the upright, not wrapped; control a torque from -2 to 2 N m. A step costs
/// what Gymnasium's `Pendulum-v1` takes off the reward, `theta^2 + 0.1 theta_dot^2 + 0.001 torque^2` with `theta` from -pi to
/// pi, but of the state that it led to.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::model::Model;
/// use particle_pilot_kernels::problems::Pendulum;
/// use particle_pilot_kernels::real::Num;
///
/// let [theta, speed] = Pendulum::default().advance([1.0, 0.0].map(Num), [Num(-2.0_f32)]);
/// assert!(theta.0 > 1.0 && speed.0 > 0.0); // it falls on, whatever the motor does
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pendulum {
    /// Gravitational acceleration in m/s^2; default 10. More is harder to lift.
    pub gravity: f32,
}

impl Default for Pendulum {
    fn default() -> Self {
        Self { gravity: 10.0 }
    }
}

impl Model<2, 1> for Pendulum {
    fn actions(&self) -> Actions<1> {
        Actions::within([-MAX_TORQUE], [MAX_TORQUE])
    }

    /// A rod's moment of inertia about its end is a third of mass times length squared. Speed first, then the angle with the
    /// new speed.
    #[inline(always)]
    fn advance<R: Real>(&self, [theta, theta_dot]: [R; 2], [torque]: [R; 1]) -> [R; 2] {
        let acceleration = theta.sin() * (1.5 * self.gravity) + torque * 3.0;
        let theta_dot = acceleration.fma(DT, theta_dot).clamp(-MAX_SPEED, MAX_SPEED);
        [theta_dot.fma(DT, theta), theta_dot]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [theta, theta_dot]: [R; 2], [torque]: [R; 1]) -> R {
        let turns = theta.fma(1.0 / TAU, 0.5).floor();
        let angle = turns.fma(-TAU, theta);
        let moving = theta_dot.square().fma(0.1, angle.square());
        torque.square().fma(0.001, moving)
    }
}
