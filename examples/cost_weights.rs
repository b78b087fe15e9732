//! What the cost weights do: a cart that cares more about the centre stays closer to it.
//!
//! ```sh
//! cargo run --release --example cost_weights
//! ```

use std::ops::ControlFlow;

use particle_pilot::env::Push;
use particle_pilot::kernels::model::CostWeights;
use particle_pilot::{CartPoleProblem, Episode, Pilot, PilotConfig, PilotError};

/// Plays ten episodes with pushes, prints the means over their steps, and returns that of |x| in m.
fn mean_distance(name: &str, cost: CostWeights) -> Result<f64, PilotError> {
    let mut pilot = Pilot::new(
        PilotConfig::default(),
        CartPoleProblem { cost: Some(cost), ..CartPoleProblem::default() },
    )?;
    let push = Push::new(5.0, 5, 50).expect("5 N for 5 of every 50 steps");
    let (mut distance, mut angle, mut steps) = (0.0, 0.0, 0.0);
    for seed in 0..10 {
        Episode::new().seed(seed).push(Some(push)).run_with(&mut pilot, |record| {
            let (x, theta) = (record.state[0], record.state[2]);
            distance += x.abs();
            angle += theta.abs().to_degrees();
            steps += 1.0;
            ControlFlow::Continue(())
        })?;
    }
    let (distance, angle) = (distance / steps, angle / steps);
    println!("{name}: mean |x| {distance:.3} m, mean |theta| {angle:.2} degrees");
    Ok(distance)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let default = CostWeights::default();
    let centred = CostWeights { position: 2.0, terminal_position: 10.0, ..default };
    let usual = mean_distance("default", default)?;
    let closer = mean_distance("centred", centred)?;
    if closer < usual { Ok(()) } else { Err("the weights made no difference".into()) }
}
