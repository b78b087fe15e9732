//! GPU intrinsics, by way of the toolchain that compiles this: the only module that knows which one that is.
//!
//! Both have the same functions. Those about warps must be reached by all 32 threads of a warp together,
//! [`sync_block`] by all of a block.

#[cfg(feature = "rust-cuda")]
mod rust_cuda;
#[cfg(not(feature = "rust-cuda"))]
mod rustc;

#[cfg(feature = "rust-cuda")]
pub use rust_cuda::*;
#[cfg(not(feature = "rust-cuda"))]
pub use rustc::*;

/// Bytes of memory that a block's threads share.
pub const SHARED_BYTES: u32 = 8192;
