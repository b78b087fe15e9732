//! Which engine a pilot gets.

use particle_pilot_kernels::math::NARROW_LIMIT;
use particle_pilot_kernels::model::{CartPoleModel, LaneModel};

use super::{CpuEngine, Engine, require_table};
use crate::env::Integrator;
use crate::error::PilotError;
use crate::gpu::{self, ForeignStream, GpuEpisodes};
use crate::planners::planner::{dimensions, scores};
use crate::settings::{ActionKind, Device, DeviceInfo, PilotConfig};
use crate::simd::Simd;

/// `config` as planners of `M` take it: scores of choices are drawn as numbers in a box.
pub(super) fn drawn<M: LaneModel>(config: &PilotConfig) -> PilotConfig {
    let action = if scores::<M>() { ActionKind::Continuous } else { config.action };
    PilotConfig { action, ..config.clone() }
}

/// The engine for `config` and a model: where the device is left open, a GPU's if there is one, whose work goes to `stream`,
/// if there is one given.
pub(crate) fn for_model<M: LaneModel>(
    config: &PilotConfig,
    model: M,
    simd: Simd,
    stream: Option<ForeignStream>,
) -> Result<Box<dyn Engine>, PilotError> {
    let config = &drawn::<M>(config);
    let index = match config.device {
        Device::Cpu => return Ok(Box::new(CpuEngine::new(config, model, simd, None)?)),
        Device::Auto => 0,
        Device::Cuda(index) => index,
    };
    require_table(config, dimensions::<M>())?;
    match gpu::engine(index, config, model, simd, stream) {
        Ok(engine) => Ok(engine),
        Err(error) if config.device == Device::Auto => {
            Ok(Box::new(CpuEngine::new(config, model, simd, Some(error))?))
        }
        Err(error) => Err(error.into()),
    }
}

/// The cart-pole of a configuration, as particles compute it.
pub(crate) enum CartModel {
    /// As in `CartPole-v1`.
    Plain(CartPoleModel<false>),
    /// With what else may be asked for.
    General(CartPoleModel<true>),
}

impl CartModel {
    /// The cart-pole of `config`.
    pub fn of(config: &PilotConfig) -> Result<Self, PilotError> {
        let (physics, cost) = (&config.physics, &config.cost);
        let is_plain = physics.integrator == Integrator::Euler
            && physics.theta_threshold_radians <= NARROW_LIMIT;
        Ok(match is_plain {
            true => Self::Plain(CartPoleModel::new(physics, cost)?),
            false => Self::General(CartPoleModel::new(physics, cost)?),
        })
    }
}

/// The engine for `config` and its cart-pole; on a GPU its work goes to `stream`, if there is one given.
pub(crate) fn for_config(
    config: &PilotConfig,
    simd: Simd,
    stream: Option<ForeignStream>,
) -> Result<Box<dyn Engine>, PilotError> {
    match CartModel::of(config)? {
        CartModel::Plain(model) => for_model(config, model, simd, stream),
        CartModel::General(model) => for_model(config, model, simd, stream),
    }
}

/// The GPU that `config` asks for, the first where that is left open.
pub(crate) fn gpu_index(config: &PilotConfig) -> u32 {
    match config.device {
        Device::Cuda(index) => index,
        Device::Auto | Device::Cpu => 0,
    }
}

/// Whole episodes of `config` on a GPU, and which one that is, or why not there.
pub(crate) fn gpu_episodes(config: &PilotConfig) -> Result<(GpuEpisodes, DeviceInfo), PilotError> {
    let index = gpu_index(config);
    let model = CartModel::of(config)?;
    require_table(config, 1)?;
    Ok(match model {
        CartModel::Plain(model) => gpu::episodes(index, config, &model),
        CartModel::General(model) => gpu::episodes(index, config, &model),
    }?)
}
