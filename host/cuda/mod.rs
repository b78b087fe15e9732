//! NVIDIA GPUs, by way of the driver that the machine has, or has not.
//!
//! A build needs neither a GPU nor a CUDA toolkit, and its result runs where there is no driver: [`driver`] loads the
//! driver's library when it is first needed, and calls what it finds in there.
//!
//! # Files
//! [`driver`] has the driver's functions and owners of what they give, `error` says what can go wrong, `info` what GPUs
//! there are. `gpu` opens one, `session` is what it then holds, `kernels` what it shares, `memory` its buffers, `launch` its kernels, and
//! `ptx` reads what the host must know of the kernels' text.

mod driver;
mod error;
mod gpu;
mod info;
mod kernels;
mod launch;
mod memory;
mod ptx;
mod session;
#[cfg(test)]
mod tests;

pub(crate) use driver::ForeignStream;
pub use error::{DriverError, GpuError};
pub(crate) use gpu::Gpu;
pub(crate) use info::{device, devices};
pub(crate) use launch::{Grid, Kernel};
pub(crate) use memory::{Buffer, Pinned};
