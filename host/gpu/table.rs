//! Values on their way to a GPU, and there.

use bytemuck::Pod;

use crate::cuda::{Buffer, Gpu, GpuError, Pinned};

/// A table of values that the host changes and a GPU reads.
pub struct Table<T: Pod> {
    len: usize,
    here: Pinned<T>,
    there: Buffer<T>,
}

impl<T: Pod> Table<T> {
    /// Room for `len` values, of which none is there yet.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`] among others.
    pub fn new(gpu: &Gpu, len: usize) -> Result<Self, GpuError> {
        Ok(Self { len, here: gpu.pinned(len)?, there: gpu.buffer(len)? })
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Replaces the values from number `first` on, here.
    ///
    /// # Errors
    /// Those of a copy that may be under way.
    pub fn write(&mut self, first: usize, values: &[T]) -> Result<(), GpuError> {
        self.here.slice_mut()?[first..][..values.len()].copy_from_slice(values);
        Ok(())
    }

    /// Starts to copy all values to the GPU.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn send(&mut self) -> Result<(), GpuError> {
        self.there.copy_from(&self.here)
    }

    /// Where it is, for kernels.
    pub fn address(&self) -> u64 {
        self.there.address()
    }
}
