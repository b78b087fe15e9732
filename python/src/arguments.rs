//! Python's values as Rust's, with exceptions that name the argument.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use pyo3::exceptions::{PyOverflowError, PyTypeError, PyUserWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

/// An integer within `range`; NumPy's integers are too.
///
/// # Errors
/// `TypeError` for what is none (`True` is none), `ValueError` for one out of range.
pub fn integer(name: &str, value: &Bound<'_, PyAny>, range: RangeInclusive<u64>) -> PyResult<u64> {
    match any_integer(name, value)?.filter(|number| range.contains(number)) {
        Some(number) => Ok(number),
        None => {
            let (least, most) = (range.start(), range.end());
            let why = format!("{name} is {value}; it must be {least} to {most}");
            Err(PyValueError::new_err(why))
        }
    }
}

/// As [`integer`], at least 1 and of 32 bits.
///
/// # Errors
/// As [`integer`].
pub fn count(name: &str, value: &Bound<'_, PyAny>) -> PyResult<u32> {
    Ok(integer(name, value, 1..=u32::MAX.into())? as u32)
}

/// Any integer; `None` for one that is not of 64 bits, or below 0.
///
/// # Errors
/// `TypeError` for what is none (`True` is none).
pub fn any_integer(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
    match value.extract::<u64>() {
        Ok(_) if value.is_instance_of::<PyBool>() => Err(wrong_type(name, value, "an integer")),
        Ok(number) => Ok(Some(number)),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => Ok(None),
        Err(_) => Err(wrong_type(name, value, "an integer")),
    }
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
    PyTypeError::new_err(format!("{name} must be {required}, not {}", type_name(value)))
}

/// What the type of `value` is called.
pub fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or("?".into(), |name| name.to_string())
}

/// Gives a `UserWarning` about the caller's line.
///
/// # Errors
/// The warning, where it is to be an exception.
pub fn warn(py: Python<'_>, message: &str) -> PyResult<()> {
    let arguments = (message, py.get_type::<PyUserWarning>());
    py.import("warnings")?.call_method1("warn", arguments)?;
    Ok(())
}
