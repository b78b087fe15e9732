//! Memory on the GPU, and memory of the host that it can reach.
//!
//! # Safety model
//! Copies run while the host goes on. A [`Pinned`] remembers the last copy that it takes part in,
//! and waits for it before it lends out its content in a way that the copy could notice, and before
//! it is freed. A [`Buffer`] waits for everything on the stream before it is freed, since kernels
//! know its address. So copies are safe; what kernels do with addresses is for
//! [`Gpu::launch`] to say.
//!
//! Memory on the GPU that was never written holds arbitrary bytes. For plain data those are values.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytemuck::Pod;

use super::driver::{DeviceMemory, DriverError, HostMemory};
use super::error::GpuError;
use super::gpu::Gpu;
use super::session::Session;

/// Values of plain data in the GPU's memory.
pub struct Buffer<T: Pod> {
    memory: DeviceMemory,
    len: usize,
    session: Arc<Session>,
    values: PhantomData<T>,
}

/// Values of plain data in page-locked memory of the host, which the GPU copies from and to by
/// itself.
pub struct Pinned<T: Pod> {
    memory: HostMemory,
    len: usize,
    /// The last copy to here.
    written: u64,
    /// The last copy from or to here.
    used: AtomicU64,
    session: Arc<Session>,
    values: PhantomData<T>,
}

impl Gpu {
    /// Memory for `len` values, with arbitrary content.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`] among others.
    pub fn buffer<T: Pod>(&self, len: usize) -> Result<Buffer<T>, GpuError> {
        let session = self.session.clone();
        let bytes = bytes_of::<T>(len).ok_or_else(|| too_much("GPU"))?;
        let memory = DeviceMemory::new(&session.context, bytes)
            .map_err(|error| out_of_memory(&session, "GPU", bytes, error))?;
        Ok(Buffer { memory, len, session, values: PhantomData })
    }

    /// Memory for `len` values, all zero.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`] among others.
    pub fn zeroed<T: Pod>(&self, len: usize) -> Result<Buffer<T>, GpuError> {
        let mut buffer = self.buffer(len)?;
        buffer.fill_zero()?;
        Ok(buffer)
    }

    /// Memory with these values; waits until they are there.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`] among others.
    pub fn upload<T: Pod>(&self, values: &[T]) -> Result<Buffer<T>, GpuError> {
        let mut buffer = self.buffer(values.len())?;
        buffer.upload_at(0, values)?;
        Ok(buffer)
    }

    /// Page-locked memory of the host for `len` values, all zero.
    ///
    /// # Errors
    /// [`GpuError::OutOfMemory`] among others.
    pub fn pinned<T: Pod>(&self, len: usize) -> Result<Pinned<T>, GpuError> {
        const PLACE: &str = "page-locked host";
        let session = self.session.clone();
        let bytes = bytes_of::<T>(len).ok_or_else(|| too_much(PLACE))?;
        let memory = HostMemory::new(&session.context, bytes)
            .map_err(|error| out_of_memory(&session, PLACE, bytes, error))?;
        if bytes > 0 && bytemuck::try_cast_slice::<u8, T>(memory.as_slice()).is_err() {
            return Err(GpuError::Misuse(format!("no {} on the GPU", std::any::type_name::<T>())));
        }
        let (used, values) = (AtomicU64::new(0), PhantomData);
        Ok(Pinned { memory, len, written: 0, used, session, values })
    }
}

impl<T: Pod> Buffer<T> {
    /// How many values there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Where it is, for kernels; 0 when it is empty.
    pub fn address(&self) -> u64 {
        self.memory.address()
    }

