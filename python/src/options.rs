//! Keyword options: those of the program `pilot`, by the same names, and the physics by Gymnasium's.

use std::f64::consts::PI;
use std::path::PathBuf;

use particle_pilot::env::Push;
use particle_pilot::{PilotConfig, PlannerKind};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::{integer, integer_u32, named, number, wrong_type};
use crate::{config_file, physics};

/// What every function that plans takes, in the order of `pilot --help`.
const NAMES: [&str; 43] = [
    "planner",
    "particles",
    "horizon",
    "seed",
    "device",
    "threads",
    "config",
    "action",
    "theta_limit_deg",
    "x_limit",
    "force",
    "integrator",
    "gravity",
    "masscart",
    "masspole",
    "length",
    "force_mag",
    "tau",
    "theta_threshold_radians",
    "x_threshold",
    "kinematics_integrator",
    "cost_position",
    "cost_angle",
    "cost_end",
    "cost_terminal_position",
    "cost_terminal_velocity",
    "cost_terminal_angle",
    "cost_terminal_rate",
    "iterations",
    "elite_share",
    "smoothing",
    "floor",
    "temperature",
    "target_share",
    "knot_spacing",
    "interpolation",
    "noise",
    "noise_scale",
    "colour",
    "balance",
    "steps",
    "episodes",
    "push",
];

/// Those at the end of [`NAMES`] that are not about a pilot but about what is done with it.
const TASK: usize = 3;

/// Two names for the same thing: the program's and Gymnasium's.
pub const ALIASES: [[&str; 2]; 4] = [
    ["theta_limit_deg", "theta_threshold_radians"],
    ["x_limit", "x_threshold"],
    ["force", "force_mag"],
    ["integrator", "kinematics_integrator"],
];

/// What was asked for.
pub struct Options {
    /// The pilot.
    pub config: PilotConfig,
    /// Steps after which an episode is won.
    pub steps: Option<u32>,
    /// How many episodes.
    pub episodes: Option<u32>,
    /// What disturbs the cart.
    pub push: Option<Push>,
}

impl Options {
    /// Those of a pilot: `planner`, if not `None`, and `given`, over the file that `config` names, over `physics`
    /// and the planner's defaults.
    ///
    /// # Errors
    /// `TypeError` for names that there are not and values of the wrong type, `ValueError` for those out of range.
    pub fn of_pilot(
        planner: Option<&Bound<'_, PyAny>>,
        given: Option<&Bound<'_, PyDict>>,
        physics: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::read(planner, given, physics, &NAMES[..NAMES.len() - TASK])
    }

    /// As [`Options::of_pilot`], and of what is to be done with it: `steps`, `episodes`, `push`.
    ///
    /// # Errors
    /// As [`Options::of_pilot`].
    pub fn of_task(
        planner: Option<&Bound<'_, PyAny>>,
        given: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::read(planner, given, None, &NAMES)
    }

    fn read(
        planner: Option<&Bound<'_, PyAny>>,
        given: Option<&Bound<'_, PyDict>>,
        physics: Option<&Bound<'_, PyDict>>,
        names: &[&str],
    ) -> PyResult<Self> {
        let mut layers = Vec::new();
        layers.extend(physics.cloned());
        if let Some(given) = given {
            for name in given.keys() {
                check_name(&name, names)?;
            }
            if let Some(path) = given.get_item("config")?.filter(|path| !path.is_none()) {
                let path: PathBuf =
                    path.extract().map_err(|_| wrong_type("config", &path, "a path"))?;
                layers.push(config_file::read(given.py(), &path)?);
            }
            refuse_both_aliases(given)?;
            layers.push(given.clone());
        }
        let planner = match planner.filter(|planner| !planner.is_none()) {
            Some(planner) => named("planner", planner)?,
            None => planner_of(&layers)?,
        };
        let config = PilotConfig::of(planner);
        let mut options = Self { config, steps: None, episodes: None, push: None };
        for layer in &layers {
            for (name, value) in layer.iter() {
                if !value.is_none() {
                    options.set(name.extract()?, &value)?;
                }
            }
        }
        options.check()?;
        Ok(options)
    }

