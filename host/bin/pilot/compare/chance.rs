//! What becomes of the pole without a pilot.

use std::time::Instant;

use anyhow::Result;
use particle_pilot::env::{CartPole, CartPoleOptions};
use particle_pilot::{
    Action, ActionKind, DecisionTimes, Digest, EpisodeResult, EvaluationResult, PilotConfig,
};

use crate::interrupt;
use crate::progress::Progress;
use crate::settings::Settings;

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
    let (mut digest, mut total_reward, mut steps) = (Digest::new(), 0.0, 0);
    loop {
        let action = action(config, seed, steps);
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

/// A pure function of seed and step.
fn action(config: &PilotConfig, seed: u64, step: u32) -> Action {
    let bits = splitmix64(splitmix64(seed).wrapping_add(step.into()));
    match config.action {
        ActionKind::Discrete => Action::Discrete((bits >> 63) as u32),
        ActionKind::Continuous => {
            let share = (bits >> 11) as f64 / (1u64 << 53) as f64; // 0 to below 1
            Action::Force((2.0 * share - 1.0) * config.physics.force_mag)
        }
    }
}

/// The first output of S. Vigna's SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
fn splitmix64(seed: u64) -> u64 {
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
