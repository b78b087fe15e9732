//! Ctrl-C during long work.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

/// How long Ctrl-C may wait to be noticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Runs `work` on a thread of its own, with the interpreter released, and sets the flag that it is given when a
/// signal handler raises an exception, such as `KeyboardInterrupt`. Work then has to end.
///
/// Python only handles signals on its main thread, so that this one must be free to look.
///
/// # Errors
/// The handler's exception; what work came to is then dropped.
pub fn interruptible<R: Send>(
    py: Python<'_>,
    work: impl FnOnce(&Arc<AtomicBool>) -> R + Send,
) -> PyResult<R> {
    let stop = Arc::default();
    let (done, changed) = (Mutex::new(false), Condvar::new());
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            // Also when work panics.
            let _announce = Announce { done: &done, changed: &changed };
            work(&stop)
        });
        let mut interruption = None;
        while interruption.is_none() && !py.detach(|| wait(&done, &changed)) {
            interruption = py.check_signals().err();
        }
        stop.store(interruption.is_some(), Ordering::Relaxed);
        let result = py.detach(|| worker.join()).unwrap_or_else(|panic| resume_unwind(panic));
        interruption.map_or(Ok(result), Err)
    })
}

/// Waits for a while, and returns whether work is done.
fn wait(done: &Mutex<bool>, changed: &Condvar) -> bool {
    let done = done.lock().unwrap_or_else(PoisonError::into_inner);
    let waited = changed.wait_timeout_while(done, PATIENCE, |done| !*done);
    *waited.unwrap_or_else(PoisonError::into_inner).0
}

struct Announce<'a> {
    done: &'a Mutex<bool>,
    changed: &'a Condvar,
}

impl Drop for Announce<'_> {
    fn drop(&mut self) {
        *self.done.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }
}
