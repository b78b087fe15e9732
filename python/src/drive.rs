//! The closed loop over a real Gymnasium environment.

use std::time::{Duration, Instant};

use numpy::PyArray1;
use particle_pilot::env::Physics;
use particle_pilot::{
    Action, ActionKind, DecisionTimes, Foresight, Pilot as CorePilot, PilotConfig,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::arguments::{integer, integer_u32, wrong_type};
use crate::errors::refusal;
use crate::observation::state;
use crate::options::Options;
use crate::physics::physics_of;
use crate::pilot::Pilot;
use crate::prediction::Predictor;
use crate::record::record;
use crate::times::DecisionMicroseconds;

record! {
    /// What came of driving an environment: ``E`` episodes.
    DriveResult {
        /// ``float64 [E]``: the sum of each episode's rewards.
        returns: Py<PyArray1<f64>>,
        /// ``int64 [E]``: the steps of each episode.
        lengths: Py<PyArray1<i64>>,
        /// ``bool [E]``: whether the environment ended the episode, rather than its time limit.
        terminated: Py<PyArray1<bool>>,
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
        foreseen: u64,
        /// Plans for nothing, because another observation came.
        misjudged: u64,
        /// The device that planned.
        device: String,
    }
}

/// Plays episodes of a Gymnasium cart-pole: reset, plan, step, until each ends. The loop runs in Rust.
///
/// Wrappers are welcome: ``TimeLimit``, ``RecordVideo``, ``RecordEpisodeStatistics`` and others whose observations
/// and actions are still the cart-pole's. Ctrl-C interrupts between steps.
///
/// Parameters
/// ----------
/// env : gymnasium.Env
///     A ``CartPole-v1``, also one with other parameters: it is planned with its own physics, which are read from
///     ``env.unwrapped``.
/// pilot : Pilot, optional
///     Whose options to plan with, except for the physics, and except for the seed where ``seed`` is given. The pilot
///     itself is left alone. Left out: a pilot of the ``options``, which are those of ``Pilot``.
/// episodes : int, default 1
///     How many.
/// seed : int, optional
///     Episode ``i`` resets the environment, and the pilot, with ``seed + i``. Left out: the environment is not
///     seeded, and the pilot's own seed counts on.
/// physics : str, default "env"
///     ``"env"`` plans with the environment's physics, ``"pilot"`` with those of the pilot, however wrong.
/// foresight : bool, default True
///     Whether the pilot's other threads plan ahead while the environment takes a step, for the observation that the
///     physics predict. If another one comes it is planned for as ever. Changes no action, only how long they take.
///
/// Returns
/// -------
/// DriveResult
///     Returns, lengths and timings.
///
/// Raises
/// ------
/// TypeError
///     If ``env`` is no cart-pole with two actions; ``GymPlanner`` is for other environments.
/// ValueError
///     For options out of range, and for observations that are not four finite numbers.
#[pyfunction]
#[pyo3(signature = (env, pilot=None, *, episodes=None, seed=None, physics="env", foresight=true, **options))]
pub fn drive(
    env: &Bound<'_, PyAny>,
    pilot: Option<&Bound<'_, PyAny>>,
    episodes: Option<&Bound<'_, PyAny>>,
    seed: Option<&Bound<'_, PyAny>>,
    physics: &str,
    foresight: bool,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<DriveResult> {
    let py = env.py();
    let pilot = pilot
        .map(|pilot| pilot.cast::<Pilot>().map_err(|_| wrong_type("pilot", pilot, "a Pilot")))
        .transpose()?;
    let episodes = episodes.map_or(Ok(1), |count| integer_u32("episodes", count))?;
    if episodes == 0 {
        return Err(PyValueError::new_err("episodes is 0; it must be at least 1"));
    }
    let seed = seed.map(|seed| integer("seed", seed, u64::MAX)).transpose()?;
    let of_env = physics_of(env)?;
    let mut config = config(&of_env, pilot, physics, options)?;
    if let Some(seed) = seed {
        config.seed = seed;
    }
    let first_seed = config.seed;
    let mut pilot = py.detach(|| CorePilot::new(config)).map_err(refusal)?;
    let predictor = foresight.then(|| Predictor::new(env, read_physics(&of_env)?)).transpose()?;
    let env = Env::of(env)?;
    let mut tally = Tally::default();
    // The environment stays on this thread, where its windows and signals belong.
    pilot.foreseeing(|foresight| {
        let predictor = predictor.as_ref().filter(|_| foresight.is_possible());
        for episode in 0..episodes {
            foresight.reset(first_seed.wrapping_add(episode.into()));
            let seed = seed.map(|seed| seed.wrapping_add(episode.into()));
            tally.play(&env, predictor, foresight, seed)?;
        }
        (tally.foreseen, tally.misjudged) = (foresight.foreseen(), foresight.misjudged());
        Ok::<_, PyErr>(())
    })?;
    tally.result(py, &pilot)
}

/// The options to plan with.
fn config(
    of_env: &Bound<'_, PyDict>,
    pilot: Option<&Bound<'_, Pilot>>,
    physics: &str,
    options: Option<&Bound<'_, PyDict>>,
) -> PyResult<PilotConfig> {
    let use_own = match physics {
        "env" => false,
        "pilot" => true,
        _ => {
            let why = format!("physics is `{physics}`; it must be `env` or `pilot`");
            return Err(PyValueError::new_err(why));
        }
    };
    let Some(pilot) = pilot else {
        let config = Options::of_pilot(None, options, (!use_own).then_some(of_env))?.config;
        return must_be_discrete(config);
    };
    if let Some(name) = options.and_then(|options| options.keys().iter().next()) {
        return Err(PyTypeError::new_err(format!(
            "`{name}` is given along with a pilot, which has options of its own: give one or the other"
        )));
    }
    let mut config = pilot.get().config(of_env.py())?;
    if !use_own {
        config.physics = read_physics(of_env)?;
    }
    must_be_discrete(config)
}

/// What [`physics_of`] has found.
fn read_physics(of_env: &Bound<'_, PyDict>) -> PyResult<Physics> {
    Ok(Options::of_pilot(None, Some(of_env), None)?.config.physics)
}

fn must_be_discrete(config: PilotConfig) -> PyResult<PilotConfig> {
    if config.action == ActionKind::Discrete {
        return Ok(config);
    }
    Err(PyValueError::new_err("action is `continuous`, but the environment's actions are 0 and 1"))
}

/// An environment's methods, looked up once.
struct Env<'py> {
    reset: Bound<'py, PyAny>,
    step: Bound<'py, PyAny>,
    /// The arguments of a step to the left and of one to the right.
    actions: [Bound<'py, PyTuple>; 2],
}

impl<'py> Env<'py> {
    fn of(env: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = env.py();
        let arguments = |action: u8| PyTuple::new(py, [action]);
        Ok(Self {
            reset: env.getattr(intern!(py, "reset"))?,
            step: env.getattr(intern!(py, "step"))?,
            actions: [arguments(0)?, arguments(1)?],
        })
    }

    /// Begins an episode and returns the first observation.
    fn reset(&self, seed: Option<u64>) -> PyResult<Bound<'py, PyAny>> {
        let py = self.reset.py();
        let arguments = PyDict::new(py);
        if let Some(seed) = seed {
            arguments.set_item(intern!(py, "seed"), seed)?;
        }
        let answer = self.reset.call((), Some(&arguments))?;
        let answer = answer.cast::<PyTuple>().map_err(|_| {
            wrong_type("what env.reset returns", &answer, "a tuple (observation, info)")
        })?;
        answer.get_item(0)
    }

    fn step(&self, right: bool) -> PyResult<Step<'py>> {
        let answer = self.step.call1(&self.actions[usize::from(right)])?;
        let answer = answer
            .cast::<PyTuple>()
            .map_err(|_| wrong_type("what env.step returns", &answer, "a tuple of five"))?;
        Ok(Step {
            obs: answer.get_item(0)?,
            reward: answer.get_item(1)?.extract()?,
            terminated: answer.get_item(2)?.is_truthy()?,
            truncated: answer.get_item(3)?.is_truthy()?,
        })
    }
}

