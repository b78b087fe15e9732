//! Four lanes: NEON, which every 64-bit Arm CPU that runs Rust's standard library has.

use core::arch::aarch64::*;
use core::ops::{Neg, Not};

use super::{LaneBits, LaneFactors, LaneMask, Lanes, operators, wide};

/// Proof that this CPU has NEON.
#[derive(Clone, Copy, Debug)]
pub struct Neon(());

impl Neon {
    /// The proof, if the running CPU offers NEON.
    #[cfg(feature = "std")]
    pub fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

/// Calls NEON intrinsics.
macro_rules! neon {
    ($call:expr) => {{
        // Where NEON is baseline, calls without memory access need no `unsafe`.
        #[allow(unused_unsafe)]
        // SAFETY: each use is in a method of a value that was made, or is being made, from a
        // `Neon`, which exists only where NEON was detected. Pointers come from slices whose
        // length was checked.
        let value = unsafe { $call };
        value
    }};
}

/// Four `f32`.
#[derive(Clone, Copy)]
pub struct F32x4(float32x4_t);

/// Four `u32`.
#[derive(Clone, Copy)]
pub struct U32x4(uint32x4_t);

/// Four truth values, each as all bits of a lane.
#[derive(Clone, Copy)]
pub struct Mask4(uint32x4_t);

operators!(neon, F32x4: Add add vaddq_f32, Sub sub vsubq_f32, Mul mul vmulq_f32,
    Div div vdivq_f32);
operators!(neon, U32x4: BitAnd bitand vandq_u32, BitOr bitor vorrq_u32,
    BitXor bitxor veorq_u32);
operators!(neon, Mask4: BitAnd bitand vandq_u32, BitOr bitor vorrq_u32);
wide!(neon, F64x4: Neon, 2 x 2 in float64x2_t, vaddq_f64, vsubq_f64, vmulq_f64, vdivq_f64,
    vdupq_n_f64, vld1q_f64, vst1q_f64,
    |to, value| vst1_u32(to, vmovn_u64(vcvtq_u64_f64(value))));

impl Neg for F32x4 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(neon!(vnegq_f32(self.0)))
    }
}

impl Not for U32x4 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Self(neon!(vmvnq_u32(self.0)))
    }
}

impl Not for Mask4 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Self(neon!(vmvnq_u32(self.0)))
    }
}

impl Lanes for F32x4 {
    type Proof = Neon;
    type Bits = U32x4;
    type Mask = Mask4;
    type Wide = F64x4;
    const COUNT: usize = 4;
    const INTERLEAVE: usize = 2;
    const REGISTERS: usize = 32;

