//! SIMD lanes: several particles advanced by one instruction.
//!
//! Particle code is written once, generic over [`Lanes`]. On a GPU thread, and on a CPU without vector
//! instructions, the bundle is a plain `f32`; on a CPU it is a vector register. Every operation
//! acts on each lane alone and is an IEEE-754 operation or a bit manipulation, so that lane
//! `i` of any bundle holds the bits that the scalar code would have computed.
//!
//! # Safety model
//! The vector types wrap `core::arch` registers, whose instructions the CPU may lack. Their values
//! can only be made from a *proof*, a zero-sized value that exists only where the instructions
//! were detected. Methods on a value therefore need no further check.

use core::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Sub};

#[cfg(feature = "std")]
mod paths;
mod scalar;
mod wide;

#[cfg(feature = "std")]
pub use paths::{LaneWork, SimdProof};
pub use wide::WideLanes;

#[cfg(target_arch = "aarch64")]
pub mod neon;

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;

/// A bundle of `f32` values, one for each of [`Lanes::COUNT`] particles.
///
/// Arithmetic operators round to nearest, ties to even, each on its own: nothing is contracted.
pub trait Lanes:
    Copy
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// Proof that the CPU has the instructions of this bundle.
    type Proof: Copy + Send + Sync + 'static;
    /// The same lanes as raw `u32` values.
    type Bits: LaneBits<Float = Self, Proof = Self::Proof>;
    /// One truth value for each lane.
    type Mask: LaneMask;
    /// The same lanes in double precision.
    type Wide: WideLanes<Proof = Self::Proof>;
    /// The number of lanes: how many particles one bundle holds.
    const COUNT: usize;
    /// The interleave factor: how many bundles of pairs a thread advances side by side, 1 or 2. Two hide the
    /// latency of instructions, one leaves registers free.
    const INTERLEAVE: usize;
    /// How many registers there are for bundles.
    const REGISTERS: usize;

    /// The proof that made this value possible.
    fn proof(self) -> Self::Proof;

    /// `value` in every lane.
    fn splat(proof: Self::Proof, value: f32) -> Self;

    /// As [`Lanes::splat`], of a number that is the same in every model of a type, whatever its fields.
    #[inline(always)]
    fn literal(proof: Self::Proof, value: f32) -> Self {
        Self::splat(proof, value)
    }

    /// As [`Lanes::splat`], of a number that is given with a decision: none of the model's.
    #[inline(always)]
    fn given(proof: Self::Proof, value: f32) -> Self {
        Self::splat(proof, value)
    }

    /// The first [`Lanes::COUNT`] values of `values`.
    ///
    /// # Panics
    /// If `values` is shorter than that.
    fn load(proof: Self::Proof, values: &[f32]) -> Self;

    /// Of `values` those with the indices that the lanes are, whole numbers; any of them where a lane is no index.
    ///
    /// # Panics
    /// If there are no values.
    #[inline(always)]
    fn gather(self, values: &[f32]) -> Self {
        let mut lanes = [0.0; 16];
        self.store(&mut lanes);
        for i in 0..Self::COUNT {
            // What is no number is 0 here, and what is too large the last.
            lanes[i] = values[(lanes[i] as usize).min(values.len() - 1)];
        }
        Self::load(self.proof(), &lanes)
    }

    /// Writes the lanes to the first [`Lanes::COUNT`] places of `values`.
    ///
    /// # Panics
    /// If `values` is shorter than that.
    fn store(self, values: &mut [f32]);

    /// `self * b + c`, rounded once.
    fn fma(self, b: Self, c: Self) -> Self;

    /// `c - self * b`, rounded once.
    fn fnma(self, b: Self, c: Self) -> Self;

    /// `self * b + c`, rounded once, where `mask` holds; `c` elsewhere.
    fn fma_where(self, mask: Self::Mask, b: Self, c: Self) -> Self;

    /// `self + b` where `mask` holds, `self` elsewhere. `self` must not be -0.0, whose sign some targets
    /// keep and others drop.
    fn add_where(self, mask: Self::Mask, b: Self) -> Self;

    /// `self` with the sign bit cleared.
    fn magnitude(self) -> Self;

    /// The square root, rounded to nearest; NaN below zero.
    fn sqrt(self) -> Self;

    /// The largest integer that is not above `self`.
    fn floor(self) -> Self;

    /// `self` if `self < other`, else `other`: of +0 and -0, and where one is NaN, `other`.
    fn lesser(self, other: Self) -> Self;

    /// `self` if `self > other`, else `other`: of +0 and -0, and where one is NaN, `other`.
    fn greater(self, other: Self) -> Self;

    /// Whether `self <= other`, false where one is NaN.
    fn le(self, other: Self) -> Self::Mask;

    /// `mask && self <= other`, false where one is NaN.
    fn le_and(self, mask: Self::Mask, other: Self) -> Self::Mask;

    /// Whether `self < other`, false where one is NaN.
    fn lt(self, other: Self) -> Self::Mask;

    /// `yes` where `mask` holds, `no` elsewhere.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// The zip of `self` and `other`, lane 0 of both, lane 1 of both and so on: its first and its second half.
    fn zip(self, other: Self) -> [Self; 2];

    /// The lanes in double precision.
    fn widen(self) -> Self::Wide;

    /// The raw bits of every lane.
    fn bits(self) -> Self::Bits;

    /// An optimisation barrier: has `constants` reloaded from memory instead of kept in registers, which a loop
    /// needs for something else. The identity where registers are to spare.
    #[inline(always)]
    fn reload<T>(constants: &T) -> &T {
        constants
    }
}

