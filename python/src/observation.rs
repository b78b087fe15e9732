//! Observations: arrays, lists and tuples of numbers.

use numpy::{Element, PyArray1, PyArray2, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyException, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::arguments::type_name;

/// A state of the cart-pole: `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
pub type State = [f64; 4];

/// The state in `obs`, four numbers.
///
/// # Errors
/// `TypeError` for what are no real numbers, `ValueError` for another shape. Whether the numbers are finite is for
/// the pilot to say.
#[inline]
pub fn state(obs: &Bound<'_, PyAny>) -> PyResult<State> {
    // What Gymnasium gives, without a detour through Python.
    if let Some(state) = four::<f32>(obs) {
        return Ok(state.map(f64::from));
    }
    let array = doubles(obs)?;
    let Ok(array) = array.cast::<PyArray1<f64>>() else {
        return Err(wrong_shape(&array, "(4,)"));
    };
    match <State>::try_from(array.to_vec()?) {
        Ok(state) => Ok(state),
        Err(_) => Err(wrong_shape(array.as_any(), "(4,)")),
    }
}

/// The four numbers of an array of just this type; `None` for everything else.
#[inline]
pub fn four<T: Element + Copy>(obs: &Bound<'_, PyAny>) -> Option<[T; 4]> {
    let array = obs.cast::<PyArray1<T>>().ok().filter(|array| array.len() == 4)?;
    // SAFETY: the array has four numbers, is alive, and this thread attached to the interpreter. Elements of an array
    // need not be aligned.
    let number = |i: usize| unsafe { array.uget_raw(i).read_unaligned() };
    Some([number(0), number(1), number(2), number(3)])
}

/// The states in `obs`, `[N, 4]` numbers.
///
/// # Errors
/// As [`state`].
pub fn states(obs: &Bound<'_, PyAny>) -> PyResult<Vec<State>> {
    let array = doubles(obs)?;
    let Ok(array) = array.cast::<PyArray2<f64>>() else {
        return Err(wrong_shape(&array, "(N, 4)"));
    };
    if array.shape()[1] != 4 {
        return Err(wrong_shape(array.as_any(), "(N, 4)"));
    }
    Ok(array.to_vec()?.as_chunks::<4>().0.to_vec())
}

/// `obs` as an array of doubles, contiguous and aligned: rows of packed records need not be.
fn doubles<'py>(obs: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = obs.py();
    let numpy = py.import(intern!(py, "numpy"))?;
    let array = numpy
        .call_method1(intern!(py, "asarray"), (obs,))
        .map_err(|error| unreadable(obs, error))?;
    let untyped = array.cast::<PyUntypedArray>()?;
    let kind = untyped.dtype().getattr(intern!(py, "kind"))?;
    if !matches!(kind.extract()?, 'f' | 'i' | 'u') && untyped.len() > 0 {
        let dtype = untyped.dtype();
        return Err(PyTypeError::new_err(format!(
            "an observation must be real numbers, not {dtype}"
        )));
    }
    let requirements = (intern!(py, "C"), intern!(py, "A"));
    numpy.call_method1(intern!(py, "require"), (array, intern!(py, "float64"), requirements))
}

/// What to say where NumPy has no array for `obs`, and why: rows of different lengths, or an array of another library
/// that it may not look into.
fn unreadable(obs: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    let py = obs.py();
    if !error.is_instance_of::<PyException>(py) {
        return error; // such as KeyboardInterrupt
    }
    let refused = match obs.is_instance_of::<PyList>() || obs.is_instance_of::<PyTuple>() {
        true => PyValueError::new_err("an observation must be numbers in rows of equal length"),
        false => PyTypeError::new_err(format!(
            "an observation must be what NumPy can read as real numbers, which this {} is not: {}",
            type_name(obs),
            error.value(py)
        )),
    };
    refused.set_cause(py, Some(error));
    refused
}

fn wrong_shape(array: &Bound<'_, PyAny>, required: &str) -> PyErr {
    let given = array.getattr("shape").map_or("?".into(), |shape| shape.to_string());
    PyValueError::new_err(format!(
        "the observation has shape {given}; it must be {required}: x, x_dot, theta, theta_dot"
    ))
}