    #[inline(always)]
    fn proof(self) -> Neon {
        Neon(())
    }
    #[inline(always)]
    fn splat(_: Neon, value: f32) -> Self {
        Self(neon!(vdupq_n_f32(value)))
    }
    #[inline(always)]
    fn load(_: Neon, values: &[f32]) -> Self {
        let values = &values[..4];
        Self(neon!(vld1q_f32(values.as_ptr())))
    }
    #[inline(always)]
    fn store(self, values: &mut [f32]) {
        let values = &mut values[..4];
        neon!(vst1q_f32(values.as_mut_ptr(), self.0));
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        Self(neon!(vfmaq_f32(c.0, self.0, b.0)))
    }
    #[inline(always)]
    fn fnma(self, b: Self, c: Self) -> Self {
        Self(neon!(vfmsq_f32(c.0, self.0, b.0)))
    }
    #[inline(always)]
    fn fma_where(self, mask: Mask4, b: Self, c: Self) -> Self {
        Self::select(mask, self.fma(b, c), c)
    }
    #[inline(always)]
    fn add_where(self, mask: Mask4, b: Self) -> Self {
        Self::select(mask, self + b, self)
    }
    #[inline(always)]
    fn magnitude(self) -> Self {
        Self(neon!(vabsq_f32(self.0)))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(neon!(vsqrtq_f32(self.0)))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self(neon!(vrndmq_f32(self.0)))
    }
    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        Self::select(self.lt(other), self, other) // `fmin` treats zeros and NaN otherwise
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        Self::select(other.lt(self), self, other)
    }
    #[inline(always)]
    fn le(self, other: Self) -> Mask4 {
        Mask4(neon!(vcleq_f32(self.0, other.0)))
    }
    #[inline(always)]
    fn le_and(self, mask: Mask4, other: Self) -> Mask4 {
        mask & self.le(other)
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Mask4 {
        Mask4(neon!(vcltq_f32(self.0, other.0)))
    }
    #[inline(always)]
    fn select(mask: Mask4, yes: Self, no: Self) -> Self {
        Self(neon!(vbslq_f32(mask.0, yes.0, no.0)))
    }
    #[inline(always)]
    fn zip(self, other: Self) -> [Self; 2] {
        neon!([Self(vzip1q_f32(self.0, other.0)), Self(vzip2q_f32(self.0, other.0))])
    }
    #[inline(always)]
    fn widen(self) -> F64x4 {
        neon!(F64x4([vcvt_f64_f32(vget_low_f32(self.0)), vcvt_high_f64_f32(self.0)]))
    }
    #[inline(always)]
    fn bits(self) -> U32x4 {
        U32x4(neon!(vreinterpretq_u32_f32(self.0)))
    }
}

impl LaneBits for U32x4 {
    type Proof = Neon;
    type Float = F32x4;
    type Factors = Self;

    #[inline(always)]
    fn splat(_: Neon, value: u32) -> Self {
        Self(neon!(vdupq_n_u32(value)))
    }
    #[inline(always)]
    fn counting(proof: Neon, first: u32) -> Self {
        Self::splat(proof, first).plus(Self::load(proof, &[0, 1, 2, 3]))
    }
    #[inline(always)]
    fn load(_: Neon, values: &[u32]) -> Self {
        let values = &values[..4];
        Self(neon!(vld1q_u32(values.as_ptr())))
    }
    #[inline(always)]
    fn store(self, values: &mut [u32]) {
        let values = &mut values[..4];
        neon!(vst1q_u32(values.as_mut_ptr(), self.0));
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(neon!(vaddq_u32(self.0, other.0)))
    }
    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        Self(neon!(vshlq_u32(self.0, vdupq_n_s32(N as i32))))
    }
    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        Self(neon!(vshlq_u32(self.0, vdupq_n_s32(-(N as i32)))))
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
    fn signed_to_float(self) -> F32x4 {
        F32x4(neon!(vcvtq_f32_s32(vreinterpretq_s32_u32(self.0))))
    }
    #[inline(always)]
    fn as_float(self) -> F32x4 {
        F32x4(neon!(vreinterpretq_f32_u32(self.0)))
    }
}

impl LaneFactors for U32x4 {
    type Proof = Neon;

    #[inline(always)]
    fn repeat(proof: Neon, value: u32) -> Self {
        <Self as LaneBits>::splat(proof, value)
    }
    #[inline(always)]
    fn products(self, factor: u32) -> (Self, Self) {
        neon!({
            let low_pair = vmull_n_u32(vget_low_u32(self.0), factor);
            let high_pair = vmull_n_u32(vget_high_u32(self.0), factor);
            let (a, b) = (vreinterpretq_u32_u64(low_pair), vreinterpretq_u32_u64(high_pair));
            (Self(vuzp2q_u32(a, b)), Self(vuzp1q_u32(a, b)))
        })
    }
}

impl LaneMask for Mask4 {
    #[inline(always)]
    fn any(self) -> bool {
        neon!(vmaxvq_u32(self.0)) != 0
    }
    #[inline(always)]
    fn to_u32(self) -> u32 {
        let place = U32x4(neon!(vld1q_u32([1, 2, 4, 8].as_ptr())));
        neon!(vaddvq_u32(vandq_u32(self.0, place.0)))
    }
}
