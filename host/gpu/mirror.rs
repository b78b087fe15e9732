//! The GPU's memory with a place on the host for its content.

use bytemuck::Pod;

use crate::cuda::{Buffer, Gpu, GpuError, Pinned};

/// Values of the GPU's memory, with a place on the host to copy them from or to.
pub struct Mirror<T: Pod> {
    pub device: Buffer<T>,
    pub host: Pinned<T>,
}

impl<T: Pod> Mirror<T> {
    /// Of `len` values, all zero.
    pub fn new(gpu: &Gpu, len: usize) -> Result<Self, GpuError> {
        Ok(Self { device: gpu.zeroed(len)?, host: gpu.pinned(len)? })
    }

    /// Starts to copy `values`, as many as there is room for, to the GPU, and returns where they will be.
    pub fn send(&mut self, values: &[T]) -> Result<u64, GpuError> {
        self.host.slice_mut()?.copy_from_slice(values);
        self.device.copy_from(&self.host)?;
        Ok(self.device.address())
    }

    /// Starts to copy all from the GPU.
    pub fn fetch(&mut self) -> Result<(), GpuError> {
        self.device.copy_to(&mut self.host)
    }
}
