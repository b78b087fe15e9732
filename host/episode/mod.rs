//! One episode: a pilot in an environment, to the end.

mod digest;
mod result;
mod warnings;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub use self::digest::Digest;
pub use self::result::{DecisionTimes, EpisodeResult, StepRecord};
pub use self::warnings::{WarningNote, WarningNotes};
use crate::decision::Decision;
use crate::env::{Ending, EnvError, Environment, Push};
use crate::error::PilotError;
use crate::memory;
use crate::pilot::Pilot;

/// How an episode is to be run.
///
/// # Examples
/// ```
/// use particle_pilot::{CartPoleProblem, Episode, Pilot, PilotConfig};
/// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
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

    /// Sets the seed of the environment's first state, of its disturbances and of the pilot.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets after how many steps the episode is over, at least 1: won, unless there is a goal to arrive at.
    #[must_use]
    pub fn steps(mut self, steps: u32) -> Self {
        self.steps = steps;
        self
    }

    /// Sets the pushes that disturb the cart-pole's cart, unknown to the pilot.
    #[must_use]
    pub fn push(mut self, push: Option<Push>) -> Self {
        self.push = push;
        self
    }

    /// The seed.
    pub(crate) fn first_seed(&self) -> u64 {
        self.seed
    }

    /// After how many steps it is over.
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

    /// Runs the episode in the environment of the pilot's problem.
    ///
    /// # Errors
    /// [`PilotError`] if the environment or the pilot refuses, and [`PilotError::Unsupported`] for a pilot with a model of
    /// one's own, whose environment is to be given: see [`Episode::run_in`]. Not when the pole falls.
    pub fn run(&self, pilot: &mut Pilot) -> Result<EpisodeResult, PilotError> {
        self.run_with(pilot, |_| ControlFlow::Continue(()))
    }

    /// As [`Episode::run`], and shows every step to `observe`, which may end the episode.
    ///
    /// # Errors
    /// As [`Episode::run`].
    pub fn run_with(
        &self,
        pilot: &mut Pilot,
        observe: impl FnMut(&StepRecord<'_>) -> ControlFlow<()>,
    ) -> Result<EpisodeResult, PilotError> {
        let problem = pilot.problem().ok_or_else(|| {
            let reason = "this pilot's model is one's own: give `run_in` the environment, such as a `ModelEnvironment`";
            PilotError::Unsupported(reason.into())
        })?;
        let mut env = problem.environment(self.push)?;
        self.run_pilot(pilot, &mut *env, observe)
    }

    /// Runs the episode in an environment of one's own.
    ///
    /// # Errors
    /// [`PilotError`] if the environment or the pilot refuses, and [`PilotError::Unsupported`] if there are
    /// [pushes](Episode::push): `env` has the disturbances that it has.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::env::{CartPole, CartPoleOptions, Physics};
    /// use particle_pilot::{CartPoleProblem, Ending, Episode, Pilot, PilotConfig};
    /// // A heavier pole than the pilot knows of.
    /// let physics = Physics { masspole: 0.2, ..Physics::default() };
    /// let mut env = CartPole::new(physics, CartPoleOptions::default())?;
    /// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
    /// assert_eq!(Episode::new().run_in(&mut pilot, &mut env)?.ending, Ending::Survived);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn run_in(
        &self,
        pilot: &mut Pilot,
        env: &mut dyn Environment,
    ) -> Result<EpisodeResult, PilotError> {
        self.run_in_with(pilot, env, |_| ControlFlow::Continue(()))
    }

    /// As [`Episode::run_in`], and shows every step to `observe`, which may end the episode.
    ///
    /// # Errors
    /// As [`Episode::run_in`].
    pub fn run_in_with(
        &self,
        pilot: &mut Pilot,
        env: &mut dyn Environment,
        observe: impl FnMut(&StepRecord<'_>) -> ControlFlow<()>,
    ) -> Result<EpisodeResult, PilotError> {
        self.refuse_push()?;
        self.run_pilot(pilot, env, observe)
    }

    /// Refuses an episode of no steps.
    pub(crate) fn require_steps(&self) -> Result<(), PilotError> {
        match self.steps {
            0 => Err(EnvError::NoSteps.into()),
            _ => Ok(()),
        }
    }

    /// Refuses pushes where there is no cart.
    pub(crate) fn refuse_push(&self) -> Result<(), PilotError> {
        match self.push {
            None => Ok(()),
            Some(_) => {
                let reason = "pushes are against the cart; other environments have their own";
                Err(PilotError::Unsupported(reason.into()))
            }
        }
    }

    /// Runs the episode while the pilot's threads spin between decisions.
    pub(crate) fn run_pilot(
        &self,
        pilot: &mut Pilot,
        env: &mut dyn Environment,
        observe: impl FnMut(&StepRecord<'_>) -> ControlFlow<()>,
    ) -> Result<EpisodeResult, PilotError> {
        pilot.with_hot_threads(|pilot| {
            pilot.reset(self.seed);
            self.play(env, |state| pilot.act(state), observe)
        })
    }

    /// Runs the episode by whoever decides, a [`Pilot`] or not, and shows every step to `observe`, which may end it.
    ///
    /// # Errors
    /// As [`Episode::run_in`], if the environment or `decide` refuses.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::env::CartPole;
    /// use particle_pilot::{Action, Decision, Diagnostics, Ending, Episode};
    /// use std::ops::ControlFlow;
    /// let right = Decision { action: Action::Discrete(1), diagnostics: Diagnostics::default() };
    /// let (episode, mut env) = (Episode::new().seed(123), CartPole::default());
    /// let result = episode.run_by(&mut env, |_| Ok(right), |_| ControlFlow::Continue(()))?;
    /// assert_eq!((result.ending, result.steps), (Ending::Fell, 9));
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    pub fn run_by(
        &self,
        env: &mut dyn Environment,
        decide: impl FnMut(&[f64]) -> Result<Decision, PilotError>,
        observe: impl FnMut(&StepRecord<'_>) -> ControlFlow<()>,
    ) -> Result<EpisodeResult, PilotError> {
        self.refuse_push()?;
        self.play(env, decide, observe)
    }

    fn play(
        &self,
        env: &mut dyn Environment,
        mut decide: impl FnMut(&[f64]) -> Result<Decision, PilotError>,
        mut observe: impl FnMut(&StepRecord<'_>) -> ControlFlow<()>,
    ) -> Result<EpisodeResult, PilotError> {
        let mut playing = Playing::begin(self, env)?;
        loop {
            let asked = Instant::now();
            let ending = match decide(playing.state()) {
                Err(PilotError::Interrupted) => Some(Ending::Interrupted),
                decision => playing.step(env, decision?, asked.elapsed(), &mut observe)?,
            };
            if let Some(ending) = ending {
                return Ok(playing.finish(ending));
            }
        }
    }
}

/// An episode that has begun, for whoever decides step by step.
pub(crate) struct Playing {
    episode: Episode,
    state: Vec<f64>,
    run: Run,
}

impl Playing {
    /// Begins `episode` in `env`.
    ///
    /// # Errors
    /// [`PilotError`] for an episode of no steps, or of more than this machine has memory for.
    pub fn begin(episode: &Episode, env: &mut dyn Environment) -> Result<Self, PilotError> {
        episode.require_steps()?;
        Self::require_memory(episode, 1)?;
        env.begin(episode.seed);
        let state = env.state().to_vec();
        Ok(Self { episode: *episode, run: Run::start(episode.steps, state.len()), state })
    }

    /// Refuses as many episodes at a time as this machine has no memory for.
    pub fn require_memory(episode: &Episode, count: u32) -> Result<(), PilotError> {
        // The time of every decision, and half as much again while the list grows.
        let times = u64::from(episode.steps) * 3 * size_of::<Duration>() as u64 / 2;
        let what = || match count {
            1 => format!("an episode of {} steps needs", episode.steps),
            _ => format!("{count} episodes of {} steps at a time need", episode.steps),
        };
        memory::require(times * u64::from(count), what, "use fewer steps")
    }

    /// The state that the next decision is about.
    pub fn state(&self) -> &[f64] {
        &self.state
    }

    /// Takes the step that was decided within `decision_time`, and shows it to `observe`, which may end the episode; says why the
    /// episode is over, if it is.
    ///
    /// # Errors
    /// [`PilotError`] if the environment refuses.
    pub fn step(
        &mut self,
        env: &mut dyn Environment,
        decision: Decision,
        decision_time: Duration,
        mut observe: impl FnMut(&StepRecord<'_>) -> ControlFlow<()>,
    ) -> Result<Option<Ending>, PilotError> {
        let outcome = env.apply(decision.action)?;
        let record = StepRecord {
            step: self.run.steps,
            state: &self.state,
            action: decision.action,
            reward: outcome.reward,
            decision_time,
            diagnostics: decision.diagnostics,
        };
        self.run.note(&record, env.state());
        let stopped = observe(&record).is_break().then_some(Ending::Interrupted);
        self.state.clear();
        self.state.extend_from_slice(env.state());
        let limit = (self.run.steps == self.episode.steps).then(|| env.at_step_limit());
        Ok(outcome.ending.or(limit).or(stopped))
    }

    /// What it came to.
    pub fn finish(self, ending: Ending) -> EpisodeResult {
        self.run.finish(ending, self.state, self.episode.seed)
    }
}

/// What happened so far.
struct Run {
    began: Instant,
    steps: u32,
    total_reward: f64,
    particle_steps: u64,
    times: Vec<Duration>,
    /// Sums of the squares of each number of the state.
    squares: Vec<f64>,
    warnings: WarningNotes,
    digest: Digest,
}

impl Run {
    fn start(limit: u32, state_len: usize) -> Self {
        Self {
            began: Instant::now(),
            steps: 0,
            total_reward: 0.0,
            particle_steps: 0,
            times: Vec::with_capacity(limit.min(100_000) as usize),
            squares: vec![0.0; state_len],
            warnings: WarningNotes::default(),
            digest: Digest::new(),
        }
    }

    /// A step, and the state that it led to.
    fn note(&mut self, record: &StepRecord<'_>, state: &[f64]) {
        self.steps += 1;
        self.total_reward += record.reward;
        self.particle_steps += record.diagnostics.particle_steps;
        self.times.push(record.decision_time);
        self.squares.iter_mut().zip(state).for_each(|(sum, number)| *sum += number * number);
        self.warnings.note(&record.diagnostics, record.step);
        self.digest.state(record.state);
        self.digest.action(record.action);
    }

    fn finish(mut self, ending: Ending, state: Vec<f64>, seed: u64) -> EpisodeResult {
        let wall = self.began.elapsed();
        self.digest.state(&state);
        let steps = f64::from(self.steps.max(1));
        let state_rms = self.squares.iter().map(|sum| (sum / steps).sqrt()).collect();
        EpisodeResult {
            survived: ending.is_success(),
            interrupted: ending == Ending::Interrupted,
            ending,
            steps: self.steps,
            seed,
            total_reward: self.total_reward,
            final_state: Some(state),
            state_rms: Some(state_rms),
            wall,
            decision_times: DecisionTimes::of(&mut self.times),
            particle_steps: self.particle_steps,
            warnings: self.warnings,
            digest: self.digest,
        }
    }
}
