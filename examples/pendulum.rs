//! A known problem: swings up Gymnasium's `Pendulum-v1` and holds it, in ten episodes of 200 steps.
//!
//! The pilot plans with the model in `kernels::problems`, in single precision; what happens is worked out in double
//! precision, as Gymnasium does it.

use particle_pilot::env::Pendulum;
use particle_pilot::kernels::problems;
use particle_pilot::{Episode, Pilot, PilotConfig, PlannerKind};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 30 steps are 1.5 s: about a swing.
    let config = PilotConfig { horizon: 30, ..PilotConfig::of(PlannerKind::Cem) };
    let mut pilot = Pilot::with_model(config, problems::Pendulum::default())?;
    let (mut env, mut total) = (Pendulum::default(), 0.0);
    for seed in 0..10 {
        let result = Episode::new().seed(seed).steps(200).run_in(&mut pilot, &mut env)?;
        let theta = result.final_state.map_or(f64::NAN, |state| state[0]);
        let turns = (theta / std::f64::consts::TAU).round();
        let tilt = (theta - turns * std::f64::consts::TAU).to_degrees();
        println!("seed {seed}: reward {:6.1}, {tilt:+.2} degrees at last", result.total_reward);
        total += result.total_reward;
        if tilt.abs() > 10.0 {
            return Err("not upright".into());
        }
    }
    println!("mean {:.1}", total / 10.0); // hanging still, 200 steps are worth -1974
    Ok(())
}
