//! Where particles run.

mod error;

pub use crate::settings::{Device, DeviceInfo, UnknownDevice};
pub use crate::simd::{Simd, SimdError};
pub use crate::threads::ThreadsError;
pub use crate::{DriverError, GpuError};
pub use error::BackendError;

/// All GPUs of this machine that the driver shows.
///
/// # Errors
/// [`BackendError`] where there is none.
pub fn gpus() -> Result<Vec<DeviceInfo>, BackendError> {
    crate::gpu::devices()
}
