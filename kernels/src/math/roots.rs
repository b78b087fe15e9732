//! Reciprocal and square root by Newton's method from a guess that the bit pattern gives.

use crate::lanes::{LaneBits, Lanes};

/// `first - bits`, wrapping.
#[inline(always)]
fn minus<B: LaneBits>(proof: B::Proof, first: u32, bits: B) -> B {
    B::splat(proof, first.wrapping_add(1)).plus(!bits)
}

/// `1 / x` for `x` from 1e-30 to 1e30.
///
/// Subtracting the bits from a constant negates the exponent and gives one eighth of accuracy; each
/// Newton step doubles the number of right bits.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::math::reciprocal;
/// assert_eq!(reciprocal((), 4.0f32), 0.25);
/// ```
#[inline(always)]
pub fn reciprocal<L: Lanes>(proof: L::Proof, x: L) -> L {
    let one = L::literal(proof, 1.0);
    let mut y = minus(proof, 0x7ef3_11c7, x.bits()).as_float();
    for _ in 0..4 {
        y = y.fma(x.fnma(y, one), y);
    }
    y
}

/// The square root of `x` from 1e-30 to 1e30; zero for zero.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::math::square_root;
/// assert_eq!(square_root((), 9.0f32), 3.0);
/// assert_eq!(square_root((), 0.0f32), 0.0);
/// ```
#[inline(always)]
pub fn square_root<L: Lanes>(proof: L::Proof, x: L) -> L {
    square_roots(proof, &[x])[0]
}

/// [`square_root`] of several, side by side.
#[inline(always)]
pub(super) fn square_roots<L: Lanes, const N: usize>(proof: L::Proof, x: &[L; N]) -> [L; N] {
    let (mut halves, mut y) = (*x, *x);
    for n in 0..N {
        halves[n] = x[n] * L::literal(proof, 0.5);
        y[n] = minus(proof, 0x5f37_59df, x[n].bits().shr::<1>()).as_float();
    }
    for _ in 0..3 {
        for n in 0..N {
            y[n] = y[n] * (halves[n] * y[n]).fnma(y[n], L::literal(proof, 1.5));
        }
    }
    let mut roots = *x;
    for n in 0..N {
        // One more step on the root itself: the error of `root^2` is exact in a fused operation.
        let root = x[n] * y[n];
        let error = root.fnma(root, x[n]);
        roots[n] = error.fma(y[n] * L::literal(proof, 0.5), root);
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::super::error::{largest, spread};
    use super::*;

    #[test]
    fn reciprocal_errs_by_at_most_1_ulp() {
        let worst = largest(spread(1e-30, 1e30, 4_000_000), |x| reciprocal((), x), |x| 1.0 / x);
        println!("reciprocal: {:.4} ulp", worst.0);
        assert!(worst.0 <= 1.0, "{worst:?}");
    }

    #[test]
    fn square_root_errs_by_at_most_1_ulp() {
        let worst = largest(spread(1e-30, 1e30, 4_000_000), |x| square_root((), x), libm::sqrt);
        println!("square root: {:.4} ulp", worst.0);
        assert!(worst.0 <= 1.0, "{worst:?}");
    }
}
