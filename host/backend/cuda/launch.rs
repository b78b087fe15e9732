//! Kernels, and how they are started.
//!
//! # Safety model
//! Every kernel takes exactly one parameter, a structure of plain data by value. [`Gpu::launch`]
//! compares its size with what the kernel's text says, so that the driver never reads past it, and
//! refuses kernels of another GPU. What it cannot check is its `# Safety` section: what the
//! addresses in the structure mean, and what the kernel does with them. Memory that a kernel uses
//! is not freed under it: buffers wait for the stream before they are.

use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

use bytemuck::NoUninit;

use super::driver;
use super::error::{DriverError, GpuError};
use super::gpu::Gpu;
use super::session::{Session, lock};

/// `CUfunction_attribute`s.
const MAX_THREADS: u32 = 0;
const STATIC_SHARED: u32 = 1;
const LOCAL: u32 = 3;
const REGISTERS: u32 = 4;
const MAX_DYNAMIC_SHARED: u32 = 8;

/// A kernel of one GPU, ready to be launched.
#[derive(Clone)]
pub struct Kernel {
    entry: Arc<Entry>,
    session: Arc<Session>,
}

/// What a kernel uses, as the driver compiled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelResources {
    /// Registers of each thread.
    pub registers: u32,
    /// Bytes of local memory of each thread: spilled registers and arrays.
    pub local_bytes: u32,
    /// Bytes of shared memory of each block, besides what a launch adds.
    pub static_shared_bytes: u32,
    /// How many threads a block can have at most.
    pub max_threads_per_block: u32,
}

/// A kernel that was looked up.
pub struct Entry {
    pub name: String,
    /// Its place in the session's list.
    pub number: usize,
    parameter_bytes: usize,
    function: Function,
}

/// The driver's handle of a kernel.
struct Function(*mut c_void);

