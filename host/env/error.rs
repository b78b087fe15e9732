//! Why the environment refuses.

use particle_pilot_kernels::env::BadPhysics;
use particle_pilot_kernels::model::BadActions;

use crate::decision::Action;

/// Why an environment cannot do what was asked; it is then left unchanged.
///
/// # Examples
/// ```
/// use particle_pilot::env::{CartPole, EnvError};
///
/// let mut env = CartPole::default();
/// env.reset(Some(1));
/// let error = env.step(2).unwrap_err();
/// assert_eq!(error, EnvError::InvalidAction(2));
/// assert_eq!(error.to_string(), "action 2 does not exist; use 0 to push left or 1 to push right");
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvError {
    /// The action given, which is neither 0 nor 1.
    #[error("action {0} does not exist; use 0 to push left or 1 to push right")]
    InvalidAction(u32),
    /// An action that is none in this environment.
    #[error("the environment takes {required}, not {given}")]
    OtherAction {
        /// The action.
        given: Action,
        /// What the environment takes.
        required: String,
    },
    /// A step before the first reset.
    #[error("there is no state to step from yet; call reset() or begin() first")]
    NotReset,
    /// Force of the action and external push in N; each, and their sum, must
    /// be finite.
    #[error(
        "force {force_newton} N with a push of {push_newton} N; both and their sum must be finite"
    )]
    Force {
        /// Force of the action in N.
        force_newton: f64,
        /// External push in N.
        push_newton: f64,
    },
    /// The bounds given for an initial state.
    #[error("reset bounds {low}..{high}; need low <= high, finite and a finite distance apart")]
    Bounds {
        /// Lower bound of each component.
        low: f64,
        /// Upper bound of each component.
        high: f64,
    },
    /// The initial state given, in which something is not finite.
    #[error("initial state {0:?}; [x, x_dot, theta, theta_dot] must all be finite")]
    State([f64; 4]),
    /// A state that the environment cannot begin in.
    #[error("the environment begins in {required}, not {given:?}")]
    OtherState {
        /// The state.
        given: Vec<f64>,
        /// What the environment begins in.
        required: String,
    },
    /// A physical parameter out of range.
    #[error("physical parameter {0}")]
    Physics(#[from] BadPhysics),
    /// A model's actions, of which nothing can be chosen.
    #[error(transparent)]
    Actions(#[from] BadActions),
    /// A model that is no environment by itself, since it takes a reference or a grid, which planners are given.
    #[error(
        "a model that takes a reference or a grid is no environment by itself: write an Environment that knows them"
    )]
    Surroundings,
    /// A limit of zero steps.
    #[error("max_episode_steps is 0; use at least 1, or none for episodes without a limit")]
    NoSteps,
}

impl EnvError {
    /// `action`, where it must be the index of one of `count` choices.
    pub(super) fn no_choice(action: Action, count: usize) -> Self {
        Self::OtherAction {
            given: action,
            required: format!("the index of one of {count} choices"),
        }
    }

    /// `action`, where it must be `count` finite numbers.
    pub(super) fn no_numbers(action: Action, count: usize) -> Self {
        let plural = if count == 1 { "" } else { "s" };
        Self::OtherAction { given: action, required: format!("{count} finite number{plural}") }
    }

    /// `state`, where episodes begin in what is `required`.
    pub(super) fn no_state(state: &[f64], required: String) -> Self {
        Self::OtherState { given: state.to_vec(), required }
    }

    /// A first state of `N` numbers; refuses another number of them.
    pub(super) fn require_numbers<const N: usize>(state: &[f64]) -> Result<[f64; N], Self> {
        state.try_into().map_err(|_| Self::no_state(state, format!("a state of {N} numbers")))
    }

    /// Refuses bounds that NumPy would.
    pub(crate) fn check_bounds(low: f64, high: f64) -> Result<(), Self> {
        // An infinite bound makes the distance infinite or NaN.
        match low <= high && (high - low).is_finite() {
            true => Ok(()),
            false => Err(Self::Bounds { low, high }),
        }
    }
}
