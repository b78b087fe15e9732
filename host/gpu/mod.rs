//! What runs on a GPU: decisions, whole episodes, and environments side by side. How a GPU is reached is in `cuda`.
//!
//! Builds without GPUs have `no_gpu` in this place, with the same names.

mod engine;
mod episodes;
mod failover;
#[cfg(feature = "cust")]
mod interop;
mod kept;
mod launches;
mod module;
mod schedule;
mod simulate;
mod surroundings;

pub(crate) use crate::cuda::ForeignStream;
pub(crate) use episodes::{GpuEpisodes, World};
pub(crate) use failover::engine;
pub(crate) use simulate::simulation;

use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::trace::{Trace, TraceError};

use crate::backend::BackendError;
use crate::cuda;
use crate::planners::planner::limit;
use crate::settings::{DeviceInfo, PilotConfig};

/// All GPUs of this machine that the driver shows.
pub(crate) fn devices() -> Result<Vec<DeviceInfo>, BackendError> {
    Ok(cuda::devices()?)
}

/// Whole episodes of `config` on GPU `index`, planned with `model`, and which GPU that is.
pub(crate) fn episodes<M: LaneModel>(
    index: u32,
    config: &PilotConfig,
    model: &M,
    world: World<'_>,
) -> Result<(GpuEpisodes, DeviceInfo), BackendError> {
    // First, since the rest takes a while where there are many points.
    let info = cuda::device(index)?;
    let episodes = GpuEpisodes::new(index, config, &GpuModel::of(model)?, world)?;
    Ok((episodes, info))
}

/// A model as a GPU's kernels take it.
#[derive(Clone)]
pub(crate) struct GpuModel {
    trace: Trace,
    /// Full control, in the model's units.
    full: f32,
    end_cost: f32,
    /// The strongest control that is drawn.
    limit: f32,
    /// How many choices controls are scores of; 0 where they are controls.
    choices: u32,
}

impl GpuModel {
    /// What a GPU has to know of `model`.
    ///
    /// # Errors
    /// [`TraceError`] for a model that cannot be put into the kernels' text.
    fn of<M: LaneModel>(model: &M) -> Result<Self, TraceError> {
        Ok(Self {
            trace: Trace::of(model)?,
            full: model.full_control(),
            end_cost: model.end_cost(),
            limit: limit(model),
            choices: model.choices(),
        })
    }
}
