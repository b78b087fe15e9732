//! Physics by the names of Gymnasium's attributes, and those of a Gymnasium environment.

use particle_pilot::env::{Integrator, Physics};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::arguments::{number, warn, wrong_type};
use crate::observation::{State, four};

/// Where a number has its place in the physics.
type Field = fn(&mut Physics) -> &mut f64;

/// The numbers that make a cart-pole, by the names of Gymnasium's attributes.
const NUMBERS: [(&str, Field); 8] = [
    ("gravity", |physics| &mut physics.gravity),
    ("masscart", |physics| &mut physics.masscart),
    ("masspole", |physics| &mut physics.masspole),
    ("length", |physics| &mut physics.length),
    ("force_mag", |physics| &mut physics.force_mag),
    ("tau", |physics| &mut physics.tau),
    ("theta_threshold_radians", |physics| &mut physics.theta_threshold_radians),
    ("x_threshold", |physics| &mut physics.x_threshold),
];

/// Gymnasium's name of the integrator.
const INTEGRATOR: &str = "kinematics_integrator";

/// Sets what Gymnasium calls `attribute`; returns false if it calls nothing so. Exceptions say `name`, which is how the
/// caller calls it.
///
/// # Errors
/// `TypeError` for a value of the wrong type, `ValueError` for an integrator that there is not.
pub fn set(
    physics: &mut Physics,
    attribute: &str,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    if attribute == INTEGRATOR {
        physics.integrator = integrator(name, value)?;
        return Ok(true);
    }
    let Some((_, field)) = NUMBERS.iter().find(|(number, _)| *number == attribute) else {
        return Ok(false);
    };
    *field(physics) = number(name, value)?;
    Ok(true)
}

/// Adds all of `physics` to `dict`, by Gymnasium's names.
///
/// # Errors
/// Those of Python, short of memory.
pub fn describe(mut physics: Physics, dict: &Bound<'_, PyDict>) -> PyResult<()> {
    for (name, field) in NUMBERS {
        dict.set_item(name, *field(&mut physics))?;
    }
    dict.set_item(INTEGRATOR, integrator_name(physics.integrator))
}

/// The library's names, and Gymnasium's spelling.
fn integrator(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Integrator> {
    let text: String = value.extract().map_err(|_| wrong_type(name, value, "a string"))?;
    match text.as_str() {
        "euler" => Ok(Integrator::Euler),
        "semi-implicit-euler" | "semi-implicit euler" => Ok(Integrator::SemiImplicitEuler),
        _ => Err(PyValueError::new_err(format!(
            "{name}: there is no integrator `{text}`; there are: euler, semi-implicit-euler"
        ))),
    }
}

fn integrator_name(integrator: Integrator) -> &'static str {
    match integrator {
        Integrator::Euler => "euler",
        Integrator::SemiImplicitEuler => "semi-implicit-euler",
    }
}

/// A Gymnasium cart-pole without its wrappers, whose attributes say how it moves and where it is.
pub struct Core<'py>(Bound<'py, PyAny>);

impl<'py> Core<'py> {
    /// That of `env`.
    ///
    /// # Errors
    /// `TypeError` if it is no cart-pole with two actions.
    pub fn of(env: &Bound<'py, PyAny>) -> PyResult<Self> {
        let refuse = |why: &str| {
            let shown = env.repr().map_or("?".into(), |text| text.to_string());
            Err(PyTypeError::new_err(format!(
                "{shown} is no cart-pole that a Pilot could know: {why}; particle_pilot.GymPlanner plans in other \
                 environments"
            )))
        };
        if env.hasattr("num_envs")? {
            return refuse("it is a vector of environments, for which there is Pilot.act_batch");
        }
        let Some(core) = env.getattr_opt("unwrapped")? else {
            return refuse("it has no `unwrapped`, as Gymnasium's environments have");
        };
        for name in NUMBERS.map(|(name, _)| name).iter().chain([&INTEGRATOR]) {
            if !core.hasattr(*name)? {
                return refuse(&format!("it has no `{name}`"));
            }
        }
        let actions = env.getattr("action_space")?.getattr_opt("n")?;
        if !actions.as_ref().is_some_and(|count| count.eq(2).unwrap_or(false)) {
            return refuse("its action space is not Discrete(2)");
        }
        Ok(Self(core))
    }

    /// The environment itself.
    pub fn object(&self) -> &Bound<'py, PyAny> {
        &self.0
    }

    /// The physics as of now.
    ///
    /// # Errors
    /// `TypeError` for attributes that are no numbers.
    pub fn physics(&self) -> PyResult<Physics> {
        let mut physics = Physics::default();
        for (name, field) in NUMBERS {
            let name = PyString::intern(self.0.py(), name);
            *field(&mut physics) = number(name.to_str()?, &self.0.getattr(&name)?)?;
        }
        // As in Gymnasium: any other name means the semi-implicit one.
        let is_euler = self.0.getattr(INTEGRATOR)?.eq("euler")?;
        physics.integrator =
            if is_euler { Integrator::Euler } else { Integrator::SemiImplicitEuler };
        Ok(physics)
    }

    /// The state as of now, with all its bits, if it is told.
    pub fn state(&self) -> Option<State> {
        let state = self.0.getattr(intern!(self.0.py(), "state")).ok()?;
        four(&state).or_else(|| state.extract().ok())
    }

    /// Warns where `total_mass` or `polemass_length`, which Gymnasium's steps use and only its constructor computes,
    /// do not follow from `physics`.
    ///
    /// # Errors
    /// The warning, where it is to be an exception.
    pub fn warn_of_stale(&self, physics: &Physics) -> PyResult<()> {
        let Physics { masspole, masscart, length, .. } = *physics;
        let products = [
            ("total_mass", masspole + masscart, "masspole + masscart"),
            ("polemass_length", masspole * length, "masspole * length"),
        ];
        for (name, computed, formula) in products {
            let Some(value) = self.0.getattr_opt(name)? else { continue };
            let given = number(name, &value)?;
            if (given - computed).abs() > 1e-9 * computed.abs() {
                let message = format!(
                    "env.unwrapped.{name} is {given}, but {formula} is {computed}: set it too when you change a \
                     parameter, or the environment moves by other laws than it is planned with"
                );
                warn(self.0.py(), &message)?;
            }
        }
        Ok(())
    }
}

/// `physics` as keyword options of a pilot.
///
/// # Errors
/// Those of Python, short of memory.
pub fn options(py: Python<'_>, physics: Physics) -> PyResult<Bound<'_, PyDict>> {
    let dict = PyDict::new(py);
    describe(physics, &dict)?;
    Ok(dict)
}
