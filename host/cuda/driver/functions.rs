//! The driver's functions, as far as this crate uses them.
//!
//! Signatures are those of `cuda.h`, written in terms of the machine: handles are addresses, and enumerations are the
//! numbers that they are in C. Names with `_v2` are those that `cuda.h` means when it says the name without.

use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_ulonglong, c_void};
use std::ptr;

use libloading::Library;

use super::{DriverError, NOT_FOUND, SUCCESS};

/// A context, module, function, stream or event.
pub type Handle = *mut c_void;
/// An address in the GPU's memory.
pub type Address = c_ulonglong;

macro_rules! functions {
    ($($name:ident($($argument:ident: $type:ty),* $(,)?);)*) => {
        /// The functions of a driver that is loaded.
        #[allow(non_snake_case)]
        pub struct Functions {
            describe: Describe,
            $($name: Option<unsafe extern "C" fn($($type),*) -> u32>,)*
        }

        #[allow(non_snake_case, clippy::too_many_arguments)]
        impl Functions {
            /// Looks all of them up; those that the driver lacks fail when they are called.
            pub(super) fn of(library: &Library) -> Self {
                Self {
                    describe: Describe::of(library),
                    // SAFETY: what a CUDA driver exports under this name has this signature.
                    $($name: unsafe { library.get(stringify!($name)) }.ok().map(|found| *found),)*
                }
            }

            $(
                /// The driver's function of this name.
                ///
                /// # Errors
                /// What it returns, if not success.
                ///
                /// # Safety
                /// As the driver's documentation says.
                pub unsafe fn $name(&self, $($argument: $type),*) -> Result<(), DriverError> {
                    let function = self.$name.ok_or_else(|| DriverError::of_code(NOT_FOUND))?;
                    // SAFETY: the caller vouches for the arguments.
                    match unsafe { function($($argument),*) } {
                        SUCCESS => Ok(()),
                        code => Err(DriverError::of_code(code)),
                    }
                }
            )*
        }
    };
}

functions! {
    cuInit(flags: c_uint);
    cuDriverGetVersion(version: *mut c_int);

    cuDeviceGetCount(count: *mut c_int);
    cuDeviceGet(device: *mut c_int, ordinal: c_int);
    cuDeviceGetName(name: *mut c_char, length: c_int, device: c_int);
    cuDeviceGetAttribute(value: *mut c_int, attribute: u32, device: c_int);
    cuDeviceTotalMem_v2(bytes: *mut usize, device: c_int);

    cuDevicePrimaryCtxRetain(context: *mut Handle, device: c_int);
    cuDevicePrimaryCtxRelease_v2(device: c_int);
    cuCtxGetCurrent(context: *mut Handle);
    cuCtxPushCurrent_v2(context: Handle);
    cuCtxPopCurrent_v2(context: *mut Handle);

    cuModuleLoadDataEx(
        module: *mut Handle, image: *const c_void,
        count: c_uint, options: *mut u32, values: *mut *mut c_void
    );
    cuModuleUnload(module: Handle);
    cuModuleGetFunction(function: *mut Handle, module: Handle, name: *const c_char);

    cuStreamCreateWithPriority(stream: *mut Handle, flags: c_uint, priority: c_int);
    cuStreamDestroy_v2(stream: Handle);
    cuStreamGetCtx(stream: Handle, context: *mut Handle);
    cuStreamSynchronize(stream: Handle);
    cuEventCreate(event: *mut Handle, flags: c_uint);
    cuEventDestroy_v2(event: Handle);
    cuEventRecord(event: Handle, stream: Handle);
    cuEventElapsedTime(milliseconds: *mut f32, start: Handle, end: Handle);

    cuMemGetInfo_v2(free: *mut usize, total: *mut usize);
    cuMemAlloc_v2(address: *mut Address, bytes: usize);
    cuMemFree_v2(address: Address);
    cuMemAllocHost_v2(address: *mut *mut c_void, bytes: usize);
    cuMemFreeHost(address: *mut c_void);
    cuMemcpyHtoDAsync_v2(to: Address, from: *const c_void, bytes: usize, stream: Handle);
    cuMemcpyDtoHAsync_v2(to: *mut c_void, from: Address, bytes: usize, stream: Handle);
    cuMemsetD8Async(address: Address, value: c_uchar, count: usize, stream: Handle);

    cuLaunchKernel(
        function: Handle,
        grid_x: c_uint, grid_y: c_uint, grid_z: c_uint,
        block_x: c_uint, block_y: c_uint, block_z: c_uint,
        shared_bytes: c_uint, stream: Handle,
        parameters: *mut *mut c_void, extra: *mut *mut c_void
    );
}

/// What the driver says about codes. Apart from the others, whose failures it describes.
struct Describe {
    name: Option<DescribeCode>,
    text: Option<DescribeCode>,
}

type DescribeCode = unsafe extern "C" fn(u32, *mut *const c_char) -> u32;

impl Describe {
    fn of(library: &Library) -> Self {
        // SAFETY: what a CUDA driver exports under these names has this signature.
        let [name, text] = ["cuGetErrorName", "cuGetErrorString"]
            .map(|name| unsafe { library.get(name) }.ok().map(|found| *found));
        Self { name, text }
    }
}

impl Functions {
    /// Whether this is a driver at all.
    pub(super) fn has_init(&self) -> bool {
        self.cuInit.is_some()
    }

    /// The name of a code and what it means, where the driver knows it.
    pub(super) fn describe(&self, code: u32) -> [Option<String>; 2] {
        [self.describe.name, self.describe.text].map(|function| {
            let mut text = ptr::null();
            // SAFETY: `text` may be written to; either function takes any code.
            let result = unsafe { function?(code, &mut text) };
            if result != SUCCESS || text.is_null() {
                return None;
            }
            // SAFETY: after success it points to a constant of the driver, which ends with a zero.
            Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        })
    }
}
