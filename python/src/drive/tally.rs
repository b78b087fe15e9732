//! Episodes, and what comes of them.

use std::time::{Duration, Instant};

use numpy::{PyArray1, PyArrayMethods};
use particle_pilot::report::{EvaluationWarning, Microseconds};
use particle_pilot::{
    Action, Decision, DecisionTimes, Pilot as CorePilot, PilotConfig, Speculation, WarningNotes,
    WarningSummary as CoreWarningSummary,
};
use pyo3::prelude::*;

use super::driver::Driver;
use super::environment::Env;
use super::witness::Witness;
use super::{DriveResult, ending};
use crate::errors::refusal;
use crate::observation::{State, state};
use crate::patience::{decide, particle_steps};
use crate::settings;
use crate::times::DecisionMicroseconds;
use crate::warnings::{advised, objects};

/// Which episodes there are to be.
pub struct Course {
    pub episodes: u32,
    /// What the environment's first reset is seeded with, if anything.
    pub seed: Option<u64>,
    /// What the pilot is.
    pub pilot_seed: u64,
    /// Steps after which an episode ends, if it has not before.
    pub limit: u32,
    /// Whether to plan ahead.
    pub speculate: bool,
}

/// An episode's first observation, and when it was asked for.
pub struct Begun<'py> {
    obs: Bound<'py, PyAny>,
    asked: Instant,
}

/// How an episode ended.
struct End<'py> {
    /// Whether the environment has ended it.
    terminated: bool,
    /// The last observation.
    observed: Bound<'py, PyAny>,
    notes: WarningNotes,
}

/// What came of the episodes so far.
#[derive(Default)]
pub struct Tally {
    returns: Vec<f64>,
    pub lengths: Vec<i64>,
    terminated: Vec<bool>,
    endings: Vec<&'static str>,
    final_states: Vec<State>,
    /// What was noticed in each episode, with the pilot's seed there.
    warnings: Vec<(u64, WarningNotes)>,
    env_time: Duration,
    decisions: Vec<Duration>,
    particle_steps: u64,
    hits: u64,
    misses: u64,
    wall: Duration,
}

