//! Integer arithmetic: what each operation is called in PTX, and what it makes of a lane.

#![allow(clippy::too_many_arguments, clippy::cast_lossless)]

use super::lanes::{doubles, mask_of, operations, words};
use super::registers::{LANES, Registers};
use crate::instruction::{Slot, Width};

/// Applies an expression at the width of the operation, which is not 16. `$to` is the width of the
/// result: `same`, or 32 bits of a `count`.
macro_rules! wide {
    ($r:ident, $w:ident, $d:ident, $mask:ident, same $long:ident $short:ident |$($x:ident = $a:ident),+| $e:expr) => {
        match $w {
            Width::W64 => doubles!($r, $d, $mask, |$($x = $a double as $long),+| $e),
            _ => words!($r, $d, $mask, |$($x = $a word as $short),+| $e),
        }
    };
    ($r:ident, $w:ident, $d:ident, $mask:ident, count $long:ident $short:ident |$x:ident = $a:ident| $e:expr) => {
        match $w {
            Width::W64 => words!($r, $d, $mask, |$x = $a double as $long| $e),
            _ => words!($r, $d, $mask, |$x = $a word as $short| $e),
        }
    };
}

/// [`wide`] for values that are read with a sign or without one.
macro_rules! by_width {
    ($r:ident, $w:ident, $d:ident, $mask:ident, $to:ident signed $($rest:tt)+) => {
        wide!($r, $w, $d, $mask, $to i64 i32 $($rest)+)
    };
    ($r:ident, $w:ident, $d:ident, $mask:ident, $to:ident unsigned $($rest:tt)+) => {
        wide!($r, $w, $d, $mask, $to u64 u32 $($rest)+)
    };
}

/// The same for 16 bits.
macro_rules! narrow {
    ($r:ident, $d:ident, $mask:ident, signed |$($x:ident = $a:ident),+| $e:expr) => {
        words!($r, $d, $mask, |$($x = $a word as i16),+| ($e) as u16)
    };
    ($r:ident, $d:ident, $mask:ident, unsigned |$($x:ident = $a:ident),+| $e:expr) => {
        words!($r, $d, $mask, |$($x = $a word as u16),+| $e)
    };
}

