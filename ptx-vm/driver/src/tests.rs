//! The library as C sees it. What a host makes of it is tested with particle-pilot's.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use crate::codes::{
    CONTEXT_IS_DESTROYED, INVALID_CONTEXT, INVALID_DEVICE, INVALID_HANDLE, INVALID_VALUE,
    NOT_INITIALIZED, OUT_OF_MEMORY, SUCCESS,
};

type Handle = *mut c_void;

unsafe extern "C" {
    fn cuInit(flags: u32) -> u32;
    fn cuGetErrorName(error: u32, text: *mut *const c_char) -> u32;
    fn cuDeviceGet(device: *mut c_int, ordinal: c_int) -> u32;
    fn cuDevicePrimaryCtxRetain(context: *mut Handle, device: c_int) -> u32;
    fn cuDevicePrimaryCtxRelease_v2(device: c_int) -> u32;
    fn cuCtxSetCurrent(context: Handle) -> u32;
    fn cuCtxGetCurrent(context: *mut Handle) -> u32;
    fn cuCtxPushCurrent_v2(context: Handle) -> u32;
    fn cuCtxPopCurrent_v2(context: *mut Handle) -> u32;
    fn cuStreamCreateWithPriority(stream: *mut Handle, flags: u32, priority: c_int) -> u32;
    fn cuStreamDestroy_v2(stream: Handle) -> u32;
    fn cuStreamSynchronize(stream: Handle) -> u32;
    fn cuEventCreate(event: *mut Handle, flags: u32) -> u32;
    fn cuEventRecord(event: Handle, stream: Handle) -> u32;
    fn cuEventElapsedTime(milliseconds: *mut f32, start: Handle, end: Handle) -> u32;
    fn cuMemAlloc_v2(address: *mut u64, bytes: usize) -> u32;
    fn cuMemFree_v2(address: u64) -> u32;
    fn cuMemAllocHost_v2(address: *mut Handle, bytes: usize) -> u32;
    fn cuMemFreeHost(address: Handle) -> u32;
    fn cuMemcpyHtoD_v2(to: u64, from: *const c_void, bytes: usize) -> u32;
    fn cuMemcpyDtoH_v2(to: *mut c_void, from: u64, bytes: usize) -> u32;
}

