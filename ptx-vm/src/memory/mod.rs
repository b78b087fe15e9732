//! A device's global memory.

pub(crate) mod allocation;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use allocation::Allocation;

/// The first address that is given out.
const FIRST_ADDRESS: u64 = 1 << 32;

/// Addresses are multiples of this, and at least so much lies unused between two allocations.
const ALIGNMENT: u64 = 256;

/// Addresses from here on are generic ones of other state spaces.
const LAST_ADDRESS: u64 = crate::machine::space::SHARED_BASE;

/// Global memory does not have as much room as was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{wanted} bytes of device memory wanted, {free} bytes free")]
pub struct OutOfMemory {
    /// Bytes asked for.
    pub wanted: u64,
    /// Bytes free; 0 if it is the host that has no more memory or the addresses that are used up.
    pub free: u64,
}

/// Not all of an address range lies in one live allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes at address {address:#x} do not lie in a live allocation")]
pub struct BadAddress {
    /// The first address.
    pub address: u64,
    /// The number of bytes.
    pub bytes: u64,
}

/// A device's global memory. Addresses are never given out twice, so that an access to freed
/// memory is always found.
#[derive(Debug)]
pub struct Memory {
    capacity: u64,
    used: AtomicU64,
    /// By address.
    allocations: RwLock<Vec<Arc<Allocation>>>,
    next: AtomicU64,
}

impl Memory {
    /// Memory of which `capacity_bytes` can be in use at a time.
    #[must_use]
    pub fn new(capacity_bytes: u64) -> Self {
        Self {
            capacity: capacity_bytes,
            used: AtomicU64::new(0),
            allocations: RwLock::default(),
            next: AtomicU64::new(FIRST_ADDRESS),
        }
    }

    /// Takes `bytes` of memory, whose contents count as never written. The address, a multiple of 256, is never 0.
    ///
    /// # Errors
    /// If so much is not free: here, on the host, or among the 2^48 addresses, which are used once.
    pub fn allocate(&self, bytes: u64) -> Result<u64, OutOfMemory> {
        self.allocate_aligned(bytes, ALIGNMENT)
    }

    /// As [`Memory::allocate`]; the address is also a multiple of `align`, a power of two.
    pub(crate) fn allocate_aligned(&self, bytes: u64, align: u64) -> Result<u64, OutOfMemory> {
        let mut allocations = self.allocations.write().unwrap_or_else(PoisonError::into_inner);
        let free = self.capacity.saturating_sub(self.used());
        if bytes > free {
            return Err(OutOfMemory { wanted: bytes, free });
        }
        let none = OutOfMemory { wanted: bytes, free: 0 };
        let address = self.next.load(Ordering::Relaxed).next_multiple_of(align.max(ALIGNMENT));
        let end = address.checked_add(bytes).and_then(|end| end.checked_add(2 * ALIGNMENT));
        let end = end.filter(|&end| end <= LAST_ADDRESS).ok_or(none)?;
        let allocation = Allocation::new(address, bytes).ok_or(none)?;
        // All this happens under the lock of `allocations`.
        self.next.store(end / ALIGNMENT * ALIGNMENT, Ordering::Relaxed);
        self.used.fetch_add(bytes, Ordering::Relaxed);
        allocations.push(Arc::new(allocation));
        Ok(address)
    }

    /// Gives an allocation back.
    ///
    /// # Errors
    /// If `address` is not what [`Memory::allocate`] gave, or was given back before.
    pub fn free(&self, address: u64) -> Result<(), BadAddress> {
        let mut allocations = self.allocations.write().unwrap_or_else(PoisonError::into_inner);
        let index = allocations
            .binary_search_by_key(&address, |allocation| allocation.address())
            .or(Err(BadAddress { address, bytes: 0 }))?;
        let allocation = allocations.remove(index);
        self.used.fetch_sub(allocation.bytes(), Ordering::Relaxed);
        Ok(())
    }

    /// Writes `bytes` from `address` on.
    ///
    /// # Errors
    /// If the range does not lie in one live allocation; nothing is then written.
    pub fn write(&self, address: u64, bytes: &[u8]) -> Result<(), BadAddress> {
        let (allocation, offset) = self.find(address, bytes.len() as u64)?;
        allocation.write(offset, bytes);
        Ok(())
    }

