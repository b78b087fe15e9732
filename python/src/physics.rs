//! Physics by the names of Gymnasium's attributes, and those of a Gymnasium environment.

use particle_pilot::env::{Integrator, Physics};
use pyo3::exceptions::{PyTypeError, PyUserWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::{number, wrong_type};

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

/// The physics of `env.unwrapped`, as keyword options of a pilot.
///
/// # Errors
/// `TypeError` if it is no cart-pole with two actions.
pub fn physics_of<'py>(env: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let py = env.py();
    let refuse = |why: String| {
        let shown = env.repr().map_or("?".into(), |text| text.to_string());
        PyTypeError::new_err(format!(
            "{shown} is no cart-pole that a Pilot could know: {why}; particle_pilot.GymPlanner plans in other \
             environments"
        ))
    };
    if env.hasattr("num_envs")? {
        return Err(refuse(
            "it is a vector of environments, for which there is Pilot.act_batch".into(),
        ));
    }
    let Some(core) = env.getattr_opt("unwrapped")? else {
        return Err(refuse("it has no `unwrapped`, as Gymnasium's environments have".into()));
    };
    let physics = PyDict::new(py);
    for (name, _) in NUMBERS {
        let Some(value) = core.getattr_opt(name)? else {
            return Err(refuse(format!("it has no `{name}`")));
        };
        physics.set_item(name, number(name, &value)?)?;
    }
    // As in Gymnasium: any other name means the semi-implicit one.
    let integrator = match core.getattr_opt(INTEGRATOR)? {
        Some(name) if name.eq("euler")? => Integrator::Euler,
        Some(_) => Integrator::SemiImplicitEuler,
        None => return Err(refuse(format!("it has no `{INTEGRATOR}`"))),
    };
    physics.set_item(INTEGRATOR, integrator_name(integrator))?;
    let actions = env.getattr("action_space")?.getattr_opt("n")?;
    if !actions.as_ref().is_some_and(|count| count.eq(2).unwrap_or(false)) {
        return Err(refuse("its action space is not Discrete(2)".into()));
    }
    warn_of_stale(&core, &physics)?;
    Ok(physics)
}

/// Warns where `total_mass` or `polemass_length`, which Gymnasium's steps use and only its constructor computes,
/// no longer follow from the parameters.
fn warn_of_stale(core: &Bound<'_, PyAny>, physics: &Bound<'_, PyDict>) -> PyResult<()> {
    let get = |name: &str| -> PyResult<f64> {
        physics.get_item(name)?.map_or(Ok(f64::NAN), |value| value.extract())
    };
    let (masspole, masscart, length) = (get("masspole")?, get("masscart")?, get("length")?);
    let products = [
        ("total_mass", masspole + masscart, "masspole + masscart"),
        ("polemass_length", masspole * length, "masspole * length"),
    ];
    for (name, computed, formula) in products {
        let Some(value) = core.getattr_opt(name)? else { continue };
        let given = number(name, &value)?;
        if (given - computed).abs() > 1e-9 * computed.abs() {
            let message = format!(
                "env.unwrapped.{name} is {given}, but {formula} is {computed}: set it too when you change a \
                 parameter, or the environment moves by other laws than it is planned with"
            );
            let warnings = core.py().import("warnings")?;
            let category = core.py().get_type::<PyUserWarning>();
            warnings.call_method1("warn", (message, category, 2))?;
        }
    }
    Ok(())
}
