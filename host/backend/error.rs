//! Why a device cannot be used.

use particle_pilot_kernels::trace::TraceError;

use crate::GpuError;
use crate::settings::UnknownDevice;
use crate::simd::SimdError;
use crate::threads::ThreadsError;

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// The text names no device.
    #[error(transparent)]
    UnknownDevice(#[from] UnknownDevice),
    /// A GPU was asked for, of a build without the feature `cuda`.
    #[error("device `cuda:{0}` cannot be used: this build has no GPU backend; use `auto` or `cpu`")]
    NoGpuBackend(u32),
    /// A GPU was asked for with a model that cannot be put into its kernels.
    #[error("{0}; the CPU can")]
    Model(#[from] TraceError),
    /// The GPU cannot be used, or not any longer.
    #[error(transparent)]
    Gpu(#[from] GpuError),
    /// The CPU lacks the vector instructions.
    #[error(transparent)]
    Simd(#[from] SimdError),
    /// The threads could not be started.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
}

impl BackendError {
    /// Whether there simply is no GPU that a pilot could use: no driver, no device, or no backend.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::NoGpuBackend(_) => true,
            Self::Gpu(error) => error.is_absence(),
            _ => false,
        }
    }
}
