//! What a pilot plans with: one planner for one model on one device, with the type of the model erased.

mod cpu;
mod create;

pub(crate) use cpu::{CpuEngine, MemoryCheck, require_table};
pub(crate) use create::{Made, MakeEngine, OpenEpisodes, drawn, gpu_index};

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use particle_pilot_kernels::model::{LaneModel, Surroundings};

use crate::backend::BackendError;
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::error::PilotError;
use crate::given::Revisions;
use crate::planners::drawing::Buffers;
use crate::planners::planner::Request;
use crate::settings::Device;
use crate::threads::Pool;
use crate::trajectories::Trajectories;

/// Shares of full control, -1 to 1, and how the futures looked from which it follows.
pub(crate) type Plan = (ControlVector, Diagnostics);

/// What an engine is asked.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    /// As particles start from it.
    pub state: &'a [f32],
    /// What is given besides.
    pub surroundings: Surroundings<'a>,
    /// Of the surroundings.
    #[cfg_attr(
        not(all(feature = "cuda", target_os = "linux")),
        expect(dead_code, reason = "only GPUs have copies of what is given")
    )]
    pub revisions: Revisions,
    pub seed: u64,
    /// Counted from 0 at each reset.
    pub decision: u32,
    /// Set by somebody who no longer wants to know.
    pub stop: Option<&'a AtomicBool>,
}

impl<'a> Question<'a> {
    fn request(self, pool: &'a Pool) -> Request<'a> {
        let Self { state, surroundings, seed, decision, stop, .. } = self;
        let (heard, buffers) = (AtomicBool::new(false), Buffers::of_this_thread());
        Request { pool, buffers, state, surroundings, seed, decision, stop, heard }
    }

    /// [`PilotError::Interrupted`] where nobody wants to know any more.
    pub fn go_on(&self) -> Result<(), PilotError> {
        match self.stop {
            Some(stop) if stop.load(Relaxed) => Err(PilotError::Interrupted),
            _ => Ok(()),
        }
    }
}

/// One planner for one model on one device.
pub(crate) trait Engine: Send {
    /// What to do. After an error the engine is as before.
    fn plan(&mut self, question: Question<'_>) -> Result<Plan, PilotError>;

    /// The same as one of several that decide [together](crate::gpu::Together), if it is.
    fn joined(&mut self) -> Option<&mut dyn Joined> {
        None
    }

    /// The action that shares of full control are, in the caller's units.
    fn action(&self, shares: &[f64]) -> ControlVector;

    /// As [`LaneModel::choice`].
    fn choice(&self, shares: &[f64], from: u32) -> u32;

    /// Plans with another model from the next decision on; returns false where it is of another type. Where it is
    /// refused, nothing has changed.
    fn set_model(&mut self, model: &dyn Any) -> Result<bool, PilotError>;

    /// As [`Engine::plan`], with how long a GPU took by its own clock; `None` where none took part.
    fn plan_timed(
        &mut self,
        question: Question<'_>,
    ) -> Result<(Plan, Option<Duration>), PilotError> {
        Ok((self.plan(question)?, None))
    }

    /// Forgets the last plan.
    fn reset(&mut self);

    /// Keeps aside what the next decision begins with; returns false where that is not possible.
    fn checkpoint(&mut self) -> bool {
        false
    }

    /// Takes back the decisions since [`Engine::checkpoint`] last returned true.
    fn roll_back(&mut self) {}

    /// What the next decision begins with: [`Carried::plan`](crate::Carried::plan).
    fn carried(&self) -> Result<Vec<f64>, PilotError>;

    /// Takes over what another has carried. Where it is refused, nothing has changed.
    fn carry_on(&mut self, carried: &[f64]) -> Result<(), PilotError>;

    /// The futures of [`Engine::plan`]'s first iteration, in the model's units.
    fn trajectories(&self, question: Question<'_>) -> Result<Trajectories, PilotError>;

    /// The plan with which the next decision begins, `[H]` actions, where it is at hand.
    fn nominal(&self) -> Option<Vec<f64>>;

    /// The threads on which decisions start soonest.
    fn pool(&self) -> Arc<Pool>;

    /// The device, as users name it.
    fn device(&self) -> Device;

    /// The device and, if it is a GPU, what it is called.
    fn device_name(&self) -> String {
        self.device().to_string()
    }

    /// Why the engine is not, or no longer, where it would rather be.
    fn fallback_reason(&self) -> Option<&BackendError>;
}

/// One of several engines that decide together.
pub(crate) trait Joined {
    /// Has the next joint decision be about this question, too.
    fn ask(&mut self, question: Question<'_>) -> Result<(), PilotError>;

    /// What came of it; `None` where nothing was asked.
    fn answer(&self) -> Result<Option<Plan>, PilotError>;
}

/// The action that shares of full control are, in the units of the model's caller.
pub(crate) fn action_of<M: LaneModel>(model: &M, shares: &[f64]) -> ControlVector {
    let mut action = ControlVector::zeros(M::ACTION_DIM);
    model.action(shares, &mut action);
    action
}