    /// Reads from `address` on. Bytes that were never written read as 0.
    ///
    /// # Errors
    /// If the range does not lie in one live allocation.
    pub fn read(&self, address: u64, bytes: &mut [u8]) -> Result<(), BadAddress> {
        let (allocation, offset) = self.find(address, bytes.len() as u64)?;
        allocation.read(offset, bytes);
        Ok(())
    }

    /// Sets `count` bytes from `address` on.
    ///
    /// # Errors
    /// If the range does not lie in one live allocation; nothing is then written.
    pub fn fill(&self, address: u64, byte: u8, count: u64) -> Result<(), BadAddress> {
        let (allocation, offset) = self.find(address, count)?;
        let piece = [byte; 4096];
        let mut done = 0;
        while done < count as usize {
            let length = piece.len().min(count as usize - done);
            allocation.write(offset + done, &piece[..length]);
            done += length;
        }
        Ok(())
    }

    /// Copies `count` bytes, which may overlap. What was never written stays so.
    ///
    /// # Errors
    /// If one of the ranges does not lie in one live allocation; nothing is then written.
    pub fn copy(&self, from: u64, to: u64, count: u64) -> Result<(), BadAddress> {
        let (source, from) = self.find(from, count)?;
        let (target, to) = self.find(to, count)?;
        let mut bytes = vec![0; count as usize];
        source.read(from, &mut bytes);
        let written = source.written(from, count as usize);
        target.write(to, &bytes);
        if let Some(written) = written {
            target.forget(to, &written);
        }
        Ok(())
    }

    /// Bytes in use.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes that can be in use at a time.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// How many allocations were not given back yet.
    #[must_use]
    pub fn live_allocations(&self) -> usize {
        self.allocations.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All live allocations by address. They stay usable even if they are given back meanwhile.
    pub(crate) fn snapshot(&self) -> Vec<Arc<Allocation>> {
        self.allocations.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn find(&self, address: u64, bytes: u64) -> Result<(Arc<Allocation>, usize), BadAddress> {
        let allocations = self.allocations.read().unwrap_or_else(PoisonError::into_inner);
        let after = allocations.partition_point(|allocation| allocation.address() <= address);
        let found = after.checked_sub(1).map(|index| &allocations[index]);
        found
            .and_then(|allocation| {
                let offset = address - allocation.address();
                let fits = offset.checked_add(bytes)? <= allocation.bytes();
                fits.then(|| (Arc::clone(allocation), offset as usize))
            })
            .ok_or(BadAddress { address, bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let memory = Memory::new(1000);
        let address = memory.allocate(100).unwrap();
        assert_eq!(address % 256, 0);
        let bytes: Vec<u8> = (1..=90).collect();
        memory.write(address + 5, &bytes).unwrap();
        let mut read = [0; 100];
        memory.read(address, &mut read).unwrap();
        assert_eq!((&read[..5], &read[5..95]), (&[0; 5][..], &bytes[..]));
        memory.copy(address + 5, address + 6, 90).unwrap();
        memory.fill(address, 7, 3).unwrap();
        memory.read(address, &mut read).unwrap();
        assert_eq!((read[0], read[3], read[6], read[95]), (7, 0, 1, 90));
    }

    #[test]
    fn bounds_are_checked() {
        let memory = Memory::new(1000);
        let address = memory.allocate(100).unwrap();
        assert_eq!(memory.write(address, &[0; 101]), Err(BadAddress { address, bytes: 101 }));
        assert!(memory.read(address - 1, &mut [0; 1]).is_err());
        assert_eq!(memory.allocate(901), Err(OutOfMemory { wanted: 901, free: 900 }));
        assert!(memory.free(address + 1).is_err());
        memory.free(address).unwrap();
        assert!(memory.free(address).is_err());
        assert!(memory.write(address, &[0]).is_err());
        assert_eq!((memory.used(), memory.live_allocations()), (0, 0));
    }

    #[test]
    fn what_no_host_has_is_refused() {
        let memory = Memory::new(u64::MAX);
        for bytes in [u64::MAX, 1 << 47, 1 << 60] {
            assert_eq!(memory.allocate(bytes), Err(OutOfMemory { wanted: bytes, free: 0 }));
        }
        assert!(memory.allocate(1).is_ok());
    }
}
