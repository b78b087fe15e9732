//! One episode: a pilot in the reference environment, to the end.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use particle_pilot_kernels::digest::Fnv;
#[cfg(all(feature = "cuda", target_os = "linux"))]
use particle_pilot_kernels::task::Outcome;
use serde::{Deserialize, Serialize};

#[cfg(all(feature = "cuda", target_os = "linux"))]
use crate::config::PilotConfig;
use crate::decision::{Action, Decision, Diagnostics};
use crate::env::{CartPole, CartPoleOptions, Push};
use crate::error::PilotError;
use crate::memory;
use crate::pilot::Pilot;

/// How an episode is to be run.
///
/// # Examples
/// ```
/// use particle_pilot::{Episode, Pilot, PilotConfig};
/// let mut pilot = Pilot::new(PilotConfig::default())?;
/// let result = Episode::new().seed(3).steps(100).run(&mut pilot)?;
/// assert_eq!((result.survived, result.steps), (true, 100));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    seed: u64,
    steps: u32,
    push: Option<Push>,
}

impl Default for Episode {
    fn default() -> Self {
        Self::new()
    }
}

impl Episode {
    /// 500 steps from seed 0, without pushes.
    #[must_use]
    pub fn new() -> Self {
        Self { seed: 0, steps: 500, push: None }
    }

    /// Sets the seed of the environment's first state, of the pushes and of the pilot.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets after how many steps the episode is won, at least 1.
    #[must_use]
    pub fn steps(mut self, steps: u32) -> Self {
        self.steps = steps;
        self
    }

    /// Sets the pushes that disturb the cart, unknown to the pilot.
    #[must_use]
    pub fn push(mut self, push: Option<Push>) -> Self {
        self.push = push;
        self
    }

    /// The same with the seed `count` further on.
    pub(crate) fn later(mut self, count: u32) -> Self {
        self.seed = self.seed.wrapping_add(count.into());
        self
    }

    /// Runs this episode and those of the seeds that follow, `count` in all, on a GPU.
    #[cfg(all(feature = "cuda", target_os = "linux"))]
    pub(crate) fn run_on_gpu(
        &self,
        gpu: &mut crate::backend::cuda::GpuEpisodes,
        config: &PilotConfig,
        count: u32,
    ) -> Result<Vec<EpisodeResult>, PilotError> {
        let began = Instant::now();
        let mut env = CartPole::new(config.physics, CartPoleOptions::default())?;
        let seed = |index: u32| self.seed.wrapping_add(index.into());
        let starts: Vec<_> = (0..count).map(|index| env.reset(Some(seed(index)))).collect();
        let outcomes = gpu.run(self.seed, &starts, self.steps, self.push);
        let outcomes = outcomes.map_err(crate::backend::BackendError::from)?;
        let wall = began.elapsed() / count;
        let result = |(index, outcome): (u32, &Outcome)| EpisodeResult {
            survived: outcome.survived == 1,
            interrupted: false,
            steps: outcome.steps,
            seed: seed(index),
            total_reward: outcome.steps.into(),
            wall,
            decision_times: DecisionTimes::default(),
            particle_steps: u64::from(outcome.steps) * gpu.particle_steps(),
            digest: Digest(Fnv(outcome.digest)),
        };
        Ok((0..count).zip(&outcomes).map(result).collect())
    }

    /// Runs the episode.
    ///
    /// # Errors
    /// [`PilotError`] if the environment or the pilot refuses; not when the pole falls.
    pub fn run(&self, pilot: &mut Pilot) -> Result<EpisodeResult, PilotError> {
        self.run_with(pilot, |_| ControlFlow::Continue(()))
    }

    /// Runs the episode while the pilot's threads stand by, and shows every step to `observe`, which may end it.
    ///
    /// # Errors
    /// As [`Episode::run`].
    pub fn run_with(
        &self,
        pilot: &mut Pilot,
        observe: impl FnMut(&StepRecord) -> ControlFlow<()>,
    ) -> Result<EpisodeResult, PilotError> {
        pilot.standing_by(|pilot| self.run_standing_by(pilot, observe))
    }

