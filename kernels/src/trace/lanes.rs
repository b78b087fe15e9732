//! Lanes that record what is computed with them.

use core::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

use super::operation::Code;
use super::recorder::{cannot_follow, parameter, record};
use crate::lanes::{LaneBits, LaneFactors, LaneMask, Lanes};

/// A number that stands for the result of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Traced(pub(super) u32);

/// As [`Traced`], as raw bits.
#[derive(Clone, Copy, Debug)]
pub struct TracedBits(u32);

/// As [`Traced`], of a truth value.
#[derive(Clone, Copy, Debug)]
pub struct TracedMask(pub(super) u32);

/// Operators that are one operation each.
macro_rules! operators {
    ($($type:ident: $($trait:ident $method:ident $code:ident),*;)*) => {$($(
        impl $trait for $type {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Self(record(Code::$code, [self.0, other.0, 0, 0]))
            }
        }
    )*)*};
}

operators! {
    Traced: Add add Add, Sub sub Sub, Mul mul Mul, Div div Div;
    TracedBits: BitAnd bitand And, BitOr bitor Or, BitXor bitxor Xor;
    TracedMask: BitAnd bitand BothMasks, BitOr bitor EitherMask;
}

impl Neg for Traced {
    type Output = Self;
    fn neg(self) -> Self {
        Self(record(Code::Neg, [self.0, 0, 0, 0]))
    }
}

impl Not for TracedBits {
    type Output = Self;
    fn not(self) -> Self {
        Self(record(Code::Not, [self.0, 0, 0, 0]))
    }
}

impl Not for TracedMask {
    type Output = Self;
    fn not(self) -> Self {
        Self(record(Code::NotMask, [self.0, 0, 0, 0]))
    }
}

impl Lanes for Traced {
    type Proof = ();
    type Bits = TracedBits;
    type Mask = TracedMask;
    type Wide = f64;
    const COUNT: usize = 1;
    const INTERLEAVE: usize = 1;
    const REGISTERS: usize = 1;

    fn proof(self) {}
    fn splat((): (), value: f32) -> Self {
        Self(parameter(value))
    }
    fn literal((): (), value: f32) -> Self {
        Self(record(Code::Literal, [value.to_bits(), 0, 0, 0]))
    }
    /// Here `value` is the number of an input.
    fn given((): (), value: f32) -> Self {
        Self(record(Code::Input, [value as u32, 0, 0, 0]))
    }
    /// Whatever `values` are, they stand for the grid's cells: a model has no other that it could gather from.
    fn gather(self, _: &[f32]) -> Self {
        Self(record(Code::Cell, [self.0, 0, 0, 0]))
    }
    fn load((): (), values: &[f32]) -> Self {
        cannot_follow();
        Self::literal((), values[0])
    }
    fn store(self, values: &mut [f32]) {
        cannot_follow();
        values[0] = f32::NAN;
    }
    fn fma(self, b: Self, c: Self) -> Self {
        Self(record(Code::Fma, [self.0, b.0, c.0, 0]))
    }
    fn fnma(self, b: Self, c: Self) -> Self {
        (-self).fma(b, c)
    }
    fn fma_where(self, mask: TracedMask, b: Self, c: Self) -> Self {
        Self(record(Code::FmaWhere, [mask.0, self.0, b.0, c.0]))
    }
    fn add_where(self, mask: TracedMask, b: Self) -> Self {
        Self(record(Code::AddWhere, [mask.0, self.0, b.0, 0]))
    }
    fn magnitude(self) -> Self {
        Self(record(Code::Magnitude, [self.0, 0, 0, 0]))
    }
    fn sqrt(self) -> Self {
        Self(record(Code::Sqrt, [self.0, 0, 0, 0]))
    }
    fn floor(self) -> Self {
        Self(record(Code::Floor, [self.0, 0, 0, 0]))
    }
    fn lesser(self, other: Self) -> Self {
        Self::select(self.lt(other), self, other)
    }
    fn greater(self, other: Self) -> Self {
        Self::select(other.lt(self), self, other)
    }
    fn le(self, other: Self) -> TracedMask {
        TracedMask(record(Code::Le, [self.0, other.0, 0, 0]))
    }
    fn le_and(self, mask: TracedMask, other: Self) -> TracedMask {
        TracedMask(record(Code::LeAnd, [self.0, other.0, mask.0, 0]))
    }
    fn lt(self, other: Self) -> TracedMask {
        TracedMask(record(Code::Lt, [self.0, other.0, 0, 0]))
    }
    fn select(mask: TracedMask, yes: Self, no: Self) -> Self {
        Self(record(Code::Select, [mask.0, yes.0, no.0, 0]))
    }
    fn zip(self, other: Self) -> [Self; 2] {
        [self, other]
    }
    fn widen(self) -> f64 {
        cannot_follow();
        f64::NAN
    }
    fn bits(self) -> TracedBits {
        TracedBits(self.0)
    }
}

impl TracedBits {
    fn literal(bits: u32) -> Self {
        Self(record(Code::Literal, [bits, 0, 0, 0]))
    }
}

impl LaneBits for TracedBits {
    type Proof = ();
    type Float = Traced;
    type Factors = Self;

    fn splat((): (), value: u32) -> Self {
        Self::literal(value)
    }
    /// The same in each lane, which no model may ask for: it would know which particle it computes.
    fn counting((): (), first: u32) -> Self {
        cannot_follow();
        Self::literal(first)
    }
    fn load((): (), values: &[u32]) -> Self {
        cannot_follow();
        Self::literal(values[0])
    }
    fn store(self, values: &mut [u32]) {
        cannot_follow();
        values[0] = 0;
    }
    fn plus(self, other: Self) -> Self {
        Self(record(Code::Plus, [self.0, other.0, 0, 0]))
    }
    fn shl<const N: u32>(self) -> Self {
        Self(record(Code::ShiftLeft, [self.0, Self::literal(N).0, 0, 0]))
    }
    fn shr<const N: u32>(self) -> Self {
        Self(record(Code::ShiftRight, [self.0, Self::literal(N).0, 0, 0]))
    }
    fn factors(self) -> Self {
        self
    }
    fn of_factors(factors: Self) -> Self {
        factors
    }
    fn majority(self, b: Self, c: Self) -> Self {
        (self & b) | (c & (self | b))
    }
    fn signed_to_float(self) -> Traced {
        Traced(record(Code::SignedToFloat, [self.0, 0, 0, 0]))
    }
    fn as_float(self) -> Traced {
        Traced(self.0)
    }
}

impl LaneFactors for TracedBits {
    type Proof = ();

    fn repeat((): (), value: u32) -> Self {
        Self::literal(value)
    }
    fn products(self, factor: u32) -> (Self, Self) {
        let factor = Self::literal(factor).0;
        let half = |code| Self(record(code, [self.0, factor, 0, 0]));
        (half(Code::MulHigh), half(Code::MulLow))
    }
}

impl LaneMask for TracedMask {
    fn any(self) -> bool {
        cannot_follow();
        false
    }
    fn to_u32(self) -> u32 {
        cannot_follow();
        0
    }
}
