//! Integer arithmetic.

#![allow(clippy::too_many_arguments, clippy::cast_lossless)]

use super::lanes::{doubles, mask_of, words};
use super::narrow;
use super::registers::{LANES, Registers};
use crate::instruction::{Int1, Int2, Shift, Slot, Width};

/// Applies one expression at the width of the operation, which is not 16.
macro_rules! by_width {
    ($r:ident, $w:ident, $d:ident, $mask:ident, signed |$x:ident = $a:ident, $y:ident = $b:ident| $e:expr) => {
        match $w {
            Width::W64 => doubles!($r, $d, $mask, |$x = $a double as i64, $y = $b double as i64| $e),
            _ => words!($r, $d, $mask, |$x = $a word as i32, $y = $b word as i32| $e),
        }
    };
    ($r:ident, $w:ident, $d:ident, $mask:ident, |$x:ident = $a:ident, $y:ident = $b:ident| $e:expr) => {
        match $w {
            Width::W64 => doubles!($r, $d, $mask, |$x = $a double as u64, $y = $b double as u64| $e),
            _ => words!($r, $d, $mask, |$x = $a word as u32, $y = $b word as u32| $e),
        }
    };
}

/// Operations of two operands. Lanes that divided by zero, and then nothing is written.
#[inline(always)]
pub(super) fn two(
    r: &mut Registers,
    f: Int2,
    w: Width,
    d: Slot,
    a: Slot,
    b: Slot,
    mask: u32,
) -> u32 {
    if w == Width::W16 {
        return narrow::two(r, f, d, a, b, mask);
    }
    match f {
        Int2::Add => by_width!(r, w, d, mask, |x = a, y = b| x.wrapping_add(y)),
        Int2::Sub => by_width!(r, w, d, mask, |x = a, y = b| x.wrapping_sub(y)),
        Int2::MulLow => by_width!(r, w, d, mask, |x = a, y = b| x.wrapping_mul(y)),
        Int2::And => by_width!(r, w, d, mask, |x = a, y = b| x & y),
        Int2::Or => by_width!(r, w, d, mask, |x = a, y = b| x | y),
        Int2::Xor => by_width!(r, w, d, mask, |x = a, y = b| x ^ y),
        Int2::MinUnsigned => by_width!(r, w, d, mask, |x = a, y = b| x.min(y)),
        Int2::MaxUnsigned => by_width!(r, w, d, mask, |x = a, y = b| x.max(y)),
        Int2::MinSigned => by_width!(r, w, d, mask, signed | x = a, y = b | x.min(y)),
        Int2::MaxSigned => by_width!(r, w, d, mask, signed | x = a, y = b | x.max(y)),
        Int2::MulHighUnsigned => match w {
            Width::W64 => {
                doubles!(r, d, mask, |x = a double as u128, y = b double as u128| (x * y) >> 64);
            }
            _ => words!(r, d, mask, |x = a word as u64, y = b word as u64| (x * y) >> 32),
        },
        Int2::MulHighSigned => match w {
            Width::W64 => doubles!(r, d, mask, |x = a double as i64, y = b double as i64| {
                (i128::from(x) * i128::from(y)) >> 64
            }),
            _ => words!(r, d, mask, |x = a word as i32, y = b word as i32| {
                (i64::from(x) * i64::from(y)) >> 32
            }),
        },
        Int2::DivUnsigned | Int2::DivSigned | Int2::RemUnsigned | Int2::RemSigned => {
            return divide(r, f, w, d, a, b, mask);
        }
    }
    0
}

