//! Multiversioning: one body of work, compiled once for each set of vector instructions and dispatched at run time.

use super::Lanes;
#[cfg(target_arch = "x86_64")]
use super::avx2::{Avx2, F32x8};
#[cfg(target_arch = "x86_64")]
use super::avx512::{Avx512, F32x16};
#[cfg(target_arch = "aarch64")]
use super::neon::{F32x4, Neon};

/// A multiversioned function: compiled once for each set of vector instructions, its arguments in a struct, since
/// closures cannot be generic over [`Lanes`].
pub trait LaneWork {
    /// The function's result.
    type Output;

    /// The function's body. Mark implementations `#[inline(always)]`, or the instructions do not reach them.
    fn run<L: Lanes>(self, proof: L::Proof) -> Self::Output;
}

/// Proof of a set of vector instructions that this CPU has.
#[derive(Clone, Copy, Debug)]
pub enum SimdProof {
    /// None.
    Scalar,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// AVX-512F.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// NEON.
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl SimdProof {
    /// All that this CPU has, slowest first.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot_kernels::lanes::{LaneWork, Lanes, SimdProof};
    ///
    /// struct Square(f32);
    ///
    /// impl LaneWork for Square {
    ///     type Output = f32;
    ///     #[inline(always)]
    ///     fn run<L: Lanes>(self, proof: L::Proof) -> f32 {
    ///         let mut lanes = [0.0; 16];
    ///         let x = L::splat(proof, self.0);
    ///         (x * x).store(&mut lanes);
    ///         lanes[0]
    ///     }
    /// }
    ///
    /// assert!(SimdProof::available().all(|simd| simd.run(Square(3.0)) == 9.0));
    /// ```
    pub fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let vectors = [Avx2::detect().map(Self::Avx2), Avx512::detect().map(Self::Avx512)];
        #[cfg(target_arch = "aarch64")]
        let vectors = [Neon::detect().map(Self::Neon)];
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let vectors: [Option<Self>; 0] = [];
        [Self::Scalar].into_iter().chain(vectors.into_iter().flatten())
    }

    /// Calls the version of `work` that is compiled for these instructions.
    #[inline]
    pub fn run<W: LaneWork>(self, work: W) -> W::Output {
        match self {
            Self::Scalar => work.run::<f32>(()),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the proof exists only where the instructions were detected.
            Self::Avx2(proof) => unsafe { run_avx2(work, proof) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the proof exists only where the instructions were detected.
            Self::Avx512(proof) => unsafe { run_avx512(work, proof) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon(proof) => work.run::<F32x4>(proof),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<W: LaneWork>(work: W, proof: Avx2) -> W::Output {
    work.run::<F32x8>(proof)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn run_avx512<W: LaneWork>(work: W, proof: Avx512) -> W::Output {
    work.run::<F32x16>(proof)
}
