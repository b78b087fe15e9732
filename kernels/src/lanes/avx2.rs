//! Eight lanes: AVX2 and FMA.

use core::arch::x86_64::*;
use core::ops::{Neg, Not};

use super::{LaneBits, LaneMask, Lanes, factors, last_index, operators, wide};

/// Proof that this CPU has AVX2 and FMA.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

impl Avx2 {
    /// The proof, if the running CPU and operating system offer AVX2 and FMA.
    #[cfg(feature = "std")]
    pub fn detect() -> Option<Self> {
        use std::arch::is_x86_feature_detected as has;
        (has!("avx2") && has!("fma")).then_some(Self(()))
    }
}

/// Calls AVX2 and FMA intrinsics.
macro_rules! avx2 {
    ($call:expr) => {
        // SAFETY: each use is in a method of a value that was made, or is being made, from an
        // `Avx2`, which exists only where AVX2 and FMA were detected. Pointers come from slices
        // whose length was checked, or are used with indices that are kept below it.
        unsafe { $call }
    };
}

/// Eight `f32`.
#[derive(Clone, Copy)]
pub struct F32x8(__m256);

/// Eight `u32`.
#[derive(Clone, Copy)]
pub struct U32x8(__m256i);

/// Eight `u32` to be multiplied.
#[derive(Clone, Copy)]
pub struct Factors8 {
    even: U32x8,
    odd: U32x8,
}

/// Eight truth values, each as all bits of a lane.
#[derive(Clone, Copy)]
pub struct Mask8(__m256);

operators!(avx2, F32x8: Add add _mm256_add_ps, Sub sub _mm256_sub_ps, Mul mul _mm256_mul_ps,
    Div div _mm256_div_ps);
operators!(avx2, U32x8: BitAnd bitand _mm256_and_si256,
    BitOr bitor _mm256_or_si256, BitXor bitxor _mm256_xor_si256);
factors!(avx2, Factors8: Avx2, U32x8, _mm256_set1_epi32, _mm256_mul_epu32, _mm256_srli_epi64);
operators!(avx2, Mask8: BitAnd bitand _mm256_and_ps, BitOr bitor _mm256_or_ps);
wide!(avx2, F64x8: Avx2, 2 x 4 in __m256d, _mm256_add_pd, _mm256_sub_pd, _mm256_mul_pd, _mm256_div_pd,
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd,
    |to, value| _mm_storeu_si128(to.cast(), _mm256_cvttpd_epi32(value)));

impl Neg for F32x8 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        // The compiler knows `-0.0 - x` as negation and folds it into fused operations.
        Self(avx2!(_mm256_sub_ps(_mm256_set1_ps(-0.0), self.0)))
    }
}

impl Not for U32x8 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        self ^ Self(avx2!(_mm256_set1_epi32(-1)))
    }
}

impl Not for Mask8 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        let ones = avx2!(_mm256_castsi256_ps(_mm256_set1_epi32(-1)));
        Self(avx2!(_mm256_xor_ps(self.0, ones)))
    }
}

impl Lanes for F32x8 {
    type Proof = Avx2;
    type Bits = U32x8;
    type Mask = Mask8;
    type Wide = F64x8;
    const COUNT: usize = 8;
    const INTERLEAVE: usize = 2;
    const REGISTERS: usize = 16;

