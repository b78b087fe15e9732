//! How serde reads and writes the cart-pole's numbers, whose crate does without serde.

use particle_pilot_kernels::env::{Integrator, Physics};
use particle_pilot_kernels::model::CostWeights;
use serde::{Deserialize, Serialize};

/// How serde reads and writes [`Physics`], whose crate does without serde:
/// fields left out are those of `CartPole-v1`, unknown ones are errors.
///
/// Ranges are checked where the physics is used, by [`CartPole::new`](crate::env::CartPole::new).
///
/// # Examples
/// ```
/// use particle_pilot::env::{Integrator, Physics};
/// use particle_pilot::settings::PhysicsDef;
///
/// #[derive(serde::Deserialize)]
/// struct Config {
///     #[serde(with = "PhysicsDef", default)]
///     physics: Physics,
/// }
///
/// let text = r#"{"physics": {"gravity": 1.62, "integrator": "semi-implicit-euler"}}"#;
/// let config: Config = serde_json::from_str(text)?;
/// let integrator = Integrator::SemiImplicitEuler;
/// assert_eq!(config.physics, Physics { gravity: 1.62, integrator, ..Physics::default() });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(remote = "Physics", default = "Physics::default", deny_unknown_fields)]
pub struct PhysicsDef {
    gravity: f64,
    masscart: f64,
    masspole: f64,
    length: f64,
    force_mag: f64,
    tau: f64,
    theta_threshold_radians: f64,
    x_threshold: f64,
    #[serde(with = "IntegratorDef")]
    integrator: Integrator,
}

/// How serde reads and writes [`Integrator`]: as `"euler"` or
/// `"semi-implicit-euler"`.
///
/// # Examples
/// ```
/// use particle_pilot::env::Integrator;
/// use particle_pilot::settings::IntegratorDef;
///
/// let mut text = Vec::new();
/// let mut json = serde_json::Serializer::new(&mut text);
/// IntegratorDef::serialize(&Integrator::SemiImplicitEuler, &mut json)?;
/// assert_eq!(text, br#""semi-implicit-euler""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Serialize, Deserialize)]
#[serde(remote = "Integrator", rename_all = "kebab-case")]
pub enum IntegratorDef {
    /// [`Integrator::Euler`].
    Euler,
    /// [`Integrator::SemiImplicitEuler`], also by Gymnasium's spelling.
    #[serde(alias = "semi-implicit euler")]
    SemiImplicitEuler,
}

/// How serde reads and writes [`CostWeights`], whose crate does without serde.
#[derive(Serialize, Deserialize)]
#[serde(remote = "CostWeights", default = "CostWeights::default", deny_unknown_fields)]
pub(super) struct CostWeightsDef {
    position: f64,
    angle: f64,
    end: f64,
    terminal_position: f64,
    terminal_velocity: f64,
    terminal_angle: f64,
    terminal_rate: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Wrapper(#[serde(with = "PhysicsDef")] Physics);

    #[test]
    fn physics_round_trips_through_text() {
        for integrator in [Integrator::Euler, Integrator::SemiImplicitEuler] {
            let physics = Wrapper(Physics { masspole: 0.3, integrator, ..Physics::default() });
            let text = serde_json::to_string(&physics).unwrap();
            assert_eq!(serde_json::from_str::<Wrapper>(&text).unwrap(), physics);
        }
    }

    #[test]
    fn physics_left_out_is_that_of_cart_pole_v1() {
        let physics: Wrapper = serde_json::from_str("{}").unwrap();
        assert_eq!(physics, Wrapper(Physics::default()));
    }

    #[test]
    fn misspelt_physics_is_an_error() {
        for text in [r#"{"mass_pole": 1.0}"#, r#"{"integrator": "rk4"}"#] {
            assert!(serde_json::from_str::<Wrapper>(text).is_err(), "{text}");
        }
    }
}