impl Tally {
    /// Begins the next episode.
    pub fn begin<'py>(&mut self, env: &Env<'py>, course: &Course) -> PyResult<Begun<'py>> {
        let asked = Instant::now();
        let obs = env.reset(course.seed.map(|seed| self.seed(seed)))?;
        self.env_time += asked.elapsed();
        Ok(Begun { obs, asked })
    }

    /// The seed of the next episode, where that of the first is `first`.
    fn seed(&self, first: u64) -> u64 {
        first.wrapping_add(self.lengths.len() as u64)
    }

    /// Plays episodes until there were enough, or until one has begun with other physics than the driver's, which is
    /// then returned.
    pub fn play<'py>(
        &mut self,
        env: &Env<'py>,
        course: &Course,
        driver: &mut Driver<'_, 'py>,
        mut begun: Begun<'py>,
    ) -> PyResult<Option<Begun<'py>>> {
        let py = begun.obs.py();
        let Driver { core, physics, pilot, flag, doubts, .. } = driver;
        let steps = particle_steps(pilot.config());
        let think = |speculation: &mut Speculation<'_>, state: &State| {
            decide(py, steps, flag, || speculation.act(state))?.map_err(refusal)
        };
        pilot.with_speculation(|speculation| {
            let next = loop {
                let seed = self.seed(course.pilot_seed);
                speculation.reset(seed);
                let mut witness = Witness::new(core, *physics);
                let asked = begun.asked;
                let End { terminated, observed, notes } =
                    self.run(env, course, speculation, begun.obs, &mut witness, think)?;
                self.wall += asked.elapsed();
                let now = core.physics()?;
                doubts.compare(py, *physics, now)?;
                let last = ending::state(core, &observed);
                self.endings.push(ending::word(terminated, &now, &last));
                self.final_states.push(last);
                self.warnings.push((seed, notes));
                if terminated {
                    doubts.suspect(py, witness.suspicion(env.object()))?;
                }
                if self.lengths.len() == course.episodes as usize {
                    break None;
                }
                begun = self.begin(env, course)?;
                if core.physics()? != *physics {
                    break Some(begun);
                }
            };
            self.hits += speculation.hits();
            self.misses += speculation.misses();
            Ok(next)
        })
    }

    /// Plans and steps until the episode ends. The environment stays on this thread, where its windows and signals
    /// belong.
    fn run<'py>(
        &mut self,
        env: &Env<'py>,
        course: &Course,
        speculation: &mut Speculation<'_>,
        mut obs: Bound<'py, PyAny>,
        witness: &mut Witness<'_, 'py>,
        think: impl Fn(&mut Speculation<'_>, &State) -> PyResult<Decision>,
    ) -> PyResult<End<'py>> {
        let plans_ahead = course.speculate && speculation.is_possible();
        let (mut total, mut length) = (0.0, 0);
        let mut notes = WarningNotes::default();
        let mut now = Instant::now();
        let (terminated, observed) = loop {
            let state = state(&obs)?;
            witness.observe(&state);
            let decision = think(speculation, &state)?;
            let right = is_right(decision.action);
            if let Some(next) = witness.expect(right).filter(|_| plans_ahead) {
                speculation.predict(&next);
            }
            let planned = Instant::now();
            self.decisions.push(planned - now);
            self.particle_steps += decision.diagnostics.particle_steps;
            notes.note(&decision.diagnostics, length);
            let step = env.step(right)?;
            now = Instant::now();
            self.env_time += now - planned;
            total += step.reward;
            length += 1;
            if step.terminated || step.truncated || length == course.limit {
                break (step.terminated, step.obs);
            }
            obs.py().check_signals()?;
            obs = step.obs;
        };
        self.returns.push(total);
        self.lengths.push(length.into());
        self.terminated.push(terminated);
        Ok(End { terminated, observed, notes })
    }

    /// All of it, by the pilot that was there last and in the first episode had this seed.
    pub fn result(
        mut self,
        py: Python<'_>,
        pilot: &CorePilot,
        first_seed: u64,
        step_limit: u32,
    ) -> PyResult<DriveResult> {
        let planning: Duration = self.decisions.iter().sum();
        let times = Microseconds::from(DecisionTimes::of(&mut self.decisions));
        let config = PilotConfig { seed: first_seed, ..pilot.config().clone() };
        let noted = self.warnings.iter().map(|(seed, notes)| (*seed, notes));
        let in_words = |summary: &CoreWarningSummary| {
            EvaluationWarning::of(summary, |warning| advised(warning, &config))
        };
        let warnings: Vec<_> = CoreWarningSummary::of(noted).iter().map(in_words).collect();
        let final_states = PyArray1::from_vec(py, self.final_states.concat());
        Ok(DriveResult {
            final_states: final_states.reshape([self.lengths.len(), 4])?.unbind(),
            endings: ending::array(py, self.endings)?,
            returns: PyArray1::from_vec(py, self.returns).unbind(),
            lengths: PyArray1::from_vec(py, self.lengths).unbind(),
            terminated: PyArray1::from_vec(py, self.terminated).unbind(),
            step_limit,
            wall_s: self.wall.as_secs_f64(),
            env_s: self.env_time.as_secs_f64(),
            plan_s: planning.as_secs_f64(),
            decision_us: Py::new(py, DecisionMicroseconds::from(times))?,
            particle_steps: self.particle_steps,
            speculation_hits: self.hits,
            speculation_misses: self.misses,
            device: pilot.device().to_string(),
            fallback_reason: pilot.fallback_reason().map(ToString::to_string),
            config: settings::report(py, &config)?.unbind(),
            problem: settings::report(py, &pilot.problem())?.unbind(),
            warnings: objects(py, warnings)?,
        })
    }
}

fn is_right(action: Action) -> bool {
    match action {
        Action::Discrete(index) => index > 0,
        Action::Continuous(force) => force[0] > 0.0,
    }
}
