//! What a GPU needs to know of environments that it steps itself.

use particle_pilot_kernels::model::{Actions, Model};
use particle_pilot_kernels::trace::{EnvironmentTrace, TraceError};

/// A model that judges itself, as a GPU steps it.
#[derive(Clone, Debug)]
pub struct ModelWorld {
    /// The model's step.
    pub trace: EnvironmentTrace,
    /// What actions are.
    pub actions: OwnActions,
    /// As [`Model::end_cost`].
    pub end_cost: f32,
}

impl ModelWorld {
    pub(super) fn of<const N: usize, const M: usize, T: Model<N, M>>(
        model: &T,
    ) -> Result<Self, TraceError> {
        let (actions, end_cost) = (OwnActions::of(&model.actions()), model.end_cost());
        Ok(Self { trace: EnvironmentTrace::of(model)?, actions, end_cost })
    }
}

/// [`Actions`] of any number of controls.
#[derive(Clone, Debug, PartialEq)]
pub enum OwnActions {
    /// The least and the most of each number.
    Within(Vec<[f32; 2]>),
    /// The controls to choose from.
    Choices(Vec<Vec<f32>>),
}

impl OwnActions {
    /// The same of any number.
    pub fn of<const M: usize>(actions: &Actions<M>) -> Self {
        match actions {
            Actions::Within { low, high } => {
                Self::Within(low.iter().zip(high).map(|(low, high)| [*low, *high]).collect())
            }
            Actions::Choices(choices) => {
                Self::Choices(choices.iter().map(|control| control.to_vec()).collect())
            }
            _ => Self::Choices(Vec::new()),
        }
    }

    /// Whether an action of the one is an action of the other: as many choices, or a box of as many numbers.
    pub fn are_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Within(a), Self::Within(b)) => a.len() == b.len(),
            (Self::Choices(a), Self::Choices(b)) => a.len() == b.len(),
            _ => false,
        }
    }

    /// How many choices there are, 0 for a box, and the numbers of a control.
    pub fn counts(&self) -> (u32, u32) {
        match self {
            Self::Within(ranges) => (0, ranges.len() as u32),
            Self::Choices(choices) => {
                (choices.len() as u32, choices.first().map_or(0, Vec::len) as u32)
            }
        }
    }

    /// The table of `Episodes::actions`, of these in the environment and of `planned` ones.
    pub fn table(&self, planned: &Self) -> Vec<f32> {
        match (self, planned) {
            (Self::Within(here), Self::Within(planned)) => planned
                .iter()
                .zip(here)
                .flat_map(|(planned, here)| [*planned, *here])
                .flatten()
                .collect(),
            (Self::Choices(choices), _) => choices.iter().flatten().copied().collect(),
            _ => Vec::new(),
        }
    }
}
