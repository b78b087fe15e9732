//! The driver: its functions, found in a library that is loaded when the first is needed, and owners of what they give.
//!
//! Nothing is linked, and no `cu*` symbol is defined: a program that links CUDA itself can use this crate beside it.
//!
//! # Safety model
//! All `unsafe` about the driver's handles is here. An owner ([`Context`], [`Module`], [`Stream`], [`Event`],
//! [`DeviceMemory`], [`HostMemory`]) gives back what it was given when it is dropped, and keeps the context alive until
//! then. Every function of the driver that wants a current context is called under a guard ([`Context::enter`]), which puts the one back
//! that the caller had. What runs on the GPU while the host goes on (launches, copies) is for the caller to watch over:
//! those functions are unsafe and say so.

mod context;
mod error;
mod functions;
mod load;
mod memory;
mod objects;

pub use context::{Context, Current, Device, initialise, version};
pub use error::DriverError;
pub use load::LoadError;
pub use memory::{DeviceMemory, HostMemory};
pub use objects::{Event, ForeignStream, Function, Module, Stream};

/// What functions return for success.
const SUCCESS: u32 = 0;
/// `CUDA_ERROR_NOT_INITIALIZED`.
pub const NOT_INITIALIZED: u32 = 3;
/// `CUDA_ERROR_NO_DEVICE`.
pub const NO_DEVICE: u32 = 100;
/// `CUDA_ERROR_NOT_FOUND`: what a function amounts to that the driver lacks.
const NOT_FOUND: u32 = 500;
