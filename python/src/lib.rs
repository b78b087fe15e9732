//! The compiled part of the Python package `particle-pilot`; `python/particle_pilot` says what is public.

mod arguments;
mod batch;
mod config_file;
mod decision;
mod drive;
mod errors;
mod evaluate;
mod fork;
mod info;
mod interrupt;
mod observation;
mod options;
mod patience;
mod physics;
mod pilot;
mod record;
mod saved;
mod settings;
mod solve;
mod times;
mod vector;
mod warnings;

use pyo3::prelude::*;

/// All that Rust gives to Python: one line for each class and function.
#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    fork::watch(module.py())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("DeviceError", module.py().get_type::<errors::DeviceError>())?;
    module.add_class::<decision::Decision>()?;
    module.add_class::<decision::Diagnostics>()?;
    module.add_class::<drive::DriveResult>()?;
    module.add_class::<evaluate::DeviceShare>()?;
    module.add_class::<evaluate::EvaluateResult>()?;
    module.add_class::<evaluate::Failure>()?;
    module.add_class::<info::GpuInfo>()?;
    module.add_class::<info::Info>()?;
    module.add_class::<pilot::Pilot>()?;
    module.add_class::<solve::SolveResult>()?;
    module.add_class::<times::DecisionMicroseconds>()?;
    module.add_class::<vector::VectorCore>()?;
    module.add_class::<warnings::WarningNote>()?;
    module.add_class::<warnings::WarningSummary>()?;
    module.add_function(wrap_pyfunction!(drive::drive, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate::evaluate, module)?)?;
    module.add_function(wrap_pyfunction!(info::info, module)?)?;
    module.add_function(wrap_pyfunction!(solve::solve, module)?)?;
    Ok(())
}