    /// Checks ranges, before anything is made.
    fn check(&self) -> PyResult<()> {
        let config = &self.config;
        let said = |error: String| PyValueError::new_err(error);
        config.validate().map_err(crate::errors::refusal)?;
        config.physics.validate().map_err(|error| said(error.to_string()))?;
        config.cost.validate().map_err(|error| said(error.to_string()))?;
        if self.steps == Some(0) {
            return Err(said("steps is 0; it must be at least 1".into()));
        }
        if self.episodes == Some(0) {
            return Err(said("episodes is 0; it must be at least 1".into()));
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let PilotConfig { physics, cost, tuning, .. } = &mut self.config;
        let real = || number(name, value);
        match name {
            // Read before everything else, which depends on them.
            "planner" | "config" => (),
            "particles" => self.config.particles = integer_u32(name, value)?,
            "horizon" => self.config.horizon = integer_u32(name, value)?,
            "seed" => self.config.seed = integer(name, value, u64::MAX)?,
            "device" => self.config.device = named(name, value)?,
            "threads" => self.config.threads = integer_u32(name, value)? as usize,
            "action" => self.config.action = named(name, value)?,

            // In Gymnasium's order, so that 12 degrees round as there.
            "theta_limit_deg" => physics.theta_threshold_radians = real()? * 2.0 * PI / 360.0,

            "cost_position" => cost.position = real()?,
            "cost_angle" => cost.angle = real()?,
            "cost_end" => cost.end = real()?,
            "cost_terminal_position" => cost.terminal_position = real()?,
            "cost_terminal_velocity" => cost.terminal_velocity = real()?,
            "cost_terminal_angle" => cost.terminal_angle = real()?,
            "cost_terminal_rate" => cost.terminal_rate = real()?,

            "iterations" => tuning.iterations = integer_u32(name, value)?,
            "elite_share" => tuning.elite_share = real()?,
            "smoothing" => tuning.smoothing = real()?,
            "floor" => tuning.floor = real()?,
            "temperature" => tuning.temperature = real()?,
            "target_share" => tuning.target_share = real()?,
            "knot_spacing" => tuning.knot_spacing = integer_u32(name, value)?,
            "interpolation" => tuning.interpolation = named(name, value)?,
            "noise" => tuning.noise = named(name, value)?,
            "noise_scale" => tuning.noise_scale = real()?,
            "colour" => tuning.colour = real()?,
            "balance" => tuning.balance = real()?,

            "steps" => self.steps = Some(integer_u32(name, value)?),
            "episodes" => self.episodes = Some(integer_u32(name, value)?),
            "push" => self.push = Some(push(value)?),
            _ if physics::set(physics, attribute(name), name, value)? => (),
            other => return Err(PyTypeError::new_err(format!("there is no option `{other}`"))),
        }
        Ok(())
    }
}

/// The planner that the last layer names that names one.
fn planner_of(layers: &[Bound<'_, PyDict>]) -> PyResult<PlannerKind> {
    for layer in layers.iter().rev() {
        if let Some(planner) = layer.get_item("planner")?.filter(|planner| !planner.is_none()) {
            return named("planner", &planner);
        }
    }
    Ok(PlannerKind::default())
}

/// What Gymnasium calls the option `name`, if it knows it by another name.
fn attribute(name: &str) -> &str {
    let alias = ALIASES.iter().find(|[ours, _]| *ours == name);
    alias.map_or(name, |[_, gymnasium]| gymnasium)
}

/// `"NEWTON:LENGTH:EVERY"`, or the three numbers.
fn push(value: &Bound<'_, PyAny>) -> PyResult<Push> {
    if let Ok((newton, length, every)) = value.extract::<(f64, u32, u32)>() {
        return Push::new(newton, length, every)
            .map_err(|error| PyValueError::new_err(format!("push: {error}")));
    }
    let text: String = value.extract().map_err(|_| {
        wrong_type("push", value, "a string NEWTON:LENGTH:EVERY or a tuple of these numbers")
    })?;
    text.parse().map_err(|error| PyValueError::new_err(format!("push: {error}")))
}

/// Refuses a name that there is not, and tells the most similar one.
fn check_name(name: &Bound<'_, PyAny>, names: &[&str]) -> PyResult<()> {
    let text: String = name.extract()?;
    if names.contains(&text.as_str()) {
        return Ok(());
    }
    let matches = name.py().import("difflib")?.getattr("get_close_matches")?;
    let near: Vec<String> = matches.call1((&text, names, 1))?.extract()?;
    let hint = near.first().map_or(String::new(), |near| format!(", did you mean `{near}`?"));
    Err(PyTypeError::new_err(format!("there is no option `{text}`{hint}")))
}

fn refuse_both_aliases(given: &Bound<'_, PyDict>) -> PyResult<()> {
    for [name, other] in ALIASES {
        let is_given = |name| Ok::<_, PyErr>(given.get_item(name)?.is_some_and(|v| !v.is_none()));
        if is_given(name)? && is_given(other)? {
            let why = format!("`{name}` and `{other}` say the same: give one of them");
            return Err(PyTypeError::new_err(why));
        }
    }
    Ok(())
}
