//! Compiled kernels, streams of work, and points in time on them.

use std::any::Any;
use std::ffi::{CStr, c_uint, c_void};
use std::ptr;
use std::sync::Arc;

use super::functions::Handle;
use super::{Context, DriverError};

/// `CU_JIT_ERROR_LOG_BUFFER` and its size.
const ERROR_LOG: [u32; 2] = [5, 6];
/// `CU_STREAM_NON_BLOCKING`: does not wait for the default stream of other code in the process, nor keep it waiting.
const NON_BLOCKING: c_uint = 1;

/// Kernels, compiled for a GPU.
pub struct Module {
    handle: Handle,
    context: Arc<Context>,
}

// SAFETY: the driver allows any thread to use a module.
unsafe impl Send for Module {}
// SAFETY: as above.
unsafe impl Sync for Module {}

impl Module {
    /// Compiles `ptx`.
    ///
    /// # Errors
    /// What the driver returns, and what its compiler has to say.
    pub fn compile(context: &Arc<Context>, ptx: &CStr) -> Result<Self, (DriverError, String)> {
        let _current = context.enter().map_err(|error| (error, String::new()))?;
        let mut log = vec![0u8; 8192];
        let mut options = ERROR_LOG;
        let mut values = [log.as_mut_ptr().cast(), ptr::without_provenance_mut(log.len())];
        let mut handle = ptr::null_mut();
        // SAFETY: the text ends with a zero. There are two options with a value each: where the log may be
        // written, and how many bytes, which the driver takes for the address itself.
        let result = unsafe {
            let (options, values) = (options.as_mut_ptr(), values.as_mut_ptr());
            context.functions.cuModuleLoadDataEx(
                &mut handle,
                ptx.as_ptr().cast(),
                2,
                options,
                values,
            )
        };
        match result {
            Ok(()) => Ok(Self { handle, context: context.clone() }),
            Err(error) => {
                let end = log.iter().position(|byte| *byte == 0).unwrap_or(log.len());
                Err((error, String::from_utf8_lossy(&log[..end]).trim().into()))
            }
        }
    }

    /// The kernel of this name.
    pub fn function(&self, name: &CStr) -> Result<Function, DriverError> {
        let _current = self.context.enter()?;
        let mut handle = ptr::null_mut();
        let functions = self.context.functions;
        // SAFETY: `handle` may be written to, and the name ends with a zero.
        unsafe { functions.cuModuleGetFunction(&mut handle, self.handle, name.as_ptr()) }?;
        Ok(Function(handle))
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        let Ok(_current) = self.context.enter() else { return };
        // SAFETY: it was loaded, and whoever launches from it keeps it.
        let _ = unsafe { self.context.functions.cuModuleUnload(self.handle) };
    }
}

/// A kernel of a [`Module`], valid as long as that is.
pub struct Function(Handle);

// SAFETY: the driver allows any thread to use a function.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

/// A stream of work that is done in order, while the host goes on.
pub struct Stream {
    pub(super) handle: Handle,
    pub(super) context: Arc<Context>,
    /// Of a stream that somebody else made: what keeps it alive.
    owner: Option<StreamOwner>,
}

/// What keeps a stream alive.
pub type StreamOwner = Box<dyn Any + Send + Sync>;

/// A stream that somebody else made.
pub struct ForeignStream {
    handle: Handle,
    owner: StreamOwner,
}

// SAFETY: the driver allows any thread to use a stream, and its owner can be sent.
unsafe impl Send for ForeignStream {}

impl ForeignStream {
    /// The stream of this handle, a `CUstream`.
    ///
    /// # Safety
    /// It must be a stream as long as `owner` lives.
    #[cfg_attr(
        not(any(test, feature = "cust")),
        expect(dead_code, reason = "nobody else has made any")
    )]
    pub unsafe fn new(handle: *mut c_void, owner: StreamOwner) -> Self {
        Self { handle, owner }
    }
}

// SAFETY: the driver allows any thread to use a stream.
unsafe impl Send for Stream {}
// SAFETY: as above.
unsafe impl Sync for Stream {}

impl Stream {
    /// A stream that is independent of all others.
    pub fn new(context: &Arc<Context>) -> Result<Self, DriverError> {
        let _current = context.enter()?;
        let mut handle = ptr::null_mut();
        // SAFETY: `handle` may be written to.
        unsafe { context.functions.cuStreamCreateWithPriority(&mut handle, NON_BLOCKING, 0) }?;
        Ok(Self { handle, context: context.clone(), owner: None })
    }

