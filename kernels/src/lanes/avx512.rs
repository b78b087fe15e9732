//! Sixteen lanes: AVX-512F.

use core::arch::x86_64::*;
use core::ops::{BitAnd, BitOr, Neg, Not};

use super::{LaneBits, LaneMask, Lanes, factors, last_index, operators, wide};

/// Proof that this CPU has AVX-512F.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(());

impl Avx512 {
    /// The proof, if the running CPU and operating system offer AVX-512F.
    #[cfg(feature = "std")]
    pub fn detect() -> Option<Self> {
        std::arch::is_x86_feature_detected!("avx512f").then_some(Self(()))
    }
}

/// Calls AVX-512F intrinsics.
macro_rules! avx512 {
    ($call:expr) => {
        // SAFETY: each use is in a method of a value that was made, or is being made, from an
        // `Avx512`, which exists only where AVX-512F was detected. Pointers come from slices
        // whose length was checked, or are used with indices that are kept below it.
        unsafe { $call }
    };
}

/// Sixteen `f32`.
#[derive(Clone, Copy)]
pub struct F32x16(__m512);

/// Sixteen `u32`.
#[derive(Clone, Copy)]
pub struct U32x16(__m512i);

/// Sixteen `u32` to be multiplied.
#[derive(Clone, Copy)]
pub struct Factors16 {
    even: U32x16,
    odd: U32x16,
}

/// Sixteen truth values.
#[derive(Clone, Copy)]
pub struct Mask16(__mmask16);

operators!(avx512, F32x16: Add add _mm512_add_ps, Sub sub _mm512_sub_ps, Mul mul _mm512_mul_ps,
    Div div _mm512_div_ps);
operators!(avx512, U32x16: BitAnd bitand _mm512_and_si512,
    BitOr bitor _mm512_or_si512, BitXor bitxor _mm512_xor_si512);
factors!(avx512, Factors16: Avx512, U32x16, _mm512_set1_epi32, _mm512_mul_epu32, _mm512_srli_epi64);
wide!(avx512, F64x16: Avx512, 2 x 8 in __m512d, _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd, _mm512_div_pd,
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd,
    |to, value| _mm256_storeu_si256(to.cast(), _mm512_cvttpd_epi32(value)));

impl Neg for F32x16 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        // The compiler knows `-0.0 - x` as negation and folds it into fused operations.
        Self(avx512!(_mm512_sub_ps(_mm512_set1_ps(-0.0), self.0)))
    }
}

impl Not for U32x16 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        self ^ Self(avx512!(_mm512_set1_epi32(-1)))
    }
}

impl Lanes for F32x16 {
    type Proof = Avx512;
    type Bits = U32x16;
    type Mask = Mask16;
    type Wide = F64x16;
    const COUNT: usize = 16;
    const INTERLEAVE: usize = 2;
    const REGISTERS: usize = 32;

