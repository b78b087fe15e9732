//! Keyword options: those of the program `pilot`, by the same names, and the physics by Gymnasium's.

use std::f64::consts::PI;
use std::path::PathBuf;

use particle_pilot::env::{Push, PushError};
use particle_pilot::{CartPoleProblem, NoiseScale, PilotConfig, PlannerKind, SettingError, Tuning};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::{any_integer, count, integer, named, number, warn, wrong_type};
use crate::settings::Asked;
use crate::{config_file, physics};

/// What is about a pilot, in the order of `pilot --help`; the planners' knobs, [`Tuning::knobs`], come after.
const OF_PILOT: [&str; 28] = [
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
];

/// What is about an episode, and what about many.
const OF_EPISODE: [&str; 2] = ["steps", "push"];
const OF_EPISODES: [&str; 3] = ["steps", "push", "episodes"];

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
    pub asked: Asked,
    /// Steps after which an episode is won.
    pub steps: Option<u32>,
    /// How many episodes.
    pub episodes: Option<u32>,
    /// What disturbs the cart.
    pub push: Option<Push>,
    /// Integers that are of no 32 bits, as they were given: the library, which knows the ranges, is given too large
    /// ones instead.
    beyond: Vec<(String, String)>,
    /// The names of what was given here, not in a file.
    given: Vec<String>,
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
        Self::read(planner, given, physics, &[])
    }

    /// As [`Options::of_pilot`], and of an episode: `steps`, `push`.
    ///
    /// # Errors
    /// As [`Options::of_pilot`].
    pub fn of_episode(
        planner: Option<&Bound<'_, PyAny>>,
        given: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::read(planner, given, None, &OF_EPISODE)
    }

    /// As [`Options::of_episode`], and how many: `episodes`.
    ///
    /// # Errors
    /// As [`Options::of_pilot`].
    pub fn of_episodes(
        planner: Option<&Bound<'_, PyAny>>,
        given: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        Self::read(planner, given, None, &OF_EPISODES)
    }

    /// Warns of knobs that were given and that the planner does not read. Where all are given, as by
    /// `Pilot(**other.options)`, nobody has asked for any of them.
    ///
    /// # Errors
    /// The warning, where it is to be an exception.
    pub fn warn_of_unread(&self, py: Python<'_>) -> PyResult<()> {
        let PilotConfig { planner, action, tuning, .. } = &self.asked.config;
        let is_given = |knob: &str| self.given.iter().any(|name| name == knob);
        if Tuning::knobs().into_iter().all(is_given) {
            return Ok(());
        }
        for (knob, case) in tuning.unread(*planner, *action) {
            if is_given(knob) {
                warn(py, &format!("`{knob}` has no effect {case}"))?;
            }
        }
        Ok(())
    }

    fn read(
        planner: Option<&Bound<'_, PyAny>>,
        given: Option<&Bound<'_, PyDict>>,
        physics: Option<&Bound<'_, PyDict>>,
        of_episodes: &[&'static str],
    ) -> PyResult<Self> {
        let mut layers = Vec::new();
        layers.extend(physics.cloned());
        if let Some(given) = given {
            let names = [&OF_PILOT[..], &Tuning::knobs(), of_episodes].concat();
            for name in given.keys() {
                check_name(&name, &names)?;
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
        let cost = Some(CartPoleProblem::default().weights(planner));
        let problem = CartPoleProblem { cost, ..CartPoleProblem::default() };
        let asked = Asked { config, problem };
        let (beyond, given) = (Vec::new(), given.map_or(Ok(Vec::new()), names_of)?);
        let mut options = Self { asked, steps: None, episodes: None, push: None, beyond, given };
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
        let Asked { config, problem } = &self.asked;
        let said = |error: String| PyValueError::new_err(error);
        config.validate().map_err(|error| self.refusal(error))?;
        problem.physics.validate().map_err(|error| said(error.to_string()))?;
        problem.weights(config.planner).validate().map_err(|error| said(error.to_string()))
    }

    /// `error` as an exception, about what was given.
    fn refusal(&self, mut error: SettingError) -> PyErr {
        if let Some((_, given)) = self.beyond.iter().find(|(beyond, _)| beyond == error.name) {
            error.given = given.clone();
        }
        PyValueError::new_err(error.to_string())
    }

    /// An integer of whose range the library knows.
    fn integer(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
        let number = any_integer(name, value)?.and_then(|number| u32::try_from(number).ok());
        self.beyond.retain(|(beyond, _)| beyond != name);
        Ok(number.unwrap_or_else(|| {
            self.beyond.push((name.into(), value.to_string()));
            u32::MAX
        }))
    }

    fn set(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match name {
            "particles" => self.asked.config.particles = self.integer(name, value)?,
            "horizon" => self.asked.config.horizon = self.integer(name, value)?,
            "threads" => self.asked.config.threads = self.integer(name, value)? as usize,
            "iterations" => self.asked.config.tuning.iterations = self.integer(name, value)?,
            "knot_spacing" => self.asked.config.tuning.knot_spacing = self.integer(name, value)?,
            _ => self.set_other(name, value)?,
        }
        Ok(())
    }

    fn set_other(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let Asked { config, problem } = &mut self.asked;
        let (physics, tuning) = (&mut problem.physics, &mut config.tuning);
        let cost = problem.cost.as_mut().expect("filled in with the planner's");
        let real = || number(name, value);
        match name {
            // Read before everything else, which depends on them.
            "planner" | "config" => (),
            "seed" => config.seed = integer(name, value, 0..=u64::MAX)?,
            "device" => config.device = named(name, value)?,
            "action" => config.action = named(name, value)?,

            // In Gymnasium's order, so that 12 degrees round as there.
            "theta_limit_deg" => physics.theta_threshold_radians = real()? * 2.0 * PI / 360.0,

            "cost_position" => cost.position = real()?,
            "cost_angle" => cost.angle = real()?,
            "cost_end" => cost.end = real()?,
            "cost_terminal_position" => cost.terminal_position = real()?,
            "cost_terminal_velocity" => cost.terminal_velocity = real()?,
            "cost_terminal_angle" => cost.terminal_angle = real()?,
            "cost_terminal_rate" => cost.terminal_rate = real()?,

            "elite_share" => tuning.elite_share = real()?,
            "smoothing" => tuning.smoothing = real()?,
            "floor" => tuning.floor = real()?,
            "temperature" => tuning.temperature = real()?,
            "target_share" => tuning.target_share = real()?,
            "interpolation" => tuning.interpolation = named(name, value)?,
            "noise" => tuning.noise = named(name, value)?,
            "noise_scale" => tuning.noise_scale = noise_scale(value)?,
            "colour" => tuning.colour = real()?,
            "noise_exponent" => tuning.noise_exponent = real()?,
            "kept_share" => tuning.kept_share = real()?,
            "sample_decay" => tuning.sample_decay = real()?,
            "balance" => tuning.balance = real()?,

            "steps" => self.steps = Some(count(name, value)?),
            "episodes" => self.episodes = Some(count(name, value)?),
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

/// A number, or a sequence of numbers, one for each dimension.
fn noise_scale(value: &Bound<'_, PyAny>) -> PyResult<NoiseScale> {
    let Ok(each) = value.try_iter() else { return Ok(number("noise_scale", value)?.into()) };
    let each = each.map(|part| number("noise_scale", &part?)).collect::<PyResult<Vec<f64>>>()?;
    each[..].try_into().map_err(|error| PyValueError::new_err(format!("noise_scale: {error}")))
}

/// `"NEWTON:LENGTH:EVERY"`, or the three numbers, as a tuple, a list or an array.
fn push(value: &Bound<'_, PyAny>) -> PyResult<Push> {
    let refused = |error: String| PyValueError::new_err(format!("push: {error}"));
    if let Ok(text) = value.extract::<String>() {
        return text.parse().map_err(|error: PushError| refused(error.to_string()));
    }
    let required = "a string NEWTON:LENGTH:EVERY or a sequence of these three numbers";
    let parts: Vec<Bound<'_, PyAny>> = value
        .try_iter()
        .and_then(Iterator::collect)
        .map_err(|_| wrong_type("push", value, required))?;
    let [newton, length, every] = &parts[..] else {
        return Err(refused(format!("it has {} parts; it must be {required}", parts.len())));
    };
    let newton = number("push: NEWTON", newton)?;
    let steps =
        |name: &str, value| Ok::<_, PyErr>(integer(name, value, 0..=u32::MAX.into())? as u32);
    let (length, every) = (steps("push: LENGTH", length)?, steps("push: EVERY", every)?);
    Push::new(newton, length, every).map_err(|error| refused(error.to_string()))
}

fn names_of(given: &Bound<'_, PyDict>) -> PyResult<Vec<String>> {
    let is_given = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        (!value.is_none()).then(|| name.extract())
    };
    given.iter().filter_map(is_given).collect()
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
