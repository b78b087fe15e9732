//! Bits and selections.

#![allow(clippy::too_many_arguments, clippy::cast_lossless)]

use super::lanes::{doubles, mask_of, words};
use super::registers::{LANES, Registers};
use crate::instruction::{Slot, Width};
use crate::syntax::types::{Class, Register};

/// `shf`: 32 of the 64 bits of `b:a`.
#[inline(always)]
pub(super) fn funnel(
    r: &mut Registers,
    left: bool,
    wrap: bool,
    d: Slot,
    a: Slot,
    b: Slot,
    c: Slot,
    mask: u32,
) {
    if wrap && left {
        words!(r, d, mask, |x = a word as u64, y = b word as u64, n = c word as u64| {
            ((y << 32 | x) << (n & 31)) >> 32
        });
    } else if wrap {
        words!(r, d, mask, |x = a word as u64, y = b word as u64, n = c word as u64| {
            (y << 32 | x) >> (n & 31)
        });
    } else if left {
        words!(r, d, mask, |x = a word as u64, y = b word as u64, n = c word as u64| {
            ((y << 32 | x) << n.min(32)) >> 32
        });
    } else {
        words!(r, d, mask, |x = a word as u64, y = b word as u64, n = c word as u64| {
            (y << 32 | x) >> n.min(32)
        });
    }
}

/// `bfe`: `c` bits from bit `b` on, both of which count modulo 256.
#[inline(always)]
pub(super) fn extract(
    r: &mut Registers,
    signed: bool,
    w: Width,
    d: Slot,
    a: Slot,
    b: Slot,
    c: Slot,
    mask: u32,
) {
    if signed {
        return extract_signed(r, w, d, a, b, c, mask);
    }
    if w == Width::W32 {
        words!(r, d, mask, |x = a word as u64, at = b word as u32, n = c word as u32| {
            (x >> (at & 255).min(63)) & ((1u64 << (n & 255).min(32)) - 1)
        });
    } else {
        doubles!(r, d, mask, |x = a double as u64, at = b word as u64, n = c word as u64| {
            let (at, n) = (at & 255, n & 255);
            let field = if at > 63 { 0 } else { x >> (at & 63) };
            field & if n > 63 { u64::MAX } else { (1 << (n & 63)) - 1 }
        });
    }
}

/// `bfe` of signed values.
#[inline(never)]
fn extract_signed(r: &mut Registers, w: Width, d: Slot, a: Slot, b: Slot, c: Slot, mask: u32) {
    let mut out = [0; LANES];
    for (lane, out) in out.iter_mut().enumerate() {
        let value = if w == Width::W64 { r.double(a)[lane] } else { u64::from(r.word(a)[lane]) };
        let (at, count) = (r.word(b)[lane] & 255, r.word(c)[lane] & 255);
        let top = (w.bits() - 1).min((at + count).saturating_sub(1));
        let sign = count != 0 && value >> top & 1 != 0;
        let field = if at > 63 { 0 } else { value >> at };
        // Bits past the top of the value are copies of the sign.
        let held = w.bits().saturating_sub(at).min(count);
        let held = if held > 63 { u64::MAX } else { (1 << held) - 1 };
        *out = field & held | if sign { !held } else { 0 };
    }
    let class = if w == Width::W64 { Class::B64 } else { Class::B32 };
    r.set_wide(Register { class, slot: d }, &out, mask);
}

/// `bfi`: the low `e` bits of `a`, put into `b` at bit `c`.
#[inline(never)]
pub(super) fn insert(r: &mut Registers, w: Width, d: Slot, from: [Slot; 4], mask: u32) {
    let [a, b, c, e] = from;
    let class = if w == Width::W64 { Class::B64 } else { Class::B32 };
    let value = r.wide(Register { class, slot: a });
    let base = r.wide(Register { class, slot: b });
    let mut out = [0; LANES];
    for (lane, out) in out.iter_mut().enumerate() {
        let (at, count) = (r.word(c)[lane] & 255, r.word(e)[lane] & 255);
        let ones = if count > 63 { u64::MAX } else { (1u64 << count) - 1 };
        let field = if at > 63 { 0 } else { ones << at };
        let moved = if at > 63 { 0 } else { value[lane] << at };
        *out = base[lane] & !field | moved & field;
    }
    r.set_wide(Register { class, slot: d }, &out, mask);
}