    /// One that somebody else made; `None` if it is not of this context.
    pub fn foreign(
        context: &Arc<Context>,
        stream: ForeignStream,
    ) -> Result<Option<Self>, DriverError> {
        let _current = context.enter()?;
        let ForeignStream { handle, owner } = stream;
        let mut its_context = ptr::null_mut();
        // SAFETY: it is a stream, and `its_context` may be written to.
        unsafe { context.functions.cuStreamGetCtx(handle, &mut its_context) }?;
        let stream = Self { handle, context: context.clone(), owner: Some(owner) };
        Ok(context.is(its_context).then_some(stream))
    }

    /// What the driver calls it.
    #[cfg(test)]
    pub fn handle(&self) -> *mut c_void {
        self.handle
    }

    /// Waits until all work is done.
    pub fn synchronize(&self) -> Result<(), DriverError> {
        let _current = self.context.enter()?;
        // SAFETY: it is a stream of this context.
        unsafe { self.context.functions.cuStreamSynchronize(self.handle) }
    }

    /// Starts a kernel that takes the first of `parameters`, or both, by value: `rows` of `blocks` of `threads`.
    ///
    /// # Safety
    /// The function must be of a module in this stream's context, and take what the pointers lead to; what
    /// the addresses in it stand for must be there until the kernel is done.
    pub unsafe fn launch(
        &self,
        function: &Function,
        [blocks, rows, threads]: [u32; 3],
        parameters: [*const c_void; 2],
    ) -> Result<(), DriverError> {
        let _current = self.context.enter()?;
        let functions = self.context.functions;
        let mut parameters = parameters.map(<*const c_void>::cast_mut);
        let (Function(kernel), stream) = (function, self.handle);
        let parameters = parameters.as_mut_ptr();
        // SAFETY: the stream is of this context, which is current, and the parameters are copied before the
        // call returns, as many as the function has. The caller vouches for the rest.
        unsafe {
            functions.cuLaunchKernel(
                *kernel,
                blocks,
                rows,
                1,
                threads,
                1,
                1,
                0,
                stream,
                parameters,
                ptr::null_mut(),
            )
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.owner.is_some() {
            return;
        }
        let Ok(_current) = self.context.enter() else { return };
        // SAFETY: it was created, and nobody else has it. Work that is under way goes on.
        let _ = unsafe { self.context.functions.cuStreamDestroy_v2(self.handle) };
    }
}

/// A point in time on a stream, by the GPU's clock.
pub struct Event {
    handle: Handle,
    context: Arc<Context>,
}

// SAFETY: the driver allows any thread to use an event.
unsafe impl Send for Event {}
// SAFETY: as above.
unsafe impl Sync for Event {}

impl Event {
    /// One that measures time.
    pub fn new(context: &Arc<Context>) -> Result<Self, DriverError> {
        let _current = context.enter()?;
        let mut handle = ptr::null_mut();
        // SAFETY: `handle` may be written to.
        unsafe { context.functions.cuEventCreate(&mut handle, 0) }?;
        Ok(Self { handle, context: context.clone() })
    }

    /// Puts it behind all that was put on `stream` so far.
    pub fn record(&self, stream: &Stream) -> Result<(), DriverError> {
        let _current = self.context.enter()?;
        // SAFETY: both are alive; the driver refuses those of two contexts.
        unsafe { self.context.functions.cuEventRecord(self.handle, stream.handle) }
    }

    /// The milliseconds from `start` to this one, which both must have passed.
    pub fn milliseconds_since(&self, start: &Self) -> Result<f32, DriverError> {
        let _current = self.context.enter()?;
        let mut milliseconds = 0.0;
        let functions = self.context.functions;
        // SAFETY: it may be written to, and both events are alive.
        unsafe { functions.cuEventElapsedTime(&mut milliseconds, start.handle, self.handle) }?;
        Ok(milliseconds)
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        let Ok(_current) = self.context.enter() else { return };
        // SAFETY: it was created, and nobody else has it.
        let _ = unsafe { self.context.functions.cuEventDestroy_v2(self.handle) };
    }
}