/// All in one, since a process has one driver and contexts belong to threads.
#[test]
fn wrong_calls_fail_as_on_hardware_and_right_ones_work() {
    let (mut handle, mut other, mut number) = (ptr::null_mut(), ptr::null_mut(), 0);
    let (mut address, mut time) = (0, 0.0);
    // SAFETY: each pointer is to a variable of the right type or one that the call refuses, and
    // copies stay within `bytes`.
    unsafe {
        assert_eq!(cuDeviceGet(&mut number, 0), NOT_INITIALIZED);
        assert_eq!(cuInit(1), INVALID_VALUE);
        assert_eq!(cuInit(0), SUCCESS);
        assert_eq!(cuDeviceGet(&mut number, 1), INVALID_DEVICE);
        assert_eq!(cuDeviceGet(&mut number, -1), INVALID_DEVICE);
        assert_eq!(cuDeviceGet(ptr::null_mut(), 0), INVALID_VALUE);
        assert_eq!(cuMemAlloc_v2(&mut address, 4), INVALID_CONTEXT);
        assert_eq!(cuDevicePrimaryCtxRetain(&mut handle, 0), SUCCESS);
        assert_eq!(cuCtxSetCurrent(ptr::without_provenance_mut(1)), INVALID_CONTEXT);
        assert_eq!(cuCtxPopCurrent_v2(&mut other), INVALID_CONTEXT);
        assert_eq!(cuCtxPushCurrent_v2(ptr::null_mut()), INVALID_CONTEXT);
        assert_eq!(cuCtxPushCurrent_v2(handle), SUCCESS);
        assert_eq!(cuCtxPushCurrent_v2(handle), SUCCESS);
        assert_eq!(cuCtxPopCurrent_v2(&mut other), SUCCESS);
        assert_eq!(cuCtxGetCurrent(&mut other), SUCCESS);
        assert_eq!(other, handle);
        assert_eq!(cuCtxPopCurrent_v2(ptr::null_mut()), SUCCESS);
        assert_eq!(cuCtxGetCurrent(&mut other), SUCCESS);
        assert!(other.is_null());
        assert_eq!(cuCtxSetCurrent(handle), SUCCESS);

        assert_eq!(cuMemAlloc_v2(&mut address, 0), INVALID_VALUE);
        assert_eq!(cuMemAlloc_v2(&mut address, usize::MAX), OUT_OF_MEMORY);
        assert_eq!(cuMemAlloc_v2(&mut address, 4), SUCCESS);
        let mut bytes = [1u8, 2, 3, 4];
        assert_eq!(cuMemcpyHtoD_v2(address, bytes.as_ptr().cast(), 4), SUCCESS);
        bytes = [0; 4];
        assert_eq!(cuMemcpyDtoH_v2(bytes.as_mut_ptr().cast(), address, 4), SUCCESS);
        assert_eq!(bytes, [1, 2, 3, 4]);
        assert_eq!(cuMemcpyDtoH_v2(bytes.as_mut_ptr().cast(), address + 1, 4), INVALID_VALUE);
        assert_eq!(cuMemcpyDtoH_v2(ptr::null_mut(), address, 4), INVALID_VALUE);
        assert_eq!(cuMemFree_v2(address + 1), INVALID_VALUE);
        assert_eq!(cuMemFree_v2(address), SUCCESS);
        assert_eq!(cuMemFree_v2(address), INVALID_VALUE);
        assert_eq!(cuMemAllocHost_v2(&mut handle, 100), SUCCESS);
        assert!(handle.addr().is_multiple_of(4096));
        assert_eq!(cuMemFreeHost(handle), SUCCESS);
        assert_eq!(cuMemFreeHost(handle), INVALID_VALUE);

        assert_eq!(cuStreamCreateWithPriority(&mut handle, 0, 0), SUCCESS);
        assert_eq!(cuEventCreate(&mut other, 0), SUCCESS);
        assert_eq!(cuEventElapsedTime(&mut time, other, other), INVALID_HANDLE);
        assert_eq!(cuEventRecord(other, other), INVALID_HANDLE);
        assert_eq!(cuEventRecord(other, handle), SUCCESS);
        assert_eq!((cuEventElapsedTime(&mut time, other, other), time), (SUCCESS, 0.0));
        assert_eq!(cuStreamDestroy_v2(other), INVALID_HANDLE);
        assert_eq!(cuStreamDestroy_v2(handle), SUCCESS);
        assert_eq!(cuStreamSynchronize(handle), INVALID_HANDLE);

        assert_eq!(cuDevicePrimaryCtxRelease_v2(0), SUCCESS);
        assert_eq!(cuDevicePrimaryCtxRelease_v2(0), INVALID_CONTEXT);
        assert_eq!(cuStreamSynchronize(ptr::null_mut()), CONTEXT_IS_DESTROYED);
    }
}

#[test]
fn the_readme_lists_every_function() {
    let readme = include_str!("../../README.md");
    let sources = [
        include_str!("device.rs"),
        include_str!("execution.rs"),
        include_str!("memory.rs"),
        include_str!("module.rs"),
    ];
    let names = sources.iter().flat_map(|source| source.split("extern \"C\" fn ").skip(1));
    let names: Vec<&str> = names.filter_map(|rest| rest.split('(').next()).collect();
    assert!(readme.contains(&format!("these {} functions", names.len())), "{}", names.len());
    for name in names {
        assert!(readme.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn codes_have_names() {
    let mut text = ptr::null();
    // SAFETY: `text` may be written to.
    assert_eq!(unsafe { cuGetErrorName(OUT_OF_MEMORY, &mut text) }, SUCCESS);
    // SAFETY: it points to a constant.
    assert_eq!(unsafe { CStr::from_ptr(text) }, c"CUDA_ERROR_OUT_OF_MEMORY");
    // SAFETY: `text` may be written to.
    assert_eq!(unsafe { cuGetErrorName(12345, &mut text) }, INVALID_VALUE);
    assert!(text.is_null());
}
