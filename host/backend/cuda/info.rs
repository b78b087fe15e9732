//! Which GPUs there are.

use std::sync::OnceLock;

use cust::CudaFlags;
use cust::device::{Device, DeviceAttribute};
use cust::error::CudaError;

use super::driver;
use super::error::{DriverError, GpuError};
pub use crate::backend::DeviceInfo;

/// All GPUs of this machine that the driver shows.
///
/// # Errors
/// [`GpuError::NoDriver`] and [`GpuError::NoDevice`] where there is none.
pub fn devices() -> Result<Vec<DeviceInfo>, GpuError> {
    (0..count()?).map(describe).collect()
}

/// The GPU of this number; it is not opened.
///
/// # Errors
/// As [`devices`], and [`GpuError::NoSuchDevice`].
pub fn device(index: u32) -> Result<DeviceInfo, GpuError> {
    let count = count()?;
    if index >= count {
        return Err(GpuError::NoSuchDevice { index, count });
    }
    describe(index)
}

/// How many GPUs there are: at least one.
fn count() -> Result<u32, GpuError> {
    initialise()?;
    let count = Device::num_devices().map_err(|error| absence("counting GPUs", error))?;
    if count == 0 { Err(no_device()) } else { Ok(count) }
}

/// Loads and initialises the driver, once in a process.
fn initialise() -> Result<(), GpuError> {
    static RESULT: OnceLock<Result<(), GpuError>> = OnceLock::new();
    let result = RESULT.get_or_init(|| {
        driver::functions()?;
        cust::init(CudaFlags::empty()).map_err(|error| absence("starting the driver", error))
    });
    result.clone()
}

fn absence(during: &'static str, error: CudaError) -> GpuError {
    if error == CudaError::NoDevice { no_device() } else { GpuError::of(during, error) }
}

fn no_device() -> GpuError {
    GpuError::NoDevice { cause: DriverError::of_code(driver::NO_DEVICE) }
}

fn describe(index: u32) -> Result<DeviceInfo, GpuError> {
    let failed = |error| GpuError::of("asking what a GPU is", error);
    let device = Device::get_device(index).map_err(failed)?;
    let attribute = |attribute| {
        device
            .get_attribute(attribute)
            .map(|value| u32::try_from(value).unwrap_or(0))
            .map_err(failed)
    };
    Ok(DeviceInfo {
        index,
        name: device.name().map_err(failed)?,
        memory_bytes: device.total_memory().map_err(failed)? as u64,
        compute_capability: (
            attribute(DeviceAttribute::ComputeCapabilityMajor)?,
            attribute(DeviceAttribute::ComputeCapabilityMinor)?,
        ),
        multiprocessors: attribute(DeviceAttribute::MultiprocessorCount)?,
        // Newer drivers may no longer tell.
        clock_khz: attribute(DeviceAttribute::ClockRate).unwrap_or(0),
        driver_version: driver_version()?,
    })
}

fn driver_version() -> Result<(u32, u32), GpuError> {
    let version = cust::CudaApiVersion::get()
        .map_err(|error| GpuError::of("asking for the driver's version", error))?;
    let number = |part: i32| u32::try_from(part).unwrap_or(0);
    Ok((number(version.major()), number(version.minor())))
}
