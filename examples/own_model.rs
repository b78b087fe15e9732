//! Another problem: swings up a pendulum whose motor is too weak to lift it, and holds it there.
//!
//! The equations are those of Gymnasium's `Pendulum-v1`. At 2 N m the motor cannot even hold the pendulum level (that
//! takes 4.9 N m): it must swing. Nothing is trained: the [`Model`] below is all that the pilot is told.

use std::f32::consts::{PI, TAU};

use particle_pilot::kernels::model::{Actions, Model};
use particle_pilot::kernels::real::{Num, Real};
use particle_pilot::{Action, Pilot, PilotConfig, PlannerKind, Tuning};

/// A rod of 1 m and 1 kg that hangs from its end: angle in rad from upright, speed in rad/s, torque in N m.
#[derive(Clone, Copy)]
struct Pendulum;

impl Model<2, 1> for Pendulum {
    fn actions(&self) -> Actions<1> {
        Actions::within([-2.0], [2.0])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [angle, speed]: [R; 2], [torque]: [R; 1]) -> [R; 2] {
        let speed = (speed + (angle.sin() * 14.7 + torque * 3.0) * 0.05).clamp(-8.0, 8.0);
        [angle + speed * 0.05, speed]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [angle, speed]: [R; 2], _: [R; 1]) -> R {
        -angle.cos() + 1.0 + speed.square() * 0.05
    }

    #[inline(always)]
    fn final_cost<R: Real>(&self, state: [R; 2]) -> R {
        self.cost(state, [state[0]]) * 10.0
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Upright, a step costs far less than 1: a low temperature makes small differences count.
    let tuning =
        Tuning { temperature: 0.1, noise_scale: 0.5.into(), ..Tuning::of(PlannerKind::Mppi) };
    let config = PilotConfig { horizon: 30, tuning, ..PilotConfig::of(PlannerKind::Mppi) };
    let mut pilot = Pilot::with_model(config, Pendulum)?;
    let mut state = [PI, 0.0]; // hanging, at rest
    let mut upright = 0; // steps within 10 degrees without a break
    for now in 0..400 {
        let tilt = ((state[0] + PI).rem_euclid(TAU) - PI).to_degrees();
        if now % 20 == 0 {
            println!("{:2} s: {tilt:+7.1} degrees, {:+.2} rad/s", now / 20, state[1]);
        }
        upright = if tilt.abs() < 10.0 { upright + 1 } else { 0 };
        if upright == 100 {
            println!("upright for 5 s");
            return Ok(());
        }
        let Action::Continuous(torque) = pilot.act(&state.map(f64::from))?.action else { break };
        state = Pendulum.advance(state.map(Num), [Num(torque[0] as f32)]).map(|number| number.0);
    }
    Err("not upright for 5 s within 20 s".into())
}
