//! Why environments side by side refuse.

use super::VectorState;
use crate::GpuError;
use crate::backend::BackendError;
use crate::env::EnvError;

/// Why environments cannot do what was asked; none of them has then moved, unless it was a GPU that failed.
///
/// # Examples
/// ```
/// use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
///
/// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
/// envs.reset(1)?;
/// let error = envs.step(&[0, 2]).unwrap_err();
/// assert_eq!(error, VectorError::InvalidAction { index: 1, action: 2 });
/// assert_eq!(
///     error.to_string(),
///     "action 2 of environment 1 does not exist; use 0 to push left or 1 to push right"
/// );
/// # Ok::<(), VectorError>(())
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VectorError {
    /// The number of environments.
    #[error("{given} environments; there must be at least 1, and at most {}", super::MAX)]
    Count {
        /// How many were asked for.
        given: usize,
    },
    /// There is not enough memory for so many environments.
    #[error("there is not enough memory for {0} environments; use fewer")]
    Memory(usize),
    /// A list has not one entry for each environment.
    #[error("{given} {what} for {required} environments; give each its own")]
    Length {
        /// What the list holds.
        what: &'static str,
        /// How many were given.
        given: usize,
        /// How many environments there are.
        required: usize,
    },
    /// An action that is neither 0 nor 1.
    #[error(
        "action {action} of environment {index} does not exist; use 0 to push left or 1 to push right"
    )]
    InvalidAction {
        /// Which environment.
        index: usize,
        /// What it was to do.
        action: i64,
    },
    /// A force that is not finite.
    #[error("force {newton} N on environment {index}; must be finite")]
    Force {
        /// Which environment.
        index: usize,
        /// The force in N.
        newton: f64,
    },
    /// A state that is not finite.
    #[error("state {state:?} of environment {index}; must be finite")]
    State {
        /// Which environment.
        index: usize,
        /// What it was to be.
        state: [f64; 4],
    },
    /// A saved state of another format.
    #[error(
        "the saved state's format has version {given}, and this library reads version {}",
        VectorState::VERSION
    )]
    Version {
        /// Which.
        given: u32,
    },
    /// A step before all environments were reset.
    #[error("not all environments have a state yet; call reset() for all of them first")]
    NotReset,
    /// A step of an environment whose episode has ended, where none resets itself.
    #[error(
        "the episode of environment {0} has ended, and Autoreset::Disabled leaves resets to you: call reset_with() \
         with a mask of those that ended"
    )]
    Ended(usize),
    /// Physics, step limit or bounds are out of range.
    #[error(transparent)]
    Env(#[from] EnvError),
    /// The device cannot be used, or not any longer.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

impl From<GpuError> for VectorError {
    fn from(error: GpuError) -> Self {
        BackendError::from(error).into()
    }
}
