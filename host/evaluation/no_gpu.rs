//! Stands for GPUs in builds without them.

use std::convert::Infallible;
use std::sync::atomic::AtomicBool;

use super::Evaluation;
use crate::backend::{BackendError, Device};
use crate::config::PilotConfig;
use crate::episode::EpisodeResult;
use crate::error::PilotError;

/// An open GPU, of which there is none.
pub struct OpenGpu(Infallible);

impl OpenGpu {
    pub fn open(config: &PilotConfig) -> Result<Self, PilotError> {
        let index = match config.device {
            Device::Cuda(index) => index,
            Device::Auto | Device::Cpu => 0,
        };
        Err(BackendError::NoGpuBackend(index).into())
    }

    pub fn device(&self) -> Device {
        match self.0 {}
    }

    pub fn name(&self) -> &str {
        match self.0 {}
    }

    pub fn run(
        &mut self,
        _: &Evaluation,
        _: &AtomicBool,
        _: &impl Fn(&EpisodeResult),
        _: &mut Vec<EpisodeResult>,
    ) -> Result<(), PilotError> {
        match self.0 {}
    }
}
