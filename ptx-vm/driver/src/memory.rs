//! Memory of the device, page-locked memory of the host, and copies.

use std::alloc::{self, Layout};
use std::ffi::{c_uchar, c_void};
use std::ptr::{self, NonNull};
use std::slice;

use crate::call::Needs::{Context, ContextToEnd};
use crate::call::{call, put};
use crate::codes::{Code, INVALID_VALUE, OUT_OF_MEMORY, Outcome};
use crate::objects::Handle;
use crate::state::State;

/// Page-locked memory begins at multiples of this.
const PAGE: usize = 4096;
/// What page-locked memory holds at first: no value that anybody would hope for.
const RUBBISH: u8 = 0xA5;

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> Code {
    call("cuMemGetInfo_v2", Context, |state| {
        let memory = &state.current()?.memory;
        let (capacity, used) = (memory.capacity(), memory.used());
        let bytes = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            put(free, bytes(capacity.saturating_sub(used)))?;
            put(total, bytes(capacity))
        }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemAlloc_v2(address: *mut u64, bytes: usize) -> Code {
    call("cuMemAlloc_v2", Context, |state| {
        if bytes == 0 || address.is_null() {
            return Err(INVALID_VALUE);
        }
        let device = state.current()?;
        let given = device.memory.allocate(bytes as u64).map_err(|_| OUT_OF_MEMORY)?;
        device.allocations.insert(given);
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(address, given) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemFree_v2(address: u64) -> Code {
    call("cuMemFree_v2", ContextToEnd, |state| {
        let device = state.current()?;
        if !device.allocations.remove(&address) {
            return Err(INVALID_VALUE);
        }
        device.memory.free(address).map_err(|_| INVALID_VALUE)
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemAllocHost_v2(address: *mut *mut c_void, bytes: usize) -> Code {
    call("cuMemAllocHost_v2", Context, |state| {
        let layout = layout(bytes)?;
        // SAFETY: the layout is not empty.
        let memory = NonNull::new(unsafe { alloc::alloc(layout) }).ok_or(OUT_OF_MEMORY)?;
        // SAFETY: all of it was just allocated.
        unsafe { ptr::write_bytes(memory.as_ptr(), RUBBISH, bytes) };
        state.pinned.insert(memory.as_ptr().expose_provenance(), bytes);
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(address, memory.as_ptr().cast()) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemFreeHost(address: *mut c_void) -> Code {
    let address = address.addr();
    call("cuMemFreeHost", ContextToEnd, |state| {
        let bytes = state.pinned.remove(&address).ok_or(INVALID_VALUE)?;
        // SAFETY: it was allocated with this layout, and nobody freed it, or it would not be
        // listed.
        unsafe { alloc::dealloc(ptr::with_exposed_provenance_mut(address), layout(bytes)?) };
        Ok(())
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyHtoD_v2(to: u64, from: *const c_void, bytes: usize) -> Code {
    // SAFETY: the caller vouches for the pointer.
    call("cuMemcpyHtoD_v2", Context, |state| unsafe { write(state, to, from, bytes) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyDtoH_v2(to: *mut c_void, from: u64, bytes: usize) -> Code {
    // SAFETY: the caller vouches for the pointer.
    call("cuMemcpyDtoH_v2", Context, |state| unsafe { read(state, to, from, bytes) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyHtoDAsync_v2(
    to: u64,
    from: *const c_void,
    bytes: usize,
    stream: Handle,
) -> Code {
    call("cuMemcpyHtoDAsync_v2", Context, |state| {
        state.objects.check_stream(stream)?;
        // SAFETY: the caller vouches for the pointer.
        unsafe { write(state, to, from, bytes) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyDtoHAsync_v2(
    to: *mut c_void,
    from: u64,
    bytes: usize,
    stream: Handle,
) -> Code {
    call("cuMemcpyDtoHAsync_v2", Context, |state| {
        state.objects.check_stream(stream)?;
        // SAFETY: the caller vouches for the pointer.
        unsafe { read(state, to, from, bytes) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemcpyDtoDAsync_v2(to: u64, from: u64, bytes: usize, stream: Handle) -> Code {
    call("cuMemcpyDtoDAsync_v2", Context, |state| {
        state.objects.check_stream(stream)?;
        let memory = &state.current()?.memory;
        memory.copy(from, to, bytes as u64).map_err(|_| INVALID_VALUE)
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuMemsetD8Async(address: u64, value: c_uchar, count: usize, stream: Handle) -> Code {
    call("cuMemsetD8Async", Context, |state| {
        state.objects.check_stream(stream)?;
        let memory = &state.current()?.memory;
        memory.fill(address, value, count as u64).map_err(|_| INVALID_VALUE)
    })
}

/// Copies to the device.
///
/// # Safety
/// `from` is null, which is refused, or has `bytes` bytes.
unsafe fn write(state: &mut State, to: u64, from: *const c_void, bytes: usize) -> Outcome {
    if bytes == 0 {
        return Ok(());
    }
    if from.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: the caller vouches for it.
    let from = unsafe { slice::from_raw_parts(from.cast(), bytes) };
    state.copies += 1;
    state.current()?.memory.write(to, from).map_err(|_| INVALID_VALUE)
}

/// Copies from the device.
///
/// # Safety
/// `to` is null, which is refused, or has room for `bytes` bytes, which hold values.
unsafe fn read(state: &mut State, to: *mut c_void, from: u64, bytes: usize) -> Outcome {
    if bytes == 0 {
        return Ok(());
    }
    if to.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: the caller vouches for it.
    let to = unsafe { slice::from_raw_parts_mut(to.cast(), bytes) };
    state.copies += 1;
    state.current()?.memory.read(from, to).map_err(|_| INVALID_VALUE)
}

fn layout(bytes: usize) -> Outcome<Layout> {
    match Layout::from_size_align(bytes, PAGE) {
        Ok(layout) if bytes > 0 => Ok(layout),
        Ok(_) => Err(INVALID_VALUE),
        Err(_) => Err(OUT_OF_MEMORY),
    }
}
