//! Driver, devices and contexts.

use std::ffi::{c_char, c_int, c_uint};
use std::ptr;

use crate::call::Needs::{Context, Driver, Nothing};
use crate::call::{call, put};
use crate::codes::{
    CONTEXT_IS_DESTROYED, Code, INVALID_CONTEXT, INVALID_VALUE, NO_DEVICE, describe,
};
use crate::objects::Handle;
use crate::state::{State, current_index, pop_current, push_current, set_current, variable};

/// The version of CUDA that is pretended, unless `PTX_VM_DRIVER_VERSION` says otherwise.
const VERSION: u64 = 12_080;

/// The handle of a device's primary context is this plus the device's number.
pub const FIRST_CONTEXT: usize = 0x1000;

/// How many multiprocessors are pretended.
pub const MULTIPROCESSORS: u32 = 2;
/// How many threads of all its blocks a multiprocessor holds.
pub const THREADS_PER_MULTIPROCESSOR: u32 = 1024;
/// How many blocks it holds.
pub const BLOCKS_PER_MULTIPROCESSOR: u32 = 16;
/// How much shared memory it has, and a block at most.
pub const SHARED_PER_MULTIPROCESSOR: u32 = 64 << 10;
/// How much shared memory a block has that did not ask for more.
pub const SHARED_PER_BLOCK: u32 = 48 << 10;
/// How many threads a block has at most.
pub const THREADS_PER_BLOCK: u32 = 1024;

/// The pretended version of CUDA.
pub fn driver_version() -> c_int {
    c_int::try_from(variable("PTX_VM_DRIVER_VERSION", VERSION)).unwrap_or(0)
}

