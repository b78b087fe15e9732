//! What is held of a GPU while it is open.
//!
//! Whatever the driver gave is given back when the last owner goes, after the work that uses it is over.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::driver::{Context, Device, DriverError, Event, ForeignStream, Function, Stream};
use super::error::GpuError;
use super::info::{self, DeviceInfo};
use super::kernels::Kernels;

/// `CUDA_ERROR_INVALID_CONTEXT`: a stream is of another one.
const INVALID_CONTEXT: u32 = 201;

/// A kernel that was looked up.
pub struct Entry {
    pub name: String,
    /// Its place in the session's list.
    pub number: usize,
    /// The sizes of what it takes.
    pub parameter_bytes: Vec<usize>,
    pub function: Function,
}

/// A context with the kernels, a stream of work, and how far that has come.
pub struct Session {
    /// Pairs of events that nobody measures with at the moment.
    events: Mutex<Vec<(Event, Event)>>,
    pub stream: Stream,
    pub kernels: Arc<Kernels>,
    /// The kernels that were asked for; an entry's number is its place.
    pub entries: Mutex<Vec<Arc<Entry>>>,
    pub info: DeviceInfo,
    /// How many operations were put on the stream.
    submitted: AtomicU64,
    /// How many of them are known to be over.
    completed: AtomicU64,
    /// The number of the entry that was launched last, plus 1.
    last_launch: AtomicUsize,
    pub context: Arc<Context>,
}

impl Session {
    /// Opens a GPU and loads kernels onto it; work goes to `stream`, or else to a stream of its own.
    pub fn open(index: u32, text: &str, stream: Option<ForeignStream>) -> Result<Self, GpuError> {
        let info = info::device(index)?;
        let during = "opening it";
        let failed = |error| GpuError::of(during, error);
        let context = Device::get(index).and_then(Context::primary).map_err(failed)?;
        let kernels = Kernels::load(&context, text, &info)?;
        let stream = match stream {
            None => Stream::new(&context),
            Some(foreign) => Stream::foreign(&context, foreign)
                .and_then(|stream| stream.ok_or_else(|| DriverError::of_code(INVALID_CONTEXT))),
        };
        let stream = stream.map_err(|error| GpuError::of("taking its stream", error))?;
        let events = vec![new_events(&context).map_err(failed)?];
        Ok(Self {
            events: events.into(),
            stream,
            kernels,
            entries: Mutex::default(),
            info,
            submitted: AtomicU64::new(0),
            completed: AtomicU64::new(0),
            last_launch: AtomicUsize::new(0),
            context,
        })
    }

    /// The error that a failure amounts to.
    pub fn error(&self, during: &'static str, cause: DriverError) -> GpuError {
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
        self.stream.synchronize().map_err(|error| self.error("waiting for it", error))?;
        self.completed.fetch_max(submitted, Ordering::AcqRel);
        Ok(())
    }

    /// Two events of which nobody else makes use, for [`Session::put_events`] to take back.
    pub fn take_events(&self) -> Result<(Event, Event), DriverError> {
        let spare = lock(&self.events).pop();
        spare.map_or_else(|| new_events(&self.context), Ok)
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
    }
}

/// The content of a lock, whether or not somebody panicked with it: all of ours are always valid.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn new_events(context: &Arc<Context>) -> Result<(Event, Event), DriverError> {
    Ok((Event::new(context)?, Event::new(context)?))
}
