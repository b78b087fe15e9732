//! What can go wrong with a GPU, and what to do about it.

use std::fmt;

pub use super::driver::DriverError;
use super::driver::{LoadError, NOT_INITIALIZED};
use super::info::has_forked;

/// Why a GPU cannot be used, or can no longer be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GpuError {
    /// The driver's library could not be loaded.
    #[error(
        "no NVIDIA driver found: cannot load `{looked_for}` ({reason}); install the driver, or \
         name its library in PILOT_CUDA_DRIVER, or use the device `cpu`"
    )]
    NoDriver {
        /// The file.
        looked_for: String,
        /// What the system's loader said.
        reason: String,
    },
    /// There is a driver and no GPU.
    #[error(
        "the NVIDIA driver finds no GPU ({cause}); see what `nvidia-smi` shows and whether \
         CUDA_VISIBLE_DEVICES hides it, or use the device `cpu`"
    )]
    NoDevice {
        /// What the driver said.
        cause: DriverError,
    },
    /// The driver works only in the process that it was started in.
    #[error(
        "a GPU cannot be used in a process that was forked from one that has used one; start workers by \
         `spawn` (Python: `multiprocessing.set_start_method(\"spawn\")`), or use the device `cpu`"
    )]
    Forked,
    /// There are GPUs, but not this one.
    #[error(
        "there is no GPU {index}: this machine has {count}, counted from 0; use `cuda:0` or `cpu`"
    )]
    NoSuchDevice {
        /// Which was asked for.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// The driver does not know the language that the kernels are written in.
    #[error(
        "the NVIDIA driver is too old: it supports CUDA {}.{} and thus PTX up to {}.{}, the \
         kernels are PTX {}.{}; install a newer driver, or use the device `cpu`",
        driver.0, driver.1, supported.0, supported.1, ptx.0, ptx.1
    )]
    DriverTooOld {
        /// The version of CUDA that the driver supports.
        driver: (u32, u32),
        /// The version of PTX that comes with it.
        supported: (u32, u32),
        /// The version of PTX of the kernels.
        ptx: (u32, u32),
    },
    /// The GPU lacks instructions that the kernels use.
    #[error(
        "{name} has compute capability {}.{}, the kernels need {}.{}; use a newer GPU or the \
         device `cpu`",
        has.0, has.1, needs.0, needs.1
    )]
    GpuTooOld {
        /// What the GPU is called.
        name: String,
        /// Its compute capability.
        has: (u32, u32),
        /// What would be enough.
        needs: (u32, u32),
    },
    /// The driver refused the kernels.
    #[error(
        "the driver cannot compile the kernels ({cause}): {log}; this is a bug, please report it"
    )]
    Compile {
        /// What the driver said.
        cause: DriverError,
        /// What its compiler said.
        log: String,
    },
    /// There is not enough memory.
    #[error(
        "out of {memory} memory{} ({cause}); use fewer particles or a shorter horizon, or end \
         other programs that use the GPU",
        Amounts(*asked_bytes, *free_bytes)
    )]
    OutOfMemory {
        /// Which memory: `GPU` or `page-locked host`.
        memory: &'static str,
        /// How much was asked for, where that is known.
        asked_bytes: Option<u64>,
        /// How much the GPU had left, where that is known.
        free_bytes: Option<u64>,
        /// What the driver said.
        cause: DriverError,
    },
    /// A kernel could not be started.
    #[error(
        "cannot launch `{kernel}` with {blocks} blocks of {threads} threads: {cause}; this is a bug, \
         please report it"
    )]
    Launch {
        /// The kernel.
        kernel: String,
        /// How many blocks.
        blocks: u32,
        /// How many threads each.
        threads: u32,
        /// What the driver said.
        cause: DriverError,
    },
    /// The GPU has stopped working for this program. Whatever is asked of it from now on fails.
    #[error(
        "the GPU has stopped working for this program while {during}{}: {cause}; start the program \
         again; if it happens again, use the device `cpu` and please report it",
        LastLaunch(last_kernel.as_deref())
    )]
    DeviceLost {
        /// What was being done.
        during: &'static str,
        /// What was launched last; it may have been at fault.
        last_kernel: Option<String>,
        /// What the driver said.
        cause: DriverError,
    },
    /// The driver failed in some other way.
    #[error(
        "the GPU failed while {during}: {cause}; see whether `nvidia-smi` works, or use the \
         device `cpu`"
    )]
    Driver {
        /// What was being done.
        during: &'static str,
        /// What the driver said.
        cause: DriverError,
    },
    /// This crate has used the GPU wrongly.
    #[error("misuse of the GPU: {0}; this is a bug, please report it")]
    Misuse(String),
}

impl GpuError {
    /// Whether there simply is no GPU: no driver or no device.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::NoDriver { .. } | Self::NoDevice { .. })
    }

    /// Whether less memory would help.
    pub fn is_out_of_memory(&self) -> bool {
        match self {
            Self::OutOfMemory { .. } => true,
            _ => self.cause().is_some_and(DriverError::is_out_of_memory),
        }
    }

    /// Whether everything that is asked of this GPU from now on will fail in this process.
    pub fn is_sticky(&self) -> bool {
        self.cause().is_some_and(DriverError::is_sticky)
    }

    /// What the driver said, if it was asked.
    pub fn cause(&self) -> Option<&DriverError> {
        match self {
            Self::NoDevice { cause }
            | Self::Compile { cause, .. }
            | Self::OutOfMemory { cause, .. }
            | Self::Launch { cause, .. }
            | Self::DeviceLost { cause, .. }
            | Self::Driver { cause, .. } => Some(cause),
            _ => None,
        }
    }

    /// A failure while no GPU is open yet, or none in particular is meant.
    pub(crate) fn of(during: &'static str, cause: DriverError) -> Self {
        Self::from_cause(during, None, cause)
    }

    /// The error that a failure amounts to, as far as the driver's words tell.
    pub(super) fn from_cause(
        during: &'static str,
        last_kernel: Option<String>,
        cause: DriverError,
    ) -> Self {
        if cause.code == NOT_INITIALIZED && has_forked() {
            Self::Forked
        } else if cause.is_out_of_memory() {
            Self::OutOfMemory { memory: "GPU", asked_bytes: None, free_bytes: None, cause }
        } else if cause.is_sticky() {
            Self::DeviceLost { during, last_kernel, cause }
        } else {
            Self::Driver { during, cause }
        }
    }
}

impl From<&LoadError> for GpuError {
    fn from(error: &LoadError) -> Self {
        let LoadError { looked_for, reason } = error.clone();
        Self::NoDriver { looked_for, reason }
    }
}

struct Amounts(Option<u64>, Option<u64>);

impl fmt::Display for Amounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self(Some(asked), Some(free)) => write!(f, ": {asked} bytes asked for, {free} free"),
            Self(Some(asked), None) => write!(f, ": {asked} bytes asked for"),
            Self(None, Some(free)) => write!(f, ": {free} bytes free"),
            Self(None, None) => Ok(()),
        }
    }
}

struct LastLaunch<'a>(Option<&'a str>);

impl fmt::Display for LastLaunch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(kernel) => write!(f, ", after the launch of `{kernel}`"),
            None => Ok(()),
        }
    }
}
