//! The same bits again?

use std::io::BufRead;
use std::ops::ControlFlow;
use std::time::Duration;

use serde::Serialize;

use super::columns::Columns;
use super::{Check, End, Recording, ReplayError, Row};
use crate::decision::Action;
use crate::env::{Ending, EnvError, Environment, Outcome};
use crate::episode::{Digest, Episode, StepRecord};
use crate::error::PilotError;
use crate::pilot::Pilot;

/// How a recording and its repetition compare.
///
/// Two things are checked apart: that the recorded actions lead the environment from the first state through all others,
/// with the recorded rewards and to the recorded end, and that planning in the recorded states gives the recorded actions and
/// statistics.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Replay {
    /// Whether every bit agrees, and nothing is missing.
    pub agrees: bool,
    /// Whether somebody ended the replay before the recording did.
    pub interrupted: bool,
    /// Steps compared.
    pub steps: u64,
    /// States, rewards and the count of steps.
    pub environment: Check,
    /// Actions and statistics.
    pub planner: Check,
    /// As recorded; none if the end of the recording is missing.
    pub outcome_recorded: Option<String>,
    /// How the recorded actions end the episode now; [`Ending::Interrupted`] where they do not.
    pub outcome: Ending,
    /// As recorded; none if the end of the recording is missing.
    pub digest_recorded: Option<Digest>,
    /// Of the recorded states and actions, and of the state to which these lead now.
    pub digest: Digest,
    /// What the recording says about itself, before and after its steps, and is not so.
    pub contradictions: Vec<String>,
}

impl Replay {
    /// Replays a recording of which no row was read yet.
    ///
    /// * `episode`: its seed and its step limit. It has no pushes: these are `env`'s, such as a
    ///   [`PushedCartPole`](crate::env::PushedCartPole), which is the environment of a known cart-pole.
    /// * `pilot`: one that is configured as the recorded one; device and threads are of no matter. What it was given besides
    ///   states, a reference or a grid, is in no recording: it has to have that, and to keep it for the whole episode.
    /// * `env`: one like that of the episode. Where the recording begins in another state than the seed's, this is a
    ///   disagreement, and what follows is checked from there if `env` can [start from it](Environment::start_from).
    ///
    /// # Errors
    /// [`ReplayError::Recording`] for what cannot be read, for a recording of another model, and for an action that is none of
    /// the pilot's or that `env` refuses; [`ReplayError::Pilot`] as [`Episode::run_in`].
    ///
    /// # Examples
    /// There is one in the [module](super).
    pub fn of(
        recording: &mut Recording<impl BufRead>,
        episode: &Episode,
        pilot: &mut Pilot,
        env: &mut dyn Environment,
    ) -> Result<Self, ReplayError> {
        Self::of_with(recording, episode, pilot, env, |_| ControlFlow::Continue(()))
    }

    /// As [`Replay::of`], and shows every step to `observe` once it is compared, which may end the replay before the next.
    /// The pilot's [interrupt flag](Pilot::set_interrupt) ends it within a decision.
    ///
    /// # Errors
    /// As [`Replay::of`].
    pub fn of_with(
        recording: &mut Recording<impl BufRead>,
        episode: &Episode,
        pilot: &mut Pilot,
        env: &mut dyn Environment,
        mut observe: impl FnMut(&Row) -> ControlFlow<()>,
    ) -> Result<Self, ReplayError> {
        episode.refuse_push()?;
        episode.require_steps()?;
        recording.require(&Columns::of(pilot))?;
        pilot.reset(episode.first_seed());
        env.begin(episode.first_seed());
        let (given, required) = (env.state().len(), pilot.state_len());
        if given != required {
            return Err(PilotError::StateLength { given, required }.into());
        }
        let kind = pilot.config().action;
        let mut run = Run::begin(episode.step_limit(), pilot, env);
        let (mut stopped, mut interrupted) = (false, false);
        while let Some(row) = recording.row()? {
            if stopped {
                interrupted = true;
                break;
            }
            let action = row.action(kind).ok_or_else(|| {
                let given: Vec<String> = row.action.iter().map(f64::to_string).collect();
                let (step, given) = (row.step, given.join(", "));
                recording.wrong(format!("step {step} has action {given}, not {kind}"))
            })?;
            match run.plan(&row) {
                Err(PilotError::Interrupted) => {
                    interrupted = true;
                    break;
                }
                planned => planned?,
            }
            let moved = run.advance(&row, action);
            moved.map_err(|error| recording.wrong(format!("step {}: {error}", row.step)))?;
            stopped = observe(&row).is_break();
        }
        Ok(run.finish(recording.end(), interrupted))
    }
}

/// A replay on its way.
struct Run<'a> {
    pilot: &'a mut Pilot,
    env: &'a mut dyn Environment,
    /// Steps after which an episode is over.
    limit: u32,
    columns: Columns,
    steps: u64,
    environment: Check,
    planner: Check,
    digest: Digest,
    ended: Option<Ending>,
    /// Whether there are steps after the end.
    goes_on: bool,
    contradictions: Vec<String>,
}

