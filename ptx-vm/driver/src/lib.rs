//! A stand-in for the CUDA driver library, `libcuda.so.1`, that runs kernels in `ptx-vm`.
//!
//! It has the functions of the driver that particle-pilot uses, with the same names and signatures,
//! and pretends to be a GPU called `ptx-vm` of compute capability 7.5. So the host's true code, its
//! launches and its kernels run on a machine without a GPU:
//!
//! ```text
//! PILOT_CUDA_DRIVER=target/debug/libptx_vm_driver.so pilot solve --device cuda
//! ```
//!
//! Work is done at once when it is asked for. As on hardware, what goes wrong in a kernel is not
//! told by its launch but by whatever comes after, for ever. What it was is printed.
//!
//! # Variables
//! | variable | meaning | else |
//! |---|---|---|
//! | `PTX_VM_DEVICES` | how many GPUs there are | 1 |
//! | `PTX_VM_MEMORY_BYTES` | how much memory each has | 4 GiB |
//! | `PTX_VM_DRIVER_VERSION` | the version of CUDA, 11040 for 11.4 | 12080 |
//! | `PTX_VM_FAIL` | calls that fail, see below | none |
//! | `PTX_VM_REPORT` | a file that always tells how many objects of each kind are live, and how many launches and copies there were | none |
//!
//! `PTX_VM_FAIL=cuMemAlloc_v2:3=2,cuInit:1=100` lets the third `cuMemAlloc_v2` fail with code 2,
//! `CUDA_ERROR_OUT_OF_MEMORY`, and the first `cuInit` with code 100. After a code that loses the
//! context everything fails with it.

mod call;
mod codes;
mod device;
mod execution;
mod fail;
mod fault;
mod memory;
mod module;
mod objects;
mod report;
mod state;
#[cfg(test)]
mod tests;
