//! What becomes of the pole without a pilot.

use std::time::Instant;

use anyhow::Result;
use particle_pilot::env::{CartPole, CartPoleOptions};
use particle_pilot::{
    Action, ActionKind, DecisionTimes, Digest, EpisodeResult, EvaluationResult, PhiloxRng,
    PilotConfig,
};
use rand::{RngExt, SeedableRng};

use crate::settings::Settings;
use crate::shared::interrupt;
use crate::shared::progress::Progress;

/// Plays the same episodes as the pilots, every action drawn uniformly from all there are.
pub fn evaluate(
    config: &PilotConfig,
    settings: &Settings,
    episodes: u32,
    progress: &Progress,
) -> Result<EvaluationResult> {
    let began = Instant::now();
    let mut results = Vec::new();
    for index in 0..episodes {
        if interrupt::stopped() {
            break;
        }
        let seed = config.seed.wrapping_add(index.into());
        results.push(episode(config, settings, seed)?);
        progress.tick();
    }
    Ok(EvaluationResult::of(&results, began.elapsed()))
}

fn episode(config: &PilotConfig, settings: &Settings, seed: u64) -> Result<EpisodeResult> {
    let began = Instant::now();
    let options =
        CartPoleOptions { max_episode_steps: Some(settings.steps()), ..CartPoleOptions::default() };
    let mut env = CartPole::new(config.physics, options)?;
    let mut state = env.reset(Some(seed));
    let mut rng = PhiloxRng::seed_from_u64(seed);
    let (mut digest, mut total_reward, mut steps) = (Digest::new(), 0.0, 0);
    loop {
        let action = action(config, &mut rng);
        digest.state(&state);
        digest.action(action);
        if let Some(push) = settings.push() {
            env.set_push(push.force_at(seed, steps))?;
        }
        let step = match action {
            Action::Discrete(index) => env.step(index)?,
            Action::Force(newton) => env.step_force(newton)?,
        };
        state = step.state;
        total_reward += step.reward;
        steps += 1;
        if step.ended() {
            digest.state(&state);
            return Ok(EpisodeResult {
                survived: !step.terminated,
                interrupted: false,
                steps,
                seed,
                total_reward,
                wall: began.elapsed(),
                decision_times: DecisionTimes::default(),
                particle_steps: 0,
                digest,
            });
        }
    }
}

/// An action drawn uniformly from all there are.
fn action(config: &PilotConfig, rng: &mut PhiloxRng) -> Action {
    match config.action {
        ActionKind::Discrete => Action::Discrete(rng.random::<bool>().into()),
        ActionKind::Continuous => {
            let force = config.physics.force_mag;
            Action::Force(rng.random_range(-force..=force))
        }
    }
}