impl<'a> Run<'a> {
    fn begin(limit: u32, pilot: &'a mut Pilot, env: &'a mut dyn Environment) -> Self {
        Self {
            columns: Columns::of(pilot),
            pilot,
            env,
            limit,
            steps: 0,
            environment: Check::default(),
            planner: Check::default(),
            digest: Digest::new(),
            ended: None,
            goes_on: false,
            contradictions: Vec::new(),
        }
    }

    /// Plans again in a recorded state.
    fn plan(&mut self, row: &Row) -> Result<(), PilotError> {
        let decision = self.pilot.act(&row.state)?;
        let again = Row::from(&StepRecord {
            step: row.step,
            state: &row.state,
            action: decision.action,
            reward: row.reward,
            decision_time: Duration::ZERO,
            diagnostics: decision.diagnostics,
        });
        let actions = by_name(self.columns.actions(), &row.action, &again.action);
        let statistics = row.statistics().into_iter().zip(again.statistics());
        let statistics = statistics.map(|((what, recorded), (_, now))| (what, recorded, now));
        self.planner.step(self.steps, actions.chain(statistics));
        Ok(())
    }

    /// Takes a recorded step again.
    fn advance(&mut self, row: &Row, action: Action) -> Result<(), EnvError> {
        if let Some(ending) = self.ended.filter(|_| !self.goes_on) {
            self.goes_on = true;
            let after = format!("after {} steps, {ending}", self.steps);
            self.contradictions.push(format!("it goes on after the end: {after}"));
        }
        let came = self.env.state().to_vec();
        let bits = |state: &[f64]| state.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        if self.steps == 0 && bits(&came) != bits(&row.state) {
            // Another start; what follows can still be checked.
            if let Err(error) = self.env.start_from(&row.state) {
                self.contradictions.push(format!("it cannot be followed from its start: {error}"));
            }
        }
        let Outcome { reward, ending } = self.env.apply(action)?;
        self.digest.state(&row.state);
        self.digest.action(action);
        let states = by_name(self.columns.states(), &row.state, &came);
        let step = ("step", f64::from(row.step), self.steps as f64);
        self.environment.step(self.steps, states.chain([step, ("reward", row.reward, reward)]));
        self.steps += 1;
        let at_limit = (self.steps == u64::from(self.limit)).then(|| self.env.at_step_limit());
        self.ended = self.ended.or(ending).or(at_limit);
        Ok(())
    }

    /// What came of it.
    fn finish(mut self, end: &End, interrupted: bool) -> Replay {
        let last = self.env.state();
        self.digest.state(last);
        let outcome = self.ended.unwrap_or(Ending::Interrupted);
        let mut all = [&self.environment, &self.planner].iter().all(|c| c.agreeing == self.steps);
        if !interrupted {
            self.contradictions.extend_from_slice(&end.oddities);
            match &end.last {
                None => self.contradictions.push("the final state is missing".into()),
                Some((step, state)) => {
                    let mut check = Check::default();
                    let step = ("step", f64::from(*step), self.steps as f64);
                    let states = by_name(self.columns.states(), state, last);
                    check.step(self.steps, states.chain([step]));
                    all &= check.agreeing == 1;
                    let first = &mut self.environment.first_disagreement;
                    *first = first.take().or(check.first_disagreement);
                }
            }
            self.contradictions.extend(self.other_outcome(end, outcome));
        }
        let is_sound = self.contradictions.is_empty() && end.digest == Some(self.digest);
        Replay {
            agrees: all && !interrupted && is_sound,
            interrupted,
            steps: self.steps,
            environment: self.environment,
            planner: self.planner,
            outcome_recorded: end.outcome.clone(),
            outcome,
            digest_recorded: end.digest,
            digest: self.digest,
            contradictions: self.contradictions,
        }
    }

    /// In which way the recorded outcome is not the one of now.
    fn other_outcome(&self, end: &End, outcome: Ending) -> Option<String> {
        let (steps, limit) = (self.steps, self.limit);
        match &end.outcome {
            None => Some("`outcome` is missing".into()),
            Some(recorded) if recorded == outcome.name() => None,
            Some(recorded) if outcome == Ending::Interrupted => Some(format!(
                "`outcome` is `{recorded}`, but nothing ends after {steps} steps of {limit}"
            )),
            Some(recorded) => Some(format!("`outcome` was `{recorded}`, now {outcome}")),
        }
    }
}

/// Recorded numbers and those of now, with their names.
fn by_name<'a>(
    names: &'a [String],
    recorded: &'a [f64],
    now: &'a [f64],
) -> impl Iterator<Item = (&'a str, f64, f64)> {
    let pairs = recorded.iter().zip(now);
    names.iter().zip(pairs).map(|(name, (recorded, now))| (name.as_str(), *recorded, *now))
}
