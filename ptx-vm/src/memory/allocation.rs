//! One piece of global memory, with a note of which bytes were written.
//!
//! # Safety model
//! Blocks of a grid run on several threads and may touch the same bytes, as they may on a GPU. So
//! the bytes are only ever accessed as atomics of 1, 2, 4 or 8 bytes with relaxed ordering, at
//! offsets that are checked here. The storage is a boxed slice of [`AtomicU64`], whose interior may
//! change under a shared reference.

use std::alloc::{self, Layout};
use std::ptr::NonNull;
use std::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

#[derive(Debug)]
pub(crate) struct Allocation {
    address: u64,
    bytes: u64,
    words: Box<[AtomicU64]>,
    /// One bit for each byte that was written.
    written: Box<[AtomicU32]>,
    /// Every byte was written.
    whole: AtomicBool,
}

macro_rules! cell {
    ($self:ident, $offset:ident, $atomic:ident) => {{
        let size = size_of::<$atomic>();
        assert!($offset % size == 0 && $offset + size <= $self.words.len() * 8);
        // SAFETY: the assertion keeps the cell within the storage and aligned, as the storage is
        // aligned to 8. The storage lives as long as `self` and is only accessed as atomics.
        unsafe { $atomic::from_ptr($self.words.as_ptr().cast_mut().byte_add($offset).cast()) }
    }};
}

impl Allocation {
    /// Bytes that were never written; `None` if the host has not as much memory.
    pub fn new(address: u64, bytes: u64) -> Option<Self> {
        let count = usize::try_from(bytes).ok()?;
        // SAFETY: zeros are an `AtomicU64` as they are an `AtomicU32`.
        let (words, written) = unsafe { (zeros(count.div_ceil(8))?, zeros(count.div_ceil(32))?) };
        Some(Self { address, bytes, words, written, whole: AtomicBool::new(bytes == 0) })
    }

