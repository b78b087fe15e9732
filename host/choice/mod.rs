//! Which device [`Device::Auto`] is: the one that is predicted to be faster.
//!
//! How long work takes is predicted from its size, from what a step of the model and of the planner are by the model's
//! [trace](crate::kernels::trace), and from how fast the machine is: constants that `bench --calibrate` measures and writes
//! to a [file](Calibration), or else estimates. No bit of any result depends on the choice.

mod calibration;
#[cfg(test)]
mod tests;
mod time;
mod work;

use std::fmt;
use std::path::PathBuf;

use particle_pilot_kernels::model::LaneModel;

pub use calibration::{Calibration, CalibrationError};
pub(crate) use time::{Cpu, Episodes};
pub use work::DecisionWork;
pub(crate) use work::WorkOf;

use crate::backend::BackendError;
use crate::error::PilotError;
use crate::gpu;
use crate::problem::Problem;
use crate::settings::{Device, DeviceInfo, PilotConfig};
use crate::simd::Simd;
use time::Model;

/// Which device it is and why, in a line when shown.
///
/// # Examples
/// ```
/// use particle_pilot::choice::{DeviceChoice, Why};
/// use particle_pilot::{CartPoleProblem, Device, PilotConfig};
/// let config = PilotConfig::builder().device(Device::Cpu).build()?;
/// let choice = DeviceChoice::of(&config, CartPoleProblem::default())?;
/// assert_eq!((choice.device, choice.why), (Device::Cpu, Why::Asked));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DeviceChoice {
    /// The device: never [`Device::Auto`]. (Where a GPU fails that was chosen, the CPU is used all the same.)
    pub device: Device,
    /// Why.
    pub why: Why,
    /// What predictions were made with.
    pub constants: Constants,
}

/// Why a device was chosen. Times are predicted, in s.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Why {
    /// It was asked for by name.
    Asked,
    /// The CPU takes less than any GPU would: none was looked for.
    Small {
        /// What for.
        of: &'static str,
        /// What the CPU takes.
        cpu_s: f64,
        /// What any GPU takes at least.
        least_s: f64,
    },
    /// Both were compared.
    Compared {
        /// What for.
        of: &'static str,
        /// What the CPU takes.
        cpu_s: f64,
        /// What the GPU takes.
        gpu_s: f64,
        /// What the GPU is called.
        gpu: String,
    },
    /// A GPU might be faster, but there is none that can be used.
    NoGpu {
        /// What for.
        of: &'static str,
        /// What the CPU takes.
        cpu_s: f64,
        /// Why there is none.
        error: BackendError,
    },
    /// The model cannot be put into a GPU's kernels, or nothing tells how much its step is.
    Model(BackendError),
}

/// What predictions were made with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Constants {
    /// None were made, or with estimates.
    Estimated,
    /// With those of this file, and estimates for what it does not say.
    Calibrated(PathBuf),
    /// With estimates, since the file is of no use.
    Damaged(CalibrationError),
}

/// What is to be done, as times are predicted for it.
enum Task<'a> {
    Decision(&'a DecisionWork, Cpu),
    Episodes(&'a DecisionWork, Episodes, Cpu),
    Environments(usize, usize),
}

impl Task<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Decision(..) => "a decision",
            Self::Episodes(..) => "the episodes, with opening a GPU",
            Self::Environments(..) => "a step of the environments",
        }
    }

    fn cpu(&self, model: &Model) -> f64 {
        match self {
            Self::Decision(work, cpu) => model.cpu_decision(work, *cpu),
            Self::Episodes(work, many, cpu) => model.cpu_episodes(work, *many, *cpu),
            Self::Environments(count, threads) => model.cpu_environments(*count, *threads),
        }
    }

    fn least(&self, model: &Model) -> f64 {
        match self {
            Self::Decision(work, _) => model.least_of_decision(work),
            Self::Episodes(work, many, _) => model.least_of_episodes(work, *many),
            Self::Environments(..) => model.least_of_environments(),
        }
    }

    fn gpu(&self, model: &Model, gpu: &DeviceInfo) -> f64 {
        match self {
            Self::Decision(work, _) => model.gpu_decision(work, gpu),
            Self::Episodes(work, many, _) => model.gpu_episodes(work, *many, gpu),
            Self::Environments(count, _) => model.gpu_environments(*count, gpu),
        }
    }
}

impl DeviceChoice {
    /// What [`Pilot::new`](crate::Pilot::new) would choose, which goes by the time of one decision. No GPU is opened.
    ///
    /// # Errors
    /// [`PilotError`] if a setting or a number of the problem is out of range.
    pub fn of(config: &PilotConfig, problem: impl Into<Problem>) -> Result<Self, PilotError> {
        if config.device != Device::Auto {
            config.validate()?;
            return Ok(Self::asked(config.device));
        }
        let work = DecisionWork::of(config, problem)?;
        let cpu = Cpu { simd: Simd::select()?, threads: config.resolved_threads() };
        Ok(Self::predicted(&Task::Decision(&work, cpu)))
    }

