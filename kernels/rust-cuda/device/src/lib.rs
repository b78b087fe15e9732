//! The entry points of `particle-pilot-kernels`, which by itself is an ordinary library.
#![no_std]

pub use particle_pilot_kernels::*;
