//! By rustc's own target, `nvptx64-nvidia-cuda`.

use core::arch::nvptx::{
    _block_dim_x, _block_idx_x, _block_idx_y, _grid_dim_x, _syncthreads, _thread_idx_x,
};
use core::arch::{asm, global_asm};
use core::panic::PanicInfo;

unsafe extern "C" {
    #[link_name = "llvm.nvvm.shfl.sync.bfly.i32"]
    safe fn shuffle_sync_butterfly(mask: u32, value: u32, distance: u32, segment: u32) -> u32;
    #[link_name = "llvm.nvvm.shfl.sync.up.i32"]
    safe fn shuffle_sync_up(mask: u32, value: u32, distance: u32, segment: u32) -> u32;
    #[link_name = "llvm.nvvm.vote.ballot.sync"]
    safe fn vote_ballot(mask: u32, predicate: bool) -> u32;
}

const ALL: u32 = u32::MAX;

// As many as `SHARED_BYTES`.
global_asm!(".shared .align 8 .b8 pilot_shared[8192];");

/// Ends the launch; the driver reports it.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::intrinsics::abort()
}

/// This thread's number in its block.
#[inline(always)]
pub fn thread_index() -> u32 {
    // SAFETY: reads a register.
    unsafe { _thread_idx_x() as u32 }
}

/// The number of threads of a block.
#[inline(always)]
pub fn block_size() -> u32 {
    // SAFETY: reads a register.
    unsafe { _block_dim_x() as u32 }
}

/// This block's number in its row.
#[inline(always)]
pub fn block_index() -> u32 {
    // SAFETY: reads a register.
    unsafe { _block_idx_x() as u32 }
}

/// The row of blocks of the launch that this one is in.
#[inline(always)]
pub fn block_row() -> u32 {
    // SAFETY: reads a register.
    unsafe { _block_idx_y() as u32 }
}

/// The number of blocks of a row.
#[inline(always)]
pub fn blocks() -> u32 {
    // SAFETY: reads a register.
    unsafe { _grid_dim_x() as u32 }
}

/// The block's barrier: waits for all threads of the block; what any wrote before, all see afterwards.
#[inline(always)]
pub fn sync_block() {
    // SAFETY: all threads of the block reach it, see the module.
    unsafe { _syncthreads() }
}

/// The warp's barrier: what any of its threads wrote before, all of them see afterwards.
#[inline(always)]
pub fn sync_warp() {
    // SAFETY: all threads of the warp reach it, see the module.
    unsafe { asm!("bar.warp.sync 0xffffffff;") }
}

/// A fence: whoever sees what this thread writes after it, or of which it knew before, sees what was written before it, too, in all
/// blocks of the GPU.
#[inline(always)]
pub fn fence() {
    // SAFETY: it only orders accesses.
    unsafe { asm!("fence.acq_rel.gpu;") }
}

/// The same numbers, behind a barrier of the warp: what they are loaded by is before it, and what is made of them after it.
#[inline(always)]
pub fn gathered(mut values: [f64; 8]) -> [f64; 8] {
    let [a, b, c, d, e, f, g, h] = &mut values;
    // SAFETY: all threads of the warp reach it, see the module.
    unsafe {
        asm!(
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
#[inline(always)]
pub fn shuffle_butterfly(value: u32, distance: u32) -> u32 {
    shuffle_sync_butterfly(ALL, value, distance, 0x1f)
}

/// Shuffle up: `value` of the thread `distance` before this one in the warp; this one's where there is none.
#[inline(always)]
pub fn shuffle_up(value: u32, distance: u32) -> u32 {
    shuffle_sync_up(ALL, value, distance, 0)
}

/// A warp vote: a bit for every thread of the warp.
#[inline(always)]
pub fn ballot(vote: bool) -> u32 {
    vote_ballot(ALL, vote)
}

/// Reads 32 bits of shared memory.
///
/// # Safety
/// They must lie inside it and be aligned.
#[inline(always)]
pub unsafe fn load_shared_32(offset: u32) -> u32 {
    let value: u32;
    // SAFETY: the caller's duty.
    unsafe {
        asm!(
            "ld.shared.b32 {}, [{}];",
            out(reg32) value, in(reg32) shared() + offset, options(nostack),
        );
    }
    value
}

/// Reads 64 bits of shared memory.
///
/// # Safety
/// They must lie inside it and be aligned.
#[inline(always)]
pub unsafe fn load_shared_64(offset: u32) -> u64 {
    let value: u64;
    // SAFETY: the caller's duty.
    unsafe {
        asm!(
            "ld.shared.b64 {}, [{}];",
            out(reg64) value, in(reg32) shared() + offset, options(nostack),
        );
    }
    value
}

/// Writes 32 bits of shared memory.
///
/// # Safety
/// They must lie inside it and be aligned.
#[inline(always)]
pub unsafe fn store_shared_32(offset: u32, value: u32) {
    // SAFETY: the caller's duty.
    unsafe {
        asm!(
            "st.shared.b32 [{}], {};",
            in(reg32) shared() + offset, in(reg32) value, options(nostack),
        );
    }
}

/// Writes 64 bits of shared memory.
///
/// # Safety
/// They must lie inside it and be aligned.
#[inline(always)]
pub unsafe fn store_shared_64(offset: u32, value: u64) {
    // SAFETY: the caller's duty.
    unsafe {
        asm!(
            "st.shared.b64 [{}], {};",
            in(reg32) shared() + offset, in(reg64) value, options(nostack),
        );
    }
}

/// Atomic addition to 32 bits of shared memory, to which other threads may add as well.
///
/// # Safety
/// They must lie inside it and be aligned.
#[inline(always)]
pub unsafe fn add_shared_32(offset: u32, value: u32) {
    // SAFETY: the caller's duty.
    unsafe {
        asm!(
            "red.shared.add.u32 [{}], {};",
            in(reg32) shared() + offset, in(reg32) value, options(nostack),
        );
    }
}

/// The address of the shared memory.
#[inline(always)]
fn shared() -> u32 {
    let address: u32;
    // SAFETY: reads an address.
    unsafe { asm!("mov.u32 {}, pilot_shared;", out(reg32) address, options(pure, nomem, nostack)) };
    address
}
