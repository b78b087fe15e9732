//! Particles on the CPU: SIMD lanes times threads.

mod crew;
mod place;
mod pool;
mod simd;
mod workers;

pub(crate) use pool::Pool;
pub use simd::Simd;
pub(crate) use simd::{LaneWork, SimdProof};
pub(crate) use workers::{Threads, Workers};
