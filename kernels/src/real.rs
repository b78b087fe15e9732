//! Numbers as models compute with them.
//!
//! A model is written once, over any type that is [`Real`]: a bundle of vector lanes of any width, or one `f32`. Every
//! operation gives the same bits whatever the type: each rounds as IEEE 754 says, or is made of such operations.

use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use crate::lanes::Lanes;
use crate::math;

/// What a model computes with: a number for each of several particles.
///
/// On the right-hand side of every operation a plain `f32` will do, which all particles then share.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::real::Real;
///
/// /// The height that a ball reaches which is thrown upwards at `speed`, in m, under 10 m/s^2; at most the ceiling's.
/// fn height<R: Real>(speed: R) -> R {
///     (speed.square() / 20.0).min(2.5)
/// }
///
/// use particle_pilot_kernels::real::Num;
/// assert_eq!(height(Num(2.0_f32)).0, 0.2);
/// ```
pub trait Real:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f32, Output = Self>
    + Sub<f32, Output = Self>
    + Mul<f32, Output = Self>
    + Div<f32, Output = Self>
    + Neg<Output = Self>
{
    /// A truth value for each particle.
    type Mask: Copy
        + BitAnd<Output = Self::Mask>
        + BitOr<Output = Self::Mask>
        + Not<Output = Self::Mask>;

    /// `value`, for all particles that `self` is a number of.
    fn constant(self, value: f32) -> Self;

    /// `self * b + c`, rounded once.
    fn fma(self, b: impl Operand<Self>, c: impl Operand<Self>) -> Self;

    /// Whether `self < other`; false of NaN.
    fn lt(self, other: impl Operand<Self>) -> Self::Mask;

    /// Whether `self <= other`; false of NaN.
    fn le(self, other: impl Operand<Self>) -> Self::Mask;

    /// `self` where `mask` holds, `other` elsewhere.
    fn where_or(self, mask: Self::Mask, other: impl Operand<Self>) -> Self;

    /// The lesser of the two; `other` where one is NaN or both are zero.
    fn min(self, other: impl Operand<Self>) -> Self;

    /// The greater of the two; `other` where one is NaN or both are zero.
    fn max(self, other: impl Operand<Self>) -> Self;

    /// The magnitude.
    fn abs(self) -> Self;

    /// The largest integer that is not above it.
    fn floor(self) -> Self;

    /// The square root; NaN below zero.
    fn sqrt(self) -> Self;

    /// Sine and cosine of an angle of at most 10,000 rad: [`math::sin_cos`].
    fn sin_cos(self) -> (Self, Self);

    /// `e` to the power of it: [`math::exp`].
    fn exp(self) -> Self;

    /// The natural logarithm of a positive normal number: [`math::ln`]; NaN of NaN.
    fn ln(self) -> Self;

    /// The angle of the vector `(x, self)` in rad: [`math::atan2`].
    fn atan2(self, x: impl Operand<Self>) -> Self;

    /// The hyperbolic tangent: [`math::tanh`].
    fn tanh(self) -> Self;

    /// Whether `self > other`; false of NaN.
    #[inline(always)]
    fn gt(self, other: impl Operand<Self>) -> Self::Mask {
        other.like(self).lt(self)
    }

    /// Whether `self >= other`; false of NaN.
    #[inline(always)]
    fn ge(self, other: impl Operand<Self>) -> Self::Mask {
        other.like(self).le(self)
    }

    /// Kept from `low` to `high`; `low` for NaN.
    #[inline(always)]
    fn clamp(self, low: impl Operand<Self>, high: impl Operand<Self>) -> Self {
        self.max(low).min(high)
    }

    /// Its product with itself.
    #[inline(always)]
    fn square(self) -> Self {
        self * self
    }

    /// The sine of an angle of at most 10,000 rad.
    #[inline(always)]
    fn sin(self) -> Self {
        self.sin_cos().0
    }

    /// The cosine of an angle of at most 10,000 rad.
    #[inline(always)]
    fn cos(self) -> Self {
        self.sin_cos().1
    }

    /// The tangent of an angle of at most 10,000 rad.
    #[inline(always)]
    fn tan(self) -> Self {
        let (sine, cosine) = self.sin_cos();
        sine / cosine
    }

    /// Wherever the condition is to hold for every particle.
    fn always(self) -> Self::Mask;
}

