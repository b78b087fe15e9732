//! Many episodes at once: by [`Evaluation`], which runs them to the end, and by [`PilotBatch`], for
//! environments of one's own that advance in step.
//!
//! ```sh
//! cargo run --release --example batched_evaluation
//! ```

use particle_pilot::env::CartPole;
use particle_pilot::{Action, CartPoleProblem, Evaluation, PilotBatch, PilotConfig};

const EPISODES: u32 = 64;
const STEPS: u32 = 200;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = PilotConfig::default();

    let result = Evaluation::new(config.clone(), CartPoleProblem::default())
        .episodes(EPISODES)
        .steps(STEPS)
        .run()?;
    let [low, high] = result.success_interval;
    println!("Evaluation: {} of {} poles up after {STEPS} steps", result.survived, result.episodes);
    println!("            success {:.1}% to {:.1}% (95%)", 100.0 * low, 100.0 * high);

    // The same episodes by hand: pilot i has seed i and plays environment i.
    let seeds: Vec<u64> = (0..u64::from(EPISODES)).collect();
    let mut pilots = PilotBatch::new(&config, CartPoleProblem::default(), &seeds)?;
    let mut envs = vec![CartPole::default(); seeds.len()];
    let mut states = Vec::new();
    for (env, seed) in envs.iter_mut().zip(&seeds) {
        states.push(env.reset(Some(*seed)));
    }
    let mut up = vec![true; seeds.len()];
    for _ in 0..STEPS {
        let decisions = pilots.act(&states)?;
        for (i, decision) in decisions.iter().enumerate() {
            let Action::Discrete(index) = decision.action else {
                unreachable!("actions are discrete");
            };
            if !up[i] {
                continue;
            }
            let step = envs[i].step(index)?;
            states[i] = step.state;
            up[i] = !step.terminated;
        }
    }
    let survived = up.iter().filter(|up| **up).count();
    println!("PilotBatch: {survived} of {} poles up after {STEPS} steps", up.len());
    if survived == result.survived as usize { Ok(()) } else { Err("the two disagree".into()) }
}
