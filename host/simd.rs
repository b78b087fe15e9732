//! Which vector instructions particles use, found out at run time.

use particle_pilot_kernels::lanes::SimdProof;
use serde::{Deserialize, Serialize};

use crate::settings::names::{UnknownName, named};

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

/// Why vector instructions cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SimdError {
    /// `PILOT_SIMD` names no set of instructions.
    #[error("PILOT_SIMD: {0}")]
    Unknown(#[from] UnknownName),
    /// `PILOT_SIMD` asks for instructions that this CPU lacks.
    #[error("PILOT_SIMD asks for `{asked}`, which this CPU lacks; it has: {available}")]
    Missing {
        /// What was asked for.
        asked: Simd,
        /// What there is.
        available: String,
    },
    /// A pilot was asked to use instructions that this CPU lacks.
    #[error("this CPU lacks `{asked}`; it has: {available}")]
    Lacking {
        /// What was asked for.
        asked: Simd,
        /// What there is.
        available: String,
    },
}

impl Simd {
    /// The environment variable that forces one of them.
    pub const VARIABLE: &'static str = "PILOT_SIMD";

    /// What this CPU has, slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        SimdProof::available().map(Self::of).collect()
    }

    /// The widest that this CPU has, or what the environment variable `PILOT_SIMD` says.
    ///
    /// # Errors
    /// [`SimdError::Unknown`] or [`SimdError::Missing`] about that variable.
    pub fn select() -> Result<Self, SimdError> {
        let available = Self::available();
        let Some(text) = std::env::var_os(Self::VARIABLE).filter(|text| !text.is_empty()) else {
            return Ok(*available.last().expect("scalar is always available"));
        };
        let asked: Self = text.to_string_lossy().parse()?;
        if available.contains(&asked) {
            return Ok(asked);
        }
        Err(SimdError::Missing { asked, available: Self::available_names() })
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
        SimdProof::available().find(|proof| self == Self::of(*proof))
    }

    /// Refuses what this CPU lacks.
    pub(crate) fn require(self) -> Result<(), SimdError> {
        match self.detect() {
            Some(_) => Ok(()),
            None => Err(SimdError::Lacking { asked: self, available: Self::available_names() }),
        }
    }

    fn of(proof: SimdProof) -> Self {
        match proof {
            SimdProof::Scalar => Self::Scalar,
            #[cfg(target_arch = "x86_64")]
            SimdProof::Avx2(_) => Self::Avx2,
            #[cfg(target_arch = "x86_64")]
            SimdProof::Avx512(_) => Self::Avx512,
            #[cfg(target_arch = "aarch64")]
            SimdProof::Neon(_) => Self::Neon,
        }
    }
}
