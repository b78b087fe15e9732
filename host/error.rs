//! What can go wrong when a pilot is set up or asked.

use particle_pilot_kernels::model::{BadActions, CartPoleError};

use crate::backend::BackendError;
use crate::bytes::Bytes;
use crate::env::EnvError;
use crate::given::GivenError;
use crate::settings::SettingError;
use crate::simd::SimdError;
use crate::threads::ThreadsError;

/// Why a pilot could not be set up or could not act.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PilotError {
    /// A setting is out of its range.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// There is not enough memory. Nothing was begun.
    #[error("{what} about {needed} of memory, and there are {available} to be had here: {remedy}")]
    Memory {
        /// What needs it, with the verb.
        what: String,
        /// How much.
        needed: Bytes,
        /// How much there is: on the machine, in its control group or within its resource limits.
        available: Bytes,
        /// What would need less.
        remedy: &'static str,
    },
    /// The planner cannot do what was asked of it.
    #[error("{0}")]
    Unsupported(String),
    /// The cart-pole's physics or cost weights are out of range.
    #[error(transparent)]
    CartPole(#[from] CartPoleError),
    /// Nothing can be chosen from the actions of a model.
    #[error(transparent)]
    Actions(#[from] BadActions),
    /// The device cannot be used.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The environment refused.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// Somebody has set the flag that was given to [`Pilot::set_interrupt`](crate::Pilot::set_interrupt).
    #[error("interrupted")]
    Interrupted,
    /// The planner arrived at no control: numbers of a model are beyond what single precision holds.
    #[error(
        "the planner arrived at {0}, which is no control; check the numbers of the model: particles compute in single precision, to 3.4e38"
    )]
    NoControl(f64),
    /// A state has the wrong number of values.
    #[error("a state has {required} numbers, this one has {given}")]
    StateLength {
        /// How many numbers were given.
        given: usize,
        /// How many the model has.
        required: usize,
    },
    /// A state holds a number that is not finite, or not in single precision, in which particles compute.
    #[error("number {index} of the state is {value:e}; it must be finite, and at most 3.4e38")]
    StateNotFinite {
        /// Which number, from 0.
        index: usize,
        /// What it was.
        value: f64,
    },
    /// What is given besides states, such as a reference, is not as the model takes it, or is missing.
    #[error(transparent)]
    Given(#[from] GivenError),
    /// What is wrong about one of many states.
    #[error("row {row}: {error}")]
    Row {
        /// Which state, from 0.
        row: usize,
        /// What is wrong with it.
        error: Box<PilotError>,
    },
    /// A pilot cannot go on from a saved state.
    #[error("the pilot's state cannot be used: {0}")]
    State(String),
}

impl From<SimdError> for PilotError {
    fn from(error: SimdError) -> Self {
        BackendError::from(error).into()
    }
}

impl From<ThreadsError> for PilotError {
    fn from(error: ThreadsError) -> Self {
        BackendError::from(error).into()
    }
}