#[unsafe(no_mangle)]
extern "C" fn cuInit(flags: c_uint) -> Code {
    call("cuInit", Nothing, |state| {
        if flags != 0 {
            return Err(INVALID_VALUE);
        }
        if state.devices.is_empty() {
            return Err(NO_DEVICE);
        }
        state.is_initialised = true;
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDriverGetVersion(version: *mut c_int) -> Code {
    // SAFETY: the caller vouches for the pointer.
    call("cuDriverGetVersion", Nothing, |_| unsafe { put(version, driver_version()) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorName(error: Code, text: *mut *const c_char) -> Code {
    call("cuGetErrorName", Nothing, |_| {
        let found = describe(error);
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(text, found.map_or(ptr::null(), |(name, _)| name.as_ptr()))? };
        found.map(|_| ()).ok_or(INVALID_VALUE)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorString(error: Code, text: *mut *const c_char) -> Code {
    call("cuGetErrorString", Nothing, |_| {
        let found = describe(error);
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(text, found.map_or(ptr::null(), |(_, meaning)| meaning.as_ptr()))? };
        found.map(|_| ()).ok_or(INVALID_VALUE)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetCount(count: *mut c_int) -> Code {
    call("cuDeviceGetCount", Driver, |state| {
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(count, c_int::try_from(state.devices.len()).unwrap_or(c_int::MAX)) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGet(device: *mut c_int, ordinal: c_int) -> Code {
    call("cuDeviceGet", Driver, |state| {
        state.device(ordinal)?;
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(device, ordinal) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetName(name: *mut c_char, length: c_int, device: c_int) -> Code {
    call("cuDeviceGetName", Driver, |state| {
        state.device(device)?;
        let text = c"ptx-vm".to_bytes_with_nul();
        if name.is_null() || usize::try_from(length).map_err(|_| INVALID_VALUE)? < text.len() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: the caller vouches for `length` bytes, which are enough.
        unsafe { ptr::copy_nonoverlapping(text.as_ptr().cast(), name, text.len()) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetAttribute(value: *mut c_int, number: u32, device: c_int) -> Code {
    call("cuDeviceGetAttribute", Driver, |state| {
        state.device(device)?;
        let answer = attribute(number);
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(value, c_int::try_from(answer).unwrap_or(c_int::MAX)) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceTotalMem_v2(bytes: *mut usize, device: c_int) -> Code {
    call("cuDeviceTotalMem_v2", Driver, |state| {
        let capacity = state.device(device)?.memory.capacity();
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(bytes, usize::try_from(capacity).unwrap_or(usize::MAX)) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDevicePrimaryCtxRetain(context: *mut Handle, ordinal: c_int) -> Code {
    call("cuDevicePrimaryCtxRetain", Driver, |state| {
        let device = state.device(ordinal)?;
        if let Some(code) = device.lost {
            return Err(code);
        }
        let index = usize::try_from(ordinal).map_err(|_| INVALID_VALUE)?;
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(context, ptr::without_provenance_mut(FIRST_CONTEXT + index))? };
        device.retained += 1;
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuDevicePrimaryCtxRelease_v2(ordinal: c_int) -> Code {
    call("cuDevicePrimaryCtxRelease_v2", Driver, |state| {
        let device = state.device(ordinal)?;
        device.retained = device.retained.checked_sub(1).ok_or(INVALID_CONTEXT)?;
        Ok(())
    })
}

/// How a host thread waits makes no difference here.
#[unsafe(no_mangle)]
extern "C" fn cuDevicePrimaryCtxSetFlags_v2(ordinal: c_int, _flags: c_uint) -> Code {
    call("cuDevicePrimaryCtxSetFlags_v2", Driver, |state| state.device(ordinal).map(|_| ()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuCtxGetCurrent(context: *mut Handle) -> Code {
    call("cuCtxGetCurrent", Driver, |_| {
        let handle = current_index().map_or(0, |index| FIRST_CONTEXT + index);
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(context, ptr::without_provenance_mut(handle)) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxSetCurrent(context: Handle) -> Code {
    let context = context.addr();
    call("cuCtxSetCurrent", Driver, |state| {
        set_current(if context == 0 { None } else { Some(index_of(state, context)?) });
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxPushCurrent_v2(context: Handle) -> Code {
    let context = context.addr();
    call("cuCtxPushCurrent_v2", Driver, |state| {
        push_current(index_of(state, context)?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuCtxPopCurrent_v2(context: *mut Handle) -> Code {
    call("cuCtxPopCurrent_v2", Driver, |_| {
        let handle = FIRST_CONTEXT + pop_current().ok_or(INVALID_CONTEXT)?;
        if context.is_null() {
            return Ok(()); // who does not want to know
        }
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(context, ptr::without_provenance_mut(handle)) }
    })
}

/// The device whose context this is.
fn index_of(state: &State, context: usize) -> Result<usize, Code> {
    let index = context.checked_sub(FIRST_CONTEXT).ok_or(INVALID_CONTEXT)?;
    let device = state.devices.get(index).ok_or(INVALID_CONTEXT)?;
    if device.retained == 0 { Err(CONTEXT_IS_DESTROYED) } else { Ok(index) }
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxSynchronize() -> Code {
    call("cuCtxSynchronize", Context, |_| Ok(()))
}

/// What a device has, by the numbers of `CUdevice_attribute`. Those of a T4 where it matters.
fn attribute(number: u32) -> u32 {
    match number {
        1..=3 => THREADS_PER_BLOCK,
        4 => 64,
        5 => i32::MAX as u32,
        6 | 7 => 65_535,
        8 => SHARED_PER_BLOCK,
        10 => 32,          // threads of a warp
        12 | 82 => 65_536, // registers of a block and of a multiprocessor
        13 => 1_590_000,   // kHz
        16 => MULTIPROCESSORS,
        19 | 41 | 95 => 1, // maps host memory, one address space, cooperative launches
        39 => THREADS_PER_MULTIPROCESSOR,
        75 => 7, // compute capability
        76 => 5,
        81 | 97 => SHARED_PER_MULTIPROCESSOR,
        106 => BLOCKS_PER_MULTIPROCESSOR,
        _ => 0,
    }
}