    /// Starts to set all values to zero.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn fill_zero(&mut self) -> Result<(), GpuError> {
        // SAFETY: it is not freed before the stream has come past this.
        let result = unsafe { self.memory.clear(&self.session.stream) };
        self.session.submitted();
        result.map_err(|error| self.session.error("clearing memory", error))
    }

    /// Starts to copy all of `from` to the first values here.
    ///
    /// # Errors
    /// [`GpuError::Misuse`] when there are fewer here, or the two belong to different GPUs.
    pub fn copy_from(&mut self, from: &Pinned<T>) -> Result<(), GpuError> {
        self.copy_from_at(0, from)
    }

    /// Starts to copy all of `from` to the values from number `first` on.
    fn copy_from_at(&mut self, first: usize, from: &Pinned<T>) -> Result<(), GpuError> {
        let start = self.check(first, from)?;
        // SAFETY: neither is freed, nor `from` changed, before the stream has come past this.
        let result = unsafe { self.memory.copy_from(start, &from.memory, &self.session.stream) };
        from.used.fetch_max(self.session.submitted(), Ordering::AcqRel);
        result.map_err(|error| self.session.error("copying to it", error))
    }

    /// Starts to copy the first values here to all of `to`.
    ///
    /// # Errors
    /// [`GpuError::Misuse`] when there are fewer here, or the two belong to different GPUs.
    pub fn copy_to(&self, to: &mut Pinned<T>) -> Result<(), GpuError> {
        self.copy_to_at(0, to)
    }

    /// Starts to copy the values from number `first` on to all of `to`.
    fn copy_to_at(&self, first: usize, to: &mut Pinned<T>) -> Result<(), GpuError> {
        let start = self.check(first, to)?;
        // SAFETY: neither is freed, nor `to` looked at, before the stream has come past this.
        let result = unsafe { self.memory.copy_to(start, &mut to.memory, &self.session.stream) };
        to.written = self.session.submitted();
        to.used.fetch_max(to.written, Ordering::AcqRel);
        result.map_err(|error| self.session.error("copying from it", error))
    }

    /// All values; waits for them.
    ///
    /// # Errors
    /// Those of the driver.
    pub fn download(&self) -> Result<Vec<T>, GpuError> {
        self.download_at(0, self.len)
    }

    /// `count` values from number `first` on; waits for them.
    ///
    /// # Errors
    /// As [`Buffer::copy_to`].
    pub fn download_at(&self, first: usize, count: usize) -> Result<Vec<T>, GpuError> {
        let mut pinned = self.host(count)?;
        self.copy_to_at(first, &mut pinned)?;
        Ok(pinned.slice()?.to_vec())
    }

    /// Replaces the values from number `first` on by `values`, and waits until they are there.
    ///
    /// # Errors
    /// As [`Buffer::copy_from`].
    pub fn upload_at(&mut self, first: usize, values: &[T]) -> Result<(), GpuError> {
        let mut pinned = self.host(values.len())?;
        pinned.slice_mut()?.copy_from_slice(values);
        self.copy_from_at(first, &pinned)?;
        self.session.synchronize()
    }

    /// Memory of the host that takes part in copies to and from here.
    fn host(&self, len: usize) -> Result<Pinned<T>, GpuError> {
        Gpu { session: self.session.clone() }.pinned(len)
    }

    /// Where in bytes the values from number `first` on begin, of which there are as many as `host` has room for.
    fn check(&self, first: usize, host: &Pinned<T>) -> Result<usize, GpuError> {
        if !Arc::ptr_eq(&self.session, &host.session) {
            return Err(GpuError::Misuse("a copy between memory of different GPUs".into()));
        }
        let there = self.len.saturating_sub(first);
        if host.len > there {
            let text = format!("a copy of {} values where there are {there}", host.len);
            return Err(GpuError::Misuse(text));
        }
        Ok(first * size_of::<T>())
    }
}

impl<T: Pod> Pinned<T> {
    /// How many values there are.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The values, after waiting for a copy to here that may be under way.
    ///
    /// # Errors
    /// Those of the copy, and of all that was started before it.
    pub fn slice(&self) -> Result<&[T], GpuError> {
        self.session.wait_for(self.written)?;
        Ok(if self.len == 0 { &[] } else { bytemuck::cast_slice(self.memory.as_slice()) })
    }

    /// The values, after waiting for a copy from or to here that may be under way.
    ///
    /// # Errors
    /// Those of the copy, and of all that was started before it.
    pub fn slice_mut(&mut self) -> Result<&mut [T], GpuError> {
        self.session.wait_for(*self.used.get_mut())?;
        Ok(if self.len == 0 {
            &mut []
        } else {
            bytemuck::cast_slice_mut(self.memory.as_mut_slice())
        })
    }
}

impl<T: Pod> Drop for Buffer<T> {
    fn drop(&mut self) {
        // A failure has been told when it came. The driver frees the memory with the context then.
        let _ = self.session.wait_for_all();
    }
}

impl<T: Pod> Drop for Pinned<T> {
    fn drop(&mut self) {
        // If waiting fails, the context is lost, and no copy is under way.
        let _ = self.session.wait_for(*self.used.get_mut());
    }
}

fn bytes_of<T>(len: usize) -> Option<usize> {
    len.checked_mul(size_of::<T>()).filter(|bytes| isize::try_from(*bytes).is_ok())
}

/// More than can be addressed.
fn too_much(memory: &'static str) -> GpuError {
    let cause = DriverError::out_of_memory();
    GpuError::OutOfMemory { memory, asked_bytes: Some(u64::MAX), free_bytes: None, cause }
}

fn out_of_memory(
    session: &Session,
    memory: &'static str,
    bytes: usize,
    error: DriverError,
) -> GpuError {
    match session.error("allocating memory", error) {
        GpuError::OutOfMemory { cause, .. } => GpuError::OutOfMemory {
            memory,
            asked_bytes: Some(bytes as u64),
            free_bytes: DeviceMemory::free_and_total(&session.context).ok().map(|(free, _)| free),
            cause,
        },
        other => other,
    }
}
