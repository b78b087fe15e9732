//! Another known problem: swings up Gymnasium's `Acrobot-v1`, by three choices, until it arrives.

use std::sync::Mutex;

use particle_pilot::env::Acrobot;
use particle_pilot::kernels::problems;
use particle_pilot::{Evaluation, PilotConfig, PlannerKind};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut all_arrive = true;
    // All but `fmc`, whose walkers seek what is new more than what is good: docs/planners.md.
    for planner in [
        PlannerKind::Cem,
        PlannerKind::Mppi,
        PlannerKind::Icem,
        PlannerKind::PredictiveSampling,
        PlannerKind::RandomShooting,
        PlannerKind::Smc,
    ] {
        // 30 steps are 6 s, about two swings.
        let config = PilotConfig { horizon: 30, ..PilotConfig::of(planner) };
        let model = problems::Acrobot::default();
        let evaluation = Evaluation::with_model(config, model, Acrobot::default());
        let worst = Mutex::new(0.0f64);
        let result = evaluation.episodes(100).run_with(&Default::default(), |episode| {
            let mut worst = worst.lock().expect("nobody panics");
            *worst = worst.min(episode.total_reward);
        })?;
        let worst = worst.into_inner()?;
        println!(
            "{planner}: {} of {} arrive, reward {:.1} on average and {worst} at worst",
            result.survived, result.episodes, result.mean_reward
        );
        all_arrive &= result.survived == result.episodes;
    }
    if all_arrive { Ok(()) } else { Err("an episode did not arrive".into()) }
}
