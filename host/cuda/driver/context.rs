//! Devices, and the context in which everything on a device lives.

use std::ffi::{CStr, c_char, c_int};
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use super::functions::{Functions, Handle};
use super::load::{self, LoadError};
use super::{DriverError, NOT_FOUND};

/// Loads the driver.
///
/// # Errors
/// Why there is none. What it says when it is started is inside.
pub fn initialise() -> Result<Result<(), DriverError>, &'static LoadError> {
    // SAFETY: the flags must be 0.
    load::functions().map(|functions| unsafe { functions.cuInit(0) })
}

/// The newest version of CUDA that the driver supports.
pub fn version() -> Result<(u32, u32), DriverError> {
    let mut version = 0;
    // SAFETY: it may be written to.
    unsafe { loaded()?.cuDriverGetVersion(&mut version) }?;
    let version = u32::try_from(version).unwrap_or(0);
    Ok((version / 1000, version % 1000 / 10))
}

/// The driver's functions, for those who come after [`initialise`].
fn loaded() -> Result<&'static Functions, DriverError> {
    load::functions().map_err(|_| DriverError::of_code(NOT_FOUND))
}

/// A GPU that the driver shows; it is not opened.
#[derive(Clone, Copy)]
pub struct Device {
    functions: &'static Functions,
    number: c_int,
}

impl Device {
    /// How many there are.
    pub fn count() -> Result<u32, DriverError> {
        let mut count = 0;
        // SAFETY: it may be written to.
        unsafe { loaded()?.cuDeviceGetCount(&mut count) }?;
        Ok(u32::try_from(count).unwrap_or(0))
    }

    /// The one of this number, counted from 0.
    pub fn get(index: u32) -> Result<Self, DriverError> {
        let functions = loaded()?;
        let (mut number, index) = (0, c_int::try_from(index).unwrap_or(c_int::MAX));
        // SAFETY: `number` may be written to.
        unsafe { functions.cuDeviceGet(&mut number, index) }?;
        Ok(Self { functions, number })
    }

    /// What it is called.
    pub fn name(self) -> Result<String, DriverError> {
        let mut name: [c_char; 256] = [0; 256];
        let length = name.len() as c_int - 1; // the last zero stays
        // SAFETY: so many bytes may be written to.
        unsafe { self.functions.cuDeviceGetName(name.as_mut_ptr(), length, self.number) }?;
        // SAFETY: the last byte is zero.
        Ok(unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned())
    }

    /// The bytes of its memory.
    pub fn memory_bytes(self) -> Result<u64, DriverError> {
        let mut bytes = 0;
        // SAFETY: it may be written to.
        unsafe { self.functions.cuDeviceTotalMem_v2(&mut bytes, self.number) }?;
        Ok(bytes as u64)
    }

    /// An attribute, by its number in `CUdevice_attribute`; 0 where that is negative.
    pub fn attribute(self, attribute: u32) -> Result<u32, DriverError> {
        let mut value = 0;
        // SAFETY: it may be written to.
        unsafe { self.functions.cuDeviceGetAttribute(&mut value, attribute, self.number) }?;
        Ok(u32::try_from(value).unwrap_or(0))
    }
}

/// A device's primary context, which all libraries of a process share.
pub struct Context {
    pub(super) functions: &'static Functions,
    device: c_int,
    handle: Handle,
}

// SAFETY: the driver allows any thread to use a context.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// That of `device`.
    pub fn primary(device: Device) -> Result<Arc<Self>, DriverError> {
        let Device { functions, number } = device;
        let mut handle = ptr::null_mut();
        // SAFETY: `handle` may be written to.
        unsafe { functions.cuDevicePrimaryCtxRetain(&mut handle, number) }?;
        Ok(Arc::new(Self { functions, device: number, handle }))
    }

    /// Whether this handle is its.
    pub(super) fn is(&self, handle: Handle) -> bool {
        self.handle == handle
    }

    /// Makes it the current one of this thread, until what is returned is dropped: the caller's is current again then.
    pub fn enter(&self) -> Result<Current<'_>, DriverError> {
        let mut now = ptr::null_mut();
        // SAFETY: `now` may be written to.
        unsafe { self.functions.cuCtxGetCurrent(&mut now) }?;
        let is_current = now == self.handle;
        if !is_current {
            // SAFETY: it is a context, and alive.
            unsafe { self.functions.cuCtxPushCurrent_v2(self.handle) }?;
        }
        let entered = (!is_current).then_some(self);
        Ok(Current { entered, of_this_thread: PhantomData })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // A failure means that the driver is going, and everything with it.
        // SAFETY: it was retained, and all that was made in it is gone.
        let _ = unsafe { self.functions.cuDevicePrimaryCtxRelease_v2(self.device) };
    }
}

/// While it lives, a context is the current one of this thread.
#[must_use]
pub struct Current<'a> {
    /// None where it was current before.
    entered: Option<&'a Context>,
    /// Must not be sent to another.
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for Current<'_> {
    fn drop(&mut self) {
        if let Some(context) = self.entered {
            let mut popped = ptr::null_mut();
            // SAFETY: `popped` may be written to; what was pushed is on top, as these guards are nested.
            let _ = unsafe { context.functions.cuCtxPopCurrent_v2(&mut popped) };
        }
    }
}
