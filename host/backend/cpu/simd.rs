//! Which vector instructions particles use, found out at run time.

use particle_pilot_kernels::lanes::Lanes;
#[cfg(target_arch = "aarch64")]
use particle_pilot_kernels::lanes::neon::{F32x4, Neon};
#[cfg(target_arch = "x86_64")]
use particle_pilot_kernels::lanes::{
    avx2::{Avx2, F32x8},
    avx512::{Avx512, F32x16},
};
use serde::{Deserialize, Serialize};

use crate::backend::BackendError;
use crate::names::named;

/// A set of vector instructions. All give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Simd {
    /// None: one particle at a time. Slow without fused multiply-add in hardware.
    Scalar,
    /// AVX2 and FMA: 8 lanes.
    Avx2,
    /// AVX-512F: 16 lanes.
    Avx512,
    /// NEON: 4 lanes.
    Neon,
}

named!(
    Simd,
    "SIMD path",
    [
        (Simd::Scalar, "scalar"),
        (Simd::Avx2, "avx2"),
        (Simd::Avx512, "avx512"),
        (Simd::Neon, "neon"),
    ]
);

impl Simd {
    /// The environment variable that forces one of them.
    pub const VARIABLE: &'static str = "PILOT_SIMD";

    /// What this CPU has, slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        Self::ALL.iter().map(|(simd, _)| *simd).filter(|simd| simd.detect().is_some()).collect()
    }

    /// The widest that this CPU has, or what the environment variable `PILOT_SIMD` says.
    ///
    /// # Errors
    /// [`BackendError::UnknownSimd`] or [`BackendError::MissingSimd`] about that variable.
    pub fn select() -> Result<Self, BackendError> {
        let available = Self::available();
        let Some(text) = std::env::var_os(Self::VARIABLE).filter(|text| !text.is_empty()) else {
            return Ok(*available.last().expect("scalar is always available"));
        };
        let asked: Self = text.to_string_lossy().parse()?;
        if available.contains(&asked) {
            return Ok(asked);
        }
        Err(BackendError::MissingSimd { asked, available: Self::available_names() })
    }

    /// The names of what this CPU has.
    pub(crate) fn available_names() -> String {
        let names: Vec<&str> = Self::available().iter().map(|simd| simd.name()).collect();
        names.join(", ")
    }

    /// Lanes of one bundle.
    #[must_use]
    pub fn lanes(self) -> usize {
        match self {
            Self::Scalar => 1,
            Self::Neon => 4,
            Self::Avx2 => 8,
            Self::Avx512 => 16,
        }
    }

    /// The proof that this CPU has the instructions, if it has.
    pub(crate) fn detect(self) -> Option<SimdProof> {
        match self {
            Self::Scalar => Some(SimdProof::Scalar),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2::detect().map(SimdProof::Avx2),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Avx512::detect().map(SimdProof::Avx512),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => Neon::detect().map(SimdProof::Neon),
            #[allow(unreachable_patterns)] // reachable on every architecture for the others' paths
            _ => None,
        }
    }
}

/// Work that is compiled once for each set of vector instructions.
pub(crate) trait Kernel {
    /// What comes of it.
    type Output;

    /// The work. Mark implementations `#[inline(always)]`, or the instructions do not reach them.
    fn run<L: Lanes>(self, proof: L::Proof) -> Self::Output;
}

/// A set of vector instructions that this CPU has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SimdProof {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl SimdProof {
    /// Runs `kernel` with these instructions.
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Scalar => kernel.run::<f32>(()),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the proof exists only where the instructions were detected.
            Self::Avx2(proof) => unsafe { run_avx2(kernel, proof) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the proof exists only where the instructions were detected.
            Self::Avx512(proof) => unsafe { run_avx512(kernel, proof) },
            #[cfg(target_arch = "aarch64")]
            Self::Neon(proof) => kernel.run::<F32x4>(proof),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: K, proof: Avx2) -> K::Output {
    kernel.run::<F32x8>(proof)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn run_avx512<K: Kernel>(kernel: K, proof: Avx512) -> K::Output {
    kernel.run::<F32x16>(proof)
}
