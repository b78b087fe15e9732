//! particle-pilot
pub mod env;
pub use particle_pilot_kernels as kernels;
