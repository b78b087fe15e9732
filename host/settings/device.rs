//! Which devices there are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which device to use.
///
/// # Examples
/// ```
/// use particle_pilot::Device;
/// assert_eq!("cpu".parse(), Ok(Device::Cpu));
/// assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
/// assert_eq!(Device::Cuda(1).to_string(), "cuda:1");
/// assert!("gpu".parse::<Device>().is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// Whichever is predicted to be faster for what is to be done: see [`choice`](crate::choice).
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number.
    Cuda(u32),
}

/// The text names no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no device `{0}`; use `auto`, `cpu`, `cuda` or `cuda:N`")]
pub struct UnknownDevice(pub String);

/// What a GPU is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Its number, from 0.
    pub index: u32,
    /// What it is called.
    pub name: String,
    /// How much memory it has.
    pub memory_bytes: u64,
    /// What instructions it knows: 7.5 is a T4, 8.0 an A100.
    pub compute_capability: (u32, u32),
    /// How many multiprocessors it has.
    pub multiprocessors: u32,
    /// At how many thousand cycles a second it runs at most.
    pub clock_khz: u32,
    /// The version of CUDA that the driver supports.
    pub driver_version: (u32, u32),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Cpu => f.pad("cpu"),
            Self::Cuda(index) => f.pad(&format!("cuda:{index}")),
        }
    }
}

impl FromStr for Device {
    type Err = UnknownDevice;
    fn from_str(text: &str) -> Result<Self, UnknownDevice> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| UnknownDevice(text.into())),
        }
    }
}

impl TryFrom<String> for Device {
    type Error = UnknownDevice;
    fn try_from(text: String) -> Result<Self, UnknownDevice> {
        text.parse()
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}
