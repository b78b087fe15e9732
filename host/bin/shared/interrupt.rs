//! Ctrl-C: the first one ends the work in an orderly way, the second at once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The flag that Ctrl-C (or a request to terminate) sets.
pub fn watch() -> &'static Arc<AtomicBool> {
    // Without a handler Ctrl-C still ends the program, only less politely.
    let _ = ctrlc::try_set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            for path in temporary().drain(..) {
                let _ = std::fs::remove_file(path);
            }
            std::process::exit(i32::from(super::outcome::INTERRUPTED));
        }
    });
    &STOP
}

/// Whether Ctrl-C was pressed.
pub fn stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Has this file removed if the program must end at once.
pub fn remember(path: &Path) {
    temporary().push(path.to_owned());
}

/// The file is no longer temporary.
pub fn forget(path: &Path) {
    temporary().retain(|other| other != path);
}

fn temporary() -> MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}
