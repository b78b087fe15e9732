//! `info()`: what there is to run on.

use std::num::NonZeroUsize;

use particle_pilot::backend::{DeviceInfo, gpus};
use particle_pilot::choice::DeviceChoice;
use particle_pilot::{CartPoleProblem, Device, PilotConfig, PlannerKind, Simd};
use pyo3::prelude::*;

use crate::errors::{device_refusal, refusal};
use crate::record::record;

record! {
    /// A GPU, and how ``device`` calls it.
    GpuInfo {
        /// Its name for ``device``.
        device: String,
        /// Its number, from 0.
        index: u32,
        /// What it is called.
        name: String,
        /// How much memory it has.
        memory_bytes: u64,
        /// What instructions it knows: ``(7, 5)`` is a T4, ``(8, 0)`` an A100.
        compute_capability: (u32, u32),
        /// How many multiprocessors it has.
        multiprocessors: u32,
        /// At how many thousand cycles a second it runs at most.
        clock_khz: u32,
        /// The version of CUDA that the driver supports.
        driver_version: (u32, u32),
    }
}

record! {
    /// What there is to run on, by the names of ``pilot info --json``.
    Info {
        /// The package's version.
        version: String,
        /// Architecture and system that the package was built for.
        target: String,
        /// Cores that this process may use.
        cores: usize,
        /// The vector instructions that particles use; the environment variable ``PILOT_SIMD`` forces others.
        simd: String,
        /// Those that this CPU has, slowest first.
        simd_available: Vec<String>,
        /// Names for ``device``.
        devices: Vec<String>,
        /// Which of them ``"auto"`` is for a decision with all defaults, and why.
        auto: String,
        /// The GPUs among them.
        gpus: Vec<Py<GpuInfo>>,
        /// Why there is none; ``None`` where there is one.
        gpu_absence: Option<String>,
        /// Names for ``planner``.
        planners: Vec<String>,
    }
}

/// What there is to run on, as ``pilot info`` tells it.
///
/// Returns
/// -------
/// Info
///
/// Raises
/// ------
/// DeviceError
///     If the environment variable ``PILOT_SIMD`` asks for what this CPU lacks.
#[pyfunction]
pub fn info(py: Python<'_>) -> PyResult<Info> {
    let simd = Simd::select().map_err(|error| device_refusal(error.into()))?;
    let (gpus, gpu_absence) = match py.detach(gpus) {
        Ok(gpus) => (gpus, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    let choice = DeviceChoice::of(&PilotConfig::default(), CartPoleProblem::default());
    let choice = choice.map_err(refusal)?;
    let names = gpus.iter().map(|gpu| Device::Cuda(gpu.index).to_string());
    Ok(Info {
        version: env!("CARGO_PKG_VERSION").into(),
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        cores: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
        simd: simd.name().into(),
        simd_available: Simd::available().into_iter().map(|simd| simd.name().into()).collect(),
        devices: std::iter::once("cpu".to_owned()).chain(names).collect(),
        auto: choice.to_string(),
        gpus: gpus
            .into_iter()
            .map(|gpu| Py::new(py, GpuInfo::from(gpu)))
            .collect::<PyResult<_>>()?,
        gpu_absence,
        planners: PlannerKind::ALL.iter().map(|(_, name)| (*name).into()).collect(),
    })
}

impl From<DeviceInfo> for GpuInfo {
    fn from(gpu: DeviceInfo) -> Self {
        let DeviceInfo { index, name, memory_bytes, compute_capability, .. } = gpu;
        let DeviceInfo { multiprocessors, clock_khz, driver_version, .. } = gpu;
        let device = Device::Cuda(index).to_string();
        Self {
            device,
            index,
            name,
            memory_bytes,
            compute_capability,
            multiprocessors,
            clock_khz,
            driver_version,
        }
    }
}