/// A table of operations of two operands, and the functions that apply them. Kernels seldom use
/// 16 bits: those are compiled once and without inlining.
macro_rules! two_operands {
    (
        $(#[$doc:meta])* $name:ident by #[$inline:meta] $run:ident, $run_narrow:ident
        $($variant:ident: $named:pat => $sign:ident |$x:ident, $y:ident| $e:expr;)+
    ) => {
        operations! { $(#[$doc])* $name(name: &str, signed: bool) { $($variant: $named,)+ } }

        #[$inline]
        pub(super) fn $run(r: &mut Registers, f: $name, w: Width, d: Slot, a: Slot, b: Slot, mask: u32) {
            if w == Width::W16 {
                return $run_narrow(r, f, d, a, b, mask);
            }
            match f {
                $($name::$variant => by_width!(r, w, d, mask, same $sign |$x = a, $y = b| $e),)+
            }
        }

        #[inline(never)]
        fn $run_narrow(r: &mut Registers, f: $name, d: Slot, a: Slot, b: Slot, mask: u32) {
            match f {
                $($name::$variant => narrow!(r, d, mask, $sign |$x = a, $y = b| $e),)+
            }
        }
    };
}

two_operands! {
    /// Integer operations of two operands.
    Int2 by #[inline(always)] two, two_narrow
    Add: ("add", _) => unsigned |x, y| x.wrapping_add(y);
    Sub: ("sub", _) => unsigned |x, y| x.wrapping_sub(y);
    MulLow: ("mul.lo", _) => unsigned |x, y| x.wrapping_mul(y);
    MulHighUnsigned: ("mul.hi", false) => unsigned |x, y| x.high_product(y);
    MulHighSigned: ("mul.hi", true) => signed |x, y| x.high_product(y);
    MinUnsigned: ("min", false) => unsigned |x, y| x.min(y);
    MinSigned: ("min", true) => signed |x, y| x.min(y);
    MaxUnsigned: ("max", false) => unsigned |x, y| x.max(y);
    MaxSigned: ("max", true) => signed |x, y| x.max(y);
    And: ("and", _) => unsigned |x, y| x & y;
    Or: ("or", _) => unsigned |x, y| x | y;
    Xor: ("xor", _) => unsigned |x, y| x ^ y;
}

two_operands! {
    /// Divisions of integers. They are rare and have no vector instructions: not inlined. Division by
    /// zero is found before; where lanes that take no part divide by it, any value will do.
    Divide by #[inline(never)] quotients, quotients_narrow
    DivUnsigned: ("div", false) => unsigned |x, y| x.checked_div(y).unwrap_or(0);
    DivSigned: ("div", true) => signed |x, y| if y == 0 { 0 } else { x.wrapping_div(y) };
    RemUnsigned: ("rem", false) => unsigned |x, y| x.checked_rem(y).unwrap_or(0);
    RemSigned: ("rem", true) => signed |x, y| if y == 0 { 0 } else { x.wrapping_rem(y) };
}

/// Divides. Lanes that divide by zero, and then nothing is written.
#[inline(never)]
pub(super) fn divide(
    r: &mut Registers,
    f: Divide,
    w: Width,
    d: Slot,
    a: Slot,
    b: Slot,
    mask: u32,
) -> u32 {
    let zero = match w {
        Width::W16 | Width::W32 => mask_of!(r, |y = b word as u32| y == 0),
        Width::W64 => mask_of!(r, |y = b double as u64| y == 0),
    };
    if zero & mask == 0 {
        quotients(r, f, w, d, a, b, mask);
    }
    zero & mask
}

/// The high half of a product.
trait HighProduct {
    fn high_product(self, other: Self) -> Self;
}

macro_rules! high_product {
    ($($of:ty, $twice:ty;)+) => {$(
        impl HighProduct for $of {
            #[inline(always)]
            fn high_product(self, other: Self) -> Self {
                ((<$twice>::from(self) * <$twice>::from(other)) >> Self::BITS) as Self
            }
        }
    )+};
}

high_product! { u16, u32; i16, i32; u32, u64; i32, i64; u64, u128; i64, i128; }

/// A table of shifts by 32-bit amounts, and the function that applies them.
macro_rules! shifts {
    ($($variant:ident: $named:pat => $long:ident $short:ident $half:ident |$x:ident, $n:ident| $e:expr;)+) => {
        operations! {
            /// Shifts. Amounts beyond the width shift everything out.
            Shift(name: &str, signed: bool) { $($variant: $named,)+ }
        }

        #[inline(always)]
        pub(super) fn shift(r: &mut Registers, f: Shift, w: Width, d: Slot, a: Slot, n: Slot, mask: u32) {
            match (f, w) {
                $(
                    (Shift::$variant, Width::W64) => {
                        doubles!(r, d, mask, |$x = a double as $long, $n = n word as u32| $e);
                    }
                    (Shift::$variant, Width::W32) => {
                        words!(r, d, mask, |$x = a word as $short, $n = n word as u32| $e);
                    }
                    (Shift::$variant, Width::W16) => {
                        words!(r, d, mask, |$x = a word as $half, $n = n word as u32| ($e) as u16);
                    }
                )+
            }
        }
    };
}

shifts! {
    Left: ("shl", _) => u64 u32 u16 |x, n| x.checked_shl(n).unwrap_or(0);
    RightUnsigned: ("shr", false) => u64 u32 u16 |x, n| x.checked_shr(n).unwrap_or(0);
    RightSigned: ("shr", true) => i64 i32 i16 |x, n| x.checked_shr(n).unwrap_or(if x < 0 { -1 } else { 0 });
}

/// Whether the result of [`wide`] is a count.
macro_rules! is_count {
    (count) => {
        true
    };
    (same) => {
        false
    };
}

/// A table of operations of one operand, and the functions that apply them.
macro_rules! one_operand {
    ($($variant:ident: $named:pat => $to:ident $sign:ident |$x:ident| $e:expr;)+) => {
        operations! {
            /// Integer operations of one operand. The last key is the modifier `.shiftamt`.
            Int1(name: &str, signed: bool, shift: bool) { $($variant: $named,)+ }
        }

        impl Int1 {
            /// Whether it gives a count of 32 bits instead of a value of the operand's width.
            pub fn counts(self) -> bool {
                match self {
                    $(Self::$variant => is_count!($to),)+
                }
            }
        }

        #[inline(always)]
        pub(super) fn one(r: &mut Registers, f: Int1, w: Width, d: Slot, a: Slot, mask: u32) {
            if w == Width::W16 {
                return one_narrow(r, f, d, a, mask);
            }
            match f {
                $(Int1::$variant => by_width!(r, w, d, mask, $to $sign |$x = a| $e),)+
            }
        }

        #[inline(never)]
        fn one_narrow(r: &mut Registers, f: Int1, d: Slot, a: Slot, mask: u32) {
            match f {
                $(Int1::$variant => narrow!(r, d, mask, $sign |$x = a| $e),)+
            }
        }
    };
}

/// A value whose highest bit is the highest that differs from the sign.
macro_rules! magnitude {
    ($x:ident) => {
        if $x < 0 { !$x } else { $x }
    };
}

one_operand! {
    Neg: ("neg", _, false) => same unsigned |x| x.wrapping_neg();
    Abs: ("abs", _, false) => same signed |x| x.wrapping_abs();
    Not: ("not", _, false) => same unsigned |x| !x;
    Reverse: ("brev", _, false) => same unsigned |x| x.reverse_bits();
    CountOnes: ("popc", _, false) => count unsigned |x| x.count_ones();
    LeadingZeros: ("clz", _, false) => count unsigned |x| x.leading_zeros();
    // The highest bit that differs from the sign, or how far left it is to be shifted.
    FindUnsigned: ("bfind", false, false) => count unsigned |x| x.checked_ilog2().unwrap_or(u32::MAX);
    FindSigned: ("bfind", true, false) => count signed |x| (magnitude!(x)).checked_ilog2().unwrap_or(u32::MAX);
    FindUnsignedShift: ("bfind", false, true) => count unsigned |x| if x == 0 { u32::MAX } else { x.leading_zeros() };
    FindSignedShift: ("bfind", true, true) => count signed |x| {
        let x = magnitude!(x);
        if x == 0 { u32::MAX } else { x.leading_zeros() }
    };
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
        (Width::W16, false) => {
            words!(r, d, mask, |x = a word as u32, y = b word as u32| x.wrapping_mul(y));
        }
        (Width::W16, true) => words!(r, d, mask, |x = a word as i16, y = b word as i16| {
            i32::from(x) * i32::from(y)
        }),
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
        Width::W16 => {
            words!(r, d, mask, |x = a word as u16, y = b word as u16, z = c word as u16| {
                x.wrapping_mul(y).wrapping_add(z)
            })
        }
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
