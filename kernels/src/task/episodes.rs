//! Closed loops: what kernels that step episodes take, and what comes of them.

use bytemuck::{NoUninit, Pod, Zeroable};

use super::Task;
use crate::env::Physics;

/// The kernel parameter of a step of episodes that decide in step, a thread for each. They are in the reference environment, or
/// in a model that judges itself; of what follows, some is for the one and some for the other.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, NoUninit, Zeroable)]
pub struct Episodes {
    /// Their decisions, a row for each episode.
    pub task: Task,
    /// The reference environment's physics.
    pub physics: Physics,
    /// How many of the model's units one of the caller's is, for each number of the state.
    pub units: [f64; 4],
    /// A disturbance: the force of pushes in N, 0 for none.
    pub push_newton: f64,
    /// The address of `[episodes][N]` states, `f64`: those in which episodes begin, and of the reference environment those in which
    /// they are.
    pub states: u64,
    /// The address of what actions are, `f32`: of a box `[M][4]`, for each number the least and the most by the planner's model and
    /// by the environment; else `[choices][M]`, the environment's controls.
    pub actions: u64,
    /// The address of `[episodes]` summaries.
    pub summaries: u64,
    /// The address of the number of episodes that are not over, `u32`.
    pub running: u64,
    /// The number of episodes.
    pub episodes: u32,
    /// The step limit.
    pub steps: u32,
    /// Steps that a push lasts.
    pub push_length: u32,
    /// Steps from the beginning of one push to that of the next.
    pub push_every: u32,
    /// 1 before the first decision: puts the episodes at their beginning, and takes no step.
    pub begins: u32,
    /// `M`, the numbers of a control.
    pub controls: u32,
    /// How many controls there are to choose from; 0 for a box.
    pub choices: u32,
    /// The cost of an end.
    pub end_cost: f32,
}

/// The summary of an episode; zeros before it begins.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct EpisodeSummary {
    /// A hash of every state and action.
    pub digest: u64,
    /// The sum of all rewards; or the number that came of it where no control did.
    pub total_reward: f64,
    /// Steps taken.
    pub steps: u32,
    /// The reason why it is over: one of the constants.
    pub ending: u32,
}

impl EpisodeSummary {
    /// It is not over.
    pub const RUNNING: u32 = 0;
    /// The angle is beyond its limit.
    pub const FELL: u32 = 1;
    /// The position is beyond its limit, the angle is not.
    pub const LEFT_TRACK: u32 = 2;
    /// At the goal.
    pub const ARRIVED: u32 = 3;
    /// In a state that must not be.
    pub const FAILED: u32 = 4;
    /// The step limit.
    pub const STEP_LIMIT: u32 = 5;
    /// The state is beyond what particles can start from.
    pub const NOT_FINITE: u32 = 6;
    /// A control came out as no finite number.
    pub const NO_CONTROL: u32 = 7;
}
