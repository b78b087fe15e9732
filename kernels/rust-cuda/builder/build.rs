//! Compiles `../device` to PTX.

use std::path::PathBuf;

use cuda_builder::{CudaBuilder, NvvmArch};

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=../../src");
    CudaBuilder::new("../device")
        .arch(NvvmArch::Compute75)
        // The same bits as on the CPU: no contraction, no approximations, no other libm.
        .fma_contraction(false)
        .ftz(false)
        .fast_div(false)
        .fast_sqrt(false)
        .override_libm(false)
        .copy_to(out.join("particle_pilot.ptx"))
        .build()
        .expect("Rust-CUDA cannot compile the kernels");
}
