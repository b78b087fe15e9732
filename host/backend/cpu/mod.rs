//! Particles on the CPU: SIMD lanes times threads.

mod affinity;
mod pool;
mod simd;
mod workers;

pub(crate) use pool::Pool;
pub use simd::Simd;
pub(crate) use simd::{Kernel, SimdProof};
pub(crate) use workers::{Threads, Workers};
