//! Balances a pole for 500 steps, asking the pilot before each one.
//!
//! ```sh
//! cargo run --release --example quickstart
//! ```

use particle_pilot::env::CartPole;
use particle_pilot::{Action, CartPoleProblem, Pilot, PilotConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    let mut env = CartPole::default(); // Gymnasium's CartPole-v1
    let mut state = env.reset(Some(0));
    let mut steps = 0;
    let fell = loop {
        let decision = pilot.act(&state)?;
        let step = match decision.action {
            Action::Discrete(index) => env.step(index)?,
            Action::Continuous(force) => env.step_force(force[0])?,
        };
        steps += 1;
        state = step.state;
        if steps % 100 == 0 {
            let [x, _, theta, _] = state;
            println!("step {steps}: cart at {x:+.3} m, pole at {:+.2} degrees", theta.to_degrees());
        }
        if step.ended() {
            break step.terminated;
        }
    };
    println!("{} after {steps} steps", if fell { "fell" } else { "still up" });
    if fell { Err("the pole fell".into()) } else { Ok(()) }
}
