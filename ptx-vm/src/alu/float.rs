//! Floating-point arithmetic: IEEE, to the nearest, with NVIDIA's choice of NaN.
//!
//! A 32-bit result that is NaN is always `7fffffff`, as on the hardware. 64-bit NaN keep their
//! payload, which is what x86 and the hardware do alike.

use super::lanes::{doubles, mask_of, words};
use super::registers::Registers;
use crate::instruction::{Float1, Float2, Slot, Test};

/// NaN as the hardware makes it.
const NAN: u32 = 0x7fff_ffff;

#[inline(always)]
fn bits(value: f32) -> u32 {
    if value.is_nan() { NAN } else { value.to_bits() }
}

macro_rules! single {
    ($r:ident, $d:ident, $mask:ident, |$($x:ident = $a:ident),+| $e:expr) => {
        words!($r, $d, $mask, |$($x = $a word as u32),+| {
            $(let $x = f32::from_bits($x);)+
            bits($e)
        })
    };
}

macro_rules! double {
    ($r:ident, $d:ident, $mask:ident, |$($x:ident = $a:ident),+| $e:expr) => {
        doubles!($r, $d, $mask, |$($x = $a double as u64),+| {
            $(let $x = f64::from_bits($x);)+
            ($e).to_bits()
        })
    };
}

/// The smaller of two values that are told apart by sign even if zero; NaN gives way.
macro_rules! smaller {
    ($x:ident, $y:ident) => {
        if $x.is_nan() {
            $y
        } else if $y.is_nan() || $x < $y || ($x == $y && $x.is_sign_negative()) {
            $x
        } else {
            $y
        }
    };
}

macro_rules! larger {
    ($x:ident, $y:ident) => {
        if $x.is_nan() {
            $y
        } else if $y.is_nan() || $x > $y || ($x == $y && $x.is_sign_positive()) {
            $x
        } else {
            $y
        }
    };
}

/// 32-bit operations of two operands.
#[inline(always)]
pub(super) fn two32(r: &mut Registers, f: Float2, d: Slot, a: Slot, b: Slot, mask: u32) {
    match f {
        Float2::Add => single!(r, d, mask, |x = a, y = b| x + y),
        Float2::Sub => single!(r, d, mask, |x = a, y = b| x - y),
        Float2::Mul => single!(r, d, mask, |x = a, y = b| x * y),
        Float2::Div => single!(r, d, mask, |x = a, y = b| x / y),
        Float2::Min => single!(r, d, mask, |x = a, y = b| smaller!(x, y)),
        Float2::Max => single!(r, d, mask, |x = a, y = b| larger!(x, y)),
        Float2::MinNan => single!(r, d, mask, |x = a, y = b| {
            if y.is_nan() { y } else if x.is_nan() { x } else { smaller!(x, y) }
        }),
        Float2::MaxNan => single!(r, d, mask, |x = a, y = b| {
            if y.is_nan() { y } else if x.is_nan() { x } else { larger!(x, y) }
        }),
        Float2::CopySign => words!(r, d, mask, |x = a word as u32, y = b word as u32| {
            (x & 1 << 31) | (y & !(1 << 31))
        }),
    }
}

/// 64-bit operations of two operands.
#[inline(always)]
pub(super) fn two64(r: &mut Registers, f: Float2, d: Slot, a: Slot, b: Slot, mask: u32) {
    match f {
        Float2::Add => double!(r, d, mask, |x = a, y = b| x + y),
        Float2::Sub => double!(r, d, mask, |x = a, y = b| x - y),
        Float2::Mul => double!(r, d, mask, |x = a, y = b| x * y),
        Float2::Div => double!(r, d, mask, |x = a, y = b| x / y),
        Float2::Min => double!(r, d, mask, |x = a, y = b| smaller!(x, y)),
        Float2::Max => double!(r, d, mask, |x = a, y = b| larger!(x, y)),
        Float2::MinNan => double!(r, d, mask, |x = a, y = b| {
            if y.is_nan() { y } else if x.is_nan() { x } else { smaller!(x, y) }
        }),
        Float2::MaxNan => double!(r, d, mask, |x = a, y = b| {
            if y.is_nan() { y } else if x.is_nan() { x } else { larger!(x, y) }
        }),
        Float2::CopySign => doubles!(r, d, mask, |x = a double as u64, y = b double as u64| {
            (x & 1 << 63) | (y & !(1 << 63))
        }),
    }
}

/// Operations of one operand. Negation and magnitude touch the sign alone, even of NaN.
#[inline(always)]
pub(super) fn one(r: &mut Registers, f: Float1, wide: bool, d: Slot, a: Slot, mask: u32) {
    match (f, wide) {
        (Float1::Neg, false) => words!(r, d, mask, |x = a word as u32| x ^ 1 << 31),
        (Float1::Abs, false) => words!(r, d, mask, |x = a word as u32| x & !(1 << 31)),
        (Float1::Sqrt, false) => single!(r, d, mask, |x = a| x.sqrt()),
        (Float1::Reciprocal, false) => single!(r, d, mask, |x = a| 1.0 / x),
        (Float1::Neg, true) => doubles!(r, d, mask, |x = a double as u64| x ^ 1 << 63),
        (Float1::Abs, true) => doubles!(r, d, mask, |x = a double as u64| x & !(1 << 63)),
        (Float1::Sqrt, true) => double!(r, d, mask, |x = a| x.sqrt()),
        (Float1::Reciprocal, true) => double!(r, d, mask, |x = a| 1.0 / x),
    }
}

/// `fma.rn`.
#[inline(always)]
pub(super) fn fused(r: &mut Registers, wide: bool, d: Slot, a: Slot, b: Slot, c: Slot, mask: u32) {
    if wide {
        double!(r, d, mask, |x = a, y = b, z = c| x.mul_add(y, z));
    } else {
        single!(r, d, mask, |x = a, y = b, z = c| x.mul_add(y, z));
    }
}

/// `testp`.
#[inline(never)]
pub(super) fn test(r: &mut Registers, f: Test, wide: bool, d: Slot, a: Slot, mask: u32) {
    macro_rules! tested {
        (|$x:ident| $e:expr) => {
            if wide {
                mask_of!(r, |$x = a double as u64| {
                    let $x = f64::from_bits($x);
                    $e
                })
            } else {
                mask_of!(r, |$x = a word as u32| {
                    let $x = f32::from_bits($x);
                    $e
                })
            }
        };
    }
    let value = match f {
        Test::Finite => tested!(|x| x.is_finite()),
        Test::Infinite => tested!(|x| x.is_infinite()),
        Test::Number => tested!(|x| !x.is_nan()),
        Test::NotANumber => tested!(|x| x.is_nan()),
        // For PTX, zeros are normal.
        Test::Normal => tested!(|x| x.is_normal() || x == 0.0),
        Test::Subnormal => tested!(|x| x.is_subnormal()),
    };
    r.set_predicate(d, value, mask);
}
