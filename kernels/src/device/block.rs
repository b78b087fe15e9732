//! Thread blocks: their threads' collective operations.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use super::hardware;
pub use super::hardware::ballot;
use crate::task::CHUNK_THREADS;

/// Threads of a warp.
pub const WARP: u32 = 32;

/// Threads that keep the columns of a sum ([`crate::reduce`]): half a warp.
pub const HALF: u32 = 16;

// Each chunk's threads are whole warps.
const _: () = assert!(CHUNK_THREADS.is_multiple_of(WARP));

/// A thread block, a multiple of [`CHUNK_THREADS`] threads, that works on one decision, perhaps with other blocks; as
/// one of its threads sees it.
#[derive(Clone, Copy)]
pub struct Block {
    /// This thread's number.
    pub rank: u32,
    /// The number of threads.
    pub size: u32,
    /// This block's number among those that share the chunks of a decision.
    pub part: u32,
    /// The number of blocks that share them.
    pub parts: u32,
}

impl Block {
    /// This block as one of all of its row, which share a decision.
    #[inline(always)]
    pub fn of_many() -> Self {
        let (rank, size) = (hardware::thread_index(), hardware::block_size());
        Self { rank, size, part: hardware::block_index(), parts: hardware::blocks() }
    }

    /// The chunks that the block works on at a time take a slot of [`CHUNK_THREADS`] threads each: how many slots there
    /// are, which one this thread is in, and which mirrored pair of the chunk is its own.
    #[inline(always)]
    pub fn slots(&self) -> (u32, u32, u32) {
        (self.size / CHUNK_THREADS, self.rank / CHUNK_THREADS, self.rank % CHUNK_THREADS)
    }

    /// The block's barrier: waits for all threads; what any wrote before, all see afterwards.
    #[inline(always)]
    pub fn sync(&self) {
        hardware::sync_block();
    }

    /// This thread's place in its warp.
    #[inline(always)]
    pub fn lane(&self) -> u32 {
        self.rank % WARP
    }

    /// A block-stride loop: calls `work` for every number below `count` that is this thread's.
    #[inline(always)]
    pub fn each(&self, count: u32, mut work: impl FnMut(u32)) {
        let mut index = self.rank;
        while index < count {
            work(index);
            index += self.size;
        }
    }

    /// Calls `work` for every number below `count` that is this half-warp's, with `None` where the warp's other
    /// half has work left and this one has not: the warp stays together.
    #[inline(always)]
    pub fn each_half(&self, count: u32, mut work: impl FnMut(Option<u32>)) {
        let mut first = self.rank / WARP * 2;
        while first < count {
            let index = first + self.rank / HALF % 2;
            work(if index < count { Some(index) } else { None });
            first += self.size / HALF;
        }
    }

    /// Calls `work` for every number below `count` that is this warp's.
    #[inline(always)]
    pub fn each_warp(&self, count: u32, mut work: impl FnMut(u32)) {
        let mut index = self.rank / WARP;
        while index < count {
            work(index);
            index += self.size / WARP;
        }
    }
}

/// Butterfly shuffle: `value` of the thread whose number differs from this one's in the bit `distance`; the whole
/// warp takes part.
#[inline(always)]
pub fn across(value: u32, distance: u32) -> u32 {
    hardware::shuffle_butterfly(value, distance)
}

/// [`across`] for 64 bits.
#[inline(always)]
pub fn across_wide(value: u64, distance: u32) -> u64 {
    let (low, high) = (across(value as u32, distance), across((value >> 32) as u32, distance));
    u64::from(high) << 32 | u64::from(low)
}

/// `columns[0] .. columns[15]`, one in each thread of a half-warp, added as [`crate::reduce::fold`] does, down to
/// `stop` sums: thread `i` gets sum `i % stop`.
#[inline(always)]
pub fn fold_columns(mut column: f64, stop: u32) -> f64 {
    let mut distance = HALF / 2;
    while distance >= stop {
        column += f64::from_bits(across_wide(column.to_bits(), distance));
        distance /= 2;
    }
    column
}

/// Reduction of all 16 values of a half-warp, in every one of its threads.
#[inline(always)]
pub fn combine_half(mut value: u32, with: impl Fn(u32, u32) -> u32) -> u32 {
    let mut distance = HALF / 2;
    while distance > 0 {
        value = with(value, across(value, distance));
        distance /= 2;
    }
    value
}

/// The lowest of the 16 values of a half-warp.
#[inline(always)]
pub fn lowest_of_half(mut value: u64) -> u64 {
    let mut distance = HALF / 2;
    while distance > 0 {
        let other = across_wide(value, distance);
        value = if other < value { other } else { value };
        distance /= 2;
    }
    value
}

/// Inclusive scan: the sum of `value` over this thread and those before it in the warp.
#[inline(always)]
pub fn prefix_sum(mut value: u32, lane: u32) -> u32 {
    let mut distance = 1;
    while distance < WARP {
        let before = hardware::shuffle_up(value, distance);
        value += if lane >= distance { before } else { 0 };
        distance *= 2;
    }
    value
}

/// [`prefix_sum`] for 64 bits.
#[inline(always)]
pub fn prefix_sum_wide(mut value: u64, lane: u32) -> u64 {
    let mut distance = 1;
    while distance < WARP {
        let low = hardware::shuffle_up(value as u32, distance);
        let high = hardware::shuffle_up((value >> 32) as u32, distance);
        value += if lane >= distance { u64::from(high) << 32 | u64::from(low) } else { 0 };
        distance *= 2;
    }
    value
}

/// Atomic addition to a number that other threads may add to as well; returns the number before.
#[inline(always)]
pub fn add(to: &Cell<u32>, value: u32) -> u32 {
    // SAFETY: the cell's memory is valid and aligned; while threads add to it, none accesses it otherwise.
    unsafe { AtomicU32::from_ptr(to.as_ptr()) }.fetch_add(value, Relaxed)
}

/// Atomic exchange: puts `value` in place of a number that other threads have added to; returns that.
#[inline(always)]
pub fn exchange(of: &Cell<u32>, value: u32) -> u32 {
    // SAFETY: as in `add`.
    unsafe { AtomicU32::from_ptr(of.as_ptr()) }.swap(value, Relaxed)
}

/// Atomic maximum: raises a number to at least `value`.
#[inline(always)]
pub fn raise(to: &Cell<u32>, value: u32) {
    // SAFETY: as in `add`.
    unsafe { AtomicU32::from_ptr(to.as_ptr()) }.fetch_max(value, Relaxed);
}

/// Atomic minimum: lowers a number to at most `value`.
#[inline(always)]
pub fn lower(to: &Cell<u64>, value: u64) {
    // SAFETY: as in `add`.
    unsafe { AtomicU64::from_ptr(to.as_ptr()) }.fetch_min(value, Relaxed);
}
