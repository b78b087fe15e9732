//! The cart-pole.

use particle_pilot_kernels::env::{Integrator, Physics};
use particle_pilot_kernels::math::NARROW_LIMIT;
use particle_pilot_kernels::model::{CartPoleError, CartPoleModel, CostWeights, Visitor};
use serde::{Deserialize, Serialize};

use crate::env::{EnvError, Push, PushedCartPole};
use crate::settings::PlannerKind;

/// Gymnasium's cart-pole: what it is, and what of it is dear.
///
/// States are `[x m, x_dot m/s, theta rad, theta_dot rad/s]`. Actions are discrete, 0 or 1, the full force to the left or to
/// the right, or continuous, a force in N: [`PilotConfig::action`](crate::PilotConfig::action) says which.
///
/// # Examples
/// ```
/// use particle_pilot::env::Physics;
/// use particle_pilot::{Action, CartPoleProblem, Pilot, PilotConfig};
/// let physics = Physics { masspole: 0.5, ..Physics::default() };
/// let problem = CartPoleProblem::from(physics);
/// let mut pilot = Pilot::new(PilotConfig::default(), problem)?;
/// assert_eq!(pilot.act(&[0.0, 0.0, 0.1, 0.3])?.action, Action::Discrete(1));
/// # Ok::<(), particle_pilot::PilotError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CartPoleProblem {
    /// How it moves; default `CartPole-v1`.
    pub physics: Physics,
    /// What futures cost; default [`CartPoleProblem::weights`], which depend on the planner.
    pub cost: Option<CostWeights>,
}

/// With default weights.
impl From<Physics> for CartPoleProblem {
    fn from(physics: Physics) -> Self {
        Self { physics, cost: None }
    }
}

impl CartPoleProblem {
    /// What futures cost that `planner` draws: unless said otherwise, [`CostWeights::default`], with a terminal position
    /// weight of 20 for `random-shooting`.
    ///
    /// To move the cart back one must first lean the pole, and under the random play by which random shooting judges a
    /// first action, that mostly brings the fall nearer. A far end of the horizon that is dear outweighs it.
    #[must_use]
    pub fn weights(&self, planner: PlannerKind) -> CostWeights {
        let common = CostWeights::default();
        self.cost.unwrap_or(match planner {
            PlannerKind::RandomShooting => CostWeights { terminal_position: 20.0, ..common },
            _ => common,
        })
    }

    /// The same, with the weights that `planner` plans with.
    pub(super) fn settled(self, planner: PlannerKind) -> Self {
        Self { cost: Some(self.weights(planner)), ..self }
    }

    /// Has `visitor` visit the model that `planner` plans with: an easier one where `CartPole-v1`'s integrator and
    /// angles suffice.
    pub(super) fn visit<V: Visitor>(
        &self,
        planner: PlannerKind,
        visitor: V,
    ) -> Result<V::Output, CartPoleError> {
        let (physics, cost) = (&self.physics, &self.weights(planner));
        let is_plain = physics.integrator == Integrator::Euler
            && physics.theta_threshold_radians <= NARROW_LIMIT;
        Ok(match is_plain {
            true => visitor.visit(CartPoleModel::<false>::new(physics, cost)?),
            false => visitor.visit(CartPoleModel::<true>::new(physics, cost)?),
        })
    }

    /// The environment that judges, with these pushes.
    pub(super) fn environment(&self, push: Option<Push>) -> Result<PushedCartPole, EnvError> {
        PushedCartPole::new(self.physics, push)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_text_leaves_out_is_the_default_and_what_it_misspells_an_error() {
        let read = |text| serde_json::from_str::<CartPoleProblem>(text);
        assert_eq!(read("{}").unwrap(), CartPoleProblem::default());
        let text = r#"{"physics": {"gravity": 1.62, "integrator": "semi-implicit-euler"}}"#;
        let integrator = Integrator::SemiImplicitEuler;
        let physics = Physics { gravity: 1.62, integrator, ..Physics::default() };
        assert_eq!(read(text).unwrap(), CartPoleProblem { physics, cost: None });
        for text in [
            r#"{"mass": 1.0}"#,
            r#"{"physics": {"mass_pole": 1.0}}"#,
            r#"{"physics": {"integrator": "rk4"}}"#,
            r#"{"cost": {"speed": 1.0}}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_problem_round_trips_through_text() {
        for integrator in [Integrator::Euler, Integrator::SemiImplicitEuler] {
            let physics = Physics { masspole: 0.3, integrator, ..Physics::default() };
            let cost = Some(CostWeights { angle: 0.1 + 0.2, ..CostWeights::default() });
            let problem = CartPoleProblem { physics, cost };
            let text = serde_json::to_string(&problem).unwrap();
            assert_eq!(serde_json::from_str::<CartPoleProblem>(&text).unwrap(), problem);
        }
    }
}