    /// The device that was asked for by name.
    pub(crate) fn asked(device: Device) -> Self {
        Self { device, why: Why::Asked, constants: Constants::Estimated }
    }

    /// For a pilot of `config` that plans with `model`, if the device is left open.
    pub(crate) fn of_pilot<M: LaneModel>(config: &PilotConfig, model: &M, simd: Simd) -> Self {
        if config.device != Device::Auto {
            return Self::asked(config.device);
        }
        match DecisionWork::of_model(config, model) {
            Ok(work) => {
                let cpu = Cpu { simd, threads: config.resolved_threads() };
                Self::predicted(&Task::Decision(&work, cpu))
            }
            Err(error) => Self::of_no_gpu(error.into()),
        }
    }

    /// For episodes.
    pub(crate) fn of_episodes(work: &DecisionWork, many: Episodes, cpu: Cpu) -> Self {
        Self::predicted(&Task::Episodes(work, many, cpu))
    }

    /// For environments side by side.
    pub(crate) fn of_environments(count: usize, threads: usize) -> Self {
        Self::predicted(&Task::Environments(count, threads))
    }

    /// Where no GPU can take the model.
    pub(crate) fn of_no_gpu(error: BackendError) -> Self {
        let constants = Constants::Estimated;
        Self { device: Device::Cpu, why: Why::Model(error), constants }
    }

    fn predicted(task: &Task<'_>) -> Self {
        let (calibration, constants) = match Calibration::load() {
            Ok(Some((calibration, path))) => (calibration, Constants::Calibrated(path)),
            Ok(None) => (Calibration::default(), Constants::Estimated),
            Err(error) => (Calibration::default(), Constants::Damaged(error)),
        };
        let (device, why) = choose(task, &Model(calibration), first_gpu);
        Self { device, why, constants }
    }

    /// Why it is not a GPU although one might be faster.
    pub(crate) fn fallback_reason(&self) -> Option<&BackendError> {
        match &self.why {
            Why::NoGpu { error, .. } | Why::Model(error) => Some(error),
            Why::Asked | Why::Small { .. } | Why::Compared { .. } => None,
        }
    }
}

/// The device that is faster by `model`, and why; `look` finds the GPU, and is only called where a GPU could be.
fn choose(
    task: &Task<'_>,
    model: &Model,
    look: impl FnOnce() -> Result<DeviceInfo, BackendError>,
) -> (Device, Why) {
    let (of, cpu_s, least_s) = (task.name(), task.cpu(model), task.least(model));
    if cpu_s <= least_s {
        return (Device::Cpu, Why::Small { of, cpu_s, least_s });
    }
    let gpu = match look() {
        Ok(gpu) => gpu,
        Err(error) => return (Device::Cpu, Why::NoGpu { of, cpu_s, error }),
    };
    let gpu_s = task.gpu(model, &gpu);
    let device = if gpu_s < cpu_s { Device::Cuda(gpu.index) } else { Device::Cpu };
    (device, Why::Compared { of, cpu_s, gpu_s, gpu: format!("cuda:{} ({})", gpu.index, gpu.name) })
}

/// The GPU that an open device can be.
fn first_gpu() -> Result<DeviceInfo, BackendError> {
    let gpus = gpu::devices()?;
    gpus.into_iter().next().ok_or(BackendError::NoGpuBackend(0))
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.device, self.why)?;
        match (&self.why, &self.constants) {
            (Why::Asked | Why::Model(_), _) => Ok(()),
            (_, Constants::Estimated) => f.write_str("; by estimates"),
            (_, Constants::Calibrated(path)) => write!(f, "; by {}", path.display()),
            (_, Constants::Damaged(error)) => write!(f, "; by estimates, since {error}"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("asked for"),
            Self::Small { of, cpu_s, least_s } => {
                let (cpu, least) = (Seconds(*cpu_s), Seconds(*least_s));
                write!(f, "{cpu} predicted for {of}, at least {least} on any GPU")
            }
            Self::Compared { of, cpu_s, gpu_s, gpu } => {
                let (cpu_s, gpu_s) = (Seconds(*cpu_s), Seconds(*gpu_s));
                write!(f, "{cpu_s} on the CPU predicted for {of}, {gpu_s} on {gpu}")
            }
            Self::NoGpu { of, cpu_s, error } => {
                write!(f, "{} predicted for {of}, and ", Seconds(*cpu_s))?;
                match error.is_absence() {
                    true => f.write_str("there is no GPU"),
                    false => write!(f, "no GPU can be used: {error}"),
                }
            }
            Self::Model(error) => error.fmt(f),
        }
    }
}

/// Seconds, to two digits, as people say them.
struct Seconds(f64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // To two digits first, so that 999.6 µs are 1 ms.
        let rounded: f64 = format!("{:.1e}", self.0).parse().unwrap_or(self.0);
        let (number, unit) = match rounded {
            s if s < 1e-3 => (1e6 * s, "µs"),
            s if s < 1.0 => (1e3 * s, "ms"),
            s => (s, "s"),
        };
        match number < 9.95 {
            true => write!(f, "{number:.1} {unit}"),
            false => write!(f, "{number:.0} {unit}"),
        }
    }
}