/// `prmt`: each byte of the result is one of the eight bytes of `b:a`.
#[inline(never)]
pub(super) fn permute(r: &mut Registers, mode: u8, d: Slot, a: Slot, b: Slot, c: Slot, mask: u32) {
    if mode == 0 {
        words!(r, d, mask, |x = a word as u64, y = b word as u64, s = c word as u32| {
            let both = y << 32 | x;
            let mut out = 0;
            for byte in 0..4 {
                let pick = s >> (4 * byte) & 15;
                let value = (both >> (8 * (pick & 7))) as u32 & 255;
                // The highest bit of a selector asks for the sign of the byte, eight times.
                let value = if pick & 8 == 0 { value } else { (value >> 7) * 255 };
                out |= value << (8 * byte);
            }
            out
        });
        return;
    }
    words!(r, d, mask, |x = a word as u64, y = b word as u64, s = c word as u32| {
        let both = y << 32 | x;
        let s = s & 3;
        let picks = match mode {
            1 => [s, s + 1, s + 2, s + 3],
            2 => [s, (8 + s - 1) & 7, (8 + s - 2) & 7, (8 + s - 3) & 7],
            3 => [s; 4],
            4 => [s, 1.max(s), 2.max(s), 3.max(s)],
            5 => [0, 1.min(s), 2.min(s), s],
            _ => if s & 1 == 0 { [0, 1, 0, 1] } else { [2, 3, 2, 3] },
        };
        let mut out = 0;
        for (byte, pick) in picks.into_iter().enumerate() {
            out |= ((both >> (8 * pick)) as u32 & 255) << (8 * byte);
        }
        out
    });
}

/// `lop3`: any function of three bits, by its table.
#[inline(never)]
pub(super) fn lookup(r: &mut Registers, table: u8, d: Slot, a: Slot, b: Slot, c: Slot, mask: u32) {
    let mut rows = [0u32; 8];
    for (row, out) in rows.iter_mut().enumerate() {
        *out = if table >> row & 1 != 0 { u32::MAX } else { 0 };
    }
    words!(r, d, mask, |x = a word as u32, y = b word as u32, z = c word as u32| {
        rows[0] & !x & !y & !z
            | rows[1] & !x & !y & z
            | rows[2] & !x & y & !z
            | rows[3] & !x & y & z
            | rows[4] & x & !y & !z
            | rows[5] & x & !y & z
            | rows[6] & x & y & !z
            | rows[7] & x & y & z
    });
}

/// `selp`.
#[inline(always)]
pub(super) fn select(r: &mut Registers, w: Width, d: Slot, a: Slot, b: Slot, p: Slot, mask: u32) {
    let by = r.predicate(p);
    choose(r, w, d, a, b, by, mask);
}

#[inline(always)]
fn choose(r: &mut Registers, w: Width, d: Slot, a: Slot, b: Slot, by: u32, mask: u32) {
    if w == Width::W64 {
        let (yes, no) = (r.double(a), r.double(b));
        let mut out = [0; LANES];
        for lane in 0..LANES {
            out[lane] = if by >> lane & 1 != 0 { yes[lane] } else { no[lane] };
        }
        r.set_double(d, &out, mask);
    } else {
        let (yes, no) = (r.word(a), r.word(b));
        let mut out = [0; LANES];
        for lane in 0..LANES {
            out[lane] = if by >> lane & 1 != 0 { yes[lane] } else { no[lane] };
        }
        r.set_word(d, &out, mask);
    }
}

/// `slct`.
#[inline(never)]
pub(super) fn select_sign(
    r: &mut Registers,
    w: Width,
    float: bool,
    d: Slot,
    a: Slot,
    b: Slot,
    c: Slot,
    mask: u32,
) {
    let by = if float {
        mask_of!(r, |x = c word as u32| f32::from_bits(x) >= 0.0)
    } else {
        mask_of!(r, |x = c word as i32| x >= 0)
    };
    choose(r, w, d, a, b, by, mask);
}

/// `mov.b64 d, {a, b}`.
#[inline(always)]
pub(super) fn join(r: &mut Registers, w: Width, d: Slot, parts: &[Register], mask: u32) {
    let bits = w.bits() / parts.len() as u32;
    let mut out = [0; LANES];
    for (index, part) in parts.iter().enumerate() {
        let values = r.word(part.slot);
        for lane in 0..LANES {
            out[lane] |= u64::from(values[lane]) << (bits * index as u32);
        }
    }
    let class = if w == Width::W64 { Class::B64 } else { Class::B32 };
    r.set_wide(Register { class, slot: d }, &out, mask);
}

/// `mov.b64 {a, b}, d`.
#[inline(always)]
pub(super) fn split(r: &mut Registers, w: Width, a: Slot, parts: &[Option<Register>], mask: u32) {
    let bits = w.bits() / parts.len() as u32;
    let class = if w == Width::W64 { Class::B64 } else { Class::B32 };
    let values = r.wide(Register { class, slot: a });
    for (index, part) in parts.iter().enumerate() {
        let Some(part) = part else { continue };
        let mut out = [0; LANES];
        for lane in 0..LANES {
            out[lane] = values[lane] >> (bits * index as u32);
        }
        r.set_wide(*part, &out, mask);
    }
}
