//! One episode: a pilot in the reference environment, to the end.

mod digest;
mod ending;
mod warnings;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use particle_pilot_kernels::{digest::Fnv, task::EpisodeSummary};
use serde::{Deserialize, Serialize};

use crate::settings::PilotConfig;

pub use self::digest::Digest;
pub use self::ending::Ending;
pub use self::warnings::{WarningNote, WarningNotes};
use crate::decision::{Action, Decision, Diagnostics};
use crate::env::{CartPole, CartPoleOptions, Physics, Push};
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

    /// After how many steps it is won.
    pub(crate) fn step_limit(&self) -> u32 {
        self.steps
    }

    /// The pushes that disturb the cart, if any.
    pub(crate) fn disturbance(&self) -> Option<Push> {
        self.push
    }

    /// The same with the seed `count` further on.
    pub(crate) fn later(mut self, count: u32) -> Self {
        self.seed = self.seed.wrapping_add(count.into());
        self
    }

    /// Runs this episode and those of the seeds that follow, `count` in all, on a GPU.
    pub(crate) fn run_on_gpu(
        &self,
        gpu: &mut crate::gpu::GpuEpisodes,
        config: &PilotConfig,
        count: u32,
    ) -> Result<Vec<EpisodeResult>, PilotError> {
        let began = Instant::now();
        let mut env = CartPole::new(config.physics, CartPoleOptions::default())?;
        let seed = |index: u32| self.seed.wrapping_add(index.into());
        let starts: Vec<_> = (0..count).map(|index| env.reset(Some(seed(index)))).collect();
        let summaries = gpu.run(self.seed, &starts, self.steps, self.push);
        let summaries = summaries.map_err(crate::backend::BackendError::from)?;
        let wall = began.elapsed() / count;
        let ending = |summary: &EpisodeSummary| match summary.ending {
            EpisodeSummary::SURVIVED => Ok(Ending::Survived),
            EpisodeSummary::FELL => Ok(Ending::Fell),
            EpisodeSummary::LEFT_TRACK => Ok(Ending::LeftTrack),
            _ => Err(PilotError::Unsupported(format!(
                "after {} steps the state is beyond what particles can start from, 3.4e38",
                summary.steps
            ))),
        };
        let endings: Vec<_> = summaries.iter().map(ending).collect::<Result<_, _>>()?;
        let result =
            |(index, (summary, ending)): (u32, (&EpisodeSummary, &Ending))| EpisodeResult {
                survived: *ending == Ending::Survived,
                interrupted: false,
                ending: *ending,
                steps: summary.steps,
                seed: seed(index),
                total_reward: summary.steps.into(),
                final_state: None,
                deviation: None,
                wall,
                decision_times: DecisionTimes::default(),
                particle_steps: u64::from(summary.steps) * gpu.particle_steps(),
                warnings: WarningNotes::default(),
                digest: Digest(Fnv(summary.digest)),
            };
        Ok((0..count).zip(summaries.iter().zip(&endings)).map(result).collect())
    }

    /// Runs the episode.
    ///
    /// # Errors
    /// [`PilotError`] if the environment or the pilot refuses; not when the pole falls.
    pub fn run(&self, pilot: &mut Pilot) -> Result<EpisodeResult, PilotError> {
        self.run_with(pilot, |_| ControlFlow::Continue(()))
    }

    /// Runs the episode while the pilot's threads spin between decisions, and shows every step to `observe`, which may end it.
    ///
    /// # Errors
    /// As [`Episode::run`].
    pub fn run_with(
        &self,
        pilot: &mut Pilot,
        observe: impl FnMut(&StepRecord) -> ControlFlow<()>,
    ) -> Result<EpisodeResult, PilotError> {
        pilot.with_hot_threads(|pilot| {
            pilot.reset(self.seed);
            self.run_by(pilot.config().physics, |state| pilot.act(state), observe)
        })
    }

    /// Runs the episode by whoever decides, a [`Pilot`] or not, in an environment of these physics, and shows every
    /// step to `observe`, which may end it.
    ///
    /// # Errors
    /// [`PilotError`] if the environment or `decide` refuses.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::env::Physics;
    /// use particle_pilot::{Action, Decision, Diagnostics, Ending, Episode};
    /// use std::ops::ControlFlow;
    /// let right = Decision { action: Action::Discrete(1), diagnostics: Diagnostics::default() };
    /// let episode = Episode::new().seed(123);
    /// let result = episode.run_by(Physics::default(), |_| Ok(right), |_| ControlFlow::Continue(()))?;
    /// assert_eq!((result.ending, result.steps), (Ending::Fell, 9));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn run_by(
        &self,
        physics: Physics,
        mut decide: impl FnMut(&[f64; 4]) -> Result<Decision, PilotError>,
        mut observe: impl FnMut(&StepRecord) -> ControlFlow<()>,
    ) -> Result<EpisodeResult, PilotError> {
        let options =
            CartPoleOptions { max_episode_steps: Some(self.steps), ..CartPoleOptions::default() };
        let mut env = CartPole::new(physics, options)?;
        // The time of every decision, and half as much again while the list grows.
        let times = u64::from(self.steps) * 3 * size_of::<Duration>() as u64 / 2;
        let what = || format!("an episode of {} steps needs", self.steps);
        memory::require(times, what, "use fewer steps")?;
        let mut state = env.reset(Some(self.seed));
        let mut run = Run::start(self.steps);
        loop {
            let asked = Instant::now();
            let decision = match decide(&state) {
                Err(PilotError::Interrupted) => {
                    return Ok(run.finish(Ending::Interrupted, state, self.seed));
                }
                decision => decision?,
            };
            let decision_time = asked.elapsed();
            if let Some(push) = self.push {
                env.set_push(push.force_at(self.seed, run.steps))?;
            }
            let step = match decision.action {
                Action::Discrete(index) => env.step(index)?,
                Action::Continuous(force) => env.step_force(force[0])?,
            };
            let record = StepRecord {
                step: run.steps,
                state,
                action: decision.action,
                reward: step.reward,
                decision_time,
                diagnostics: decision.diagnostics,
            };
            state = step.state;
            run.note(&record, &state);
            let stopped = observe(&record).is_break().then_some(Ending::Interrupted);
            if let Some(ending) = Ending::of(&physics, &step).or(stopped) {
                return Ok(run.finish(ending, state, self.seed));
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
    /// Sums of squared positions and angles.
    squares: [f64; 2],
    warnings: WarningNotes,
    digest: Digest,
}

impl Run {
    fn start(limit: u32) -> Self {
        Self {
            began: Instant::now(),
            steps: 0,
            total_reward: 0.0,
            particle_steps: 0,
            times: Vec::with_capacity(limit.min(100_000) as usize),
            squares: [0.0; 2],
            warnings: WarningNotes::default(),
            digest: Digest::new(),
        }
    }

    /// A step, and the state that it led to.
    fn note(&mut self, record: &StepRecord, [x, _, theta, _]: &[f64; 4]) {
        self.steps += 1;
        self.total_reward += record.reward;
        self.particle_steps += record.diagnostics.particle_steps;
        self.times.push(record.decision_time);
        self.squares[0] += x * x;
        self.squares[1] += theta * theta;
        self.warnings.note(&record.diagnostics, record.step);
        self.digest.state(&record.state);
        self.digest.action(record.action);
    }

    fn finish(mut self, ending: Ending, state: [f64; 4], seed: u64) -> EpisodeResult {
        let wall = self.began.elapsed();
        self.digest.state(&state);
        let [position_rms, angle_rms] =
            self.squares.map(|sum| (sum / f64::from(self.steps.max(1))).sqrt());
        EpisodeResult {
            survived: ending == Ending::Survived,
            interrupted: ending == Ending::Interrupted,
            ending,
            steps: self.steps,
            seed,
            total_reward: self.total_reward,
            final_state: Some(state),
            deviation: Some(Deviation { position_rms, angle_rms }),
            wall,
            decision_times: DecisionTimes::of(&mut self.times),
            particle_steps: self.particle_steps,
            warnings: self.warnings,
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
    /// Why it is over; says more than the two before.
    pub ending: Ending,
    /// Steps taken, the one that ended the episode included.
    pub steps: u32,
    /// The seed.
    pub seed: u64,
    /// The sum of the rewards.
    pub total_reward: f64,
    /// The state after the last step; none where a GPU ran the whole episode, which does not tell it.
    pub final_state: Option<[f64; 4]>,
    /// How far cart and pole were from where they should be; none where a GPU ran the whole episode.
    pub deviation: Option<Deviation>,
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

/// How far the cart was from the centre and the pole from the upright: root mean squares over the states that the
/// steps led to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deviation {
    /// Of the position, in m.
    pub position_rms: f64,
    /// Of the angle, in rad.
    pub angle_rms: f64,
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
