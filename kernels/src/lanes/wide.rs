//! Lanes in double precision, for sums and whole numbers beyond single precision.

use core::ops::{Add, Div, Mul, Sub};

/// A bundle of `f64` with as many lanes as the [`Lanes`](super::Lanes) that it belongs to.
///
/// Arithmetic operators round to nearest, ties to even, each on its own: nothing is contracted.
pub trait WideLanes:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Send
    + Sync
    + 'static
{
    /// Proof that the CPU has the instructions of this bundle.
    type Proof: Copy;

    /// `value` in every lane.
    fn splat(proof: Self::Proof, value: f64) -> Self;

    /// The first values of `values`, one for each lane.
    ///
    /// # Panics
    /// If `values` is shorter than that.
    fn load(proof: Self::Proof, values: &[f64]) -> Self;

    /// Writes the lanes to the first places of `values`.
    ///
    /// # Panics
    /// If `values` is shorter than that.
    fn store(self, values: &mut [f64]);

    /// Writes the integer parts of the lanes, from 0 to 2^31 - 1, to the first places of `integers`.
    ///
    /// # Panics
    /// If `integers` is shorter than that.
    fn truncate(self, integers: &mut [u32]);
}

/// A bundle of `f64` in two registers, each of which has half the lanes.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! wide {
    ($call:ident, $type:ident: $proof:ident, 2 x $half:literal in $register:ident, $add:ident, $sub:ident, $mul:ident,
     $div:ident, $splat:ident, $load:ident, $store:ident,
     |$to:ident, $value:ident| $truncate:expr) => {
        wide!($call, $type: Add add $add, Sub sub $sub, Mul mul $mul, Div div $div);

        /// As many `f64` as a bundle has lanes.
        #[derive(Clone, Copy)]
        pub struct $type([$register; 2]);

        impl super::WideLanes for $type {
            type Proof = $proof;

            #[inline(always)]
            fn splat(_: $proof, value: f64) -> Self {
                Self([$call!($splat(value)); 2])
            }
            #[inline(always)]
            fn load(_: $proof, values: &[f64]) -> Self {
                let (first, second) = values[..2 * $half].split_at($half);
                Self([$call!($load(first.as_ptr())), $call!($load(second.as_ptr()))])
            }
            #[inline(always)]
            fn store(self, values: &mut [f64]) {
                let (first, second) = values[..2 * $half].split_at_mut($half);
                $call!($store(first.as_mut_ptr(), self.0[0]));
                $call!($store(second.as_mut_ptr(), self.0[1]));
            }
            #[inline(always)]
            fn truncate(self, integers: &mut [u32]) {
                let (first, second) = integers[..2 * $half].split_at_mut($half);
                let ($to, $value) = (first.as_mut_ptr(), self.0[0]);
                $call!($truncate);
                let ($to, $value) = (second.as_mut_ptr(), self.0[1]);
                $call!($truncate);
            }
        }
    };
    ($call:ident, $type:ident: $($trait:ident $method:ident $intrinsic:ident),*) => {$(
        impl core::ops::$trait for $type {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                let ([a, b], [c, d]) = (self.0, other.0);
                Self([$call!($intrinsic(a, c)), $call!($intrinsic(b, d))])
            }
        }
    )*};
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) use wide;

impl WideLanes for f64 {
    type Proof = ();

    #[inline(always)]
    fn splat((): (), value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn load((): (), values: &[f64]) -> Self {
        values[0]
    }
    #[inline(always)]
    fn store(self, values: &mut [f64]) {
        values[0] = self;
    }
    #[inline(always)]
    fn truncate(self, integers: &mut [u32]) {
        integers[0] = self as i32 as u32;
    }
}