    pub fn address(&self) -> u64 {
        self.address
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The value of `size` bytes at an offset that is a multiple of `size`.
    #[inline(always)]
    pub fn load(&self, offset: usize, size: u8) -> u64 {
        match size {
            1 => cell!(self, offset, AtomicU8).load(Relaxed).into(),
            2 => cell!(self, offset, AtomicU16).load(Relaxed).into(),
            4 => cell!(self, offset, AtomicU32).load(Relaxed).into(),
            _ => cell!(self, offset, AtomicU64).load(Relaxed),
        }
    }

    /// Stores `size` bytes at an offset that is a multiple of `size`.
    #[inline(always)]
    pub fn store(&self, offset: usize, size: u8, value: u64) {
        match size {
            1 => cell!(self, offset, AtomicU8).store(value as u8, Relaxed),
            2 => cell!(self, offset, AtomicU16).store(value as u16, Relaxed),
            4 => cell!(self, offset, AtomicU32).store(value as u32, Relaxed),
            _ => cell!(self, offset, AtomicU64).store(value, Relaxed),
        }
    }

    /// The 32-bit values from an offset on that is a multiple of 4.
    #[inline(always)]
    pub fn load_words(&self, offset: usize, values: &mut [u64; 32]) {
        for (index, value) in values.iter_mut().enumerate() {
            let at = offset + 4 * index;
            *value = cell!(self, at, AtomicU32).load(Relaxed).into();
        }
    }

    /// Stores 32-bit values from an offset on that is a multiple of 4.
    #[inline(always)]
    pub fn store_words(&self, offset: usize, values: &[u64; 32]) {
        for (index, value) in values.iter().enumerate() {
            let at = offset + 4 * index;
            cell!(self, at, AtomicU32).store(*value as u32, Relaxed);
        }
    }

    /// Replaces a value of 4 or 8 bytes; the one before.
    pub fn update(&self, offset: usize, size: u8, change: impl Fn(u64) -> u64) -> u64 {
        if size == 4 {
            let cell = cell!(self, offset, AtomicU32);
            let mut old = cell.load(Relaxed);
            while let Err(now) =
                cell.compare_exchange_weak(old, change(old.into()) as u32, Relaxed, Relaxed)
            {
                old = now;
            }
            return old.into();
        }
        let cell = cell!(self, offset, AtomicU64);
        let mut old = cell.load(Relaxed);
        while let Err(now) = cell.compare_exchange_weak(old, change(old), Relaxed, Relaxed) {
            old = now;
        }
        old
    }

    /// Whether every byte was written.
    #[inline(always)]
    pub fn is_whole(&self) -> bool {
        self.whole.load(Acquire)
    }

    /// Whether `size` bytes at an offset that is a multiple of `size` were written.
    #[inline(always)]
    pub fn is_written(&self, offset: usize, size: u8) -> bool {
        let bits = ((1u64 << size) - 1) as u32;
        self.written[offset / 32].load(Relaxed) >> (offset % 32) & bits == bits
    }

    /// Notes that `size` bytes at an offset that is a multiple of `size` were written.
    #[inline(always)]
    pub fn note(&self, offset: usize, size: u8) {
        let bits = (((1u64 << size) - 1) as u32) << (offset % 32);
        let flags = &self.written[offset / 32];
        if flags.load(Relaxed) & bits != bits {
            flags.fetch_or(bits, Relaxed);
        }
    }

    /// Writes bytes that lie within the allocation.
    pub fn write(&self, offset: usize, bytes: &[u8]) {
        let mut at = offset;
        let mut rest = bytes;
        while let Some((first, others)) = rest.split_first() {
            if at.is_multiple_of(8)
                && let Some((word, others)) = rest.split_first_chunk()
            {
                self.store(at, 8, u64::from_le_bytes(*word));
                rest = others;
                at += 8;
            } else {
                self.store(at, 1, u64::from(*first));
                rest = others;
                at += 1;
            }
        }
        if bytes.len() as u64 == self.bytes {
            self.written.iter().for_each(|flags| flags.store(u32::MAX, Relaxed));
            self.whole.store(true, Release);
        } else if !self.is_whole() {
            let mut at = offset;
            while at < offset + bytes.len() {
                let end = (at + 1).next_multiple_of(32).min(offset + bytes.len());
                let bits = ((1u64 << (end - at)) - 1) as u32;
                self.written[at / 32].fetch_or(bits << (at % 32), Relaxed);
                at = end;
            }
        }
    }

    /// Reads bytes that lie within the allocation.
    pub fn read(&self, offset: usize, bytes: &mut [u8]) {
        let mut at = offset;
        let end = offset + bytes.len();
        while at < end {
            let to = &mut bytes[at - offset..];
            if at.is_multiple_of(8) && end - at >= 8 {
                to[..8].copy_from_slice(&self.load(at, 8).to_le_bytes());
                at += 8;
            } else {
                to[0] = self.load(at, 1) as u8;
                at += 1;
            }
        }
    }

    /// Which of some bytes were written; `None` if all were.
    pub fn written(&self, offset: usize, count: usize) -> Option<Vec<bool>> {
        if self.is_whole() {
            return None;
        }
        Some((offset..offset + count).map(|at| self.is_written(at, 1)).collect())
    }

    /// Makes the bytes that are not `written` count as never written.
    pub fn forget(&self, offset: usize, written: &[bool]) {
        for (index, written) in written.iter().enumerate() {
            if !written {
                self.whole.store(false, Release);
                let at = offset + index;
                self.written[at / 32].fetch_and(!(1 << (at % 32)), Relaxed);
            }
        }
    }
}

/// Zeros, without touching the memory that the system gives zeroed; `None` if it gives none.
///
/// # Safety
/// Bytes that are all 0 are a `T`.
unsafe fn zeros<T>(count: usize) -> Option<Box<[T]>> {
    let layout = Layout::array::<T>(count).ok()?;
    if layout.size() == 0 {
        return Some(Box::default());
    }
    // SAFETY: the layout is not empty.
    let first = NonNull::new(unsafe { alloc::alloc_zeroed(layout) })?.cast::<T>();
    let all = NonNull::slice_from_raw_parts(first, count);
    // SAFETY: the global allocator just gave memory with the layout of such a slice, and the caller
    // vouches for what is in it.
    Some(unsafe { Box::from_raw(all.as_ptr()) })
}
