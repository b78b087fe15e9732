//! Floating-point arithmetic: IEEE, to the nearest, with NVIDIA's choice of NaN. What each operation is
//! called in PTX, and what it makes of a lane.
//!
//! A 32-bit result that is NaN is always `7fffffff`, as on the hardware. 64-bit NaN keep their
//! payload, which is what x86 and the hardware do alike.

use super::lanes::{doubles, mask_of, operations, words};
use super::registers::Registers;
use crate::instruction::Slot;

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

/// Applies an expression to floats of 64 or 32 bits. What is `exact` touches the sign alone, even of
/// NaN; what is `rounded` gives the NaN of the hardware.
macro_rules! by_width {
    ($r:ident, $double:ident, $d:ident, $mask:ident, $how:ident |$($x:ident = $a:ident),+| $e:expr) => {
        if $double {
            double!($r, $d, $mask, |$($x = $a),+| $e);
        } else {
            by_width!($r, $d, $mask, $how |$($x = $a),+| $e);
        }
    };
    ($r:ident, $d:ident, $mask:ident, rounded |$($x:ident = $a:ident),+| $e:expr) => {
        single!($r, $d, $mask, |$($x = $a),+| $e)
    };
    ($r:ident, $d:ident, $mask:ident, exact |$($x:ident = $a:ident),+| $e:expr) => {
        words!($r, $d, $mask, |$($x = $a word as u32),+| {
            $(let $x = f32::from_bits($x);)+
            ($e).to_bits()
        })
    };
}

/// A table of operations of two operands, and the function that applies them.
macro_rules! two_operands {
    ($($variant:ident: $named:pat => $how:ident |$x:ident, $y:ident| $e:expr;)+) => {
        operations! {
            /// Floating-point operations of two operands. The last key is the modifier `.NaN`.
            Float2(name: &str, nan: bool) { $($variant: $named,)+ }
        }

        #[inline(always)]
        pub(super) fn two(r: &mut Registers, f: Float2, double: bool, d: Slot, a: Slot, b: Slot, mask: u32) {
            match f {
                $(Float2::$variant => by_width!(r, double, d, mask, $how |$x = a, $y = b| $e),)+
            }
        }
    };
}

two_operands! {
    Add: ("add", false) => rounded |x, y| x + y;
    Sub: ("sub", false) => rounded |x, y| x - y;
    Mul: ("mul", false) => rounded |x, y| x * y;
    Div: ("div", false) => rounded |x, y| x / y;
    Min: ("min", false) => rounded |x, y| smaller!(x, y);
    Max: ("max", false) => rounded |x, y| larger!(x, y);
    MinNan: ("min", true) => rounded |x, y| if y.is_nan() {
        y
    } else if x.is_nan() {
        x
    } else {
        smaller!(x, y)
    };
    MaxNan: ("max", true) => rounded |x, y| if y.is_nan() {
        y
    } else if x.is_nan() {
        x
    } else {
        larger!(x, y)
    };
    CopySign: ("copysign", false) => exact |x, y| y.copysign(x);
}

/// A table of operations of one operand, and the function that applies them.
macro_rules! one_operand {
    ($($variant:ident: $named:pat => $how:ident |$x:ident| $e:expr;)+) => {
        operations! {
            /// Floating-point operations of one operand.
            Float1(name: &str) { $($variant: $named,)+ }
        }

        #[inline(always)]
        pub(super) fn one(r: &mut Registers, f: Float1, double: bool, d: Slot, a: Slot, mask: u32) {
            match f {
                $(Float1::$variant => by_width!(r, double, d, mask, $how |$x = a| $e),)+
            }
        }
    };
}

one_operand! {
    Neg: "neg" => exact |x| -x;
    Abs: "abs" => exact |x| x.abs();
    Sqrt: "sqrt" => rounded |x| x.sqrt();
    Reciprocal: "rcp" => rounded |x| 1.0 / x;
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

/// A table of questions about a number, and the function that asks them.
macro_rules! tests {
    ($($variant:ident: $named:pat => |$x:ident| $e:expr;)+) => {
        operations! {
            /// Questions of `testp`.
            Test(name: &str) { $($variant: $named,)+ }
        }

        #[inline(never)]
        pub(super) fn test(r: &mut Registers, f: Test, double: bool, d: Slot, a: Slot, mask: u32) {
            let value = match (f, double) {
                $(
                    (Test::$variant, true) => mask_of!(r, |$x = a double as u64| {
                        let $x = f64::from_bits($x);
                        $e
                    }),
                    (Test::$variant, false) => mask_of!(r, |$x = a word as u32| {
                        let $x = f32::from_bits($x);
                        $e
                    }),
                )+
            };
            r.set_predicate(d, value, mask);
        }
    };
}

tests! {
    Finite: "finite" => |x| x.is_finite();
    Infinite: "infinite" => |x| x.is_infinite();
    Number: "number" => |x| !x.is_nan();
    NotANumber: "notanumber" => |x| x.is_nan();
    // For PTX, zeros are normal.
    Normal: "normal" => |x| x.is_normal() || x == 0.0;
    Subnormal: "subnormal" => |x| x.is_subnormal();
}
