//! Whether a peer's dynamics are those of the reference environment.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use particle_pilot::env::{CartPole, CartPoleOptions, Physics};
use serde::Deserialize;
use serde_json::json;

use super::process::Process;

/// Transitions that are compared.
const TRANSITIONS: usize = 512;
/// A step in `f32` rounds a dozen times, each time by at most 6e-8 of the numbers at hand, which are not above 30.
/// Wrong equations differ by 1e-3 (a pole of another mass, the other integrator).
const TOLERANCE: f64 = 5e-6;
/// How far random numbers may move the share of futures that end, in standard deviations.
const DEVIATIONS: f64 = 5.0;

#[derive(Deserialize)]
struct Transitions {
    /// Of the peer's own, if it cannot be put into given ones.
    states: Option<Vec<[f64; 4]>>,
    actions: Option<Vec<u32>>,
    next: Vec<[f64; 4]>,
}

/// In what the dynamics of a peer differ from the reference's, if they do.
pub fn differs(process: &mut Process, patience: Duration) -> Result<Option<String>> {
    let (states, actions) = given();
    let request = json!({"do": "check", "states": states, "actions": actions});
    let answer = process.ask(&request, patience)?;
    let answer: Transitions =
        serde_json::from_value(answer).context("its answer holds no transitions")?;
    let states = answer.states.unwrap_or(states);
    let actions = answer.actions.unwrap_or(actions);
    let counts = [states.len(), actions.len(), answer.next.len()];
    ensure!(counts == [TRANSITIONS; 3], "it answered {counts:?} transitions, not {TRANSITIONS}");
    let mut env = CartPole::new(Physics::default(), CartPoleOptions::default())?;
    for ((state, action), next) in states.iter().zip(&actions).zip(&answer.next) {
        env.reset_to(*state)?;
        let expected = env.step(*action)?.state;
        if !near(next, &expected) {
            return Ok(Some(format!(
                "from {state:.6?} action {action} leads to {expected:.6?}, not to {next:.6?}"
            )));
        }
    }
    Ok(None)
}

/// In what the share of futures that end differs from ours beyond what chance explains.
pub fn share_differs(ours: f64, theirs: f64, particles: u32) -> Option<String> {
    let variance = (ours * (1.0 - ours)).max(1.0 / f64::from(particles));
    // Two samples of the same size.
    let most = DEVIATIONS * (2.0 * variance / f64::from(particles)).sqrt();
    let near = (ours - theirs).abs() <= most; // false for NaN
    (!near).then(|| format!("{theirs:.4} of its futures end, {ours:.4} of ours"))
}

fn near(given: &[f64; 4], expected: &[f64; 4]) -> bool {
    let apart = |(a, b): (&f64, &f64)| (a - b).abs() <= TOLERANCE * (1.0 + b.abs());
    given.iter().zip(expected).all(apart)
}

/// States that live, spread over their box by a sequence of low discrepancy (the powers of the plastic number's
/// kin: M. Roberts, "The Unreasonable Effectiveness of Quasirandom Sequences", 2018), and actions.
fn given() -> (Vec<[f64; 4]>, Vec<u32>) {
    const STRIDES: [f64; 4] = [0.856_674_883_9, 0.733_891_856_6, 0.628_706_721_0, 0.538_597_257_2];
    const REACH: [f64; 4] = [2.3, 3.0, 0.2, 3.0];
    let number = |i: usize, k: usize| REACH[k] * (2.0 * (i as f64 * STRIDES[k]).fract() - 1.0);
    let states = (1..=TRANSITIONS).map(|i| [0, 1, 2, 3].map(|k| number(i, k)));
    (states.collect(), (0..TRANSITIONS as u32).map(|i| (i ^ (i >> 3)) & 1).collect())
}
