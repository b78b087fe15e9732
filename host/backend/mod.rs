//! Where particles run.

pub(crate) mod cpu;
#[cfg(all(feature = "cuda", target_os = "linux"))]
pub(crate) mod cuda;

pub use cpu::Simd;
#[cfg(all(feature = "cuda", target_os = "linux"))]
pub use cuda::{DriverError, GpuError};

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which device to use.
///
/// # Examples
/// ```
/// use particle_pilot::Device;
/// assert_eq!("cpu".parse(), Ok(Device::Cpu));
/// assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
/// assert_eq!(Device::Cuda(1).to_string(), "cuda:1");
/// assert!("gpu".parse::<Device>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// The best there is.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number.
    Cuda(u32),
}

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The text names no device.
    #[error("there is no device `{0}`; use `auto`, `cpu`, `cuda` or `cuda:N`")]
    UnknownDevice(String),
    /// A GPU was asked for, of a build without the feature `cuda`.
    #[error("device `cuda:{0}` cannot be used: this build has no GPU backend; use `auto` or `cpu`")]
    NoGpuBackend(u32),
    /// A GPU was asked for with a model that has no kernels.
    #[error("models of one's own run on the CPU only; use `auto` or `cpu`")]
    OwnModel,
    /// The GPU cannot be used, or not any longer.
    #[cfg(all(feature = "cuda", target_os = "linux"))]
    #[error(transparent)]
    Gpu(#[from] cuda::GpuError),
    /// `PILOT_SIMD` names no set of instructions.
    #[error("PILOT_SIMD: {0}")]
    UnknownSimd(#[from] crate::names::UnknownName),
    /// `PILOT_SIMD` asks for instructions that this CPU lacks.
    #[error("PILOT_SIMD asks for `{asked}`, which this CPU lacks; it has: {available}")]
    MissingSimd {
        /// What was asked for.
        asked: Simd,
        /// What there is.
        available: String,
    },
    /// A pilot was asked to use instructions that this CPU lacks.
    #[error("this CPU lacks `{asked}`; it has: {available}")]
    NoSimd {
        /// What was asked for.
        asked: Simd,
        /// What there is.
        available: String,
    },
    /// The threads could not be started.
    #[error(
        "cannot start {threads} threads: {reason}; ask for fewer, or for 0: as many as the system grants"
    )]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system said.
        reason: String,
    },
}

impl BackendError {
    /// Whether there simply is no GPU that a pilot could use: no driver, no device, or no kernels.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::NoGpuBackend(_) | Self::OwnModel => true,
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(GpuError::NoDriver { .. } | GpuError::NoDevice { .. }) => true,
            _ => false,
        }
    }
}

/// What a GPU is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Its number, from 0.
    pub index: u32,
    /// What it is called.
    pub name: String,
    /// How much memory it has.
    pub memory_bytes: u64,
    /// What instructions it knows: 7.5 is a T4, 8.0 an A100.
    pub compute_capability: (u32, u32),
    /// How many multiprocessors it has.
    pub multiprocessors: u32,
    /// At how many thousand cycles a second it runs at most.
    pub clock_khz: u32,
    /// The version of CUDA that the driver supports.
    pub driver_version: (u32, u32),
}

/// All GPUs of this machine that the driver shows.
///
/// # Errors
/// [`BackendError`] where there is none.
pub fn gpus() -> Result<Vec<DeviceInfo>, BackendError> {
    #[cfg(all(feature = "cuda", target_os = "linux"))]
    return Ok(cuda::devices()?);
    #[cfg(not(all(feature = "cuda", target_os = "linux")))]
    Err(BackendError::NoGpuBackend(0))
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Cpu => f.pad("cpu"),
            Self::Cuda(index) => f.pad(&format!("cuda:{index}")),
        }
    }
}

impl FromStr for Device {
    type Err = BackendError;
    fn from_str(text: &str) -> Result<Self, BackendError> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| BackendError::UnknownDevice(text.into())),
        }
    }
}

impl TryFrom<String> for Device {
    type Error = BackendError;
    fn try_from(text: String) -> Result<Self, BackendError> {
        text.parse()
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}
