//! Models: dynamics, termination and cost of one problem.

mod cartpole;
mod grid;
mod lane_model;
mod lifted;
mod plain;
mod surroundings;
mod verdict;

pub use cartpole::{BadCost, CartPoleError, CartPoleModel, CostWeights};
pub use grid::{Grid, MOST_CELLS};
pub use lane_model::{Draws, LaneModel, Vector};
pub use lifted::{
    Boxed, EightChoices, FourChoices, Lifted, TwoChoices, Visitor, highest, lift, of_range,
};
pub use plain::{Actions, BadActions, Kind, Model};
pub use surroundings::{At, Here, Surroundings};
pub use verdict::{Verdict, judge};
