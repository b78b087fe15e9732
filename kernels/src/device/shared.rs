//! Shared memory: that of the threads of a block.

use core::marker::PhantomData;

use super::hardware::{
    SHARED_BYTES, add_shared_32, load_shared_32, load_shared_64, store_shared_32, store_shared_64,
};

/// A part of the block's shared memory. Phases of the work use the same memory one after the other, with a
/// [`sync`](super::block::Block::sync) between them.
#[derive(Clone, Copy)]
pub struct Tile<T> {
    offset: u32,
    of: PhantomData<T>,
}

/// A type that shared memory can hold.
pub trait Word: Copy {
    /// Reads at an offset.
    ///
    /// # Safety
    /// It must be aligned and inside the block's shared memory.
    unsafe fn load(offset: u32) -> Self;

    /// Writes at an offset.
    ///
    /// # Safety
    /// As for [`Word::load`].
    unsafe fn store(self, offset: u32);
}

macro_rules! word {
    ($type:ty, $load:ident, $store:ident, $from:expr, $to:expr) => {
        impl Word for $type {
            #[inline(always)]
            unsafe fn load(offset: u32) -> Self {
                // SAFETY: the caller's duty.
                $from(unsafe { $load(offset) })
            }

            #[inline(always)]
            unsafe fn store(self, offset: u32) {
                // SAFETY: the caller's duty.
                unsafe { $store(offset, $to(self)) }
            }
        }
    };
}

word!(u32, load_shared_32, store_shared_32, core::convert::identity, core::convert::identity);
word!(f32, load_shared_32, store_shared_32, f32::from_bits, f32::to_bits);
word!(u64, load_shared_64, store_shared_64, core::convert::identity, core::convert::identity);
word!(f64, load_shared_64, store_shared_64, f64::from_bits, f64::to_bits);

impl<T: Word> Tile<T> {
    /// The tile that begins `offset` bytes into the shared memory.
    #[inline(always)]
    pub fn at(offset: u32) -> Self {
        Self { offset, of: PhantomData }
    }

    /// Value `index`.
    #[inline(always)]
    pub fn get(&self, index: u32) -> T {
        // SAFETY: `place` keeps to the shared memory.
        unsafe { T::load(self.place(index)) }
    }

    /// Sets value `index`.
    #[inline(always)]
    pub fn set(&self, index: u32, value: T) {
        // SAFETY: `place` keeps to the shared memory.
        unsafe { value.store(self.place(index)) }
    }

    #[inline(always)]
    fn place(&self, index: u32) -> u32 {
        let offset = self.offset + index * size_of::<T>() as u32;
        assert!(offset < SHARED_BYTES);
        offset
    }
}

impl Tile<u32> {
    /// Adds to value `index`, to which other threads may add as well.
    #[inline(always)]
    pub fn add(&self, index: u32, value: u32) {
        // SAFETY: `place` keeps to the shared memory.
        unsafe { add_shared_32(self.place(index), value) }
    }
}
