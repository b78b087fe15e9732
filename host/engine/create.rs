//! Which engine a pilot gets.

use particle_pilot_kernels::model::{LaneModel, Visitor};

use super::{CpuEngine, Engine, require_table};
use crate::choice::DeviceChoice;
use crate::error::PilotError;
use crate::given::Given;
use crate::gpu::{self, ForeignStream, GpuEpisodes, World};
use crate::planners::planner::{dimensions, scores};
use crate::settings::{ActionKind, Device, DeviceInfo, PilotConfig};
use crate::simd::Simd;

/// `config` as planners of `M` take it: scores of choices are drawn as numbers in a box.
pub(crate) fn drawn<M: LaneModel>(config: &PilotConfig) -> PilotConfig {
    let action = if scores::<M>() { ActionKind::Continuous } else { config.action };
    PilotConfig { action, ..config.clone() }
}

/// The engine for `config` and a model: where the device is left open, of the one that is chosen, and why. A GPU's work goes to
/// `stream`, if there is one given.
pub(crate) fn for_model<M: LaneModel>(
    config: &PilotConfig,
    model: M,
    simd: Simd,
    stream: Option<ForeignStream>,
) -> Result<(Box<dyn Engine>, DeviceChoice), PilotError> {
    config.tuning.noise_scale.require(if scores::<M>() { 1 } else { dimensions::<M>() })?;
    let config = &drawn::<M>(config);
    let choice = DeviceChoice::of_pilot(config, &model, simd);
    let Device::Cuda(index) = choice.device else {
        let reason = choice.fallback_reason().cloned();
        return Ok((Box::new(CpuEngine::new(config, model, simd, reason)?), choice));
    };
    require_table(config, dimensions::<M>())?;
    match gpu::engine(index, config, model, simd, stream) {
        Ok(engine) => Ok((engine, choice)),
        Err(error) if config.device == Device::Auto => {
            Ok((Box::new(CpuEngine::new(config, model, simd, Some(error))?), choice))
        }
        Err(error) => Err(error.into()),
    }
}

/// What a pilot is made of for a model.
pub(crate) struct Made {
    pub engine: Box<dyn Engine>,
    /// Any state.
    pub state: Vec<f32>,
    /// How many numbers an action of a box has.
    pub action_len: usize,
    /// Nothing yet.
    pub given: Given,
    /// Why on that device.
    pub choice: DeviceChoice,
}

impl Made {
    /// By an engine for a model of this type.
    pub fn of<M: LaneModel>(engine: Box<dyn Engine>, choice: DeviceChoice, horizon: u32) -> Self {
        let given = Given::to::<M>(horizon);
        Self { engine, state: vec![0.0; M::DIM], action_len: M::ACTION_DIM, given, choice }
    }
}

/// Makes the engine for a model: see [`for_model`].
pub(crate) struct MakeEngine<'a> {
    pub config: &'a PilotConfig,
    pub simd: Simd,
    pub stream: Option<ForeignStream>,
}

impl Visitor for MakeEngine<'_> {
    type Output = Result<Made, PilotError>;

    fn visit<M: LaneModel>(self, model: M) -> Result<Made, PilotError> {
        let (engine, choice) = for_model(self.config, model, self.simd, self.stream)?;
        Ok(Made::of::<M>(engine, choice, self.config.horizon))
    }
}

/// The GPU that `config` asks for, or the only one that is chosen where that is left open.
pub(crate) fn gpu_index(config: &PilotConfig) -> u32 {
    match config.device {
        Device::Cuda(index) => index,
        Device::Auto | Device::Cpu => 0,
    }
}

/// Opens a GPU for whole episodes: which one that is, or why not there.
pub(crate) struct OpenEpisodes<'a> {
    pub config: &'a PilotConfig,
    pub world: World<'a>,
}

impl Visitor for OpenEpisodes<'_> {
    type Output = Result<(GpuEpisodes, DeviceInfo), PilotError>;

    fn visit<M: LaneModel>(self, model: M) -> Self::Output {
        let (config, index) = (&drawn::<M>(self.config), gpu_index(self.config));
        require_table(config, dimensions::<M>())?;
        Ok(gpu::episodes(index, config, &model, self.world)?)
    }
}