/// Each of `values` in every lane.
///
/// A loop rather than `map`: closures are compiled without the vector instructions of the function
/// that they stand in, and the compiler does not always inline them.
#[inline(always)]
pub fn splat_all<L: Lanes, const N: usize>(proof: L::Proof, values: [f32; N]) -> [L; N] {
    let mut lanes = [L::literal(proof, 0.0); N];
    // Not a zip, which is not unrolled for GPUs.
    for i in 0..N {
        lanes[i] = L::splat(proof, values[i]);
    }
    lanes
}

/// A bundle of `u32` values.
pub trait LaneBits:
    Copy
    + Send
    + Sync
    + 'static
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
    + Not<Output = Self>
{
    /// Proof that the CPU has the instructions of this bundle.
    type Proof: Copy;
    /// The bundle of `f32` with the same lanes.
    type Float;
    /// The same lanes, as multiplication wants them.
    type Factors: LaneFactors<Proof = Self::Proof>;

    /// `value` in every lane.
    fn splat(proof: Self::Proof, value: u32) -> Self;

    /// `first`, `first + 1`, ... wrapping, one in each lane.
    fn counting(proof: Self::Proof, first: u32) -> Self;

    /// The first `COUNT` values of `values`.
    ///
    /// # Panics
    /// If `values` is shorter than that.
    fn load(proof: Self::Proof, values: &[u32]) -> Self;

    /// Writes the lanes to the first `COUNT` places of `values`.
    ///
    /// # Panics
    /// If `values` is shorter than that.
    fn store(self, values: &mut [u32]);

    /// `self + other` modulo 2^32. (Not the operator, which for plain `u32` checks for overflow.)
    fn plus(self, other: Self) -> Self;

    /// Every lane shifted left by `N < 32` bits.
    fn shl<const N: u32>(self) -> Self;

    /// Every lane shifted right by `N < 32` bits, zeros coming in.
    fn shr<const N: u32>(self) -> Self;

    /// The lanes as multiplication wants them.
    fn factors(self) -> Self::Factors;

    /// The lanes of `factors`.
    fn of_factors(factors: Self::Factors) -> Self;

    /// The high and the low half of the 64-bit product of every lane with `factor`.
    #[inline(always)]
    fn mul_wide(self, factor: u32) -> (Self, Self) {
        let (high, low) = self.factors().products(factor);
        (Self::of_factors(high), Self::of_factors(low))
    }

    /// Bit by bit, what at least two of the three operands hold.
    fn majority(self, b: Self, c: Self) -> Self;

    /// The lanes read as `i32` and converted, rounding to nearest, ties to even.
    fn signed_to_float(self) -> Self::Float;

    /// The raw bits read as `f32`.
    fn as_float(self) -> Self::Float;
}

/// The operands of widening multiplications: a bundle of `u32` values, kept so that products of 64 bits need no
/// shuffling, since x86 multiplies every other lane.
pub trait LaneFactors: Copy + BitXor<Output = Self> {
    /// Proof that the CPU has the instructions of this bundle.
    type Proof: Copy;

    /// `value` in every lane.
    fn repeat(proof: Self::Proof, value: u32) -> Self;

    /// The high and the low half of the 64-bit product of every lane with `factor`.
    fn products(self, factor: u32) -> (Self, Self);
}

/// One truth value for each lane.
pub trait LaneMask:
    Copy + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self>
{
    /// Whether any lane holds.
    fn any(self) -> bool;

    /// The lanes as bits: lane `i` is bit `i`.
    fn to_u32(self) -> u32;
}

/// The last index of `values` that instructions can name, which takes 31 bits.
///
/// # Panics
/// If there are no values.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn last_index(values: &[f32]) -> i32 {
    assert!(!values.is_empty(), "nothing to gather from");
    i32::try_from(values.len() - 1).unwrap_or(i32::MAX)
}

/// Operators of a bundle in terms of one intrinsic each.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! operators {
    ($call:ident, $type:ident: $($trait:ident $method:ident $intrinsic:path),* $(,)?) => {$(
        impl core::ops::$trait for $type {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self($call!($intrinsic(self.0, other.0)))
            }
        }
    )*};
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use {operators, wide::wide};

/// A bundle of factors on x86: even lanes and odd lanes apart, each in the lower half of 64 bits; the upper half
/// holds anything.
#[cfg(target_arch = "x86_64")]
macro_rules! factors {
    ($call:ident, $type:ident: $proof:ident, $bits:ident, $splat:ident, $mul:ident, $shift:ident) => {
        impl core::ops::BitXor for $type {
            type Output = Self;
            #[inline(always)]
            fn bitxor(self, other: Self) -> Self {
                Self { even: self.even ^ other.even, odd: self.odd ^ other.odd }
            }
        }

        impl super::LaneFactors for $type {
            type Proof = $proof;

            #[inline(always)]
            fn repeat(_: $proof, value: u32) -> Self {
                let all = $bits($call!($splat(value as i32)));
                Self { even: all, odd: all }
            }
            #[inline(always)]
            fn products(self, factor: u32) -> (Self, Self) {
                $call!({
                    let factor = $splat(factor as i32);
                    let even = $mul(self.even.0, factor);
                    let odd = $mul(self.odd.0, factor);
                    let high =
                        Self { even: $bits($shift::<32>(even)), odd: $bits($shift::<32>(odd)) };
                    (high, Self { even: $bits(even), odd: $bits(odd) })
                })
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
use factors;
