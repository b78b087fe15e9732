//! The driver's functions, defined here and forwarded to the real ones.
//!
//! `cust` calls `cuInit` and its like as functions of a linked library. Here they are (`forward`),
//! and find the real ones in a library that is loaded when the first of them is called (`load`).
//! It is never unloaded. Where there is no driver, every function returns `CUDA_ERROR_NO_DEVICE`;
//! where a driver lacks a function, `CUDA_ERROR_NOT_FOUND`.
//!
//! A driver may be newer than `cust` and return codes that it does not know. As values of its
//! enumeration those would be undefined behaviour, so they reach it as `CUDA_ERROR_UNKNOWN`; what
//! the driver really said is kept for the thread, see [`last_code`].

mod forward;
mod load;
mod unused;

pub use forward::*;
pub use load::{LoadError, functions};

use std::cell::Cell;

/// What functions return for success.
pub const SUCCESS: u32 = 0;
/// What functions return where there is no driver.
pub const NO_DEVICE: u32 = 100;
/// What functions return that the driver lacks.
pub const NOT_FOUND: u32 = 500;
/// What functions return that are not forwarded.
const NOT_SUPPORTED: u32 = 801;
/// Stands for codes that `cust` does not know.
const UNKNOWN: u32 = 999;

thread_local! {
    static LAST: Cell<u32> = const { Cell::new(SUCCESS) };
}

/// The code of the last function that failed on this thread, as the driver returned it.
pub fn last_code() -> u32 {
    LAST.get()
}

/// Remembers a failure, and returns a code that `cust` knows.
fn remembered(code: u32) -> u32 {
    if code != SUCCESS {
        LAST.set(code);
    }
    if is_known(code) { code } else { UNKNOWN }
}

/// Whether `cust_raw`'s enumeration of codes has this one.
fn is_known(code: u32) -> bool {
    matches!(
        code,
        0..=8
            | 34
            | 100..=102
            | 200..=202
            | 205..=224
            | 300..=304
            | 400..=401
            | 500
            | 600
            | 700..=705
            | 708..=720
            | 800..=809
            | 900..=911
            | UNKNOWN
    )
}
