//! `info()`: what there is to run on.

use std::num::NonZeroUsize;

use particle_pilot::backend::gpus;
use particle_pilot::{Device, PlannerKind, Simd};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What there is to run on, as `pilot info --json` has it.
#[pyfunction]
pub fn info(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let simd = Simd::select().map_err(|error| PyValueError::new_err(error.to_string()))?;
    let available: Vec<&str> = Simd::available().into_iter().map(Simd::name).collect();
    let (gpus, absence) = match py.detach(gpus) {
        Ok(gpus) => (gpus, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let mut devices = vec!["cpu".to_owned()];
    let mut entries = Vec::new();
    for gpu in gpus {
        let device = Device::Cuda(gpu.index).to_string();
        let entry = PyDict::new(py);
        entry.set_item("device", &device)?;
        entry.set_item("index", gpu.index)?;
        entry.set_item("name", gpu.name)?;
        entry.set_item("memory_bytes", gpu.memory_bytes)?;
        entry.set_item("compute_capability", gpu.compute_capability)?;
        entry.set_item("multiprocessors", gpu.multiprocessors)?;
        entry.set_item("clock_khz", gpu.clock_khz)?;
        entry.set_item("driver_version", gpu.driver_version)?;
        devices.push(device);
        entries.push(entry);
    }
    let info = PyDict::new(py);
    info.set_item("version", env!("CARGO_PKG_VERSION"))?;
    info.set_item("target", format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS))?;
    info.set_item("cores", std::thread::available_parallelism().map_or(1, NonZeroUsize::get))?;
    info.set_item("simd", simd.name())?;
    info.set_item("simd_available", available)?;
    info.set_item("devices", devices)?;
    info.set_item("gpus", entries)?;
    info.set_item("gpu_absence", absence)?;
    let planners: Vec<&str> = PlannerKind::ALL.iter().map(|(_, name)| *name).collect();
    info.set_item("planners", planners)?;
    Ok(info)
}
