//! What is held of a GPU while it is open.
//!
//! Whatever the driver gave is given back when the last owner goes, in the reverse order of its
//! making, with the context current: without one, the driver would refuse and the memory would
//! leak.

use std::ffi::CString;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cust::context::{Context, CurrentContext};
use cust::device::Device;
use cust::error::{CudaError, CudaResult};
use cust::event::{Event, EventFlags};
use cust::module::Module;
use cust::stream::{Stream, StreamFlags};

use super::driver;
use super::error::{DriverError, GpuError};
use super::info::{self, DeviceInfo};
use super::launch::Entry;
use super::ptx::{self, Ptx};

/// `CU_JIT_ERROR_LOG_BUFFER` and its size.
const ERROR_LOG: [u32; 2] = [5, 6];

/// A context with the kernels, a stream of work, and how far that has come.
///
/// Fields are dropped in order: the context must be last.
pub struct Session {
    /// Pairs of events that nobody measures with at the moment.
    events: Mutex<Vec<(Event, Event)>>,
    pub stream: Stream,
    pub module: Module,
    /// The kernels that were asked for; an entry's number is its place.
    pub entries: Mutex<Vec<Arc<Entry>>>,
    pub ptx: Ptx,
    pub info: DeviceInfo,
    /// How many operations were put on the stream.
    submitted: AtomicU64,
    /// How many of them are known to be over.
    completed: AtomicU64,
    /// The number of the entry that was launched last, plus 1.
    last_launch: AtomicUsize,
    context: Context,
}

impl Session {
    /// Opens a GPU and loads kernels onto it.
    pub fn open(index: u32, text: &str) -> Result<Self, GpuError> {
        let info = info::device(index)?;
        let ptx = Ptx::read(text)?;
        if ptx.target > info.compute_capability {
            let (has, needs) = (info.compute_capability, ptx.target);
            return Err(GpuError::GpuTooOld { name: info.name, has, needs });
        }
        let during = "opening it";
        let failed = |error| GpuError::of(during, error);
        // What was made so far is dropped in reverse when a later step fails.
        let context = Device::get_device(index).and_then(Context::new).map_err(failed)?;
        CurrentContext::set_current(&context).map_err(failed)?;
        let module = load(text, &ptx, &info)?;
        let stream = Stream::new(StreamFlags::DEFAULT, None).map_err(failed)?;
        let events = vec![new_events().map_err(failed)?];
        Ok(Self {
            events: events.into(),
            stream,
            module,
            entries: Mutex::default(),
            ptx,
            info,
            submitted: AtomicU64::new(0),
            completed: AtomicU64::new(0),
            last_launch: AtomicUsize::new(0),
            context,
        })
    }

    /// Makes the context current on this thread, as nearly every function of the driver requires.
    pub fn enter(&self) -> Result<(), GpuError> {
        CurrentContext::set_current(&self.context).map_err(|error| self.error("entering it", error))
    }

    /// The error that a failure amounts to.
    pub fn error(&self, during: &'static str, error: CudaError) -> GpuError {
        self.error_of(during, DriverError::of(error))
    }

    /// The error that a failure amounts to.
    pub fn error_of(&self, during: &'static str, cause: DriverError) -> GpuError {
        let last = self.last_launch.load(Ordering::Relaxed).checked_sub(1);
        let last = last.and_then(|last| Some(lock(&self.entries).get(last)?.name.clone()));
        GpuError::from_cause(during, last, cause)
    }

    /// Notes that something was put on the stream just now, and gives it a number.
    pub fn submitted(&self) -> u64 {
        // After the fact: whoever waits in between does not take it for completed.
        self.submitted.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Notes that a kernel was put on the stream just now.
    pub fn launched(&self, entry: &Entry) {
        self.last_launch.store(entry.number + 1, Ordering::Relaxed);
        self.submitted();
    }

    /// Waits until the operation of this number is over, if it is not known to be.
    pub fn wait_for(&self, number: u64) -> Result<(), GpuError> {
        if number > self.completed.load(Ordering::Acquire) { self.synchronize() } else { Ok(()) }
    }

    /// Waits until all that was put on the stream so far is over, if it is not known to be.
    pub fn wait_for_all(&self) -> Result<(), GpuError> {
        self.wait_for(self.submitted.load(Ordering::Acquire))
    }

    /// Waits until the stream is empty.
    pub fn synchronize(&self) -> Result<(), GpuError> {
        let submitted = self.submitted.load(Ordering::Acquire);
        self.enter()?;
        self.stream.synchronize().map_err(|error| self.error("waiting for it", error))?;
        self.completed.fetch_max(submitted, Ordering::AcqRel);
        Ok(())
    }

    /// Two events of which nobody else makes use, for [`Session::put_events`] to take back.
    pub fn take_events(&self) -> CudaResult<(Event, Event)> {
        let spare = lock(&self.events).pop();
        spare.map_or_else(new_events, Ok)
    }

    /// Takes back what [`Session::take_events`] gave.
    pub fn put_events(&self, events: (Event, Event)) {
        lock(&self.events).push(events);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Failures have been told when they came; there is nobody left to tell.
        let _ = self.wait_for_all();
        let _ = self.enter();
    }
}

/// The content of a lock, whether or not somebody panicked with it: all of ours are always valid.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn new_events() -> CudaResult<(Event, Event)> {
    Ok((Event::new(EventFlags::DEFAULT)?, Event::new(EventFlags::DEFAULT)?))
}

/// Has the driver compile the kernels into the current context.
fn load(text: &str, ptx: &Ptx, info: &DeviceInfo) -> Result<Module, GpuError> {
    let text = CString::new(text)
        .map_err(|_| GpuError::Misuse("the kernels' PTX has a zero byte in it".into()))?;
    Module::from_ptx_cstr(&text, &[]).map_err(|error| {
        let cause = DriverError::of(error);
        let supported = ptx::newest_for(info.driver_version);
        match cause.code {
            // Drivers before CUDA 11.1 have no code of its own for PTX that is too new.
            218 | 222 if ptx.version > supported => {
                GpuError::DriverTooOld { driver: info.driver_version, supported, ptx: ptx.version }
            }
            200 | 209 | 218 | 221..=223 | 300 => {
                GpuError::Compile { cause, log: compiler_log(&text) }
            }
            _ => GpuError::from_cause("compiling the kernels", None, cause),
        }
    })
}

/// Compiles again, for what the compiler has to say: `cust` does not ask for it.
fn compiler_log(text: &CString) -> String {
    let mut log = vec![0u8; 8192];
    let mut options = ERROR_LOG;
    let mut values = [log.as_mut_ptr().cast(), std::ptr::without_provenance_mut(log.len())];
    let mut module = std::ptr::null_mut();
    // SAFETY: the text ends with a zero. There are two options with a value each: where the log
    // may be written, and how many bytes, which the driver takes for the address itself.
    let result = unsafe {
        driver::cuModuleLoadDataEx(
            &mut module,
            text.as_ptr().cast(),
            2,
            options.as_mut_ptr(),
            values.as_mut_ptr(),
        )
    };
    if result == driver::SUCCESS {
        // SAFETY: it was just loaded, and nobody else knows of it.
        unsafe { driver::cuModuleUnload(module) };
    }
    let end = log.iter().position(|byte| *byte == 0).unwrap_or(log.len());
    let log = String::from_utf8_lossy(&log[..end]).trim().to_owned();
    if log.is_empty() { "its compiler does not say why".into() } else { log }
}
