//! Environments as plain data, for pickle and copy; and states set by hand.

use numpy::{Element, PyArray1, PyArray2, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use particle_pilot::vector::{VectorArrays, VectorState};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Environments as Python keeps them, by the names that [`read`] knows.
pub fn dict<'py>(py: Python<'py>, state: &VectorState) -> PyResult<Bound<'py, PyDict>> {
    let VectorArrays { states, elapsed, generators, .. } = &state.arrays;
    let VectorArrays { rewards, terminated, truncated, final_observations, .. } = &state.arrays;
    let dict = PyDict::new(py);
    dict.set_item("version", state.version)?;
    dict.set_item("is_reset", state.is_reset)?;
    dict.set_item("action_seed", state.action_seed)?;
    dict.set_item("action_step", state.action_step)?;
    dict.set_item("states", array2(py, states)?)?;
    dict.set_item("elapsed", PyArray1::from_slice(py, elapsed))?;
    dict.set_item("generators", array2(py, generators)?)?;
    dict.set_item("rewards", PyArray1::from_slice(py, rewards))?;
    dict.set_item("terminated", PyArray1::from_slice(py, terminated))?;
    dict.set_item("truncated", PyArray1::from_slice(py, truncated))?;
    dict.set_item("final_observations", array2(py, final_observations)?)?;
    Ok(dict)
}

/// What [`dict`] has made.
///
/// # Errors
/// `ValueError`, `TypeError` or `KeyError` for what it cannot have made.
pub fn read(dict: &Bound<'_, PyDict>) -> PyResult<VectorState> {
    let get = |name: &str| dict.as_any().get_item(name);
    Ok(VectorState {
        version: get("version")?.extract()?,
        is_reset: get("is_reset")?.extract()?,
        action_seed: get("action_seed")?.extract()?,
        action_step: get("action_step")?.extract()?,
        arrays: VectorArrays {
            states: rows(&get("states")?)?,
            elapsed: entries(&get("elapsed")?)?,
            generators: rows(&get("generators")?)?,
            rewards: entries(&get("rewards")?)?,
            terminated: entries(&get("terminated")?)?,
            truncated: entries(&get("truncated")?)?,
            final_observations: rows(&get("final_observations")?)?,
        },
    })
}

/// `[N, 4]`.
pub fn array2<'py, T: Element + Copy>(
    py: Python<'py>,
    rows: &[[T; 4]],
) -> PyResult<Bound<'py, PyArray2<T>>> {
    PyArray1::from_slice(py, rows.as_flattened()).reshape([rows.len(), 4])
}

/// The states in `states`, `[count, 4]` real numbers.
///
/// # Errors
/// `TypeError` for what are no real numbers, `ValueError` for another shape.
pub fn rows_of_states(states: &Bound<'_, PyAny>, count: usize) -> PyResult<Vec<[f64; 4]>> {
    let py = states.py();
    let numpy = py.import(intern!(py, "numpy"))?;
    let array = numpy.call_method1(intern!(py, "asarray"), (states,))?;
    let untyped = array.cast::<PyUntypedArray>()?;
    let kind = untyped.dtype().getattr(intern!(py, "kind"))?;
    if !matches!(kind.extract()?, 'f' | 'i' | 'u') {
        let why = format!("states must be real numbers, not {}", untyped.dtype());
        return Err(PyTypeError::new_err(why));
    }
    if untyped.shape() != [count, 4] {
        let given = array.getattr(intern!(py, "shape"))?;
        return Err(PyValueError::new_err(format!(
            "states have shape {given}; it must be ({count}, 4): x, x_dot, theta, theta_dot of each environment"
        )));
    }
    let requirements = (intern!(py, "C"), intern!(py, "A"));
    let arguments = (array, intern!(py, "float64"), requirements);
    rows(&numpy.call_method1(intern!(py, "require"), arguments)?)
}

fn rows<T: Element + Copy>(array: &Bound<'_, PyAny>) -> PyResult<Vec<[T; 4]>> {
    let array = array.cast::<PyArray2<T>>()?;
    if array.shape()[1] != 4 {
        return Err(PyValueError::new_err("rows must have four numbers"));
    }
    Ok(array.to_vec()?.as_chunks().0.to_vec())
}

fn entries<T: Element + Copy>(array: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    Ok(array.cast::<PyArray1<T>>()?.to_vec()?)
}