/// What may stand on the right-hand side: a [`Real`], or an `f32` that all particles share.
pub trait Operand<R> {
    /// As a number of the particles that `number` is one of.
    fn like(self, number: R) -> R;
}

impl<R: Real> Operand<R> for R {
    #[inline(always)]
    fn like(self, _: R) -> R {
        self
    }
}

impl<R: Real> Operand<R> for f32 {
    #[inline(always)]
    fn like(self, number: R) -> R {
        number.constant(self)
    }
}

/// A bundle of lanes as a [`Real`].
#[derive(Clone, Copy, Debug)]
pub struct Num<L>(pub L);

/// An operator of two bundles, and of a bundle and an `f32`.
macro_rules! operator {
    ($($trait:ident $method:ident)*) => {$(
        impl<L: Lanes> $trait for Num<L> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0))
            }
        }

        impl<L: Lanes> $trait<f32> for Num<L> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: f32) -> Self {
                self.$method(self.constant(other))
            }
        }
    )*};
}

operator!(Add add Sub sub Mul mul Div div);

impl<L: Lanes> Neg for Num<L> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl<L: Lanes> Real for Num<L> {
    type Mask = L::Mask;

    #[inline(always)]
    fn constant(self, value: f32) -> Self {
        Self(L::splat(self.0.proof(), value))
    }
    #[inline(always)]
    fn always(self) -> L::Mask {
        let zero = L::literal(self.0.proof(), 0.0);
        zero.le(zero)
    }
    #[inline(always)]
    fn fma(self, b: impl Operand<Self>, c: impl Operand<Self>) -> Self {
        Self(self.0.fma(b.like(self).0, c.like(self).0))
    }
    #[inline(always)]
    fn lt(self, other: impl Operand<Self>) -> L::Mask {
        self.0.lt(other.like(self).0)
    }
    #[inline(always)]
    fn le(self, other: impl Operand<Self>) -> L::Mask {
        self.0.le(other.like(self).0)
    }
    #[inline(always)]
    fn where_or(self, mask: L::Mask, other: impl Operand<Self>) -> Self {
        Self(L::select(mask, self.0, other.like(self).0))
    }
    #[inline(always)]
    fn min(self, other: impl Operand<Self>) -> Self {
        Self(self.0.lesser(other.like(self).0))
    }
    #[inline(always)]
    fn max(self, other: impl Operand<Self>) -> Self {
        Self(self.0.greater(other.like(self).0))
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.magnitude())
    }
    #[inline(always)]
    fn floor(self) -> Self {
        Self(self.0.floor())
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }
    #[inline(always)]
    fn sin_cos(self) -> (Self, Self) {
        let (sine, cosine) = math::sin_cos(self.0.proof(), self.0);
        (Self(sine), Self(cosine))
    }
    #[inline(always)]
    fn exp(self) -> Self {
        Self(math::exp(self.0.proof(), self.0))
    }
    #[inline(always)]
    fn ln(self) -> Self {
        // `math::ln` looks at bits, and those of what is no number differ from device to device.
        let is_number = self.0.le(self.0);
        Self(L::select(is_number, math::ln(self.0.proof(), self.0), self.0))
    }
    #[inline(always)]
    fn atan2(self, x: impl Operand<Self>) -> Self {
        Self(math::atan2(self.0.proof(), self.0, x.like(self).0))
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        Self(math::tanh(self.0.proof(), self.0))
    }
}
