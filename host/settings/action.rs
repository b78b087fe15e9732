//! What kinds of actions there are.

use particle_pilot_kernels::model::Actions;
use serde::{Deserialize, Serialize};

use super::names::named;

/// What actions the environment takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ActionKind {
    /// The index of a choice; for cart-pole 0 or 1, the full force to the left or to the right.
    #[default]
    Discrete,
    /// Any control within bounds; for cart-pole, a force from minus to plus the full one.
    Continuous,
}

impl ActionKind {
    /// The kind of a model's actions.
    #[must_use]
    pub fn of<const M: usize>(actions: &Actions<M>) -> Self {
        match actions {
            Actions::Choices(_) => Self::Discrete,
            _ => Self::Continuous,
        }
    }
}

named!(
    ActionKind,
    "kind of action",
    [(ActionKind::Discrete, "discrete"), (ActionKind::Continuous, "continuous")]
);
