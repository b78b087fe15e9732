//! Masks over the rows of a batch.

use numpy::{PyArray1, PyArrayMethods};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// The truth values in `mask`, one for each of `rows` rows.
///
/// # Errors
/// `TypeError` unless it is an array or list of that many truth values.
pub fn mask(mask: &Bound<'_, PyAny>, rows: usize) -> PyResult<Vec<bool>> {
    let array = mask.py().import("numpy")?.call_method1("ascontiguousarray", (mask,))?;
    let truths = array.cast::<PyArray1<bool>>().ok().and_then(|array| array.to_vec().ok());
    truths.filter(|truths| truths.len() == rows).ok_or_else(|| {
        PyTypeError::new_err(format!(
            "restart must be {rows} truth values, one for each observation"
        ))
    })
}
