//! Everything a particle executes, written once for CPU lanes and GPU threads.
#![cfg_attr(not(any(feature = "std", test)), no_std)]

mod fma;

pub mod controls;
pub mod env;
pub mod lanes;
pub mod math;
pub mod model;
pub mod population;
pub mod reduce;
pub mod rng;
pub mod rollout;
pub mod weigh;
