//! Arithmetic on 16-bit integers, which kernels seldom do: compiled once and without inlining.

#![allow(clippy::cast_lossless)]

use super::lanes::{mask_of, words};
use super::registers::Registers;
use crate::instruction::{Int1, Int2, Shift, Slot};

macro_rules! unsigned {
    ($r:ident, $d:ident, $mask:ident, |$x:ident = $a:ident, $y:ident = $b:ident| $e:expr) => {
        words!($r, $d, $mask, |$x = $a word as u16, $y = $b word as u16| $e)
    };
}

macro_rules! signed {
    ($r:ident, $d:ident, $mask:ident, |$x:ident = $a:ident, $y:ident = $b:ident| $e:expr) => {
        words!($r, $d, $mask, |$x = $a word as i16, $y = $b word as i16| $e as u16)
    };
}

/// Operations of two operands. Lanes that divided by zero, and then nothing is written.
#[inline(never)]
pub(super) fn two(r: &mut Registers, f: Int2, d: Slot, a: Slot, b: Slot, mask: u32) -> u32 {
    if matches!(f, Int2::DivUnsigned | Int2::DivSigned | Int2::RemUnsigned | Int2::RemSigned) {
        let zero = mask_of!(r, |y = b word as u32| y == 0) & mask;
        if zero != 0 {
            return zero;
        }
    }
    match f {
        Int2::Add => unsigned!(r, d, mask, |x = a, y = b| x.wrapping_add(y)),
        Int2::Sub => unsigned!(r, d, mask, |x = a, y = b| x.wrapping_sub(y)),
        Int2::MulLow => unsigned!(r, d, mask, |x = a, y = b| x.wrapping_mul(y)),
        Int2::And => unsigned!(r, d, mask, |x = a, y = b| x & y),
        Int2::Or => unsigned!(r, d, mask, |x = a, y = b| x | y),
        Int2::Xor => unsigned!(r, d, mask, |x = a, y = b| x ^ y),
        Int2::MinUnsigned => unsigned!(r, d, mask, |x = a, y = b| x.min(y)),
        Int2::MaxUnsigned => unsigned!(r, d, mask, |x = a, y = b| x.max(y)),
        Int2::MinSigned => signed!(r, d, mask, |x = a, y = b| x.min(y)),
        Int2::MaxSigned => signed!(r, d, mask, |x = a, y = b| x.max(y)),
        Int2::MulHighUnsigned => {
            words!(r, d, mask, |x = a word as u32, y = b word as u32| x.wrapping_mul(y) >> 16);
        }
        Int2::MulHighSigned => {
            signed!(r, d, mask, |x = a, y = b| ((i32::from(x) * i32::from(y)) >> 16));
        }
        Int2::DivUnsigned => unsigned!(r, d, mask, |x = a, y = b| x.checked_div(y).unwrap_or(0)),
        Int2::RemUnsigned => unsigned!(r, d, mask, |x = a, y = b| x.checked_rem(y).unwrap_or(0)),
        Int2::DivSigned => {
            signed!(r, d, mask, |x = a, y = b| (if y == 0 { 0 } else { x.wrapping_div(y) }));
        }
        Int2::RemSigned => {
            signed!(r, d, mask, |x = a, y = b| (if y == 0 { 0 } else { x.wrapping_rem(y) }));
        }
    }
    0
}

/// Shifts by 32-bit amounts, of which those beyond the width shift everything out.
#[inline(never)]
pub(super) fn shift(r: &mut Registers, f: Shift, d: Slot, a: Slot, b: Slot, mask: u32) {
    match f {
        Shift::Left => words!(r, d, mask, |x = a word as u32, n = b word as u32| {
            if n > 15 { 0 } else { (x << n) as u16 }
        }),
        Shift::RightUnsigned => words!(r, d, mask, |x = a word as u32, n = b word as u32| {
            if n > 15 { 0 } else { x >> n }
        }),
        Shift::RightSigned => {
            words!(r, d, mask, |x = a word as i16, n = b word as u32| (x >> n.min(15)) as u16);
        }
    }
}

/// Operations of one operand.
#[inline(never)]
pub(super) fn one(r: &mut Registers, f: Int1, d: Slot, a: Slot, mask: u32) {
    match f {
        Int1::Neg => words!(r, d, mask, |x = a word as u16| x.wrapping_neg()),
        Int1::Abs => words!(r, d, mask, |x = a word as i16| x.wrapping_abs() as u16),
        _ => words!(r, d, mask, |x = a word as u16| !x),
    }
}

/// The product in 32 bits.
#[inline(never)]
pub(super) fn multiply_wide(r: &mut Registers, signed: bool, d: Slot, a: Slot, b: Slot, mask: u32) {
    if signed {
        words!(r, d, mask, |x = a word as i16, y = b word as i16| i32::from(x) * i32::from(y));
    } else {
        words!(r, d, mask, |x = a word as u32, y = b word as u32| x.wrapping_mul(y));
    }
}

/// The low half of the product, plus `c`.
#[inline(never)]
pub(super) fn multiply_add(r: &mut Registers, d: Slot, a: Slot, b: Slot, c: Slot, mask: u32) {
    words!(r, d, mask, |x = a word as u16, y = b word as u16, z = c word as u16| {
        x.wrapping_mul(y).wrapping_add(z)
    });
}
