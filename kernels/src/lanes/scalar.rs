//! One particle: plain `f32`, `u32` and `bool`. What a GPU thread runs, and the reference for all others.

use super::{LaneBits, LaneFactors, LaneMask, Lanes};
use crate::fma::fma;

impl Lanes for f32 {
    type Proof = ();
    type Bits = u32;
    type Mask = bool;
    type Wide = f64;
    const COUNT: usize = 1;
    const INTERLEAVE: usize = 1;
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn proof(self) {}
    #[inline(always)]
    fn splat(_: (), value: f32) -> Self {
        value
    }
    #[inline(always)]
    fn load(_: (), values: &[f32]) -> Self {
        values[0]
    }
    #[inline(always)]
    fn store(self, values: &mut [f32]) {
        values[0] = self;
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        fma(self, b, c)
    }
    #[inline(always)]
    fn fnma(self, b: Self, c: Self) -> Self {
        fma(-self, b, c)
    }
    #[inline(always)]
    fn fma_where(self, mask: bool, b: Self, c: Self) -> Self {
        if mask { fma(self, b, c) } else { c }
    }
    #[inline(always)]
    fn add_where(self, mask: bool, b: Self) -> Self {
        if mask { self + b } else { self }
    }
    #[inline(always)]
    fn magnitude(self) -> Self {
        f32::from_bits(self.to_bits() & 0x7fff_ffff)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        #[cfg(feature = "std")]
        return f32::sqrt(self);
        #[cfg(not(feature = "std"))]
        return libm::sqrtf(self);
    }
    #[inline(always)]
    fn floor(self) -> Self {
        #[cfg(feature = "std")]
        return f32::floor(self);
        #[cfg(not(feature = "std"))]
        return libm::floorf(self);
    }
    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        if self < other { self } else { other }
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        if self > other { self } else { other }
    }
    #[inline(always)]
    fn le(self, other: Self) -> bool {
        self <= other
    }
    #[inline(always)]
    fn le_and(self, mask: bool, other: Self) -> bool {
        // Not `&`: the compiler would regroup chains of it, which costs GPUs an instruction.
        mask && self <= other
    }
    #[inline(always)]
    fn lt(self, other: Self) -> bool {
        self < other
    }
    #[inline(always)]
    fn select(mask: bool, yes: Self, no: Self) -> Self {
        if mask { yes } else { no }
    }
    #[inline(always)]
    fn zip(self, other: Self) -> [Self; 2] {
        [self, other]
    }
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn bits(self) -> u32 {
        self.to_bits()
    }
}

impl LaneBits for u32 {
    type Proof = ();
    type Float = f32;
    type Factors = Self;

    #[inline(always)]
    fn splat(_: (), value: u32) -> Self {
        value
    }
    #[inline(always)]
    fn counting(_: (), first: u32) -> Self {
        first
    }
    #[inline(always)]
    fn load(_: (), values: &[u32]) -> Self {
        values[0]
    }
    #[inline(always)]
    fn store(self, values: &mut [u32]) {
        values[0] = self;
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        self << N
    }
    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        self >> N
    }
    #[inline(always)]
    fn factors(self) -> Self {
        self
    }
    #[inline(always)]
    fn of_factors(factors: Self) -> Self {
        factors
    }
    #[inline(always)]
    fn majority(self, b: Self, c: Self) -> Self {
        (self & b) | (c & (self | b))
    }
    #[inline(always)]
    fn signed_to_float(self) -> f32 {
        self as i32 as f32
    }
    #[inline(always)]
    fn as_float(self) -> f32 {
        f32::from_bits(self)
    }
}

impl LaneFactors for u32 {
    type Proof = ();

    #[inline(always)]
    fn repeat(_: (), value: u32) -> Self {
        value
    }
    #[inline(always)]
    fn products(self, factor: u32) -> (Self, Self) {
        let product = u64::from(self) * u64::from(factor);
        ((product >> 32) as u32, product as u32)
    }
}

impl LaneMask for bool {
    #[inline(always)]
    fn any(self) -> bool {
        self
    }
    #[inline(always)]
    fn to_u32(self) -> u32 {
        u32::from(self)
    }
}
