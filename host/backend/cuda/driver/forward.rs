//! The functions that are used, each defined once and forwarded.
//!
//! Signatures are those of `cuda.h`, written in terms of the machine: handles are addresses, and
//! enumerations are the numbers that they are in C. Names with `_v2` are those that `cuda.h` means
//! when it says the name without.

use std::ffi::{c_char, c_int, c_uchar, c_uint, c_ulonglong, c_void};

use libloading::Library;

use super::{NO_DEVICE, NOT_FOUND, load, remembered};

/// A context, module, function, stream or event.
type Handle = *mut c_void;
/// An address in the GPU's memory.
type Address = c_ulonglong;

macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {
        /// The real functions, as far as the driver has them.
        #[allow(non_snake_case)]
        pub struct Functions {
            $(pub $name: Option<unsafe extern "C" fn($($type),*) -> u32>,)*
        }

        impl Functions {
            /// Looks all of them up.
            pub(super) fn of(library: &Library) -> Self {
                Self {
                    // SAFETY: what a CUDA driver exports under this name has this signature.
                    $($name: unsafe { library.get(stringify!($name)) }.ok().map(|found| *found),)*
                }
            }
        }

        $(
            /// Forwards to the driver's function of this name.
            ///
            /// # Safety
            /// As the driver's documentation says.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($argument: $type),*) -> u32 {
                remembered(match load::functions().map(|functions| functions.$name) {
                    // SAFETY: the caller vouches for the arguments.
                    Ok(Some(function)) => unsafe { function($($argument),*) },
                    Ok(None) => NOT_FOUND,
                    Err(_) => NO_DEVICE,
                })
            }
        )*

        /// Linkers that read archives only once need a reason to take these functions when they
        /// come to this crate, before they come to `cust`, which calls them.
        #[used]
        static LINKED: ($(unsafe extern "C" fn($($type),*) -> u32,)*) = ($($name,)*);
    };
}

forward! {
    cuInit(flags: c_uint);
    cuDriverGetVersion(version: *mut c_int);
    cuGetErrorName(error: u32, text: *mut *const c_char);
    cuGetErrorString(error: u32, text: *mut *const c_char);

    cuDeviceGetCount(count: *mut c_int);
    cuDeviceGet(device: *mut c_int, ordinal: c_int);
    cuDeviceGetName(name: *mut c_char, length: c_int, device: c_int);
    cuDeviceGetAttribute(value: *mut c_int, attribute: u32, device: c_int);
    cuDeviceTotalMem_v2(bytes: *mut usize, device: c_int);

    cuDevicePrimaryCtxRetain(context: *mut Handle, device: c_int);
    cuDevicePrimaryCtxRelease_v2(device: c_int);
    cuCtxGetCurrent(context: *mut Handle);
    cuCtxSetCurrent(context: Handle);
    cuCtxSynchronize();

    cuModuleLoadDataEx(
        module: *mut Handle, image: *const c_void,
        count: c_uint, options: *mut u32, values: *mut *mut c_void
    );
    cuModuleUnload(module: Handle);
    cuModuleGetFunction(function: *mut Handle, module: Handle, name: *const c_char);
    cuFuncGetAttribute(value: *mut c_int, attribute: u32, function: Handle);
    cuFuncSetAttribute(function: Handle, attribute: u32, value: c_int);
    cuOccupancyMaxActiveBlocksPerMultiprocessor(
        blocks: *mut c_int, function: Handle, block_size: c_int, shared_bytes: usize
    );

    cuStreamCreateWithPriority(stream: *mut Handle, flags: c_uint, priority: c_int);
    cuStreamDestroy_v2(stream: Handle);
    cuStreamSynchronize(stream: Handle);
    cuEventCreate(event: *mut Handle, flags: c_uint);
    cuEventDestroy_v2(event: Handle);
    cuEventRecord(event: Handle, stream: Handle);
    cuEventQuery(event: Handle);
    cuEventSynchronize(event: Handle);
    cuEventElapsedTime(milliseconds: *mut f32, start: Handle, end: Handle);

    cuMemGetInfo_v2(free: *mut usize, total: *mut usize);
    cuMemAlloc_v2(address: *mut Address, bytes: usize);
    cuMemFree_v2(address: Address);
    cuMemAllocHost_v2(address: *mut *mut c_void, bytes: usize);
    cuMemFreeHost(address: *mut c_void);
    cuMemcpyHtoD_v2(to: Address, from: *const c_void, bytes: usize);
    cuMemcpyDtoH_v2(to: *mut c_void, from: Address, bytes: usize);
    cuMemcpyHtoDAsync_v2(to: Address, from: *const c_void, bytes: usize, stream: Handle);
    cuMemcpyDtoHAsync_v2(to: *mut c_void, from: Address, bytes: usize, stream: Handle);
    cuMemcpyDtoDAsync_v2(to: Address, from: Address, bytes: usize, stream: Handle);
    cuMemsetD8Async(address: Address, value: c_uchar, count: usize, stream: Handle);

    cuLaunchKernel(
        function: Handle,
        grid_x: c_uint, grid_y: c_uint, grid_z: c_uint,
        block_x: c_uint, block_y: c_uint, block_z: c_uint,
        shared_bytes: c_uint, stream: Handle,
        parameters: *mut *mut c_void, extra: *mut *mut c_void
    );
    cuLaunchCooperativeKernel(
        function: Handle,
        grid_x: c_uint, grid_y: c_uint, grid_z: c_uint,
        block_x: c_uint, block_y: c_uint, block_z: c_uint,
        shared_bytes: c_uint, stream: Handle,
        parameters: *mut *mut c_void
    );
}
