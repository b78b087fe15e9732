//! Closed loops: what kernels of whole episodes take, and what comes of them.

use core::cell::Cell;

use bytemuck::{Pod, Zeroable};

use super::Task;
use crate::env::Physics;

/// The kernel parameter of closed loops in the reference environment, each run by a grid of one or more blocks.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Episodes {
    /// Their decisions; `seed` is the first episode's, the others follow.
    pub task: Task,
    /// The environment's physics.
    pub physics: PhysicsData,
    /// How many of the model's units one of the caller's is, for each number of the state.
    pub units: [f64; 4],
    /// A disturbance: the force of pushes in N, 0 for none.
    pub push_newton: f64,
    /// The address of `[episodes][4]` initial states, `f64`.
    pub starts: u64,
    /// The address of `[episodes]` [`EpisodeSummary`].
    pub summaries: u64,
    /// The address of a [`GridBarrier`] for each grid, zeros before the launch.
    pub barriers: u64,
    /// Blocks of a grid; where it is more than 1, all blocks of the launch must run at the same time.
    pub parts: u32,
    /// Makes up whole multiples of 8 bytes.
    pub padding: u32,
    /// The number of episodes.
    pub episodes: u32,
    /// The step limit, at which an episode is won.
    pub steps: u32,
    /// Steps that a push lasts.
    pub push_length: u32,
    /// Steps from the beginning of one push to that of the next.
    pub push_every: u32,
}

/// The barrier of a grid, and what the leading block broadcasts there to the others. Zeros before a launch.
#[repr(C)]
#[derive(Debug)]
pub struct GridBarrier {
    /// Blocks that have arrived; the highest bit changes whenever all have.
    pub arrived: Cell<u32>,
    /// 1 when the pole has fallen.
    pub fell: Cell<u32>,
    /// The environment's state.
    pub state: [Cell<f64>; 4],
}

/// [`Physics`] as plain data.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct PhysicsData([u64; 9]);

impl From<Physics> for PhysicsData {
    fn from(physics: Physics) -> Self {
        let p = physics;
        let numbers = [
            p.gravity,
            p.masscart,
            p.masspole,
            p.length,
            p.force_mag,
            p.tau,
            p.theta_threshold_radians,
            p.x_threshold,
        ];
        let mut data = [u64::from(p.integrator == crate::env::Integrator::SemiImplicitEuler); 9];
        for (word, number) in data.iter_mut().zip(numbers) {
            *word = number.to_bits();
        }
        Self(data)
    }
}

impl From<PhysicsData> for Physics {
    #[inline(always)]
    fn from(data: PhysicsData) -> Self {
        let number = |i: usize| f64::from_bits(data.0[i]);
        Self {
            gravity: number(0),
            masscart: number(1),
            masspole: number(2),
            length: number(3),
            force_mag: number(4),
            tau: number(5),
            theta_threshold_radians: number(6),
            x_threshold: number(7),
            integrator: if data.0[8] == 1 {
                crate::env::Integrator::SemiImplicitEuler
            } else {
                crate::env::Integrator::Euler
            },
        }
    }
}

/// The summary of an episode.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct EpisodeSummary {
    /// A hash of every state and action.
    pub digest: u64,
    /// Steps taken.
    pub steps: u32,
    /// The reason why it is over: one of the constants.
    pub ending: u32,
}

impl EpisodeSummary {
    /// The angle is beyond its limit.
    pub const FELL: u32 = 0;
    /// The pole stood, and the cart was on the track, to the last step.
    pub const SURVIVED: u32 = 1;
    /// The position is beyond its limit, the angle is not.
    pub const LEFT_TRACK: u32 = 2;
    /// The state is beyond what particles can start from.
    pub const NOT_FINITE: u32 = 3;
}
