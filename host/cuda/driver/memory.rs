//! Memory of a GPU, and memory of the host that it copies from and to by itself.

use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

use super::functions::Address;
use super::{Context, DriverError, Stream};

/// Bytes in a GPU's memory. Copies and kernels that use it run while the host goes on: whoever drops it makes sure that
/// they are over.
pub struct DeviceMemory {
    /// 0 where there are none.
    address: Address,
    bytes: usize,
    context: Arc<Context>,
}

impl DeviceMemory {
    /// `bytes` of arbitrary content.
    pub fn new(context: &Arc<Context>, bytes: usize) -> Result<Self, DriverError> {
        let mut address = 0;
        if bytes > 0 {
            let _current = context.enter()?;
            // SAFETY: `address` may be written to.
            unsafe { context.functions.cuMemAlloc_v2(&mut address, bytes) }?;
        }
        Ok(Self { address, bytes, context: context.clone() })
    }

    /// Where it is, for kernels; 0 where it is empty.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// How many bytes of memory its GPU has free, and has in all.
    pub fn free_and_total(context: &Context) -> Result<(u64, u64), DriverError> {
        let _current = context.enter()?;
        let (mut free, mut total) = (0, 0);
        // SAFETY: both may be written to.
        unsafe { context.functions.cuMemGetInfo_v2(&mut free, &mut total) }?;
        Ok((free as u64, total as u64))
    }

    /// Starts to set all bytes to zero.
    ///
    /// # Safety
    /// It must live until `stream` has come past this.
    pub unsafe fn clear(&mut self, stream: &Stream) -> Result<(), DriverError> {
        if self.bytes == 0 {
            return Ok(());
        }
        let _current = self.context.enter()?;
        let functions = self.context.functions;
        // SAFETY: there are so many bytes at that address; the caller vouches for their lifetime.
        unsafe { functions.cuMemsetD8Async(self.address, 0, self.bytes, stream.handle) }
    }

    /// Starts to copy all of `from` to the bytes from number `first` on.
    ///
    /// # Panics
    /// If there are fewer here.
    ///
    /// # Safety
    /// Both must live, and `from` must not change, until `stream` has come past this.
    pub unsafe fn copy_from(
        &mut self,
        first: usize,
        from: &HostMemory,
        stream: &Stream,
    ) -> Result<(), DriverError> {
        let there = self.address + first as u64;
        assert!(first + from.bytes <= self.bytes, "a copy of more than fits");
        if from.bytes == 0 {
            return Ok(());
        }
        let _current = self.context.enter()?;
        let (source, functions) = (from.start.as_ptr().cast(), self.context.functions);
        // SAFETY: there are so many bytes on either side; the caller vouches for their lifetime.
        unsafe { functions.cuMemcpyHtoDAsync_v2(there, source, from.bytes, stream.handle) }
    }

    /// Starts to copy the bytes from number `first` on to all of `to`.
    ///
    /// # Panics
    /// If there are fewer here.
    ///
    /// # Safety
    /// Both must live, and nobody may look at `to`, until `stream` has come past this.
    pub unsafe fn copy_to(
        &self,
        first: usize,
        to: &mut HostMemory,
        stream: &Stream,
    ) -> Result<(), DriverError> {
        let there = self.address + first as u64;
        assert!(first + to.bytes <= self.bytes, "a copy of more than there is");
        if to.bytes == 0 {
            return Ok(());
        }
        let _current = self.context.enter()?;
        let (target, functions) = (to.start.as_ptr().cast(), self.context.functions);
        // SAFETY: there are so many bytes on either side; the caller vouches for their lifetime.
        unsafe { functions.cuMemcpyDtoHAsync_v2(target, there, to.bytes, stream.handle) }
    }
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        if self.bytes > 0
            && let Ok(_current) = self.context.enter()
        {
            // SAFETY: it was allocated, and whoever used it is done. The context frees what this fails to.
            let _ = unsafe { self.context.functions.cuMemFree_v2(self.address) };
        }
    }
}

/// Page-locked bytes of the host. Copies that use it run while the host goes on: whoever looks at it, writes to it or drops
/// it makes sure that they are over.
pub struct HostMemory {
    /// Dangling where there are none.
    start: NonNull<u8>,
    bytes: usize,
    context: Arc<Context>,
}

// SAFETY: it owns its bytes, as a box does.
unsafe impl Send for HostMemory {}
// SAFETY: as above.
unsafe impl Sync for HostMemory {}

impl HostMemory {
    /// `bytes`, all zero, aligned to a page.
    pub fn new(context: &Arc<Context>, bytes: usize) -> Result<Self, DriverError> {
        let mut start = NonNull::<u8>::dangling();
        if bytes > 0 {
            let _current = context.enter()?;
            let mut address = ptr::null_mut();
            // SAFETY: `address` may be written to.
            unsafe { context.functions.cuMemAllocHost_v2(&mut address, bytes) }?;
            start = NonNull::new(address.cast()).ok_or_else(DriverError::out_of_memory)?;
            // SAFETY: there are so many bytes, which are ours alone.
            unsafe { start.as_ptr().write_bytes(0, bytes) };
        }
        Ok(Self { start, bytes, context: context.clone() })
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: there are so many, set at the beginning; no copy to here is under way, as the head of this type says.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.bytes) }
    }

    /// The bytes, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as above, and they are borrowed from whoever owns them.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.bytes) }
    }
}

impl Drop for HostMemory {
    fn drop(&mut self) {
        if self.bytes > 0
            && let Ok(_current) = self.context.enter()
        {
            // SAFETY: it was allocated, and whoever used it is done.
            let _ = unsafe { self.context.functions.cuMemFreeHost(self.start.as_ptr().cast()) };
        }
    }
}
