//! Pilots put by, to go on later, elsewhere, with the same bits.

use serde::{Deserialize, Serialize};

use crate::error::PilotError;
use crate::problem::Problem;
use crate::settings::PilotConfig;

/// What a pilot carries from one decision to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// The seed.
    pub seed: u64,
    /// Decisions made since the last reset, modulo 2^32.
    pub decision: u32,
    /// What the planner has kept of its last plan, for each step of the horizon: `cem` with two choices the
    /// probability of the second, for cart-pole that of going right; `mppi`, and `cem` otherwise, the control in each
    /// dimension, in units of the model as particles compute it: for a [`Model`](crate::kernels::model::Model), shares of what there is to choose from, or
    /// where there are more than two choices, scores of them. `icem` as `mppi`, and behind the plan the same of each future that
    /// it has kept, once it has kept some.
    /// Empty for planners that begin each decision anew; for others that means no last plan.
    pub plan: Vec<f64>,
}

/// A pilot as it was between two decisions: [`Pilot::save`](crate::Pilot::save).
///
/// Plain data for serde, in formats that describe themselves, such as JSON, and keep every bit of a number: of JSON's
/// writers, not all do. Who reads text of another version sees serde refuse what it does not know.
///
/// # Examples
/// ```
/// use particle_pilot::{CartPoleProblem, Pilot, PilotConfig, PilotState};
/// let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default())?;
/// pilot.act(&[0.0, 0.0, 0.1, 0.3])?;
/// let text = serde_json::to_string(&pilot.save()?).expect("plain data can be written");
///
/// let state: PilotState = serde_json::from_str(&text).expect("as it was written");
/// let mut later = Pilot::resume(&state)?;
/// assert_eq!(later.act(&[0.0, 0.2, 0.1, 0.0])?, pilot.act(&[0.0, 0.2, 0.1, 0.0])?);
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PilotState {
    /// [`PilotState::VERSION`] of whoever has saved it.
    pub version: u32,
    /// What the pilot was asked to be.
    pub config: PilotConfig,
    /// What it plans for; `None` for a model of one's own.
    pub problem: Option<Problem>,
    /// What it remembered.
    pub carried: Carried,
}

impl PilotState {
    /// What this version of the library writes, and reads.
    pub const VERSION: u32 = 2;

    /// Whether a pilot of `config` for `problem` can go on from here: device, threads and seed may be others, which change
    /// no bit or are part of what is carried.
    pub(crate) fn check(
        &self,
        config: &PilotConfig,
        problem: Option<&Problem>,
    ) -> Result<(), PilotError> {
        check_version(self.version)?;
        check_same([&self.config, config], [self.problem.as_ref(), problem])
    }

    /// Whether it is of this version.
    pub(crate) fn check_version(&self) -> Result<(), PilotError> {
        check_version(self.version)
    }

    /// The problem, which must be known by name.
    pub(crate) fn known_problem(&self) -> Result<Problem, PilotError> {
        known(self.problem.as_ref())
    }
}

fn known(problem: Option<&Problem>) -> Result<Problem, PilotError> {
    problem.cloned().ok_or_else(|| {
        let why = "it is of a model of one's own: make a pilot with that model, and have it load the state";
        PilotError::State(why.into())
    })
}

/// Refuses configurations that differ in more than device, threads and seed, and problems that differ at all.
fn check_same(
    [saved, own]: [&PilotConfig; 2],
    problems: [Option<&Problem>; 2],
) -> Result<(), PilotError> {
    let PilotConfig { device, threads, seed, .. } = *own;
    // Who writes a state by hand may leave open what depends on the planner.
    let settled = problems[0].map(|problem| problem.clone().settled(saved.planner));
    let what = if *own != (PilotConfig { device, threads, seed, ..saved.clone() }) {
        "configuration"
    } else if settled.as_ref() != problems[1] {
        "problem"
    } else {
        return Ok(());
    };
    let why = format!("it is of a pilot of another {what}: make one of the state's");
    Err(PilotError::State(why))
}

/// Pilots of a batch as they were between two decisions: [`PilotBatch::save`](crate::PilotBatch::save).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchState {
    /// [`PilotState::VERSION`] of whoever has saved it.
    pub version: u32,
    /// What the pilots were asked to be.
    pub config: PilotConfig,
    /// What they plan for; `None` for a model of one's own.
    pub problem: Option<Problem>,
    /// What each remembered.
    pub rows: Vec<Carried>,
}

impl BatchState {
    /// Whether it is of this version.
    pub(crate) fn check(&self) -> Result<(), PilotError> {
        check_version(self.version)
    }

    /// As [`PilotState::known_problem`].
    pub(crate) fn known_problem(&self) -> Result<Problem, PilotError> {
        known(self.problem.as_ref())
    }

    /// Whether `pilots` pilots of `config` for `problem` can go on from here: as [`PilotState::check`].
    pub(crate) fn check_for(
        &self,
        config: &PilotConfig,
        problem: Option<&Problem>,
        pilots: usize,
    ) -> Result<(), PilotError> {
        self.check()?;
        check_same([&self.config, config], [self.problem.as_ref(), problem])?;
        if self.rows.len() != pilots {
            let why = format!("it is of {} pilots, not {pilots}", self.rows.len());
            return Err(PilotError::State(why));
        }
        Ok(())
    }
}

fn check_version(version: u32) -> Result<(), PilotError> {
    let own = PilotState::VERSION;
    match version == own {
        true => Ok(()),
        false => Err(PilotError::State(format!(
            "its format has version {version}, and this library reads version {own}"
        ))),
    }
}

/// Why a plan is none that a pilot can go on from.
pub(crate) fn foreign_plan(numbers: usize) -> PilotError {
    PilotError::State(format!(
        "its plan must be {numbers} numbers within the planner's limits (of icem, with futures that are kept, several times as \
         many), or empty"
    ))
}