    #[inline(always)]
    fn proof(self) -> Avx2 {
        Avx2(())
    }
    #[inline(always)]
    fn splat(_: Avx2, value: f32) -> Self {
        Self(avx2!(_mm256_set1_ps(value)))
    }
    #[inline(always)]
    fn load(_: Avx2, values: &[f32]) -> Self {
        let values = &values[..8];
        Self(avx2!(_mm256_loadu_ps(values.as_ptr())))
    }
    #[inline(always)]
    fn store(self, values: &mut [f32]) {
        let values = &mut values[..8];
        avx2!(_mm256_storeu_ps(values.as_mut_ptr(), self.0));
    }
    #[inline(always)]
    fn gather(self, values: &[f32]) -> Self {
        let last = last_index(values);
        // Unsigned, what is no index is beyond the last.
        Self(avx2!(_mm256_i32gather_ps::<4>(
            values.as_ptr(),
            _mm256_min_epu32(_mm256_cvttps_epi32(self.0), _mm256_set1_epi32(last)),
        )))
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        Self(avx2!(_mm256_fmadd_ps(self.0, b.0, c.0)))
    }
    #[inline(always)]
    fn fnma(self, b: Self, c: Self) -> Self {
        Self(avx2!(_mm256_fnmadd_ps(self.0, b.0, c.0)))
    }
    #[inline(always)]
    fn fma_where(self, mask: Mask8, b: Self, c: Self) -> Self {
        Self::select(mask, self.fma(b, c), c)
    }
    #[inline(always)]
    fn add_where(self, mask: Mask8, b: Self) -> Self {
        self + Self(avx2!(_mm256_and_ps(b.0, mask.0)))
    }
    #[inline(always)]
    fn magnitude(self) -> Self {
        Self(avx2!(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(avx2!(_mm256_sqrt_ps(self.0)))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self(avx2!(_mm256_floor_ps(self.0)))
    }
    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        Self(avx2!(_mm256_min_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        Self(avx2!(_mm256_max_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn le(self, other: Self) -> Mask8 {
        Mask8(avx2!(_mm256_cmp_ps::<_CMP_LE_OQ>(self.0, other.0)))
    }
    #[inline(always)]
    fn le_and(self, mask: Mask8, other: Self) -> Mask8 {
        mask & self.le(other)
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Mask8 {
        Mask8(avx2!(_mm256_cmp_ps::<_CMP_LT_OQ>(self.0, other.0)))
    }
    #[inline(always)]
    fn select(mask: Mask8, yes: Self, no: Self) -> Self {
        Self(avx2!(_mm256_blendv_ps(no.0, yes.0, mask.0)))
    }
    #[inline(always)]
    fn zip(self, other: Self) -> [Self; 2] {
        avx2!({
            // In each half of 128 bits: the lower two pairs, the upper two.
            let lower = _mm256_unpacklo_ps(self.0, other.0);
            let upper = _mm256_unpackhi_ps(self.0, other.0);
            [
                Self(_mm256_permute2f128_ps::<0x20>(lower, upper)),
                Self(_mm256_permute2f128_ps::<0x31>(lower, upper)),
            ]
        })
    }
    #[inline(always)]
    fn widen(self) -> F64x8 {
        avx2!({
            let upper = _mm256_extractf128_ps::<1>(self.0);
            F64x8([_mm256_cvtps_pd(_mm256_castps256_ps128(self.0)), _mm256_cvtps_pd(upper)])
        })
    }
    #[inline(always)]
    fn bits(self) -> U32x8 {
        U32x8(avx2!(_mm256_castps_si256(self.0)))
    }
    #[inline(always)]
    fn reload<T>(constants: &T) -> &T {
        core::hint::black_box(constants)
    }
}

impl LaneBits for U32x8 {
    type Proof = Avx2;
    type Float = F32x8;
    type Factors = Factors8;

    #[inline(always)]
    fn splat(_: Avx2, value: u32) -> Self {
        Self(avx2!(_mm256_set1_epi32(value as i32)))
    }
    #[inline(always)]
    fn counting(proof: Avx2, first: u32) -> Self {
        let count = avx2!(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
        Self::splat(proof, first).plus(Self(count))
    }
    #[inline(always)]
    fn load(_: Avx2, values: &[u32]) -> Self {
        let values = &values[..8];
        Self(avx2!(_mm256_loadu_si256(values.as_ptr().cast())))
    }
    #[inline(always)]
    fn store(self, values: &mut [u32]) {
        let values = &mut values[..8];
        avx2!(_mm256_storeu_si256(values.as_mut_ptr().cast(), self.0));
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(avx2!(_mm256_add_epi32(self.0, other.0)))
    }
    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        // The intrinsic's immediate is an i32, which a `const N: u32` cannot become.
        Self(avx2!(_mm256_sll_epi32(self.0, _mm_cvtsi32_si128(N as i32))))
    }
    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        Self(avx2!(_mm256_srl_epi32(self.0, _mm_cvtsi32_si128(N as i32))))
    }
    #[inline(always)]
    fn factors(self) -> Factors8 {
        Factors8 { even: self, odd: Self(avx2!(_mm256_srli_epi64::<32>(self.0))) }
    }
    #[inline(always)]
    fn of_factors(Factors8 { even, odd }: Factors8) -> Self {
        let odd = avx2!(_mm256_slli_epi64::<32>(odd.0));
        Self(avx2!(_mm256_blend_epi32::<0xaa>(even.0, odd)))
    }
    #[inline(always)]
    fn majority(self, b: Self, c: Self) -> Self {
        (self & b) | (c & (self | b))
    }
    #[inline(always)]
    fn signed_to_float(self) -> F32x8 {
        F32x8(avx2!(_mm256_cvtepi32_ps(self.0)))
    }
    #[inline(always)]
    fn as_float(self) -> F32x8 {
        F32x8(avx2!(_mm256_castsi256_ps(self.0)))
    }
}

impl LaneMask for Mask8 {
    #[inline(always)]
    fn any(self) -> bool {
        self.to_u32() != 0
    }
    #[inline(always)]
    fn to_u32(self) -> u32 {
        avx2!(_mm256_movemask_ps(self.0)) as u32
    }
}
