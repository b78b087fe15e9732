//! The shared memory of a block.

use super::shadow::{Earlier, Shadow, Touch};

#[derive(Debug, Default)]
pub(crate) struct Shared {
    bytes: Vec<u8>,
    size: usize,
    /// One bit for each byte that was written.
    written: Vec<u32>,
    pub shadow: Shadow,
}

impl Shared {
    /// Starts a new block.
    pub fn start(&mut self, size: usize, warps: usize) {
        self.size = size;
        self.bytes.clear();
        self.bytes.resize(size.next_multiple_of(8), 0);
        self.written.clear();
        self.written.resize(size.div_ceil(32), 0);
        self.shadow.start(size.next_multiple_of(8), warps);
    }

    pub fn size(&self) -> usize {
        self.size
    }

    /// The value of `size` bytes.
    #[inline(always)]
    pub fn load(&self, offset: usize, size: u8) -> u64 {
        let bytes = &self.bytes[offset..];
        match size {
            1 => u64::from(bytes[0]),
            2 => u64::from(u16::from_le_bytes(first(bytes))),
            4 => u64::from(u32::from_le_bytes(first(bytes))),
            _ => u64::from_le_bytes(first(bytes)),
        }
    }

    #[inline(always)]
    pub fn is_written(&self, offset: usize, size: u8) -> bool {
        let bits = ((1u64 << size) - 1) as u32;
        self.written[offset / 32] >> (offset % 32) & bits == bits
    }

    #[inline(always)]
    pub fn store(&mut self, offset: usize, size: u8, value: u64) {
        let bytes = &mut self.bytes[offset..][..usize::from(size)];
        match size {
            1 => bytes[0] = value as u8,
            2 => bytes.copy_from_slice(&(value as u16).to_le_bytes()),
            4 => bytes.copy_from_slice(&(value as u32).to_le_bytes()),
            _ => bytes.copy_from_slice(&value.to_le_bytes()),
        }
        let bits = ((1u64 << size) - 1) as u32;
        self.written[offset / 32] |= bits << (offset % 32);
    }

    /// Notes an access; the earlier one that it races with. Two lanes of one instruction may store
    /// the same `value`.
    #[inline(always)]
    pub fn touch(
        &mut self,
        thread: u32,
        offset: usize,
        size: u8,
        touch: Touch,
        value: u64,
    ) -> Option<Earlier> {
        let earlier = self.shadow.touch(thread, offset, size, touch)?;
        let cut = if size == 8 { u64::MAX } else { (1 << (8 * size)) - 1 };
        if earlier.together && self.load(offset, size) == value & cut {
            return None;
        }
        Some(earlier)
    }
}

#[inline(always)]
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.first_chunk().copied().unwrap_or([0; N])
}
