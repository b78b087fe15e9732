//! What the library refuses, as Python's exceptions.

use particle_pilot::PilotError;
use particle_pilot::backend::BackendError;
use pyo3::create_exception;
use pyo3::exceptions::{PyMemoryError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

create_exception!(
    particle_pilot,
    DeviceError,
    PyRuntimeError,
    "The device that was asked for cannot be used, or not any longer: no such GPU, no driver, no memory."
);

/// `error` as an exception: [`DeviceError`] about devices and threads, `MemoryError` about memory, `ValueError` about
/// all else.
pub fn refusal(error: PilotError) -> PyErr {
    match error {
        PilotError::Backend(error) => device_refusal(error),
        error @ PilotError::Memory { .. } => PyMemoryError::new_err(error.to_string()),
        other => PyValueError::new_err(other.to_string()),
    }
}

/// `error` as an exception: `ValueError` where it is about a name, else [`DeviceError`].
pub fn device_refusal(error: BackendError) -> PyErr {
    match error {
        BackendError::UnknownDevice(_) => PyValueError::new_err(error.to_string()),
        other => DeviceError::new_err(other.to_string()),
    }
}
