//! Python's values as Rust's, with exceptions that name the argument.

use std::fmt::Display;
use std::str::FromStr;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

/// An integer from 0 to `most`; NumPy's integers are too.
///
/// # Errors
/// `TypeError` for what is none (`True` is none), `ValueError` for one out of range.
pub fn integer(name: &str, value: &Bound<'_, PyAny>, most: u64) -> PyResult<u64> {
    let py = value.py();
    let out_of_range =
        || PyValueError::new_err(format!("{name} is {value}; it must be 0 to {most}"));
    match value.extract::<u64>() {
        Ok(_) if value.is_instance_of::<PyBool>() => Err(wrong_type(name, value, "an integer")),
        Ok(number) if number <= most => Ok(number),
        Ok(_) => Err(out_of_range()),
        Err(error) if error.is_instance_of::<PyOverflowError>(py) => Err(out_of_range()),
        Err(_) => Err(wrong_type(name, value, "an integer")),
    }
}

/// As [`integer`], of 32 bits.
///
/// # Errors
/// As [`integer`].
pub fn integer_u32(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    Ok(integer(name, value, u32::MAX.into())? as u32)
}

/// A real number; NumPy's are too.
///
/// # Errors
/// `TypeError` for what is none (`True` is none).
pub fn number(name: &str, value: &Bound<'_, PyAny>) -> PyResult<f64> {
    match value.extract::<f64>() {
        Ok(number) if !value.is_instance_of::<PyBool>() => Ok(number),
        _ => Err(wrong_type(name, value, "a number")),
    }
}

/// One of the library's names.
///
/// # Errors
/// `TypeError` for what is no string, `ValueError` for one that names nothing.
pub fn named<T>(name: &str, value: &Bound<'_, PyAny>) -> PyResult<T>
where
    T: FromStr<Err: Display>,
{
    let text = value.cast::<PyString>().map_err(|_| wrong_type(name, value, "a string"))?;
    let text = text.to_str()?;
    text.parse().map_err(|error: T::Err| PyValueError::new_err(format!("{name}: {error}")))
}

/// What to say about a value of the wrong type.
pub fn wrong_type(name: &str, value: &Bound<'_, PyAny>, required: &str) -> PyErr {
    let given = value.get_type().name().map_or("?".into(), |name| name.to_string());
    PyTypeError::new_err(format!("{name} must be {required}, not {given}"))
}