    #[inline(always)]
    fn proof(self) -> Avx512 {
        Avx512(())
    }
    #[inline(always)]
    fn splat(_: Avx512, value: f32) -> Self {
        Self(avx512!(_mm512_set1_ps(value)))
    }
    #[inline(always)]
    fn load(_: Avx512, values: &[f32]) -> Self {
        let values = &values[..16];
        Self(avx512!(_mm512_loadu_ps(values.as_ptr())))
    }
    #[inline(always)]
    fn store(self, values: &mut [f32]) {
        let values = &mut values[..16];
        avx512!(_mm512_storeu_ps(values.as_mut_ptr(), self.0));
    }
    #[inline(always)]
    fn gather(self, values: &[f32]) -> Self {
        let last = last_index(values);
        // Unsigned, what is no index is beyond the last.
        Self(avx512!(_mm512_i32gather_ps::<4>(
            _mm512_min_epu32(_mm512_cvttps_epi32(self.0), _mm512_set1_epi32(last)),
            values.as_ptr(),
        )))
    }
    #[inline(always)]
    fn fma(self, b: Self, c: Self) -> Self {
        Self(avx512!(_mm512_fmadd_ps(self.0, b.0, c.0)))
    }
    #[inline(always)]
    fn fnma(self, b: Self, c: Self) -> Self {
        Self(avx512!(_mm512_fnmadd_ps(self.0, b.0, c.0)))
    }
    #[inline(always)]
    fn fma_where(self, mask: Mask16, b: Self, c: Self) -> Self {
        Self(avx512!(_mm512_mask3_fmadd_ps(self.0, b.0, c.0, mask.0)))
    }
    #[inline(always)]
    fn add_where(self, mask: Mask16, b: Self) -> Self {
        Self(avx512!(_mm512_mask_add_ps(self.0, mask.0, self.0, b.0)))
    }
    #[inline(always)]
    fn magnitude(self) -> Self {
        let rest = avx512!(_mm512_set1_epi32(i32::MAX));
        (self.bits() & U32x16(rest)).as_float()
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(avx512!(_mm512_sqrt_ps(self.0)))
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self(avx512!(_mm512_roundscale_ps::<_MM_FROUND_TO_NEG_INF>(self.0)))
    }
    #[inline(always)]
    fn lesser(self, other: Self) -> Self {
        Self(avx512!(_mm512_min_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn greater(self, other: Self) -> Self {
        Self(avx512!(_mm512_max_ps(self.0, other.0)))
    }
    #[inline(always)]
    fn le(self, other: Self) -> Mask16 {
        Mask16(avx512!(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(self.0, other.0)))
    }
    #[inline(always)]
    fn le_and(self, mask: Mask16, other: Self) -> Mask16 {
        Mask16(avx512!(_mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(mask.0, self.0, other.0)))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> Mask16 {
        Mask16(avx512!(_mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, other.0)))
    }
    #[inline(always)]
    fn select(mask: Mask16, yes: Self, no: Self) -> Self {
        Self(avx512!(_mm512_mask_blend_ps(mask.0, no.0, yes.0)))
    }
    #[inline(always)]
    fn zip(self, other: Self) -> [Self; 2] {
        // Places from 16 on are those of `other`.
        const FIRST: [i32; 16] = [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23];
        avx512!({
            let first = _mm512_loadu_epi32(FIRST.as_ptr());
            let second = _mm512_add_epi32(first, _mm512_set1_epi32(8));
            [
                Self(_mm512_permutex2var_ps(self.0, first, other.0)),
                Self(_mm512_permutex2var_ps(self.0, second, other.0)),
            ]
        })
    }
    #[inline(always)]
    fn widen(self) -> F64x16 {
        avx512!({
            let upper = _mm512_extractf64x4_pd::<1>(_mm512_castps_pd(self.0));
            let lower = _mm512_castps512_ps256(self.0);
            F64x16([_mm512_cvtps_pd(lower), _mm512_cvtps_pd(_mm256_castpd_ps(upper))])
        })
    }
    #[inline(always)]
    fn bits(self) -> U32x16 {
        U32x16(avx512!(_mm512_castps_si512(self.0)))
    }
    #[inline(always)]
    fn reload<T>(constants: &T) -> &T {
        core::hint::black_box(constants)
    }
}

impl LaneBits for U32x16 {
    type Proof = Avx512;
    type Float = F32x16;
    type Factors = Factors16;

    #[inline(always)]
    fn splat(_: Avx512, value: u32) -> Self {
        Self(avx512!(_mm512_set1_epi32(value as i32)))
    }
    #[inline(always)]
    fn counting(proof: Avx512, first: u32) -> Self {
        let count =
            avx512!(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
        Self::splat(proof, first).plus(Self(count))
    }
    #[inline(always)]
    fn load(_: Avx512, values: &[u32]) -> Self {
        let values = &values[..16];
        Self(avx512!(_mm512_loadu_epi32(values.as_ptr().cast())))
    }
    #[inline(always)]
    fn store(self, values: &mut [u32]) {
        let values = &mut values[..16];
        avx512!(_mm512_storeu_epi32(values.as_mut_ptr().cast(), self.0));
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self(avx512!(_mm512_add_epi32(self.0, other.0)))
    }
    #[inline(always)]
    fn shl<const N: u32>(self) -> Self {
        Self(avx512!(_mm512_slli_epi32::<N>(self.0)))
    }
    #[inline(always)]
    fn shr<const N: u32>(self) -> Self {
        Self(avx512!(_mm512_srli_epi32::<N>(self.0)))
    }
    #[inline(always)]
    fn factors(self) -> Factors16 {
        Factors16 { even: self, odd: Self(avx512!(_mm512_srli_epi64::<32>(self.0))) }
    }
    #[inline(always)]
    fn of_factors(Factors16 { even, odd }: Factors16) -> Self {
        // An odd lane takes the even one before it.
        Self(avx512!(_mm512_mask_shuffle_epi32::<0b10_10_00_00>(even.0, 0xaaaa, odd.0)))
    }
    #[inline(always)]
    fn majority(self, b: Self, c: Self) -> Self {
        Self(avx512!(_mm512_ternarylogic_epi32::<0xe8>(self.0, b.0, c.0)))
    }
    #[inline(always)]
    fn signed_to_float(self) -> F32x16 {
        F32x16(avx512!(_mm512_cvtepi32_ps(self.0)))
    }
    #[inline(always)]
    fn as_float(self) -> F32x16 {
        F32x16(avx512!(_mm512_castsi512_ps(self.0)))
    }
}

impl BitAnd for Mask16 {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Mask16 {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Not for Mask16 {
    type Output = Self;
    #[inline(always)]
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl LaneMask for Mask16 {
    #[inline(always)]
    fn any(self) -> bool {
        self.0 != 0
    }
    #[inline(always)]
    fn to_u32(self) -> u32 {
        u32::from(self.0)
    }
}
