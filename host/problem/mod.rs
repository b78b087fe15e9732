//! Problems that are known by name: each with its numbers, its model and the environment that judges.

mod cart_pole;

pub use cart_pole::CartPoleProblem;

use particle_pilot_kernels::model::Visitor;
use serde::{Deserialize, Serialize};

use crate::env::{Ending, Environment, Push};
use crate::error::PilotError;
use crate::settings::PlannerKind;

/// A problem that is known by name, with its numbers.
///
/// Problems of one's own are a [`Model`](crate::kernels::model::Model), for
/// [`Pilot::with_model`](crate::Pilot::with_model) and the like.
///
/// # Examples
/// ```
/// use particle_pilot::{CartPoleProblem, Problem};
/// let problem = Problem::from(CartPoleProblem::default());
/// assert_eq!(problem.name(), "cart-pole");
/// let text = r#"{"name": "cart-pole", "physics": {"gravity": 1.62}}"#;
/// let on_the_moon: Problem = serde_json::from_str(text)?;
/// assert_ne!(on_the_moon, problem);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Problem {
    /// Gymnasium's cart-pole.
    CartPole(CartPoleProblem),
}

impl Default for Problem {
    fn default() -> Self {
        CartPoleProblem::default().into()
    }
}

impl From<CartPoleProblem> for Problem {
    fn from(problem: CartPoleProblem) -> Self {
        Self::CartPole(problem)
    }
}

impl Problem {
    /// The name that people type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CartPole(_) => "cart-pole",
        }
    }

    /// What the numbers of a state are called, in their order: columns of [recordings](crate::recording) go by these
    /// names, none of which begins with `action`.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::Problem;
    /// assert_eq!(Problem::default().state_names(), ["x", "x_dot", "theta", "theta_dot"]);
    /// ```
    #[must_use]
    pub fn state_names(&self) -> &'static [&'static str] {
        match self {
            Self::CartPole(_) => &["x", "x_dot", "theta", "theta_dot"],
        }
    }

    /// The same, with what depends on the planner and was left open filled in.
    pub(crate) fn settled(self, planner: PlannerKind) -> Self {
        match self {
            Self::CartPole(problem) => Self::CartPole(problem.settled(planner)),
        }
    }

    /// Has `visitor` visit the model that `planner` plans with.
    pub(crate) fn visit<V: Visitor>(
        &self,
        planner: PlannerKind,
        visitor: V,
    ) -> Result<V::Output, PilotError> {
        match self {
            Self::CartPole(problem) => Ok(problem.visit(planner, visitor)?),
        }
    }

    /// The environment that judges, with these pushes.
    pub(crate) fn environment(
        &self,
        push: Option<Push>,
    ) -> Result<Box<dyn Environment>, PilotError> {
        match self {
            Self::CartPole(problem) => Ok(Box::new(problem.environment(push)?)),
        }
    }

    /// How episodes usually end.
    pub(crate) fn endings(&self) -> &'static [Ending] {
        match self {
            Self::CartPole(_) => &[Ending::Survived, Ending::Fell, Ending::LeftTrack],
        }
    }
}