    fn run_standing_by(
        &self,
        pilot: &mut Pilot,
        mut observe: impl FnMut(&StepRecord) -> ControlFlow<()>,
    ) -> Result<EpisodeResult, PilotError> {
        let options =
            CartPoleOptions { max_episode_steps: Some(self.steps), ..CartPoleOptions::default() };
        let mut env = CartPole::new(pilot.config().physics, options)?;
        // The time of every decision, and half as much again while the list grows.
        let times = u64::from(self.steps) * 3 * size_of::<Duration>() as u64 / 2;
        let what = || format!("an episode of {} steps needs", self.steps);
        memory::require(times, what, "use fewer steps")?;
        let mut state = env.reset(Some(self.seed));
        pilot.reset(self.seed);
        let mut run = Run::start(self.steps);
        loop {
            let asked = Instant::now();
            let decision = match pilot.act(&state) {
                Err(PilotError::Interrupted) => {
                    run.interrupted = true;
                    run.digest.state(&state);
                    return Ok(run.finish(false, self.seed));
                }
                decision => decision?,
            };
            let decision_time = asked.elapsed();
            if let Some(push) = self.push {
                env.set_push(push.force_at(self.seed, run.steps))?;
            }
            let step = match decision.action {
                Action::Discrete(index) => env.step(index)?,
                Action::Force(newton) => env.step_force(newton)?,
            };
            let record = StepRecord {
                step: run.steps,
                state,
                action: decision.action,
                reward: step.reward,
                decision_time,
                diagnostics: decision.diagnostics,
            };
            run.note(&record);
            let ended = step.ended();
            state = step.state;
            if observe(&record).is_break() && !ended {
                run.interrupted = true;
            }
            if ended || run.interrupted {
                run.digest.state(&state);
                let survived = !step.terminated && !run.interrupted;
                return Ok(run.finish(survived, self.seed));
            }
        }
    }
}

/// What happened so far.
struct Run {
    began: Instant,
    steps: u32,
    total_reward: f64,
    particle_steps: u64,
    times: Vec<Duration>,
    digest: Digest,
    interrupted: bool,
}

impl Run {
    fn start(limit: u32) -> Self {
        Self {
            began: Instant::now(),
            steps: 0,
            total_reward: 0.0,
            particle_steps: 0,
            times: Vec::with_capacity(limit.min(100_000) as usize),
            digest: Digest::new(),
            interrupted: false,
        }
    }

    fn note(&mut self, record: &StepRecord) {
        self.steps += 1;
        self.total_reward += record.reward;
        self.particle_steps += record.diagnostics.particle_steps;
        self.times.push(record.decision_time);
        self.digest.state(&record.state);
        self.digest.action(record.action);
    }

    fn finish(mut self, survived: bool, seed: u64) -> EpisodeResult {
        let wall = self.began.elapsed();
        EpisodeResult {
            survived,
            interrupted: self.interrupted,
            steps: self.steps,
            seed,
            total_reward: self.total_reward,
            wall,
            decision_times: DecisionTimes::of(&mut self.times),
            particle_steps: self.particle_steps,
            digest: self.digest,
        }
    }
}

/// One step of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Counted from 0.
    pub step: u32,
    /// The state before the action.
    pub state: [f64; 4],
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeResult {
    /// Whether the pole stood to the last step.
    pub survived: bool,
    /// Whether the observer ended the episode.
    pub interrupted: bool,
    /// Steps taken, the one that ended the episode included.
    pub steps: u32,
    /// The seed.
    pub seed: u64,
    /// The sum of the rewards.
    pub total_reward: f64,
    /// From reset to end; where a GPU ran many episodes at once, its time divided by their number.
    pub wall: Duration,
    /// How long decisions took; zeros where a GPU ran the whole episode.
    pub decision_times: DecisionTimes,
    /// Steps simulated by particles.
    pub particle_steps: u64,
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

/// A hash of the bits of states and actions: equal digests mean equal runs.
///
/// FNV-1a over little-endian bytes (G. Fowler, L. C. Noll, K.-P. Vo), 64 bits.
///
/// # Examples
/// ```
/// use particle_pilot::Digest;
/// let mut digest = Digest::new();
/// digest.bytes(b"a");
/// assert_eq!(digest.to_string(), "af63dc4c8601ec8c");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(Fnv);

impl Default for Digest {
    fn default() -> Self {
        Self::new()
    }
}

impl Digest {
    /// The digest of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self(Fnv::default())
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.bytes(bytes);
    }

    /// Adds the bits of a state.
    pub fn state(&mut self, state: &[f64]) {
        state.iter().for_each(|value| self.bytes(&value.to_bits().to_le_bytes()));
    }

    /// Adds an action: its index, or the bits of its force.
    pub fn action(&mut self, action: Action) {
        match action {
            Action::Discrete(index) => self.bytes(&index.to_le_bytes()),
            Action::Force(newton) => self.bytes(&newton.to_bits().to_le_bytes()),
        }
    }

    /// Adds all that a decision says.
    pub fn decision(&mut self, decision: &Decision) {
        let Diagnostics {
            best,
            mean,
            spread,
            effective_samples,
            dead_share,
            non_finite,
            longest,
            horizon,
            particles,
            particle_steps,
        } = decision.diagnostics;
        self.action(decision.action);
        self.state(&[best, mean, spread, effective_samples, dead_share]);
        for count in [non_finite, longest.into(), horizon.into(), particles, particle_steps] {
            self.bytes(&count.to_le_bytes());
        }
    }

    /// Adds another digest.
    pub fn digest(&mut self, other: Self) {
        self.bytes(&other.0.0.to_le_bytes());
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0.0)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = std::num::ParseIntError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(|hash| Self(Fnv(hash)))
    }
}
