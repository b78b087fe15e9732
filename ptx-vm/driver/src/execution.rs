//! Streams, events and launches.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr;
use std::time::Instant;

use ptx_vm::Launch;

use crate::call::Needs::{Context, ContextToEnd};
use crate::call::{call, put};
use crate::codes::{
    COOPERATIVE_LAUNCH_TOO_LARGE, Code, INVALID_CONTEXT, INVALID_HANDLE, INVALID_VALUE, Outcome,
    is_sticky,
};
use crate::device::{
    BLOCKS_PER_MULTIPROCESSOR, FIRST_CONTEXT, MULTIPROCESSORS, SHARED_PER_MULTIPROCESSOR,
    THREADS_PER_BLOCK, THREADS_PER_MULTIPROCESSOR,
};
use crate::fault;
use crate::module::gather;
use crate::objects::{Function, Handle, Object};
use crate::state::current_index;

#[unsafe(no_mangle)]
unsafe extern "C" fn cuStreamCreateWithPriority(
    stream: *mut Handle,
    _flags: c_uint,
    _priority: c_int,
) -> Code {
    call("cuStreamCreateWithPriority", Context, |state| {
        let context = current_index().ok_or(INVALID_CONTEXT)?;
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(stream, state.objects.add(Object::Stream(context))) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamDestroy_v2(stream: Handle) -> Code {
    call("cuStreamDestroy_v2", ContextToEnd, |state| {
        state.objects.remove(stream, |object| matches!(object, Object::Stream(_)))
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuStreamGetCtx(stream: Handle, context: *mut Handle) -> Code {
    call("cuStreamGetCtx", Context, |state| {
        let index = state.objects.context_of_stream(stream)?.or_else(current_index);
        let handle = FIRST_CONTEXT + index.ok_or(INVALID_CONTEXT)?;
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(context, ptr::without_provenance_mut(handle)) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamSynchronize(stream: Handle) -> Code {
    call("cuStreamSynchronize", Context, |state| state.objects.check_stream(stream))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuEventCreate(event: *mut Handle, _flags: c_uint) -> Code {
    call("cuEventCreate", Context, |state| {
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(event, state.objects.add(Object::Event(None))) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuEventDestroy_v2(event: Handle) -> Code {
    call("cuEventDestroy_v2", ContextToEnd, |state| {
        state.objects.remove(event, |object| matches!(object, Object::Event(_)))
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuEventRecord(event: Handle, stream: Handle) -> Code {
    call("cuEventRecord", Context, |state| {
        state.objects.check_stream(stream)?;
        *state.objects.event(event)? = Some(Instant::now());
        Ok(())
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuEventQuery(event: Handle) -> Code {
    call("cuEventQuery", Context, |state| state.objects.event(event).map(|_| ()))
}

#[unsafe(no_mangle)]
extern "C" fn cuEventSynchronize(event: Handle) -> Code {
    call("cuEventSynchronize", Context, |state| state.objects.event(event).map(|_| ()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuEventElapsedTime(ms: *mut f32, start: Handle, end: Handle) -> Code {
    call("cuEventElapsedTime", Context, |state| {
        let start = state.objects.event(start)?.ok_or(INVALID_HANDLE)?;
        let end = state.objects.event(end)?.ok_or(INVALID_HANDLE)?;
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(ms, end.saturating_duration_since(start).as_secs_f32() * 1e3) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuOccupancyMaxActiveBlocksPerMultiprocessor(
    blocks: *mut c_int,
    function: Handle,
    block_size: c_int,
    shared_bytes: usize,
) -> Code {
    call("cuOccupancyMaxActiveBlocksPerMultiprocessor", Context, |state| {
        let function = state.objects.function(function)?;
        let block = u32::try_from(block_size).ok().filter(|block| *block > 0);
        let active = active_blocks(function, block.ok_or(INVALID_VALUE)?, shared_bytes as u64);
        // SAFETY: the caller vouches for the pointer.
        unsafe { put(blocks, c_int::try_from(active).unwrap_or(c_int::MAX)) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuLaunchKernel(
    function: Handle,
    grid_x: c_uint,
    grid_y: c_uint,
    grid_z: c_uint,
    block_x: c_uint,
    block_y: c_uint,
    block_z: c_uint,
    shared_bytes: c_uint,
    stream: Handle,
    parameters: *mut *mut c_void,
    extra: *mut *mut c_void,
) -> Code {
    let sizes = [grid_x, grid_y, grid_z, block_x, block_y, block_z];
    let launch = Launch { cooperative: false, ..shape(sizes, shared_bytes) };
    if !extra.is_null() {
        return INVALID_VALUE;
    }
    // SAFETY: the caller vouches for the parameters.
    unsafe { start("cuLaunchKernel", function, &launch, stream, parameters) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuLaunchCooperativeKernel(
    function: Handle,
    grid_x: c_uint,
    grid_y: c_uint,
    grid_z: c_uint,
    block_x: c_uint,
    block_y: c_uint,
    block_z: c_uint,
    shared_bytes: c_uint,
    stream: Handle,
    parameters: *mut *mut c_void,
) -> Code {
    let sizes = [grid_x, grid_y, grid_z, block_x, block_y, block_z];
    let launch = Launch { cooperative: true, ..shape(sizes, shared_bytes) };
    // SAFETY: the caller vouches for the parameters.
    unsafe { start("cuLaunchCooperativeKernel", function, &launch, stream, parameters) }
}

fn shape([gx, gy, gz, bx, by, bz]: [c_uint; 6], dynamic_shared_bytes: c_uint) -> Launch {
    let (grid, block) = ([gx, gy, gz], [bx, by, bz]);
    Launch { grid, block, dynamic_shared_bytes, cooperative: false }
}

/// Launches, and runs to the end. A fault loses the context, which is what later calls tell.
///
/// # Safety
/// As for [`gather`].
unsafe fn start(
    name: &'static str,
    function: Handle,
    launch: &Launch,
    stream: Handle,
    parameters: *mut *mut c_void,
) -> Code {
    call(name, Context, |state| {
        state.objects.check_stream(stream)?;
        let function = state.objects.function(function)?.clone();
        check(&function, launch)?;
        // SAFETY: the caller vouches for the parameters.
        let parameters = unsafe { gather(&function, parameters)? };
        state.launches += 1;
        if let Err(fault) = function.loaded.run(&function.name, launch, &parameters) {
            eprintln!("ptx-vm: {fault}");
            let code = fault::code(&fault);
            if !is_sticky(code) {
                return Err(code); // nothing ran
            }
            state.lose(code);
        }
        Ok(())
    })
}

/// Refuses what a device could not run.
fn check(function: &Function, launch: &Launch) -> Outcome {
    let threads = launch.block.iter().map(|size| u64::from(*size)).product::<u64>();
    let blocks = launch.grid.iter().map(|size| u64::from(*size)).product::<u64>();
    let is_possible = (1..=u64::from(THREADS_PER_BLOCK)).contains(&threads)
        && blocks > 0
        && launch.grid[0] <= i32::MAX as u32
        && launch.grid[1..].iter().all(|size| *size <= 65_535)
        && launch.dynamic_shared_bytes <= function.max_dynamic_shared;
    if !is_possible {
        return Err(INVALID_VALUE);
    }
    if launch.cooperative {
        let shared = u64::from(launch.dynamic_shared_bytes);
        let room = u64::from(active_blocks(function, threads as u32, shared));
        if blocks > room * u64::from(MULTIPROCESSORS) {
            return Err(COOPERATIVE_LAUNCH_TOO_LARGE);
        }
    }
    Ok(())
}

/// How many blocks a multiprocessor runs at once.
fn active_blocks(function: &Function, block: u32, dynamic_shared_bytes: u64) -> u32 {
    if block > THREADS_PER_BLOCK {
        return 0;
    }
    let by_threads = THREADS_PER_MULTIPROCESSOR / block.next_multiple_of(32);
    let resources = function.module.resources(&function.name);
    let shared = resources.map_or(0, |resources| resources.static_shared_bytes as u64)
        + dynamic_shared_bytes;
    let by_shared = u64::from(SHARED_PER_MULTIPROCESSOR).checked_div(shared).unwrap_or(u64::MAX);
    let by_shared = u32::try_from(by_shared).unwrap_or(u32::MAX);
    by_threads.min(by_shared).min(BLOCKS_PER_MULTIPROCESSOR)
}
