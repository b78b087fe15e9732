//! Particles on the CPU: SIMD lanes times threads.

mod crew;
mod place;
mod pool;
mod simd;

pub(crate) use pool::{Pool, workers};
pub use simd::Simd;
pub(crate) use simd::{Kernel, SimdProof};