fn is_right(action: Action) -> bool {
    match action {
        Action::Discrete(index) => index > 0,
        Action::Force(newton) => newton > 0.0,
    }
}

/// What a step led to.
struct Step<'py> {
    obs: Bound<'py, PyAny>,
    reward: f64,
    terminated: bool,
    truncated: bool,
}

/// What came of the episodes so far.
#[derive(Default)]
struct Tally {
    returns: Vec<f64>,
    lengths: Vec<i64>,
    terminated: Vec<bool>,
    env_time: Duration,
    decisions: Vec<Duration>,
    particle_steps: u64,
    foreseen: u64,
    misjudged: u64,
    wall: Duration,
}

impl Tally {
    /// Plays an episode to its end.
    fn play(
        &mut self,
        env: &Env<'_>,
        predictor: Option<&Predictor<'_>>,
        foresight: &mut Foresight<'_>,
        seed: Option<u64>,
    ) -> PyResult<()> {
        let py = env.step.py();
        let began = Instant::now();
        let mut obs = env.reset(seed)?;
        let (mut total, mut length) = (0.0, 0);
        let mut now = Instant::now();
        self.env_time += now - began;
        let terminated = loop {
            let state = state(&obs)?;
            let decision = py.detach(|| foresight.act(&state)).map_err(refusal)?;
            let right = is_right(decision.action);
            if let Some(next) = predictor.and_then(|predictor| predictor.predict(right)) {
                foresight.foresee(&next);
            }
            let planned = Instant::now();
            self.decisions.push(planned - now);
            self.particle_steps += decision.diagnostics.particle_steps;
            let step = env.step(right)?;
            now = Instant::now();
            self.env_time += now - planned;
            total += step.reward;
            length += 1;
            if step.terminated || step.truncated {
                break step.terminated;
            }
            py.check_signals()?;
            obs = step.obs;
        };
        self.returns.push(total);
        self.lengths.push(length);
        self.terminated.push(terminated);
        self.wall += began.elapsed();
        Ok(())
    }

    fn result(mut self, py: Python<'_>, pilot: &CorePilot) -> PyResult<DriveResult> {
        let planning: Duration = self.decisions.iter().sum();
        let times = DecisionTimes::of(&mut self.decisions);
        Ok(DriveResult {
            returns: PyArray1::from_vec(py, self.returns).unbind(),
            lengths: PyArray1::from_vec(py, self.lengths).unbind(),
            terminated: PyArray1::from_vec(py, self.terminated).unbind(),
            wall_s: self.wall.as_secs_f64(),
            env_s: self.env_time.as_secs_f64(),
            plan_s: planning.as_secs_f64(),
            decision_us: Py::new(py, DecisionMicroseconds::from(times))?,
            particle_steps: self.particle_steps,
            foreseen: self.foreseen,
            misjudged: self.misjudged,
            device: pilot.device().to_string(),
        })
    }
}
