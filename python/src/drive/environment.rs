//! A Gymnasium environment: `reset` and `step`, and what they must return.

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::arguments::wrong_type;

/// Layers of wrappers that are looked through.
const LAYERS: usize = 100;

/// An environment's methods, looked up once.
pub struct Env<'py> {
    env: Bound<'py, PyAny>,
    reset: Bound<'py, PyAny>,
    step: Bound<'py, PyAny>,
    /// The arguments of a step to the left and of one to the right.
    actions: [Bound<'py, PyTuple>; 2],
    /// What every reset is given.
    options: Option<Bound<'py, PyAny>>,
}

/// What a step led to.
pub struct Step<'py> {
    pub obs: Bound<'py, PyAny>,
    pub reward: f64,
    pub terminated: bool,
    pub truncated: bool,
}

impl<'py> Env<'py> {
    /// `env`, whose resets are given `options`, if any.
    pub fn of(env: &Bound<'py, PyAny>, options: Option<Bound<'py, PyAny>>) -> PyResult<Self> {
        let py = env.py();
        let arguments = |action: u8| PyTuple::new(py, [action]);
        Ok(Self {
            env: env.clone(),
            reset: env.getattr(intern!(py, "reset"))?,
            step: env.getattr(intern!(py, "step"))?,
            actions: [arguments(0)?, arguments(1)?],
            options,
        })
    }

    /// The environment itself.
    pub fn object(&self) -> &Bound<'py, PyAny> {
        &self.env
    }

    /// After how many steps a `TimeLimit` ends its episodes, the strictest of several; `None` without one.
    pub fn time_limit(&self) -> PyResult<Option<u32>> {
        let mut layer = self.env.clone();
        let mut strictest = None;
        for _ in 0..LAYERS {
            let limit = layer.getattr_opt("_max_episode_steps")?.filter(|limit| !limit.is_none());
            if let Some(limit) = limit {
                // One that is no such number ends nothing that is known of.
                let steps = limit.extract().unwrap_or(u32::MAX);
                strictest = Some(strictest.map_or(steps, |other: u32| other.min(steps)));
            }
            let Some(inner) = layer.getattr_opt("env")? else { break };
            layer = inner;
        }
        Ok(strictest)
    }

    /// Begins an episode and returns the first observation.
    pub fn reset(&self, seed: Option<u64>) -> PyResult<Bound<'py, PyAny>> {
        let py = self.reset.py();
        let arguments = PyDict::new(py);
        if let Some(seed) = seed {
            arguments.set_item(intern!(py, "seed"), seed)?;
        }
        if let Some(options) = &self.options {
            arguments.set_item(intern!(py, "options"), options)?;
        }
        let answer = self.reset.call((), Some(&arguments))?;
        let answer = parts("reset", &answer, 2, "(observation, info)")?;
        answer.get_item(0)
    }

    /// Takes a step.
    pub fn step(&self, right: bool) -> PyResult<Step<'py>> {
        let answer = self.step.call1(&self.actions[usize::from(right)])?;
        let answer =
            parts("step", &answer, 5, "(observation, reward, terminated, truncated, info)")?;
        Ok(Step {
            obs: answer.get_item(0)?,
            reward: answer.get_item(1)?.extract()?,
            terminated: answer.get_item(2)?.is_truthy()?,
            truncated: answer.get_item(3)?.is_truthy()?,
        })
    }
}

/// `answer` as a tuple of `count`. Before Gymnasium it had one part less.
fn parts<'a, 'py>(
    method: &str,
    answer: &'a Bound<'py, PyAny>,
    count: usize,
    required: &str,
) -> PyResult<&'a Bound<'py, PyTuple>> {
    let name = format!("what env.{method} returns");
    let tuple = answer
        .cast::<PyTuple>()
        .map_err(|_| wrong_type(&name, answer, &format!("a tuple {required}")))?;
    if tuple.len() == count {
        return Ok(tuple);
    }
    let old = if method == "step" && tuple.len() == 4 {
        ": it looks like the old Gym's (observation, reward, done, info); wrap the environment in one that tells \
         terminated from truncated"
    } else {
        ""
    };
    let given = tuple.len();
    Err(PyTypeError::new_err(format!(
        "{name} must be a tuple {required}, of {count}, and this one has {given}{old}"
    )))
}
