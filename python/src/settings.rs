//! A pilot's configuration for Python: as keyword options, and as results tell it.

use particle_pilot::{CartPoleProblem, Pilot, PilotConfig, Problem};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;

use crate::physics;

/// What a pilot is asked to be.
#[derive(Clone, PartialEq)]
pub struct Asked {
    pub config: PilotConfig,
    pub problem: CartPoleProblem,
}

impl Asked {
    /// What `pilot` was asked to be.
    pub fn of(pilot: &Pilot) -> Self {
        let problem = match pilot.problem() {
            Some(Problem::CartPole(problem)) => *problem,
            _ => unreachable!("pilots in Python are for the cart-pole"),
        };
        Self { config: pilot.config().clone(), problem }
    }
}

/// All that was asked for by the names that [`Options`](crate::options::Options) reads.
pub fn dict<'py>(py: Python<'py>, asked: &Asked) -> PyResult<Bound<'py, PyDict>> {
    let Asked { config, problem } = asked;
    let (physics, cost) = (problem.physics, problem.weights(config.planner));
    let tuning = &config.tuning;
    let dict = PyDict::new(py);
    dict.set_item("planner", config.planner.name())?;
    dict.set_item("particles", config.particles)?;
    dict.set_item("horizon", config.horizon)?;
    dict.set_item("seed", config.seed)?;
    dict.set_item("device", config.device.to_string())?;
    dict.set_item("threads", config.threads)?;
    dict.set_item("action", config.action.name())?;
    physics::describe(physics, &dict)?;
    dict.set_item("cost_position", cost.position)?;
    dict.set_item("cost_angle", cost.angle)?;
    dict.set_item("cost_end", cost.end)?;
    dict.set_item("cost_terminal_position", cost.terminal_position)?;
    dict.set_item("cost_terminal_velocity", cost.terminal_velocity)?;
    dict.set_item("cost_terminal_angle", cost.terminal_angle)?;
    dict.set_item("cost_terminal_rate", cost.terminal_rate)?;
    dict.set_item("iterations", tuning.iterations)?;
    dict.set_item("elite_share", tuning.elite_share)?;
    dict.set_item("smoothing", tuning.smoothing)?;
    dict.set_item("floor", tuning.floor)?;
    dict.set_item("temperature", tuning.temperature)?;
    dict.set_item("target_share", tuning.target_share)?;
    dict.set_item("knot_spacing", tuning.knot_spacing)?;
    dict.set_item("interpolation", tuning.interpolation.name())?;
    dict.set_item("noise", tuning.noise.name())?;
    match tuning.noise_scale.numbers() {
        [number] => dict.set_item("noise_scale", number)?,
        each => dict.set_item("noise_scale", each)?,
    }
    dict.set_item("colour", tuning.colour)?;
    dict.set_item("balance", tuning.balance)?;
    dict.set_item("noise_exponent", tuning.noise_exponent)?;
    dict.set_item("kept_share", tuning.kept_share)?;
    dict.set_item("sample_decay", tuning.sample_decay)?;
    Ok(dict)
}

/// A configuration or a problem in groups, as the program's JSON has it. No limit is `None`.
///
/// # Errors
/// Those of Python, short of memory.
pub fn report<'py>(py: Python<'py>, part: &impl Serialize) -> PyResult<Bound<'py, PyDict>> {
    let text = serde_json::to_string(part)
        .map_err(|error| PyValueError::new_err(format!("the report: {error}")))?;
    let value = py.import("json")?.call_method1("loads", (text,))?;
    Ok(value.cast_into()?)
}