/// Divisions are rare and have no vector instructions: not inlined.
#[inline(never)]
fn divide(r: &mut Registers, f: Int2, w: Width, d: Slot, a: Slot, b: Slot, mask: u32) -> u32 {
    let zero = match w {
        Width::W16 | Width::W32 => mask_of!(r, |y = b word as u32| y == 0),
        Width::W64 => mask_of!(r, |y = b double as u64| y == 0),
    };
    if zero & mask != 0 {
        return zero & mask;
    }
    match f {
        Int2::DivUnsigned => {
            by_width!(r, w, d, mask, |x = a, y = b| x.checked_div(y).unwrap_or(0));
        }
        Int2::RemUnsigned => {
            by_width!(r, w, d, mask, |x = a, y = b| x.checked_rem(y).unwrap_or(0));
        }
        Int2::DivSigned => {
            by_width!(
                r,
                w,
                d,
                mask,
                signed | x = a,
                y = b | if y == 0 { 0 } else { x.wrapping_div(y) }
            );
        }
        _ => {
            by_width!(
                r,
                w,
                d,
                mask,
                signed | x = a,
                y = b | if y == 0 { 0 } else { x.wrapping_rem(y) }
            );
        }
    }
    0
}

/// Shifts by 32-bit amounts, of which those beyond the width shift everything out.
#[inline(always)]
pub(super) fn shift(r: &mut Registers, f: Shift, w: Width, d: Slot, a: Slot, b: Slot, mask: u32) {
    match (f, w) {
        (_, Width::W16) => narrow::shift(r, f, d, a, b, mask),
        (Shift::Left, Width::W32) => words!(r, d, mask, |x = a word as u32, n = b word as u32| {
            if n > 31 { 0 } else { x << (n & 31) }
        }),
        (Shift::Left, Width::W64) => {
            doubles!(r, d, mask, |x = a double as u64, n = b word as u64| {
                if n > 63 { 0 } else { x << (n & 63) }
            });
        }
        (Shift::RightUnsigned, Width::W32) => {
            words!(r, d, mask, |x = a word as u32, n = b word as u32| {
                if n > 31 { 0 } else { x >> (n & 31) }
            });
        }
        (Shift::RightUnsigned, Width::W64) => {
            doubles!(r, d, mask, |x = a double as u64, n = b word as u64| {
                if n > 63 { 0 } else { x >> (n & 63) }
            });
        }
        (Shift::RightSigned, Width::W32) => {
            words!(r, d, mask, |x = a word as i32, n = b word as u32| x >> n.min(31));
        }
        (Shift::RightSigned, Width::W64) => {
            doubles!(r, d, mask, |x = a double as i64, n = b word as u64| x >> n.min(63));
        }
    }
}

/// Operations of one operand.
#[inline(always)]
pub(super) fn one(r: &mut Registers, f: Int1, w: Width, d: Slot, a: Slot, mask: u32) {
    match (f, w) {
        (Int1::Neg | Int1::Abs | Int1::Not, Width::W16) => narrow::one(r, f, d, a, mask),
        (Int1::Neg, Width::W32) => words!(r, d, mask, |x = a word as u32| x.wrapping_neg()),
        (Int1::Neg, Width::W64) => doubles!(r, d, mask, |x = a double as u64| x.wrapping_neg()),
        (Int1::Not, Width::W32) => words!(r, d, mask, |x = a word as u32| !x),
        (Int1::Not, Width::W64) => doubles!(r, d, mask, |x = a double as u64| !x),
        (Int1::CountOnes, Width::W32) => words!(r, d, mask, |x = a word as u32| x.count_ones()),
        (Int1::LeadingZeros, Width::W32) => {
            words!(r, d, mask, |x = a word as u32| x.leading_zeros());
        }
        (Int1::Reverse, Width::W32) => words!(r, d, mask, |x = a word as u32| x.reverse_bits()),
        _ => seldom(r, f, w, d, a, mask),
    }
}

/// Operations of one operand that kernels seldom use.
#[inline(never)]
fn seldom(r: &mut Registers, f: Int1, w: Width, d: Slot, a: Slot, mask: u32) {
    match (f, w) {
        (Int1::Abs, Width::W64) => doubles!(r, d, mask, |x = a double as i64| x.wrapping_abs()),
        (Int1::Abs, _) => words!(r, d, mask, |x = a word as i32| x.wrapping_abs()),
        (Int1::CountOnes, Width::W64) => {
            words!(r, d, mask, |x = a double as u64| x.count_ones());
        }
        (Int1::LeadingZeros, Width::W64) => {
            words!(r, d, mask, |x = a double as u64| x.leading_zeros());
        }
        (Int1::Reverse, Width::W64) => doubles!(r, d, mask, |x = a double as u64| x.reverse_bits()),
        _ => find(r, f, w, d, a, mask),
    }
}

