//! The futures of a decision, step by step: for people to look at, and for tests to add up.

use std::ops::Range;

use particle_pilot_kernels::env::Physics;

/// The futures from which a decision follows: those of its first iteration. `K` particles of `H` steps.
///
/// They are the particles that the planner itself simulates, with their random numbers and controls: not a sample
/// of the like. See [`Pilot::trajectories`](crate::Pilot::trajectories).
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectories {
    /// `K`.
    pub particles: usize,
    /// `H`.
    pub horizon: usize,
    /// `[K][H][4]`: the states after each step, `[x m, x_dot m/s, theta rad, theta_dot rad/s]`. Particles that have
    /// ended move on, but what they do no longer counts.
    pub states: Vec<f32>,
    /// `[K][H]`: the force of each step, in N.
    pub forces: Vec<f32>,
    /// `[K]`: what each future costs; 1e30 where that is no finite number.
    pub costs: Vec<f32>,
    /// `[K]`: how many steps each future lives, at most `H`.
    pub lifetimes: Vec<u32>,
}

impl Trajectories {
    /// Room for `particles` futures of `horizon` steps.
    pub(crate) fn new(particles: u32, horizon: u32) -> Self {
        let [particles, horizon] = [particles, horizon].map(|count| count as usize);
        Self {
            particles,
            horizon,
            states: vec![0.0; particles * horizon * 4],
            forces: vec![0.0; particles * horizon],
            costs: vec![0.0; particles],
            lifetimes: vec![0; particles],
        }
    }

    /// The states of one future, `[H][4]`.
    ///
    /// # Panics
    /// If there is no such particle.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{Pilot, PilotConfig};
    /// let mut pilot = Pilot::new(PilotConfig::default())?;
    /// let futures = pilot.trajectories(&[0.0, 0.0, 0.1, 0.3])?;
    /// assert_eq!(futures.future(1023).len(), 30);
    /// # Ok::<(), particle_pilot::PilotError>(())
    /// ```
    #[must_use]
    pub fn future(&self, particle: usize) -> &[[f32; 4]] {
        let length = self.horizon * 4;
        self.states[particle * length..][..length].as_chunks().0
    }

    /// From the model's units to the caller's.
    pub(crate) fn convert(&mut self, physics: &Physics, full_control: f32) {
        let tau = physics.tau;
        let distance = physics.gravity * tau * tau;
        let units = [distance, distance / tau, 1.0, 1.0 / tau];
        for state in self.states.as_chunks_mut::<4>().0 {
            for (value, unit) in state.iter_mut().zip(units) {
                *value = (f64::from(*value) * unit) as f32;
            }
        }
        let newton = physics.force_mag / f64::from(full_control);
        for force in &mut self.forces {
            *force = (f64::from(*force) * newton) as f32;
        }
    }

    /// Where a state and a force are.
    pub(crate) fn places(&self, particle: usize, step: usize) -> (Range<usize>, usize) {
        let row = particle * self.horizon + step;
        (row * 4..row * 4 + 4, row)
    }
}
