//! The closed loop over a real Gymnasium environment.

mod driver;
mod ending;
mod environment;
mod tally;
mod witness;

use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::{count, integer, warn};
use crate::physics::Core;
use crate::record::record;
use crate::times::DecisionMicroseconds;
use crate::warnings::WarningSummary;
use driver::{Driver, Wishes};
use environment::Env;
use tally::{Course, Tally};

/// Steps after which an episode is ended that nothing else need ever end: half an hour of cart-pole.
const LONGEST: u32 = 100_000;

record! {
    /// What came of driving an environment: ``E`` episodes.
    DriveResult {
        /// ``float64 [E]``: the sum of each episode's rewards.
        returns: Py<PyArray1<f64>>,
        /// ``int64 [E]``: the steps of each episode.
        lengths: Py<PyArray1<i64>>,
        /// ``bool [E]``: whether the environment ended the episode, rather than a time limit.
        terminated: Py<PyArray1<bool>>,
        /// ``str [E]``: what ended each episode. ``"fell"`` and ``"left-track"``: the limit that the state is beyond, the
        /// angle's before the position's; ``"terminated"``: the environment, within both; ``"survived"``: a limit of steps.
        endings: Py<PyAny>,
        /// ``float64 [E, 4]``: the state after the last step of each, in m, m/s, rad, rad/s: ``env.unwrapped.state``, or
        /// where there is none the last observation.
        final_states: Py<PyArray2<f64>>,
        /// Steps after which an episode ends: ``max_steps``, or the environment's ``TimeLimit`` where that is less.
        step_limit: u32,
        /// From start to end, in s.
        wall_s: f64,
        /// Of which in the environment's ``reset`` and ``step``, in s.
        env_s: f64,
        /// Of which in planning, in s.
        plan_s: f64,
        /// How long the environment waited for decisions, in microseconds.
        decision_us: Py<DecisionMicroseconds>,
        /// Steps simulated by particles.
        particle_steps: u64,
        /// Decisions that had been planned ahead when the observation came, for it was as predicted.
        speculation_hits: u64,
        /// Plans for nothing, because another observation came.
        speculation_misses: u64,
        /// The device that planned.
        device: String,
        /// Why it is not, or no longer, a GPU, where the device was left open and one was, or might have been, faster; else ``None``.
        fallback_reason: Option<String>,
        /// How it was planned, the planner's knobs as a group (``tuning``). The seed is the first episode's.
        config: Py<PyDict>,
        /// For what, in groups (``physics``, ``cost``); no limit is ``None``. Where the physics change at a reset, they are
        /// the last episode's.
        problem: Py<PyDict>,
        /// What was noticed about decisions, by kind; mostly nothing.
        warnings: Vec<Py<WarningSummary>>,
    }
}

/// Plays episodes of a Gymnasium cart-pole: reset, plan, step, until each ends. The loop runs in Rust.
///
/// Wrappers are welcome: ``TimeLimit``, ``RecordVideo``, ``RecordEpisodeStatistics`` and others whose observations
/// and actions are still the cart-pole's. Where the pole falls and observations were not ``env.unwrapped.state``, or
/// that did not move as the physics say, a ``UserWarning`` says so. Ctrl-C interrupts.
///
/// Parameters
/// ----------
/// env : gymnasium.Env
///     A ``CartPole-v1``, also one with other parameters: it is planned with its own physics, which are read from
///     ``env.unwrapped`` after each reset. That they change during an episode is warned about.
/// pilot : Pilot, optional
///     Whose options to plan with, except for the physics, and except for the seed where ``seed`` is given. The pilot
///     itself is left alone. Left out: a pilot of the ``settings``, which are those of ``Pilot``.
/// episodes : int, default 1
///     How many.
/// seed : int, optional
///     Episode ``i`` resets the environment, and the pilot, with ``seed + i``. Left out: the environment is not
///     seeded, and the pilot's own seed counts on.
/// physics : str, default "env"
///     ``"env"`` plans with the environment's physics, ``"pilot"`` with those of the pilot, however wrong.
/// speculate : bool, default True
///     Whether the pilot's other threads plan ahead while the environment takes a step, for the observation that the
///     physics predict. If another one comes it is planned for as ever. Changes no action, only how long they take.
/// max_steps : int, optional
///     Steps after which an episode ends, if it has not before. Left out: those of the environment's ``TimeLimit``;
///     where it has none, 100,000, and a warning says when that was reached.
/// options : dict, optional
///     What the environment's ``reset`` is given as ``options``.
/// **settings
///     Options of the pilot, as for ``Pilot``.
///
/// Returns
/// -------
/// DriveResult
///     Returns, lengths and timings.
///
/// Raises
/// ------
/// TypeError
///     If ``env`` is no cart-pole with two actions (``GymPlanner`` is for other environments), or its ``reset`` or
///     ``step`` return something else than Gymnasium's.
/// ValueError
///     For options out of range, and for observations that are not four finite numbers.
#[pyfunction]
#[pyo3(signature = (
    env, pilot=None, *, episodes=None, seed=None, physics="env", speculate=true, max_steps=None, options=None,
    **settings
))]
#[expect(clippy::too_many_arguments, reason = "one for each of Python's")]
pub fn drive<'py>(
    env: &Bound<'py, PyAny>,
    pilot: Option<&Bound<'py, PyAny>>,
    episodes: Option<&Bound<'py, PyAny>>,
    seed: Option<&Bound<'py, PyAny>>,
    physics: &str,
    speculate: bool,
    max_steps: Option<&Bound<'py, PyAny>>,
    options: Option<Bound<'py, PyAny>>,
    settings: Option<&Bound<'py, PyDict>>,
) -> PyResult<DriveResult> {
    let py = env.py();
    let episodes = episodes.map_or(Ok(1), |given| count("episodes", given))?;
    let seed = seed.map(|seed| integer("seed", seed, 0..=u64::MAX)).transpose()?;
    let max_steps = max_steps.map(|given| count("max_steps", given)).transpose()?;
    let core = Core::of(env)?;
    let mut driver = Driver::new(&core, Wishes::of(pilot, physics, settings)?)?;
    let env = Env::of(env, options)?;
    let time_limit = env.time_limit()?;
    let limit = match max_steps {
        Some(steps) => steps,
        None if time_limit.is_some() => u32::MAX,
        None => LONGEST,
    };
    let step_limit = time_limit.map_or(limit, |steps| steps.min(limit));
    let pilot_seed = seed.unwrap_or(driver.pilot.config().seed);
    let course = Course { episodes, seed, pilot_seed, limit, speculate };
    let mut tally = Tally::default();
    let mut begun = Some(tally.begin(&env, &course)?);
    while let Some(episode) = begun {
        driver.look()?;
        begun = tally.play(&env, &course, &mut driver, episode)?;
    }
    if (max_steps, time_limit) == (None, None) && tally.lengths.contains(&LONGEST.into()) {
        let why = "an episode was ended after 100000 steps, for the environment has no TimeLimit: give max_steps";
        warn(py, why)?;
    }
    tally.result(py, &driver.pilot, pilot_seed, step_limit)
}
