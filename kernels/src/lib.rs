//! Everything a particle executes, written once for CPU lanes and GPU threads.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
// The macros of `cuda_std` ask for a target that rustc does not know.
#![cfg_attr(feature = "rust-cuda", allow(unexpected_cfgs))]
#![cfg_attr(
    target_arch = "nvptx64",
    feature(abi_ptx, asm_experimental_arch, core_intrinsics, link_llvm_intrinsics, stdarch_nvptx),
    allow(internal_features)
)]

mod fma;

pub mod controls;
#[cfg(any(target_arch = "nvptx64", feature = "rust-cuda"))]
mod device;
pub mod digest;
pub mod env;
pub mod lanes;
pub mod math;
pub mod model;
pub mod numpy;
pub mod planners;
pub mod plant;
pub mod population;
pub mod problems;
pub mod real;
pub mod reduce;
pub mod resampling;
pub mod rng;
pub mod rollout;
pub mod simulate;
pub mod task;
pub mod team;
#[cfg(feature = "std")]
pub mod trace;
pub mod weigh;
