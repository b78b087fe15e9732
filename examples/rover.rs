//! Several numbers of control, and a goal that moves: a rover drives after a beacon, round a rock.

use particle_pilot::kernels::model::{Actions, Model};
use particle_pilot::kernels::real::{Num, Real};
use particle_pilot::{Action, Pilot, PilotConfig, PlannerKind};

/// Place in m and heading in rad; speed in m/s and turn in rad/s.
#[derive(Clone, Copy)]
struct Rover {
    beacon: [f32; 2],
}

/// Where the rock is, and its radius, in m.
const ROCK: [f32; 3] = [2.0, 0.4, 0.6];

impl Model<3, 2> for Rover {
    fn actions(&self) -> Actions<2> {
        Actions::within([-0.3, -1.5], [1.0, 1.5])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x, y, heading]: [R; 3], [speed, turn]: [R; 2]) -> [R; 3] {
        let (sine, cosine) = heading.sin_cos();
        [x + speed * cosine * 0.1, y + speed * sine * 0.1, heading + turn * 0.1]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x, y, _]: [R; 3], [_, turn]: [R; 2]) -> R {
        let away = ((x - self.beacon[0]).square() + (y - self.beacon[1]).square()).sqrt();
        away + turn.square() * 0.01
    }

    #[inline(always)]
    fn goes_on<R: Real>(&self, [x, y, _]: [R; 3]) -> R::Mask {
        ((x - ROCK[0]).square() + (y - ROCK[1]).square()).gt(ROCK[2] * ROCK[2])
    }

    fn end_cost(&self) -> f32 {
        100.0
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = PilotConfig { horizon: 40, ..PilotConfig::of(PlannerKind::Cem) };
    let mut rover = Rover { beacon: [4.0, 0.0] };
    let mut pilot = Pilot::with_model(config, rover)?;
    let mut state = [0.0f32; 3];
    for step in 0..300 {
        rover.beacon[1] = 0.01 * step as f32; // it goes sideways, at 0.1 m/s
        pilot.set_model(rover)?;
        let Action::Continuous(control) = pilot.act(&state.map(f64::from))?.action else { break };
        let control = [Num(control[0] as f32), Num(control[1] as f32)];
        state = rover.advance(state.map(Num), control).map(|number| number.0);
        let [x, y, _] = state;
        if step % 50 == 49 {
            let away = (x - rover.beacon[0]).hypot(y - rover.beacon[1]);
            println!("{:2} s: at {x:.2} {y:.2}, {away:.2} m from the beacon", (step + 1) / 10);
        }
        if (x - ROCK[0]).hypot(y - ROCK[1]) <= ROCK[2] {
            return Err("it has hit the rock".into());
        }
    }
    let away = (state[0] - rover.beacon[0]).hypot(state[1] - rover.beacon[1]);
    if away < 0.3 { Ok(()) } else { Err(format!("{away:.2} m from the beacon").into()) }
}
