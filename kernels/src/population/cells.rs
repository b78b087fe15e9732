//! Bundles from and to memory that threads share.

use core::cell::Cell;

use crate::lanes::{LaneBits, Lanes};

/// The first [`Lanes::COUNT`] values of `cells`.
///
/// # Panics
/// If there are fewer.
#[inline(always)]
pub fn load<L: Lanes>(proof: L::Proof, cells: &[Cell<f32>]) -> L {
    let cells = &cells[..L::COUNT];
    // SAFETY: a `Cell<f32>` is laid out as an `f32`, and nothing writes to these while `L::load` reads
    // them: no other thread may (`Cell` forbids it on CPUs, the device's safety model on GPUs), and
    // `L::load` does not know them as cells.
    L::load(proof, unsafe { core::slice::from_raw_parts(cells.as_ptr().cast(), L::COUNT) })
}

/// Writes the lanes of `value` to the first [`Lanes::COUNT`] of `cells`.
///
/// # Panics
/// If there are fewer.
#[inline(always)]
pub fn store<L: Lanes>(value: L, cells: &[Cell<f32>]) {
    let cells = &cells[..L::COUNT];
    // SAFETY: as in `load`; cells may be written to through a shared reference, and no other reference to
    // their values exists.
    value.store(unsafe {
        core::slice::from_raw_parts_mut(cells.as_ptr().cast::<f32>().cast_mut(), L::COUNT)
    });
}

/// [`load`] for raw bits.
///
/// # Panics
/// If there are fewer than [`Lanes::COUNT`].
#[inline(always)]
pub fn load_bits<L: Lanes>(proof: L::Proof, cells: &[Cell<u32>]) -> L::Bits {
    let cells = &cells[..L::COUNT];
    // SAFETY: as in `load`.
    L::Bits::load(proof, unsafe { core::slice::from_raw_parts(cells.as_ptr().cast(), L::COUNT) })
}

/// [`store`] for raw bits.
///
/// # Panics
/// If there are fewer than [`Lanes::COUNT`].
#[inline(always)]
pub fn store_bits<L: Lanes>(value: L::Bits, cells: &[Cell<u32>]) {
    let cells = &cells[..L::COUNT];
    // SAFETY: as in `store`.
    value.store(unsafe {
        core::slice::from_raw_parts_mut(cells.as_ptr().cast::<u32>().cast_mut(), L::COUNT)
    });
}