// SAFETY: the driver allows any thread to use a handle. It is valid as long as the module is, and
// `Kernel` holds the session that holds the module.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Gpu {
    /// The kernel of this name; cheap when asked for again.
    ///
    /// # Errors
    /// [`GpuError::Misuse`] when there is none, or it does not take one parameter.
    pub fn kernel(&self, name: &str) -> Result<Kernel, GpuError> {
        let session = self.session.clone();
        session.enter()?;
        let mut entries = lock(&session.entries);
        if let Some(entry) = entries.iter().find(|entry| entry.name == name) {
            let entry = entry.clone();
            drop(entries);
            return Ok(Kernel { entry, session });
        }
        let declared = session.ptx.kernels.iter().find(|(declared, _)| declared == name);
        let parameter_bytes = match declared.map(|(_, sizes)| sizes.as_slice()) {
            Some(&[size]) => size,
            Some(sizes) => {
                let text = format!("kernel `{name}` takes {} parameters, not 1", sizes.len());
                return Err(GpuError::Misuse(text));
            }
            None => return Err(GpuError::Misuse(format!("there is no kernel `{name}`"))),
        };
        let function = match session.module.get_function(name) {
            Ok(function) => Function(function.to_raw().cast()),
            Err(error) => {
                drop(entries); // which naming the error asks for
                return Err(session.error("looking up a kernel", error));
            }
        };
        let number = entries.len();
        let entry = Arc::new(Entry { name: name.into(), number, parameter_bytes, function });
        entries.push(entry.clone());
        drop(entries);
        Ok(Kernel { entry, session })
    }

    /// Starts a kernel.
    ///
    /// * `grid`, `block`: how many blocks, and threads in each.
    /// * `shared_bytes`: dynamic shared memory of each block.
    /// * `argument`: the kernel's one parameter.
    ///
    /// # Errors
    /// [`GpuError::Launch`] when the driver refuses. What goes wrong while the kernel runs is told
    /// by whatever waits for it.
    ///
    /// # Safety
    /// `argument` must be what the kernel expects in layout and meaning. Each address in it must be
    /// that of a [`Buffer`](super::Buffer) of this GPU with room for all that the kernel reads or
    /// writes there, and buffers that it writes to must not be ones that it takes for constant.
    pub unsafe fn launch<A: NoUninit>(
        &self,
        kernel: &Kernel,
        grid: u32,
        block: u32,
        shared_bytes: u32,
        argument: &A,
    ) -> Result<(), GpuError> {
        self.start(kernel, [grid, block, shared_bytes], argument, |function, stream, parameters| {
            // SAFETY: the function is one of this context, which is current, and so is the stream;
            // there is one parameter of the size that the kernel takes. The caller vouches for the
            // rest.
            unsafe {
                driver::cuLaunchKernel(
                    function,
                    grid,
                    1,
                    1,
                    block,
                    1,
                    1,
                    shared_bytes,
                    stream,
                    parameters,
                    std::ptr::null_mut(),
                )
            }
        })
    }

    /// Starts a kernel all of whose blocks run at once, so that they can wait for each other.
    ///
    /// Parameters and errors are those of [`Gpu::launch`]; there is one more error when `grid` is
    /// above [`Gpu::max_active_blocks`] times the number of multiprocessors.
    ///
    /// # Safety
    /// As for [`Gpu::launch`].
    #[allow(dead_code, reason = "a part of the layer that the engine has no use for yet")]
    pub unsafe fn launch_cooperative<A: NoUninit>(
        &self,
        kernel: &Kernel,
        grid: u32,
        block: u32,
        shared_bytes: u32,
        argument: &A,
    ) -> Result<(), GpuError> {
        self.start(kernel, [grid, block, shared_bytes], argument, |function, stream, parameters| {
            // SAFETY: as in `launch`.
            unsafe {
                driver::cuLaunchCooperativeKernel(
                    function,
                    grid,
                    1,
                    1,
                    block,
                    1,
                    1,
                    shared_bytes,
                    stream,
                    parameters,
                )
            }
        })
    }

    /// How many blocks of a kernel a multiprocessor runs at once.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn max_active_blocks(
        &self,
        kernel: &Kernel,
        block: u32,
        shared_bytes: u32,
    ) -> Result<u32, GpuError> {
        self.check_owner(kernel)?;
        let mut blocks = 0;
        let block = i32::try_from(block).unwrap_or(i32::MAX);
        let Function(function) = kernel.entry.function;
        self.session.enter()?;
        // SAFETY: the function is one of this context, and `blocks` may be written to.
        let result = unsafe {
            driver::cuOccupancyMaxActiveBlocksPerMultiprocessor(
                &mut blocks,
                function,
                block,
                shared_bytes as usize,
            )
        };
        self.check("asking how many blocks run at once", result)?;
        Ok(u32::try_from(blocks).unwrap_or(0))
    }

    /// Allows launches of a kernel with this much dynamic shared memory. Without it, the limit is
    /// 48 KiB; the GPU's own is [`Gpu::max_shared_bytes`].
    ///
    /// # Errors
    /// Those of the driver.
    #[allow(dead_code, reason = "a part of the layer that the engine has no use for yet")]
    pub fn set_max_dynamic_shared(&self, kernel: &Kernel, bytes: u32) -> Result<(), GpuError> {
        self.check_owner(kernel)?;
        let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
        let Function(function) = kernel.entry.function;
        self.session.enter()?;
        // SAFETY: the function is one of this context.
        let result = unsafe { driver::cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED, bytes) };
        self.check("setting a kernel's shared memory", result)
    }

    /// What a kernel uses.
    ///
    /// # Errors
    /// Those of the driver.
    #[allow(dead_code, reason = "a part of the layer that the engine has no use for yet")]
    pub fn resources(&self, kernel: &Kernel) -> Result<KernelResources, GpuError> {
        self.check_owner(kernel)?;
        let Function(function) = kernel.entry.function;
        self.session.enter()?;
        let attribute = |attribute| {
            let mut value = 0;
            // SAFETY: the function is one of this context, and `value` may be written to.
            let result = unsafe { driver::cuFuncGetAttribute(&mut value, attribute, function) };
            self.check("asking what a kernel uses", result)?;
            Ok::<_, GpuError>(u32::try_from(value).unwrap_or(0))
        };
        Ok(KernelResources {
            registers: attribute(REGISTERS)?,
            local_bytes: attribute(LOCAL)?,
            static_shared_bytes: attribute(STATIC_SHARED)?,
            max_threads_per_block: attribute(MAX_THREADS)?,
        })
    }

    /// What the two kinds of launch have in common.
    fn start<A: NoUninit>(
        &self,
        kernel: &Kernel,
        [grid, block, shared_bytes]: [u32; 3],
        argument: &A,
        call: impl FnOnce(*mut c_void, *mut c_void, *mut *mut c_void) -> u32,
    ) -> Result<(), GpuError> {
        self.check_owner(kernel)?;
        let Entry { name, parameter_bytes, function, .. } = &*kernel.entry;
        if size_of::<A>() != *parameter_bytes {
            let given = size_of::<A>();
            let text = format!("kernel `{name}` takes {parameter_bytes} bytes, not {given}");
            return Err(GpuError::Misuse(text));
        }
        self.session.enter()?;
        let mut parameters = [std::ptr::from_ref(argument).cast_mut().cast::<c_void>()];
        let stream = self.session.stream.as_inner().cast();
        let result = call(function.0, stream, parameters.as_mut_ptr());
        self.session.launched(&kernel.entry);
        if result == driver::SUCCESS {
            return Ok(());
        }
        let cause = DriverError::of_code(driver::last_code());
        Err(if cause.is_sticky() {
            self.session.error_of("launching a kernel", cause)
        } else {
            GpuError::Launch { kernel: name.clone(), grid, block, shared_bytes, cause }
        })
    }

    fn check_owner(&self, kernel: &Kernel) -> Result<(), GpuError> {
        if Arc::ptr_eq(&self.session, &kernel.session) {
            return Ok(());
        }
        Err(GpuError::Misuse(format!("kernel `{}` belongs to another GPU", kernel.entry.name)))
    }
}

impl Kernel {
    /// What it is called.
    #[allow(dead_code, reason = "a part of the layer that the engine has no use for yet")]
    pub fn name(&self) -> &str {
        &self.entry.name
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel").field("name", &self.name()).finish_non_exhaustive()
    }
}
