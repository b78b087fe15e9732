//! Another known problem: swings up Gymnasium's `Acrobot-v1`, by three choices, until it arrives.

use particle_pilot::env::Acrobot;
use particle_pilot::kernels::problems;
use particle_pilot::{Evaluation, PilotConfig, PlannerKind};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut all_arrive = true;
    for planner in [PlannerKind::RandomShooting, PlannerKind::Cem, PlannerKind::Mppi] {
        let config = PilotConfig { particles: 512, horizon: 20, ..PilotConfig::of(planner) };
        let model = problems::Acrobot::default();
        let evaluation = Evaluation::with_model(config, model, Acrobot::default());
        let result = evaluation.episodes(10).steps(300).run()?;
        all_arrive &= result.survived == result.episodes;
        println!(
            "{planner}: {} of {} arrive, after {} steps on average",
            result.survived, result.episodes, result.mean_steps
        );
    }
    if all_arrive { Ok(()) } else { Err("an episode did not arrive".into()) }
}
