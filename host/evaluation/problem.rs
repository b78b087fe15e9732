//! What the episodes of an evaluation are about.

use std::fmt;

use particle_pilot_kernels::model::{CartPoleModel, LaneModel, Model, Visitor, lift};

use super::gpu::OpenGpu;
use crate::engine::{self, CartModel, MemoryCheck};
use crate::env::{Ending, Environment, PushedCartPole};
use crate::episode::Episode;
use crate::error::PilotError;
use crate::pilot::{Pilot, require_controls};
use crate::settings::{Device, PilotConfig};

/// A model to plan with, and the environment that it is about.
pub trait Problem: Send + Sync {
    /// Refuses what no episode can be run with.
    fn check(&self, config: &PilotConfig, episode: &Episode) -> Result<(), PilotError>;

    /// A pilot that plans with the model.
    fn pilot(&self, config: PilotConfig) -> Result<Pilot, PilotError>;

    /// The environment, before its first episode.
    fn environment(
        &self,
        config: &PilotConfig,
        episode: &Episode,
    ) -> Result<Box<dyn Environment>, PilotError>;

    /// Refuses `pilots` pilots that this machine has no memory for.
    fn require_memory(&self, config: &PilotConfig, pilots: usize) -> Result<(), PilotError>;

    /// The GPU that `config` asks for, the first where that is left open.
    fn open_gpu(&self, config: &PilotConfig, episode: &Episode) -> Result<OpenGpu, PilotError>;

    /// How episodes usually end.
    fn endings(&self) -> &'static [Ending];
}

impl fmt::Debug for dyn Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Problem")
    }
}

/// The cart-pole of the configuration, with the episode's pushes.
pub struct CartPoleProblem;

impl Problem for CartPoleProblem {
    fn check(&self, config: &PilotConfig, _: &Episode) -> Result<(), PilotError> {
        CartModel::of(config).map(|_| ())
    }

    fn pilot(&self, config: PilotConfig) -> Result<Pilot, PilotError> {
        Pilot::new(config)
    }

    fn environment(
        &self,
        config: &PilotConfig,
        episode: &Episode,
    ) -> Result<Box<dyn Environment>, PilotError> {
        Ok(Box::new(PushedCartPole::new(config.physics, episode.disturbance())?))
    }

    fn require_memory(&self, config: &PilotConfig, pilots: usize) -> Result<(), PilotError> {
        engine::require_memory::<CartPoleModel<false>>(config, pilots)
    }

    fn open_gpu(&self, config: &PilotConfig, _: &Episode) -> Result<OpenGpu, PilotError> {
        let (episodes, info) = engine::gpu_episodes(config)?;
        Ok(OpenGpu::Whole(Box::new(episodes), info))
    }

    fn endings(&self) -> &'static [Ending] {
        &[Ending::Survived, Ending::Fell, Ending::LeftTrack]
    }
}

/// Refuses models that a configuration's planner cannot choose for.
struct ControlCheck<'a>(&'a PilotConfig);

impl Visitor for ControlCheck<'_> {
    type Output = Result<(), PilotError>;

    fn visit<M: LaneModel>(self, _: M) -> Result<(), PilotError> {
        require_controls::<M>(self.0)
    }
}

/// A model of one's own.
pub struct OwnProblem<T, E, const N: usize, const M: usize> {
    pub model: T,
    pub env: E,
}

impl<const N: usize, const M: usize, T, E> Problem for OwnProblem<T, E, N, M>
where
    T: Model<N, M>,
    E: Environment + Clone + Sync + 'static,
{
    fn check(&self, config: &PilotConfig, episode: &Episode) -> Result<(), PilotError> {
        episode.refuse_push()?;
        let given = self.env.state().len();
        if given != N {
            return Err(PilotError::StateLength { given, required: N });
        }
        lift(self.model, ControlCheck(config))?
    }

    fn pilot(&self, config: PilotConfig) -> Result<Pilot, PilotError> {
        Pilot::with_model(config, self.model)
    }

    fn environment(
        &self,
        _: &PilotConfig,
        _: &Episode,
    ) -> Result<Box<dyn Environment>, PilotError> {
        Ok(Box::new(self.env.clone()))
    }

    fn require_memory(&self, config: &PilotConfig, pilots: usize) -> Result<(), PilotError> {
        lift(self.model, MemoryCheck { config, pilots })?
    }

    fn open_gpu(&self, config: &PilotConfig, episode: &Episode) -> Result<OpenGpu, PilotError> {
        // Asked for by number, it tells when it fails instead of going on with the CPU: that has more than one thread here.
        let device = Device::Cuda(engine::gpu_index(config));
        let pilot = Box::new(self.pilot(PilotConfig { device, ..config.clone() })?);
        Ok(OpenGpu::Deciding { pilot, env: self.environment(config, episode)? })
    }

    fn endings(&self) -> &'static [Ending] {
        &[]
    }
}
