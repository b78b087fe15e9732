//! Which GPUs there are.

use std::sync::OnceLock;

use super::driver::{self, Device, DriverError, NO_DEVICE};
use super::error::GpuError;
pub use crate::settings::DeviceInfo;

/// Numbers of `CUdevice_attribute`.
const CLOCK_RATE: u32 = 13;
const MULTIPROCESSOR_COUNT: u32 = 16;
const COMPUTE_CAPABILITY: [u32; 2] = [75, 76];

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
    let count = Device::count().map_err(|error| absence("counting GPUs", error))?;
    let none = || GpuError::NoDevice { cause: DriverError::of_code(NO_DEVICE) };
    if count == 0 { Err(none()) } else { Ok(count) }
}

/// What came of initialising the driver, and in which process.
static INITIALISED: OnceLock<(u32, Result<(), GpuError>)> = OnceLock::new();

/// Loads and initialises the driver, once in a process.
fn initialise() -> Result<(), GpuError> {
    let (_, result) = INITIALISED.get_or_init(|| {
        let start = || driver::initialise()?.map_err(|error| absence("starting the driver", error));
        (std::process::id(), start())
    });
    if has_forked() { Err(GpuError::Forked) } else { result.clone() }
}

/// Whether this process was forked from one that has a driver, which then works there and nowhere else.
pub fn has_forked() -> bool {
    matches!(INITIALISED.get(), Some((process, Ok(()))) if *process != std::process::id())
}

fn absence(during: &'static str, cause: DriverError) -> GpuError {
    if cause.code == NO_DEVICE { GpuError::NoDevice { cause } } else { GpuError::of(during, cause) }
}

fn describe(index: u32) -> Result<DeviceInfo, GpuError> {
    let ask = || {
        let device = Device::get(index)?;
        let [major, minor] = COMPUTE_CAPABILITY;
        Ok(DeviceInfo {
            index,
            name: device.name()?,
            memory_bytes: device.memory_bytes()?,
            compute_capability: (device.attribute(major)?, device.attribute(minor)?),
            multiprocessors: device.attribute(MULTIPROCESSOR_COUNT)?,
            // Newer drivers may no longer tell.
            clock_khz: device.attribute(CLOCK_RATE).unwrap_or(0),
            driver_version: driver::version()?,
        })
    };
    ask().map_err(|error| GpuError::of("asking what a GPU is", error))
}
