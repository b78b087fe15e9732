//! NVIDIA GPUs, by way of the driver that the machine has, or has not.
//!
//! # One binary
//! A build needs neither a GPU nor a CUDA toolkit, and its result runs where there is no driver.
//! The crate [`cust`], which this module builds on, declares the driver's functions as those of a
//! library to link with. Two things answer for it:
//!
//! - `.cargo/config.toml` sets `CUDA_LIBRARY_PATH` to the folder `stub`, where `cust` finds what it
//!   looks for when it is built, and the linker an archive for `-lcuda`. The archive is empty.
//! - [`driver`] defines the functions. Each loads the real driver when first called, and fails with
//!   an error code where there is none.
//!
//! # Crates that depend on this one
//! Cargo reads `.cargo/config.toml` of the workspace it builds, not those of dependencies, and a
//! build script cannot set variables for the build script of another crate. So whoever depends on
//! this crate, or installs it by `cargo install --git`, does one of these:
//!
//! - has a CUDA toolkit in `/usr/local/cuda` or `/opt/cuda`, and nothing else to do. It is not
//!   linked either: the functions are defined already when the linker comes to it;
//! - sets `CUDA_LIBRARY_PATH` to a folder with an empty archive `lib64/libcuda.a` (`ar crs` makes
//!   one), in the environment or in the section `[env]` of its own `.cargo/config.toml`;
//! - wants no GPU: `default-features = false`.
//!
//! # Files
//! [`driver`] loads the driver, `error` says what can go wrong, `info` what GPUs there are. `gpu`
//! opens one, `session` is what it then holds, `memory` its buffers, `launch` its kernels, and
//! `ptx` reads what the host must know of the kernels' text.

mod driver;
mod engine;
mod error;
mod gpu;
mod info;
mod launch;
mod memory;
mod ptx;
mod session;
#[cfg(test)]
mod tests;

pub(crate) use engine::{GpuEngine, GpuEpisodes, GpuModel, GpuSimulation};
pub use error::{DriverError, GpuError};
use gpu::Gpu;
pub use info::{device, devices};
use launch::{Grid, Kernel};
use memory::{Buffer, Pinned};
