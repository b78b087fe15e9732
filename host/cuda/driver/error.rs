//! A failure in the driver's own words.

use std::fmt;

use super::load;

/// `CUDA_ERROR_OUT_OF_MEMORY`.
const OUT_OF_MEMORY: u32 = 2;

/// A failure in the driver's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverError {
    /// The number, as in `cuda.h`.
    pub code: u32,
    /// The name, as in `cuda.h`, where the driver knows it.
    pub name: String,
    /// What it means.
    pub text: String,
}

impl DriverError {
    /// What the driver meant by a code.
    pub(crate) fn of_code(code: u32) -> Self {
        let functions = load::functions().ok();
        let [name, text] = functions.map_or([None, None], |functions| functions.describe(code));
        Self {
            code,
            name: name.unwrap_or_else(|| format!("CUDA error {code}")),
            text: text.unwrap_or_else(|| "the driver does not say what it means".into()),
        }
    }

    /// As the driver says it when there is not enough memory.
    pub(in super::super) fn out_of_memory() -> Self {
        Self::of_code(OUT_OF_MEMORY)
    }

    /// Whether less memory would help.
    pub(in super::super) fn is_out_of_memory(&self) -> bool {
        self.code == OUT_OF_MEMORY
    }

    /// Whether the context is lost: everything that follows fails too.
    pub(in super::super) fn is_sticky(&self) -> bool {
        matches!(self.code, 46 | 214 | 220 | 226 | 700 | 702 | 709 | 710 | 714..=719)
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.text)
    }
}