/// `bfind`: the highest bit that differs from the sign.
fn find(r: &mut Registers, f: Int1, w: Width, d: Slot, a: Slot, mask: u32) {
    let signed = matches!(f, Int1::FindSigned | Int1::FindSignedShift);
    let shift = matches!(f, Int1::FindUnsignedShift | Int1::FindSignedShift);
    let width = w.bits();
    let mut out = [0; LANES];
    for (lane, out) in out.iter_mut().enumerate() {
        let value = match w {
            Width::W64 => r.double(a)[lane],
            _ => u64::from(r.word(a)[lane]),
        };
        let negative = signed && value >> (width - 1) & 1 != 0;
        let value = if negative { !value << (64 - width) >> (64 - width) } else { value };
        *out = match value.checked_ilog2() {
            None => u32::MAX,
            Some(bit) if shift => width - 1 - bit,
            Some(bit) => bit,
        };
    }
    r.set_word(d, &out, mask);
}

/// The product in twice the width.
#[inline(always)]
pub(super) fn multiply_wide(
    r: &mut Registers,
    signed: bool,
    w: Width,
    d: Slot,
    a: Slot,
    b: Slot,
    mask: u32,
) {
    match (w, signed) {
        (Width::W16, _) => narrow::multiply_wide(r, signed, d, a, b, mask),
        (_, false) => doubles!(r, d, mask, |x = a word as u64, y = b word as u64| x * y),
        (_, true) => doubles!(r, d, mask, |x = a word as i32, y = b word as i32| {
            i64::from(x) * i64::from(y)
        }),
    }
}

/// The low half of the product, plus `c`.
#[inline(always)]
pub(super) fn multiply_add(
    r: &mut Registers,
    w: Width,
    d: Slot,
    a: Slot,
    b: Slot,
    c: Slot,
    mask: u32,
) {
    match w {
        Width::W16 => narrow::multiply_add(r, d, a, b, c, mask),
        Width::W32 => {
            words!(r, d, mask, |x = a word as u32, y = b word as u32, z = c word as u32| {
                x.wrapping_mul(y).wrapping_add(z)
            })
        }
        Width::W64 => {
            doubles!(r, d, mask, |x = a double as u64, y = b double as u64, z = c double as u64| {
                x.wrapping_mul(y).wrapping_add(z)
            });
        }
    }
}

/// Sums and differences that take and give a carry (or borrow).
#[inline(never)]
pub(super) fn carry(
    r: &mut Registers,
    subtract: bool,
    consume: bool,
    produce: bool,
    w: Width,
    d: Slot,
    a: Slot,
    b: Slot,
    mask: u32,
) {
    let mut flags = 0;
    let mut out = [0; LANES];
    for (lane, out) in out.iter_mut().enumerate() {
        let (x, y) = match w {
            Width::W64 => (r.double(a)[lane], r.double(b)[lane]),
            _ => (u64::from(r.word(a)[lane]), u64::from(r.word(b)[lane])),
        };
        let flag = u128::from(consume && r.carry >> lane & 1 != 0);
        let sum = if subtract {
            u128::from(x).wrapping_sub(u128::from(y)).wrapping_sub(flag)
        } else {
            u128::from(x) + u128::from(y) + flag
        };
        flags |= ((sum >> w.bits() & 1) as u32) << lane;
        *out = sum as u64;
    }
    if produce {
        r.carry = r.carry & !mask | flags & mask;
    }
    if w == Width::W64 {
        r.set_double(d, &out, mask);
    } else {
        let cut = if w == Width::W16 { 0xffff } else { u32::MAX };
        let mut words = [0; LANES];
        for lane in 0..LANES {
            words[lane] = out[lane] as u32 & cut;
        }
        r.set_word(d, &words, mask);
    }
}
