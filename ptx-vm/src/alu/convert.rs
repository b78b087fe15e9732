//! Conversions between types.

use super::lanes::{doubles, operations, words};
use super::registers::{Doubles, LANES, Registers};
use crate::instruction::{Convert, Slot};
use crate::syntax::types::Type;

#[inline(always)]
pub(super) fn zero_extend(r: &mut Registers, d: Slot, a: Slot, mask: u32) {
    doubles!(r, d, mask, |x = a word as u64| x);
}

#[inline(always)]
pub(super) fn sign_extend(r: &mut Registers, d: Slot, a: Slot, mask: u32) {
    doubles!(r, d, mask, |x = a word as i32| i64::from(x));
}

#[inline(always)]
pub(super) fn truncate(r: &mut Registers, d: Slot, a: Slot, mask: u32) {
    words!(r, d, mask, |x = a double as u64| x);
}

/// Any conversion.
#[inline(never)]
pub(super) fn convert(r: &mut Registers, convert: &Convert, mask: u32) {
    let Convert { from, to, .. } = *convert;
    let source = r.wide(convert.source);
    let out = match (from.float(), to.float()) {
        (false, false) => {
            // What is written to a wider register is extended by the sign of the target's type.
            let values =
                if convert.saturate { clamp(&source, from, to) } else { widen(&source, from) };
            widen(&values, to)
        }
        (true, true) => float_to_float(&source, convert),
        (true, false) => widen(&float_to_integer(&source, convert), to),
        (false, true) => integer_to_float(&widen(&source, from), from, to),
    };
    r.set_wide(convert.target, &out, mask);
}

/// The values of type `of`, extended to 64 bits.
#[inline(always)]
fn widen(values: &Doubles, of: Type) -> Doubles {
    let unused = 64 - u32::from(of.bits);
    let mut out = *values;
    if of.signed() {
        for value in &mut out {
            *value = ((*value << unused) as i64 >> unused) as u64;
        }
    } else {
        for value in &mut out {
            *value = *value << unused >> unused;
        }
    }
    out
}

/// `cvt.sat` between integers.
#[inline(never)]
fn clamp(values: &Doubles, from: Type, to: Type) -> Doubles {
    let (low, high) = if to.signed() {
        (-1i128 << (to.bits - 1), (1i128 << (to.bits - 1)) - 1)
    } else {
        (0, (1i128 << to.bits) - 1)
    };
    widen(values, from).map(|value| {
        let value = if from.signed() { i128::from(value as i64) } else { i128::from(value) };
        value.clamp(low, high) as u64
    })
}

#[inline(always)]
fn single(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

#[inline(always)]
fn single_bits(value: f32) -> u64 {
    if value.is_nan() { 0x7fff_ffff } else { u64::from(value.to_bits()) }
}

#[inline(always)]
fn float_to_float(source: &Doubles, convert: &Convert) -> Doubles {
    let mut out = [0; LANES];
    match (convert.from.bits, convert.to.bits) {
        (64, 32) => {
            for lane in 0..LANES {
                out[lane] = single_bits(f64::from_bits(source[lane]) as f32);
            }
        }
        (32, 64) => {
            for lane in 0..LANES {
                out[lane] = f64::from(single(source[lane])).to_bits();
            }
        }
        (32, _) => {
            for lane in 0..LANES {
                // Every f32 is an f64, and rounding it to an integer gives the same one.
                let value = rounded(f64::from(single(source[lane])), convert.rounding);
                out[lane] = single_bits(value as f32);
            }
        }
        _ => {
            for lane in 0..LANES {
                out[lane] = rounded(f64::from_bits(source[lane]), convert.rounding).to_bits();
            }
        }
    }
    if convert.saturate {
        saturate(&mut out, convert.to);
    }
    out
}

/// `cvt.sat` to floats: between 0 and 1, NaN to 0.
#[inline(never)]
#[allow(clippy::manual_clamp)] // Clamping keeps NaN.
fn saturate(values: &mut Doubles, of: Type) {
    for value in values {
        *value = if of.bits == 32 {
            u64::from(single(*value).max(0.0).min(1.0).to_bits() & !(1 << 31))
        } else {
            f64::from_bits(*value).max(0.0).min(1.0).to_bits() & !(1 << 63)
        };
    }
}

/// A table of roundings, and the function that rounds.
macro_rules! roundings {
    ($($variant:ident: $named:pat => |$x:ident| $e:expr;)+) => {
        operations! {
            /// Roundings of conversions: to the nearest value of the type, or to an integer.
            Rounding(name: &str) { $($variant: $named,)+ }
        }

        #[inline(always)]
        fn rounded(value: f64, rounding: Rounding) -> f64 {
            match rounding {
                $(Rounding::$variant => {
                    let $x = value;
                    $e
                })+
            }
        }
    };
}

roundings! {
    Nearest: "rn" => |x| x;
    Even: "rni" => |x| x.round_ties_even();
    Zero: "rzi" => |x| x.trunc();
    Down: "rmi" => |x| x.floor();
    Up: "rpi" => |x| x.ceil();
}

/// Values beyond the type become its limits, NaN becomes 0.
#[inline(always)]
fn float_to_integer(source: &Doubles, convert: &Convert) -> Doubles {
    let mut out = [0; LANES];
    let to = convert.to;
    macro_rules! cast {
        ($t:ty) => {
            for lane in 0..LANES {
                let value = if convert.from.bits == 32 {
                    f64::from(single(source[lane]))
                } else {
                    f64::from_bits(source[lane])
                };
                out[lane] = rounded(value, convert.rounding) as $t as u64;
            }
        };
    }
    match (to.signed(), to.bits) {
        (true, 8) => cast!(i8),
        (true, 16) => cast!(i16),
        (true, 32) => cast!(i32),
        (true, _) => cast!(i64),
        (false, 8) => cast!(u8),
        (false, 16) => cast!(u16),
        (false, 32) => cast!(u32),
        (false, _) => cast!(u64),
    }
    out
}

#[inline(always)]
fn integer_to_float(source: &Doubles, from: Type, to: Type) -> Doubles {
    let mut out = [0; LANES];
    for lane in 0..LANES {
        let value = source[lane];
        out[lane] = match (from.signed(), to.bits) {
            (true, 32) => u64::from((value as i64 as f32).to_bits()),
            (false, 32) => u64::from((value as f32).to_bits()),
            (true, _) => (value as i64 as f64).to_bits(),
            (false, _) => (value as f64).to_bits(),
        };
    }
    out
}
