//! What an episode shows on the way, and how it ended.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Digest, WarningNotes};
use crate::decision::{Action, Diagnostics};
use crate::env::Ending;

/// One step of an episode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepRecord<'a> {
    /// Counted from 0.
    pub step: u32,
    /// The state before the action.
    pub state: &'a [f64],
    /// What the pilot did.
    pub action: Action,
    /// What the environment gave for it.
    pub reward: f64,
    /// How long the pilot took.
    pub decision_time: Duration,
    /// How the futures looked.
    pub diagnostics: Diagnostics,
}

/// How an episode ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeResult {
    /// Whether it [went as it should](Ending::is_success); for cart-pole, whether the pole stood to the last step.
    pub survived: bool,
    /// Whether the observer ended the episode.
    pub interrupted: bool,
    /// Why it is over; says more than the two before.
    pub ending: Ending,
    /// Steps taken, the one that ended the episode included.
    pub steps: u32,
    /// The seed.
    pub seed: u64,
    /// The sum of the rewards.
    pub total_reward: f64,
    /// The state after the last step; none where a GPU ran the whole episode, which does not tell it.
    pub final_state: Option<Vec<f64>>,
    /// The root mean square of each number of the states that the steps led to; none where a GPU ran the whole episode.
    /// For cart-pole, the first and third tell how far the cart was from the centre, and the pole from the upright.
    pub state_rms: Option<Vec<f64>>,
    /// From reset to end; where a GPU ran many episodes at once, its time divided by their number.
    pub wall: Duration,
    /// How long decisions took; zeros where a GPU ran the whole episode.
    pub decision_times: DecisionTimes,
    /// Steps simulated by particles.
    pub particle_steps: u64,
    /// What was noticed about the decisions; nothing where a GPU ran the whole episode.
    pub warnings: WarningNotes,
    /// A hash of every state and action.
    pub digest: Digest,
}

/// How long decisions took: percentiles by the nearest rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DecisionTimes {
    /// Half took no longer.
    pub p50: Duration,
    /// Nine in ten took no longer.
    pub p90: Duration,
    /// 99 in a hundred took no longer.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl DecisionTimes {
    /// The percentiles of `times`, which is left sorted; zeros if it is empty.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::DecisionTimes;
    /// use std::time::Duration;
    /// let mut times: Vec<_> = (1..=100).rev().map(Duration::from_micros).collect();
    /// let percentiles = DecisionTimes::of(&mut times);
    /// assert_eq!(percentiles.p90, Duration::from_micros(90));
    /// ```
    pub fn of(times: &mut [Duration]) -> Self {
        times.sort_unstable();
        let rank = |share: f64| {
            let rank = (share * times.len() as f64).ceil() as usize;
            times.get(rank.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { p50: rank(0.5), p90: rank(0.9), p99: rank(0.99), max: rank(1.0) }
    }
}
