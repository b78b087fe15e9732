//! What becomes of the pole without a pilot.

use std::ops::ControlFlow;
use std::time::Instant;

use anyhow::Result;
use particle_pilot::env::PushedCartPole;
use particle_pilot::{
    Action, ActionKind, Decision, Diagnostics, Episode, EpisodeResult, EvaluationResult, PhiloxRng,
    PilotConfig,
};
use rand::{RngExt, SeedableRng};

use super::quality::Quality;
use crate::settings::Settings;
use crate::shared::interrupt;

/// Plays the same episodes as the pilots, every action drawn uniformly from all there are.
pub fn evaluate(
    config: &PilotConfig,
    settings: &Settings,
    episodes: u32,
) -> Result<(EvaluationResult, Vec<Quality>)> {
    let began = Instant::now();
    let mut results = Vec::new();
    for index in 0..episodes {
        if interrupt::stopped() {
            break;
        }
        let seed = config.seed.wrapping_add(index.into());
        let result = episode(config, settings, seed)?;
        if !result.interrupted {
            results.push(result);
        }
    }
    let qualities = results.iter().filter_map(|result| Quality::of(result, settings));
    Ok((EvaluationResult::of(&results, began.elapsed()), qualities.collect()))
}

fn episode(config: &PilotConfig, settings: &Settings, seed: u64) -> Result<EpisodeResult> {
    let mut rng = PhiloxRng::seed_from_u64(seed);
    let decide = |_: &[f64]| {
        let action = action(config.action, settings.physics().force_mag, &mut rng);
        Ok(Decision { action, diagnostics: Diagnostics::default() })
    };
    let mut env = PushedCartPole::new(settings.physics(), settings.push())?;
    let episode = Episode::new().seed(seed).steps(settings.steps());
    Ok(episode.run_by(&mut env, decide, |_| match interrupt::stopped() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    })?)
}

/// An action drawn uniformly from all there are, with a force of at most `force` N.
fn action(kind: ActionKind, force: f64, rng: &mut PhiloxRng) -> Action {
    match kind {
        ActionKind::Discrete => Action::Discrete(rng.random::<bool>().into()),
        ActionKind::Continuous => Action::Continuous([rng.random_range(-force..=force)].into()),
    }
}
