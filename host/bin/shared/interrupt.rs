//! Ctrl-C: the first one ends the work in an orderly way, the second at once.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Once, PoisonError};

/// Like a shell's for a program that ended by Ctrl-C.
pub const INTERRUPTED: u8 = 130;

static INSTALLED: Once = Once::new();
static STOP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static TEMPORARY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The flag that Ctrl-C (or a request to terminate, or the end of the terminal) sets. A signal that is ignored when the
/// program starts, as `nohup` and a script's `&` have it, stays ignored, and the others do not suffer from it.
pub fn watch() -> &'static Arc<AtomicBool> {
    INSTALLED.call_once(|| {
        let ignored = signals::ignored();
        // Without a handler Ctrl-C still ends the program, only less politely.
        let _ = ctrlc::set_handler(stop);
        signals::ignore(&ignored);
    });
    &STOP
}

/// Asks for an end, and the second time ends.
fn stop() {
    if STOP.swap(true, Ordering::Relaxed) {
        for path in temporary().drain(..) {
            let _ = std::fs::remove_file(path);
        }
        std::process::exit(i32::from(INTERRUPTED));
    }
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

/// What `ctrlc` cannot do: it installs handlers for all signals or, if one of them is ignored, for none.
#[cfg(unix)]
mod signals {
    /// Those that `ctrlc` has handlers for.
    const ALL: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

    /// Those that are ignored.
    pub fn ignored() -> Vec<libc::c_int> {
        let is_ignored = |signal: &libc::c_int| {
            let mut action = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: with no new action nothing is changed, and the old one is written to memory for it; zeros are an
            // action, too, so that it can be read even if the call failed.
            let action = unsafe {
                libc::sigaction(*signal, std::ptr::null(), action.as_mut_ptr());
                action.assume_init()
            };
            action.sa_sigaction == libc::SIG_IGN
        };
        ALL.into_iter().filter(is_ignored).collect()
    }

    pub fn ignore(signals: &[libc::c_int]) {
        for signal in signals {
            // SAFETY: to ignore a signal runs no code of ours.
            unsafe { libc::signal(*signal, libc::SIG_IGN) };
        }
    }
}

#[cfg(not(unix))]
mod signals {
    pub fn ignored() {}

    pub fn ignore((): &()) {}
}
