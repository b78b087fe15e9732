//! Pilots in programs that use the crate `cust`.

use std::sync::Arc;

use cust::memory::{AsyncCopyDestination, DeviceSlice};
use cust::stream::Stream;

use crate::backend::{BackendError, GpuError};
use crate::cuda::{DriverError, ForeignStream};
use crate::decision::{Action, Decision};
use crate::error::PilotError;
use crate::pilot::Pilot;
use crate::problem::Problem;
use crate::settings::{Device, PilotConfig};
use crate::simd::Simd;

/// With the feature `cust`.
impl Pilot {
    /// As [`Pilot::new`], on a stream of the caller's: all that the GPU does for this pilot is done there, in turn with the
    /// caller's own work. `config.device` is to name the GPU, and `stream` to be of its primary context, which is that of
    /// `cust::context::Context`.
    ///
    /// # Errors
    /// As [`Pilot::new`]; [`PilotError::Unsupported`] if the device is not a GPU, [`PilotError::Backend`] if the stream is
    /// of another context.
    pub fn on_stream(
        config: PilotConfig,
        problem: impl Into<Problem>,
        stream: Arc<Stream>,
    ) -> Result<Self, PilotError> {
        if !matches!(config.device, Device::Cuda(_)) {
            let reason = "a pilot on a stream needs the GPU's number: `Device::Cuda(0)`, say";
            return Err(PilotError::Unsupported(reason.into()));
        }
        // SAFETY: the handle is that of a stream, which lives as long as its owner does.
        let stream = unsafe { ForeignStream::new(stream.as_inner().cast(), Box::new(stream)) };
        Self::checked(config, problem.into(), Simd::select()?, Some(stream))
    }

    /// As [`Pilot::act`], from and into the GPU's memory: takes the state from `state`, as many numbers as the model has, and
    /// writes the action to `action`, one number: 0 or 1, or the force in N. Both copies are put on `stream`, behind
    /// what was put there before; the state passes by the host, so that this waits for it.
    ///
    /// The stream's context must be current on this thread, as for every call of `cust`.
    ///
    /// # Errors
    /// As [`Pilot::act`]; [`PilotError::StateLength`] if one of the two has not the numbers it should have.
    pub fn act_on_device(
        &mut self,
        stream: &Stream,
        state: &DeviceSlice<f32>,
        action: &mut DeviceSlice<f32>,
    ) -> Result<Decision, PilotError> {
        if action.len() != 1 {
            return Err(PilotError::StateLength { given: action.len(), required: 1 });
        }
        let mut host = vec![0.0f32; state.len()];
        // SAFETY: both live until the stream was waited for.
        unsafe { state.async_copy_to(&mut host[..], stream) }
            .and_then(|()| stream.synchronize())
            .map_err(|error| failed("reading the state", error))?;
        let state: Vec<f64> = host.iter().map(|number| f64::from(*number)).collect();
        let decision = self.act(&state)?;
        let number = match decision.action {
            Action::Discrete(index) => index as f32,
            Action::Continuous(force) => force[0] as f32,
        };
        // SAFETY: as above.
        unsafe { action.async_copy_from(&[number], stream) }
            .and_then(|()| stream.synchronize())
            .map_err(|error| failed("writing the action", error))?;
        Ok(decision)
    }
}

fn failed(during: &'static str, error: cust::error::CudaError) -> BackendError {
    GpuError::of(during, DriverError::of_code(error as u32)).into()
}
