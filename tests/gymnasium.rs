//! `env::CartPole` against recordings of Gymnasium's `CartPole-v1`.
//!
//! `tests/golden/make_gymnasium.py` makes the recordings and describes them.

use std::fs;
use std::path::PathBuf;

use particle_pilot::env::{CartPole, CartPoleOptions, Integrator, Physics, Step};
use serde::Deserialize;

/// Largest deviation of any component of a state, in its unit, however many
/// steps after the reset. All arithmetic is in Gymnasium's order; what differs
/// is the last bit of some sines and cosines, which upright poles amplify by
/// e^4 a second.
const TOLERANCE: f64 = 1e-12;

/// A line of `gymnasium_resets.csv`.
#[derive(Deserialize)]
struct Reset {
    seed: u64,
    draw: u32,
    low: f64,
    high: f64,
    x: f64,
    x_dot: f64,
    theta: f64,
    theta_dot: f64,
}

/// A line of `gymnasium_episodes.jsonl`.
#[derive(Deserialize)]
struct Episode {
    seed: u64,
    policy: String,
    physics: Physics,
    sutton_barto_reward: bool,
    max_episode_steps: u32,
    #[serde(default)]
    actions: String,
    #[serde(default)]
    forces: Vec<f64>,
    rewards: String,
    ends: String,
    stride: usize,
    states: Vec<[f64; 4]>,
}

impl Episode {
    /// The environment, just reset.
    fn env(&self) -> CartPole {
        let options = CartPoleOptions {
            sutton_barto_reward: self.sutton_barto_reward,
            max_episode_steps: Some(self.max_episode_steps),
        };
        let mut env = CartPole::new(self.physics, options).unwrap();
        env.reset(Some(self.seed));
        env
    }

    fn name(&self) -> String {
        let Self { seed, policy, physics, .. } = self;
        format!("policy {policy}, seed {seed}, {physics:?}")
    }

    /// Every step taken in turn, with its number from 0.
    fn replay(&self) -> impl Iterator<Item = (usize, Step)> {
        let mut env = self.env();
        (0..self.rewards.len()).map(move |i| {
            let step = match self.forces.get(i) {
                Some(&force) => env.step_force(force),
                None => env.step(u32::from(self.actions.as_bytes()[i] - b'0')),
            };
            (i, step.unwrap())
        })
    }

    /// The state after `steps` steps, if that one is recorded.
    fn state_after(&self, steps: usize) -> Option<[f64; 4]> {
        if steps == self.rewards.len() {
            self.states.last().copied()
        } else if steps.is_multiple_of(self.stride) {
            Some(self.states[steps / self.stride])
        } else {
            None
        }
    }
}

fn golden(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", name].iter().collect()
}

fn resets() -> Vec<Reset> {
    let mut file = csv::Reader::from_path(golden("gymnasium_resets.csv")).unwrap();
    file.deserialize().map(Result::unwrap).collect()
}

fn episodes() -> Vec<Episode> {
    let text = fs::read_to_string(golden("gymnasium_episodes.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Largest deviation of any component; infinite where one is NaN.
fn deviation(a: [f64; 4], b: [f64; 4]) -> f64 {
    let each = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    each.map(|d| if d.is_nan() { f64::INFINITY } else { d }).fold(0.0, f64::max)
}

#[test]
fn resets_draw_gymnasiums_states_to_the_last_bit() {
    let mut env = CartPole::default();
    for Reset { seed, draw, low, high, x, x_dot, theta, theta_dot } in resets() {
        let seed_or_none = (draw == 0).then_some(seed);
        let state = if (low, high) == (-0.05, 0.05) {
            env.reset(seed_or_none)
        } else {
            env.reset_with_bounds(seed_or_none, low, high).unwrap()
        };
        let recorded = [x, x_dot, theta, theta_dot];
        assert_eq!(
            state.map(f64::to_bits),
            recorded.map(f64::to_bits),
            "seed {seed}, draw {draw}: {state:?}, recorded {recorded:?}"
        );
    }
}

#[test]
fn states_agree_with_gymnasiums_throughout_each_episode() {
    let (mut compared, mut exact, mut worst, mut worst_at) = (0, 0, 0.0, String::new());
    for episode in episodes() {
        assert_eq!(episode.env().state(), Some(episode.states[0]), "{}", episode.name());
        for (i, step) in episode.replay() {
            let Some(recorded) = episode.state_after(i + 1) else {
                continue;
            };
            let deviation = deviation(step.state, recorded);
            compared += 1;
            exact += u32::from(deviation == 0.0);
            if deviation > worst {
                worst = deviation;
                worst_at = format!("step {i} of {}", episode.name());
            }
        }
    }
    let report = format!(
        "{exact} of {compared} states agree to the last bit; largest deviation {worst:e}, in {worst_at}"
    );
    assert!(worst <= TOLERANCE, "{report}; need {TOLERANCE:e}");
    println!("{report}");
}

#[test]
fn rewards_and_ends_are_gymnasiums_even_past_the_end() {
    for episode in episodes() {
        let (mut rewards, mut ends) = (String::new(), String::new());
        for (_, step) in episode.replay() {
            rewards.push(match step.reward {
                1.0 => '1',
                0.0 => '0',
                -1.0 => '-',
                other => panic!("reward {other} in {}", episode.name()),
            });
            ends.push(match (step.terminated, step.truncated) {
                (false, false) => '0',
                (true, false) => '1',
                (false, true) => '2',
                (true, true) => '3',
            });
        }
        assert_eq!(rewards, episode.rewards, "{}", episode.name());
        assert_eq!(ends, episode.ends, "{}", episode.name());
    }
}

#[test]
fn the_recordings_cover_what_they_should() {
    let episodes = episodes();
    let any = |what: &str, found: &dyn Fn(&Episode) -> bool| {
        assert!(episodes.iter().any(found), "no episode with {what}");
    };
    for integrator in [Integrator::Euler, Integrator::SemiImplicitEuler] {
        for policy in ["random", "left", "right", "alternating", "outward", "balance", "forces"] {
            any(policy, &|e| e.policy == policy && e.physics.integrator == integrator);
        }
        any("500 steps", &|e| e.ends.find('2') == Some(499) && e.physics.integrator == integrator);
    }
    any("a pole that rises again", &|e| e.ends.contains("10"));
    any("both ends at once", &|e| e.ends.contains('3'));
    any("a reward of -1", &|e| e.rewards.contains('-'));
    any("a pole swung round", &|e| e.states.iter().any(|s| s[2].abs() > 3.0));
    any("the cart off the track", &|e| e.states.iter().any(|s| s[0].abs() > e.physics.x_threshold));
    let values = |p: &Physics| {
        [
            p.gravity,
            p.masscart,
            p.masspole,
            p.length,
            p.force_mag,
            p.tau,
            p.theta_threshold_radians,
            p.x_threshold,
        ]
    };
    let standard = values(&Physics::default());
    for (i, standard) in standard.into_iter().enumerate() {
        let changed = |e: &Episode| values(&e.physics)[i] != standard;
        any("each parameter changed", &changed);
    }
}
