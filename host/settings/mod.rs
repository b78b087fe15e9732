//! Settings: what a pilot is asked to be. They know nothing of how it is done.

mod action;
mod device;
mod error;
pub(crate) mod names;
mod noise_scale;
mod pilot;
mod planner;
mod threads;
mod tuning;

pub use action::ActionKind;
pub use device::{Device, DeviceInfo, UnknownDevice};
pub use error::SettingError;
pub use names::UnknownName;
pub use noise_scale::{NoiseScale, NoiseScaleError};
pub use pilot::{PilotConfig, PilotConfigBuilder};
pub use planner::PlannerKind;
pub(crate) use threads::Threads;
pub use tuning::{Interpolation, Noise, Tuning};
