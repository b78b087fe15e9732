//! What runs on a GPU: decisions, whole episodes, and environments side by side. How a GPU is reached is in `cuda`.
//!
//! Builds without GPUs have `no_gpu` in this place, with the same names.

mod answer;
mod engine;
mod episodes;
mod failover;
#[cfg(feature = "cust")]
mod interop;
mod kept;
mod launches;
mod mirror;
mod module;
mod returned;
mod row;
mod rows;
mod schedule;
mod simulate;
mod surroundings;
mod table;

pub(crate) use crate::cuda::ForeignStream;
pub(crate) use episodes::{GpuEpisodes, World};
pub(crate) use failover::engine;
pub(crate) use launches::MOST_ROWS;
pub(crate) use row::{Together, rows};
pub(crate) use simulate::simulation;

use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::task::PlannerParams;
use particle_pilot_kernels::trace::{Trace, TraceError, head_len};

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
    let episodes = GpuEpisodes::new(index, config, &KernelModel::of(model)?, world)?;
    Ok((episodes, info))
}

/// A model as a GPU's kernels take it.
#[derive(Clone)]
pub(crate) struct KernelModel {
    trace: Trace,
    /// Full control, in the model's units.
    full: f32,
    end_cost: f32,
    /// The strongest control that is drawn.
    limit: f32,
    /// How many choices controls are scores of; 0 where they are controls.
    choices: u32,
}

impl KernelModel {
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

    /// Has `model` take this one's place, in the `numbers` of kernels and the parameters too; returns false, and changes nothing,
    /// where the kernels' text would be another.
    fn replace(&mut self, model: &Self, numbers: &mut [f32], params: &mut PlannerParams) -> bool {
        let (old, new) = (&self.trace, &model.trace);
        if old.structure != new.structure {
            return false;
        }
        // The start comes last.
        let end = numbers.len() - new.structure.state_len() as usize;
        let place = head_len(&new.structure)..end;
        // Numbers may be in the text, and the noise goes by full control.
        if place.len() != new.parameters.len() || self.full != model.full {
            return false;
        }
        numbers[place].copy_from_slice(&new.parameters);
        params.end_cost = model.end_cost;
        params.choices = model.choices; // the limit goes by the type
        *self = model.clone();
        true
    }
}
