//! Threads of the CPU: whose they are, what they share, and where they run.

mod affinity;
mod pool;
mod workers;

pub(crate) use pool::Pool;
pub use workers::ThreadsError;
pub(crate) use workers::Workers;
