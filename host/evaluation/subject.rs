//! What the episodes of an evaluation are about.

use std::fmt;

use particle_pilot_kernels::model::{LaneModel, Model, Visitor, lift};

use super::gpu::OpenGpu;
use super::joint::JointEpisodes;
use crate::backend::BackendError;
use crate::choice::{DecisionWork, WorkOf};
use crate::engine::{MemoryCheck, OpenEpisodes};
use crate::env::{Ending, Environment, ModelWorld, OwnActions};
use crate::episode::Episode;
use crate::error::PilotError;
use crate::gpu::World;
use crate::pilot::{Joint, Pilot, require_controls};
use crate::problem::{CartPoleProblem, Problem};
use crate::settings::PilotConfig;

/// A model to plan with, and the environment that it is about.
pub trait Subject: Send + Sync {
    /// Refuses what no episode can be run with.
    fn check(&self, config: &PilotConfig, episode: &Episode) -> Result<(), PilotError>;

    /// A pilot that plans with the model.
    fn pilot(&self, config: PilotConfig) -> Result<Pilot, PilotError>;

    /// The environment, before its first episode.
    fn environment(&self, episode: &Episode) -> Result<Box<dyn Environment>, PilotError>;

    /// Refuses `pilots` pilots that this machine has no memory for.
    fn require_memory(&self, config: &PilotConfig, pilots: usize) -> Result<(), PilotError>;

    /// The GPU that `config` asks for, by number, for so many episodes.
    fn open_gpu(&self, config: &PilotConfig, episodes: u32) -> Result<OpenGpu, PilotError>;

    /// What a decision takes.
    fn work(&self, config: &PilotConfig) -> Result<DecisionWork, PilotError>;

    /// Whether a GPU would run episodes without the CPU.
    fn runs_whole(&self) -> bool;

    /// How episodes usually end.
    fn endings(&self) -> &'static [Ending];
}

impl fmt::Debug for dyn Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subject")
    }
}

/// With the episode's pushes.
impl Subject for Problem {
    fn check(&self, config: &PilotConfig, episode: &Episode) -> Result<(), PilotError> {
        self.visit(config.planner, ControlCheck(config))??;
        self.environment(episode.disturbance()).map(|_| ())
    }

    fn pilot(&self, config: PilotConfig) -> Result<Pilot, PilotError> {
        Pilot::new(config, self.clone())
    }

    fn environment(&self, episode: &Episode) -> Result<Box<dyn Environment>, PilotError> {
        self.environment(episode.disturbance())
    }

    fn require_memory(&self, config: &PilotConfig, pilots: usize) -> Result<(), PilotError> {
        self.visit(config.planner, MemoryCheck { config, pilots })?
    }

    fn open_gpu(&self, config: &PilotConfig, _: u32) -> Result<OpenGpu, PilotError> {
        match self {
            Self::CartPole(CartPoleProblem { physics, .. }) => {
                let open = OpenEpisodes { config, world: World::CartPole(physics) };
                let (episodes, info) = self.visit(config.planner, open)??;
                Ok(OpenGpu::Whole(Box::new(episodes), info))
            }
        }
    }

    fn work(&self, config: &PilotConfig) -> Result<DecisionWork, PilotError> {
        Ok(self.visit(config.planner, WorkOf(config))?.map_err(BackendError::from)?)
    }

    fn runs_whole(&self) -> bool {
        true
    }

    fn endings(&self) -> &'static [Ending] {
        self.endings()
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
pub struct OwnSubject<T, E, const N: usize, const M: usize> {
    pub model: T,
    pub env: E,
}

impl<const N: usize, const M: usize, T, E: Environment> OwnSubject<T, E, N, M> {
    /// The environment as a GPU steps it, if it can, for actions that are planned like this.
    fn world(&self, planned: &OwnActions) -> Option<ModelWorld> {
        self.env.world().filter(|world| world.actions.are_like(planned))
    }
}

impl<const N: usize, const M: usize, T, E> Subject for OwnSubject<T, E, N, M>
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
        if T::REFERENCE > 0 || T::GRID {
            let reason = "this model is given a reference or a grid with its decisions, which nobody gives in an \
                          evaluation: give them to a pilot, and have `Episode::run_in` run it";
            return Err(PilotError::Unsupported(reason.into()));
        }
        lift(self.model, ControlCheck(config))?
    }

    fn pilot(&self, config: PilotConfig) -> Result<Pilot, PilotError> {
        Pilot::with_model(config, self.model)
    }

    fn environment(&self, _: &Episode) -> Result<Box<dyn Environment>, PilotError> {
        Ok(Box::new(self.env.clone()))
    }

    fn require_memory(&self, config: &PilotConfig, pilots: usize) -> Result<(), PilotError> {
        lift(self.model, MemoryCheck { config, pilots })?
    }

    fn open_gpu(&self, config: &PilotConfig, episodes: u32) -> Result<OpenGpu, PilotError> {
        let planned = OwnActions::of(&self.model.actions());
        if let Some(world) = self.world(&planned) {
            let open = OpenEpisodes { config, world: World::Model(&world, &planned) };
            let (episodes, info) = lift(self.model, open)??;
            return Ok(OpenGpu::Whole(Box::new(episodes), info));
        }
        let joint = Joint::with_model(config, self.model, 1..=episodes)?;
        Ok(OpenGpu::Deciding(Box::new(JointEpisodes::new(joint, config.threads)?)))
    }

    fn work(&self, config: &PilotConfig) -> Result<DecisionWork, PilotError> {
        Ok(lift(self.model, WorkOf(config))?.map_err(BackendError::from)?)
    }

    fn runs_whole(&self) -> bool {
        self.world(&OwnActions::of(&self.model.actions())).is_some()
    }

    fn endings(&self) -> &'static [Ending] {
        &[]
    }
}
