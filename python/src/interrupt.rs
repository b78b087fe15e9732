//! Ctrl-C during long work.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

/// How long Ctrl-C may wait to be noticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// What tells work to end, and may have to be told itself.
pub struct Stop {
    flag: Arc<AtomicBool>,
    /// Where nobody else looks for signals: when that was last done, and what came of it.
    watch: Option<Mutex<Watch>>,
}

struct Watch {
    looked: Instant,
    interruption: Option<PyErr>,
}

impl Stop {
    /// The flag that is set when work is to end.
    pub fn flag(&self) -> &Arc<AtomicBool> {
        &self.flag
    }

    /// Whether work is to end. Whoever works calls this in between, for signals to be noticed where there is no other
    /// thread to look for them.
    pub fn is_set(&self) -> bool {
        if let Some(watch) = &self.watch {
            let mut watch = lock(watch);
            if watch.interruption.is_none() && watch.looked.elapsed() >= PATIENCE {
                watch.interruption = Python::attach(|py| py.check_signals()).err();
                watch.looked = Instant::now();
                self.flag.fetch_or(watch.interruption.is_some(), Ordering::Relaxed);
            }
        }
        self.flag.load(Ordering::Relaxed)
    }
}

/// Runs `work` on a thread of its own, with the interpreter released, and sets `flag` when a signal handler raises an
/// exception, such as `KeyboardInterrupt`. Work then has to end.
///
/// Python only handles signals on its main thread, so that this one must be free to look. Where the system refuses
/// another thread, work is done on this one, which looks when work asks.
///
/// # Errors
/// The handler's exception; what work came to is then dropped, also if it was done before it could hear of it. A handler's
/// exception may as well come between a call's end and the use of its result, so that no caller could rely on more.
pub fn interruptible<R: Send>(
    py: Python<'_>,
    flag: Arc<AtomicBool>,
    work: impl FnOnce(&Stop) -> R + Send,
) -> PyResult<R> {
    let stop = Stop { flag, watch: None };
    let (done, changed) = (Mutex::new(false), Condvar::new());
    // Where the thread cannot be started, its closure is lost, but not what lies here.
    let place = Mutex::new(Some(work));
    let take = || lock(&place).take();
    thread::scope(|scope| {
        let started = thread::Builder::new().name("pilot-work".into()).spawn_scoped(scope, || {
            // Also when work panics.
            let _announce = Announce { done: &done, changed: &changed };
            take().map(|work| work(&stop))
        });
        let Ok(worker) = started else { return alone(py, &stop.flag, take()) };
        let mut interruption = None;
        while interruption.is_none() && !py.detach(|| wait(&done, &changed)) {
            interruption = py.check_signals().err();
        }
        stop.flag.store(interruption.is_some(), Ordering::Relaxed);
        let result = py.detach(|| worker.join()).unwrap_or_else(|panic| resume_unwind(panic));
        interruption.map_or(Ok(result), Err)
    })
    .map(|result| result.expect("the work was there to be taken, once"))
}

/// Runs `work` on this thread.
fn alone<R: Send>(
    py: Python<'_>,
    flag: &Arc<AtomicBool>,
    work: Option<impl FnOnce(&Stop) -> R + Send>,
) -> PyResult<Option<R>> {
    let watch = Watch { looked: Instant::now(), interruption: None };
    let stop = Stop { flag: Arc::clone(flag), watch: Some(Mutex::new(watch)) };
    let result = py.detach(|| work.map(|work| work(&stop)));
    let interruption = stop.watch.and_then(|watch| lock(&watch).interruption.take());
    interruption.map_or(Ok(result), Err)
}

/// Waits for a while, and returns whether work is done.
fn wait(done: &Mutex<bool>, changed: &Condvar) -> bool {
    let waited = changed.wait_timeout_while(lock(done), PATIENCE, |done| !*done);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Announce<'a> {
    done: &'a Mutex<bool>,
    changed: &'a Condvar,
}

impl Drop for Announce<'_> {
    fn drop(&mut self) {
        *lock(self.done) = true;
        self.changed.notify_all();
    }
}
