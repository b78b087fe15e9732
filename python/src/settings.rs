//! A pilot's configuration as keyword options.

use particle_pilot::PilotConfig;
use particle_pilot::env::Integrator;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// All options of `config` by the names that [`Options`](crate::options::Options) reads.
pub fn dict<'py>(py: Python<'py>, config: &PilotConfig) -> PyResult<Bound<'py, PyDict>> {
    let PilotConfig { physics, cost, tuning, .. } = config;
    let dict = PyDict::new(py);
    dict.set_item("planner", config.planner.name())?;
    dict.set_item("particles", config.particles)?;
    dict.set_item("horizon", config.horizon)?;
    dict.set_item("seed", config.seed)?;
    dict.set_item("device", config.device.to_string())?;
    dict.set_item("threads", config.threads)?;
    dict.set_item("action", config.action.name())?;
    dict.set_item("gravity", physics.gravity)?;
    dict.set_item("masscart", physics.masscart)?;
    dict.set_item("masspole", physics.masspole)?;
    dict.set_item("length", physics.length)?;
    dict.set_item("force_mag", physics.force_mag)?;
    dict.set_item("tau", physics.tau)?;
    dict.set_item("theta_threshold_radians", physics.theta_threshold_radians)?;
    dict.set_item("x_threshold", physics.x_threshold)?;
    let integrator = match physics.integrator {
        Integrator::Euler => "euler",
        Integrator::SemiImplicitEuler => "semi-implicit-euler",
    };
    dict.set_item("kinematics_integrator", integrator)?;
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
    dict.set_item("noise_scale", tuning.noise_scale)?;
    dict.set_item("colour", tuning.colour)?;
    dict.set_item("balance", tuning.balance)?;
    Ok(dict)
}
