//! Finds and loads the driver's library, once.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::sync::OnceLock;

use libloading::Library;

use super::functions::Functions;

/// Names a library to load in place of the driver.
const VARIABLE: &str = "PILOT_CUDA_DRIVER";

/// The driver's library, as the system's loader knows it.
const NAME: &str = "libcuda.so.1";

/// Where it also is on some systems whose loader does not know it: notebooks in Google's cloud,
/// Windows' subsystem for Linux, and NixOS.
const ELSEWHERE: [&str; 3] = [
    "/usr/lib64-nvidia/libcuda.so.1",
    "/usr/lib/wsl/lib/libcuda.so.1",
    "/run/opengl-driver/lib/libcuda.so.1",
];

/// Why there are no driver functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The file.
    pub looked_for: String,
    /// What the system's loader said.
    pub reason: String,
}

/// The driver's functions; the library is loaded on the first call.
pub fn functions() -> Result<&'static Functions, &'static LoadError> {
    static LOADED: OnceLock<Result<Functions, LoadError>> = OnceLock::new();
    LOADED.get_or_init(load).as_ref()
}

fn load() -> Result<Functions, LoadError> {
    let given = env::var_os(VARIABLE).filter(|path| !path.is_empty());
    if let Some(path) = given {
        return load_from(&path);
    }
    let first = load_from(OsStr::new(NAME));
    if first.is_ok() {
        return first;
    }
    ELSEWHERE.iter().find_map(|path| load_from(OsStr::new(path)).ok()).map_or(first, Ok)
}

fn load_from(path: &OsStr) -> Result<Functions, LoadError> {
    let error = |reason: String| LoadError { looked_for: path.to_string_lossy().into(), reason };
    // SAFETY: loading runs the library's initialisers. It is the driver of this machine, or what
    // the user put in its place.
    let library = unsafe { Library::new(path) }.map_err(|failure| {
        // The failure itself only says which function failed.
        error(failure.source().map_or_else(|| failure.to_string(), ToString::to_string))
    })?;
    let functions = Functions::of(&library);
    if !functions.has_init() {
        return Err(error("it is not a CUDA driver: it has no function `cuInit`".into()));
    }
    // The functions' addresses must stay valid for ever.
    std::mem::forget(library);
    Ok(functions)
}
