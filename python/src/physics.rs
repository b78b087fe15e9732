//! The physics of a Gymnasium environment.

use pyo3::exceptions::{PyTypeError, PyUserWarning};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::number;

/// The attributes that make a cart-pole.
const NUMBERS: [&str; 8] = [
    "gravity",
    "masscart",
    "masspole",
    "length",
    "force_mag",
    "tau",
    "theta_threshold_radians",
    "x_threshold",
];

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
    for name in NUMBERS {
        let Some(value) = core.getattr_opt(name)? else {
            return Err(refuse(format!("it has no `{name}`")));
        };
        physics.set_item(name, number(name, &value)?)?;
    }
    // As in Gymnasium: any other name means the semi-implicit one.
    let is_euler = match core.getattr_opt("kinematics_integrator")? {
        Some(name) => name.eq("euler")?,
        None => return Err(refuse("it has no `kinematics_integrator`".into())),
    };
    physics.set_item(
        "kinematics_integrator",
        if is_euler { "euler" } else { "semi-implicit-euler" },
    )?;
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
