//! By the Rust-CUDA project's compiler and its `cuda_std`. On other targets than GPUs, `cuda_std`'s functions
//! type-check and are not to be called.
#![allow(clippy::unnecessary_cast, reason = "indices are u32 or usize, depending on the revision")]

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cuda_std::{address_space, gpu_only, thread};

/// Words of shared memory.
const COUNT: usize = super::SHARED_BYTES as usize / size_of::<u64>();

/// This thread's number in its block.
pub fn thread_index() -> u32 {
    thread::thread_idx_x() as u32
}

/// The number of threads of a block.
pub fn block_size() -> u32 {
    thread::block_dim_x() as u32
}

/// This block's number in its row.
pub fn block_index() -> u32 {
    thread::block_idx_x() as u32
}

/// The row of blocks of the launch that this one is in.
pub fn block_row() -> u32 {
    thread::block_idx_y() as u32
}

/// The number of blocks of a row.
pub fn blocks() -> u32 {
    thread::grid_dim_x() as u32
}

/// The block's barrier: waits for all threads of the block; what any wrote before, all see afterwards.
pub fn sync_block() {
    thread::sync_threads();
}

/// The warp's barrier: what any of its threads wrote before, all of them see afterwards.
#[gpu_only]
pub fn sync_warp() {
    // SAFETY: all threads of the warp reach it, see the module.
    unsafe { core::arch::asm!("bar.warp.sync 0xffffffff;") }
}

/// A fence: whoever sees what this thread writes after it, or of which it knew before, sees what was written before it, too, in all
/// blocks of the GPU.
#[gpu_only]
pub fn fence() {
    // SAFETY: it only orders accesses.
    unsafe { core::arch::asm!("fence.acq_rel.gpu;") }
}

/// The same numbers, behind a barrier of the warp: what they are loaded by is before it, and what is made of them after it.
#[gpu_only]
pub fn gathered(values: [f64; 8]) -> [f64; 8] {
    let mut values = values;
    let [a, b, c, d, e, f, g, h] = &mut values;
    // SAFETY: all threads of the warp reach it, see the module.
    unsafe {
        core::arch::asm!(
            "bar.warp.sync 0xffffffff; // {} {} {} {} {} {} {} {}",
            inout(reg64) * a,
            inout(reg64) * b,
            inout(reg64) * c,
            inout(reg64) * d,
            inout(reg64) * e,
            inout(reg64) * f,
            inout(reg64) * g,
            inout(reg64) * h,
            options(nostack),
        );
    }
    values
}

/// Butterfly shuffle: `value` of the thread of the warp whose number differs from this one's in the bit `distance`.
#[gpu_only]
pub fn shuffle_butterfly(value: u32, distance: u32) -> u32 {
    let result: u32;
    // SAFETY: all threads of the warp take part.
    unsafe {
        core::arch::asm!(
            "shfl.sync.bfly.b32 {}, {}, {}, 0x1f, 0xffffffff;",
            out(reg32) result, in(reg32) value, in(reg32) distance,
        );
    }
    result
}

/// Shuffle up: `value` of the thread `distance` before this one in the warp; this one's where there is none.
#[gpu_only]
pub fn shuffle_up(value: u32, distance: u32) -> u32 {
    let result: u32;
    // SAFETY: all threads of the warp take part.
    unsafe {
        core::arch::asm!(
            "shfl.sync.up.b32 {}, {}, {}, 0, 0xffffffff;",
            out(reg32) result, in(reg32) value, in(reg32) distance,
        );
    }
    result
}

/// A warp vote: a bit for every thread of the warp.
#[gpu_only]
pub fn ballot(vote: bool) -> u32 {
    let (result, vote): (u32, u32) = (0, vote.into());
    let mut result = result;
    // SAFETY: all threads of the warp take part.
    unsafe {
        core::arch::asm!(
            "{{ .reg .pred vote; setp.ne.u32 vote, {}, 0; vote.sync.ballot.b32 {}, vote, 0xffffffff; }}",
            in(reg32) vote, inout(reg32) result,
        );
    }
    result
}

/// Reads 32 bits of shared memory.
///
/// # Safety
/// They must lie inside it and be aligned.
pub unsafe fn load_shared_32(offset: u32) -> u32 {
    // SAFETY: the caller's duty.
    unsafe { shared(offset).cast::<u32>().read_volatile() }
}

/// Reads 64 bits of shared memory.
///
/// # Safety
/// They must lie inside it and be aligned.
pub unsafe fn load_shared_64(offset: u32) -> u64 {
    // SAFETY: the caller's duty.
    unsafe { shared(offset).cast::<u64>().read_volatile() }
}

/// Writes 32 bits of shared memory.
///
/// # Safety
/// They must lie inside it and be aligned.
pub unsafe fn store_shared_32(offset: u32, value: u32) {
    // SAFETY: the caller's duty.
    unsafe { shared(offset).cast::<u32>().write_volatile(value) }
}

/// Writes 64 bits of shared memory.
///
/// # Safety
/// They must lie inside it and be aligned.
pub unsafe fn store_shared_64(offset: u32, value: u64) {
    // SAFETY: the caller's duty.
    unsafe { shared(offset).cast::<u64>().write_volatile(value) }
}

/// Atomic addition to 32 bits of shared memory, to which other threads may add as well.
///
/// # Safety
/// They must lie inside it and be aligned.
pub unsafe fn add_shared_32(offset: u32, value: u32) {
    // SAFETY: the caller's duty.
    unsafe { AtomicU32::from_ptr(shared(offset).cast()) }.fetch_add(value, Relaxed);
}

/// A place in the shared memory.
fn shared(offset: u32) -> *mut u8 {
    #[address_space(shared)]
    static mut WORDS: [MaybeUninit<u64>; COUNT] = [MaybeUninit::uninit(); COUNT];
    (&raw mut WORDS).cast::<u8>().wrapping_add(offset as usize)
}
