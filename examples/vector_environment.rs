//! Many environments side by side, as reinforcement learning wants them: a rule acts on all observations at once,
//! then chance does, for the throughput.
//!
//! ```sh
//! cargo run --release --example vector_environment            # on whichever device is predicted to be faster
//! cargo run --release --example vector_environment -- cpu 1   # on one thread of the CPU
//! ```

use std::time::{Duration, Instant};

use particle_pilot::vector::{Autoreset, CartPoleVector, VectorOptions};

const ENVIRONMENTS: usize = 65_536;
const STEPS: u32 = 100;
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let device = arguments.next().as_deref().unwrap_or("auto").parse()?;
    let threads = arguments.next().as_deref().unwrap_or("0").parse()?;
    let autoreset = Autoreset::SameStep;
    let options = VectorOptions { autoreset, device, threads, ..VectorOptions::default() };
    let mut envs = CartPoleVector::new(ENVIRONMENTS, options)?;
    println!("{ENVIRONMENTS} environments on {}", envs.device());
    if let Some(why) = envs.fallback_reason() {
        println!("  since {why}");
    }

    // A rule that balances: lean against the fall, and a little towards the centre.
    let mut observations = envs.reset(0)?.to_vec();
    let mut actions = vec![0; ENVIRONMENTS];
    let (mut ended, mut spent) = (0, Duration::ZERO);
    for _ in 0..STEPS {
        for (action, [x, x_dot, theta, theta_dot]) in actions.iter_mut().zip(&observations) {
            *action = u32::from(0.05 * x + 0.1 * x_dot + theta + 0.3 * theta_dot > 0.0);
        }
        let start = Instant::now();
        let step = envs.step(&actions)?;
        spent += start.elapsed();
        ended += (0..ENVIRONMENTS).filter(|i| step.ended(*i)).count();
        observations.copy_from_slice(step.observations);
    }
    let rate = f64::from(STEPS) * ENVIRONMENTS as f64 / spent.as_secs_f64();
    println!("step:        {:.1} million steps a second, {ended} episodes ended", rate / 1e6);

    // Chance, many steps in one call.
    envs.reset(0)?;
    let mut rates = Vec::new();
    let (mut steps, mut episodes) = (0, 0);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let counts = envs.step_random(STEPS)?;
        rates.push(counts.steps as f64 / start.elapsed().as_secs_f64() / 1e6);
        steps += counts.steps;
        episodes += counts.episodes;
    }
    rates.sort_by(f64::total_cmp);
    let [lowest, median, highest] = [0, ROUNDS / 2, ROUNDS - 1].map(|i| rates[i]);
    println!("step_random: {median:.1} million steps a second ({lowest:.1} to {highest:.1})");
    let length = steps as f64 / episodes as f64;
    println!("             an episode by chance lasts {length:.2} steps");
    // Gymnasium: 22.49, in 600,000 episodes of 20,000 environments within 700 steps.
    if (20.0..24.0).contains(&length) { Ok(()) } else { Err("episodes of a strange length".into()) }
}
