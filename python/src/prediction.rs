//! What a Gymnasium cart-pole's next observation will be.

use particle_pilot::env::Physics;
use particle_pilot::kernels::env::{failed, step};
use pyo3::intern;
use pyo3::prelude::*;

use crate::observation::{State, four};

/// The environment without its wrappers, and the laws by which it should move.
///
/// A wrapper may do anything to a step or to what is seen of it; then the prediction is wrong, which costs time, but
/// nothing else.
pub struct Predictor<'py> {
    core: Bound<'py, PyAny>,
    physics: Physics,
}

impl<'py> Predictor<'py> {
    /// For `env`, which moves by `physics`.
    pub fn new(env: &Bound<'py, PyAny>, physics: Physics) -> PyResult<Self> {
        Ok(Self { core: env.getattr(intern!(env.py(), "unwrapped"))?, physics })
    }

    /// What will be observed after the next action, if the episode goes on.
    pub fn predict(&self, right: bool) -> Option<State> {
        let force = if right { self.physics.force_mag } else { -self.physics.force_mag };
        let next = step(&self.physics, self.state()?, force);
        // Observations are rounded.
        (!failed(&self.physics, next)).then(|| next.map(|value| f64::from(value as f32)))
    }

    /// The environment's own state: from what is observed of it, which is rounded, one cannot foresee the next bits.
    fn state(&self) -> Option<State> {
        let state = self.core.getattr(intern!(self.core.py(), "state")).ok()?;
        four(&state).or_else(|| state.extract().ok())
    }
}
