//! Another problem: swings up a pendulum whose motor is too weak to lift it, and holds it there.
//!
//! The equations are those of Gymnasium's `Pendulum-v1`. At 2 N m the motor cannot even hold the
//! pendulum level (that takes 4.9 N m), so the pilot must find out that swinging back and forth gathers
//! speed. Nothing is trained: the [`Model`] below is all that the pilot is told.
//!
//! ```sh
//! cargo run --release --example own_model
//! ```

use std::f64::consts::{PI, TAU};

use particle_pilot::kernels::lanes::Lanes;
use particle_pilot::kernels::math::sin_cos;
use particle_pilot::kernels::model::Model;
use particle_pilot::{Action, ActionKind, Pilot, PilotConfig, PlannerKind, Tuning};

/// Time between states in s.
const DT: f64 = 0.05;
/// `3 g / (2 l)` in 1/s^2: a rod of length 1 m that hangs from its end.
const GRAVITY: f64 = 1.5 * 9.8;
/// `3 / (m l^2)` in 1/(kg m^2), for 1 kg.
const MOBILITY: f64 = 3.0;
/// The strongest torque in N m.
const TORQUE: f64 = 2.0;
/// The highest speed in rad/s.
const TOP_SPEED: f64 = 8.0;

/// The pendulum as particles compute it: state `[angle rad from upright, speed rad/s]`.
#[derive(Clone, Copy)]
struct Pendulum;

/// Constants in every lane.
#[derive(Clone, Copy)]
struct Constants<L: Lanes> {
    proof: L::Proof,
    one: L,
    dt: L,
    pull: L,
    top_speed: L,
    speed_weight: L,
    terminal_weight: L,
    far: L,
}

// What handles lanes is marked `#[inline(always)]` and uses no closures, so that it is compiled with the
// vector instructions of its caller.
impl Model for Pendulum {
    const DIM: usize = 2;
    type State<L: Lanes> = [L; 2];
    type Constants<L: Lanes> = Constants<L>;

    #[inline(always)]
    fn constants<L: Lanes>(&self, proof: L::Proof) -> Constants<L> {
        Constants {
            proof,
            one: L::splat(proof, 1.0),
            dt: L::splat(proof, DT as f32),
            pull: L::splat(proof, (GRAVITY * DT) as f32),
            top_speed: L::splat(proof, TOP_SPEED as f32),
            speed_weight: L::splat(proof, 0.05),
            terminal_weight: L::splat(proof, 10.0),
            far: L::splat(proof, 1e4),
        }
    }

    #[inline(always)]
    fn start<L: Lanes>(&self, proof: L::Proof, state: &[f32]) -> [L; 2] {
        [L::splat(proof, state[0]), L::splat(proof, state[1])]
    }

    /// A model is free in its units: here a control is the change of speed in one step.
    fn full_control(&self) -> f32 {
        (MOBILITY * TORQUE * DT) as f32
    }

    fn full_action(&self) -> f64 {
        TORQUE
    }

    /// Nothing ends an episode; the comparison is false for NaN, as it must be.
    #[inline(always)]
    fn live<L: Lanes>(c: &Constants<L>, s: &[L; 2], live: L::Mask) -> L::Mask {
        s[0].magnitude().le_and(live, c.far)
    }

    /// Notes `1 - cos angle` and `speed^2`.
    #[inline(always)]
    fn accumulate<L: Lanes>(c: &Constants<L>, s: &[L; 2], live: L::Mask, sums: [L; 2]) -> [L; 2] {
        let (_, cosine) = sin_cos(c.proof, s[0]);
        [sums[0].add_where(live, c.one - cosine), sums[1].add_where(live, s[1] * s[1])]
    }

    #[inline(always)]
    fn running_cost<L: Lanes>(c: &Constants<L>, sums: [L; 2]) -> L {
        sums[1].fma(c.speed_weight, sums[0])
    }

    #[inline(always)]
    fn terminal_cost<L: Lanes>(c: &Constants<L>, s: &[L; 2]) -> L {
        let (_, cosine) = sin_cos(c.proof, s[0]);
        (s[1] * s[1]).fma(c.speed_weight, c.one - cosine) * c.terminal_weight
    }

    fn end_cost(&self) -> f32 {
        10.0
    }

    #[inline(always)]
    fn advance<L: Lanes>(c: &Constants<L>, [angle, speed]: [L; 2], control: L) -> [L; 2] {
        let (sine, _) = sin_cos(c.proof, angle);
        let speed = sine.fma(c.pull, speed + control);
        let speed = speed.lesser(c.top_speed).greater(-c.top_speed);
        [speed.fma(c.dt, angle), speed]
    }

    #[inline(always)]
    fn distance_squared<L: Lanes>(_: &Constants<L>, a: &[L; 2], b: &[L; 2]) -> L {
        let (angle, speed) = (a[0] - b[0], a[1] - b[1]);
        angle.fma(angle, speed * speed)
    }
}

/// The pendulum itself, in `f64`.
fn step([angle, speed]: [f64; 2], torque: f64) -> [f64; 2] {
    let speed = speed + (GRAVITY * angle.sin() + MOBILITY * torque) * DT;
    let speed = speed.clamp(-TOP_SPEED, TOP_SPEED);
    [angle + speed * DT, speed]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Upright, a step costs far less than 1: a low temperature makes small differences count.
    let tuning = Tuning { temperature: 0.1, noise_scale: 0.5, ..Tuning::of(PlannerKind::Mppi) };
    let config = PilotConfig {
        action: ActionKind::Continuous,
        horizon: 30, // 1.5 s
        tuning,
        ..PilotConfig::of(PlannerKind::Mppi)
    };
    let mut pilot = Pilot::with_model(config, Pendulum)?;
    let mut state = [PI, 0.0]; // hanging, at rest
    let mut upright = 0; // steps within 10 degrees without a break
    for now in 0..400 {
        let tilt = ((state[0] + PI).rem_euclid(TAU) - PI).to_degrees();
        if now % 20 == 0 {
            println!("{:4.1} s: {tilt:+7.1} degrees, {:+.2} rad/s", f64::from(now) * DT, state[1]);
        }
        upright = if tilt.abs() < 10.0 { upright + 1 } else { 0 };
        if upright == 100 {
            println!("upright for {:.0} s", 100.0 * DT);
            return Ok(());
        }
        let Action::Force(torque) = pilot.act(&state)?.action else {
            unreachable!("actions are continuous");
        };
        state = step(state, torque);
    }
    Err("not upright for 5 s within 20 s".into())
}
