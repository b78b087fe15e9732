//! Forked processes: a pilot's threads do not come along.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict};

/// How many forks lie between this process and the one that loaded the module.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The process that something with threads was made in.
#[derive(Clone, Copy)]
pub struct Birthplace(u32);

impl Birthplace {
    /// This process.
    pub fn here() -> Self {
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// Refuses to go on in a forked process, where waiting for the threads would never end.
    ///
    /// # Errors
    /// `RuntimeError`.
    pub fn check(self) -> PyResult<()> {
        if self.0 == GENERATION.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(
            "this was made before the process forked, and its threads stayed behind: make it in the new process, \
             or use multiprocessing's start method \"spawn\"",
        ))
    }
}

/// Has Python tell when the process forks.
pub fn watch(py: Python<'_>) -> PyResult<()> {
    let os = py.import("os")?;
    if !os.hasattr("register_at_fork")? {
        return Ok(());
    }
    let note = PyCFunction::new_closure(py, None, None, |_, _| {
        GENERATION.fetch_add(1, Ordering::Relaxed);
    })?;
    let arguments = PyDict::new(py);
    arguments.set_item("after_in_child", note)?;
    os.call_method("register_at_fork", (), Some(&arguments))?;
    Ok(())
}
