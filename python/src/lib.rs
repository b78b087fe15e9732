//! The compiled part of the Python package `particle-pilot`; `python/particle_pilot` says what is public.

mod info;

use pyo3::prelude::*;

/// All that Rust gives to Python: one line for each class and function.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(info::info, module)?)?;
    Ok(())
}
