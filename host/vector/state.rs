//! Environments put by, to go on later, elsewhere, with the same bits; and states set by hand.

use serde::{Deserialize, Serialize};

use super::{Autoreset, CartPoleVector, VectorError};

/// Environments as they were between two steps: [`CartPoleVector::save`]. Plain data for serde, which must keep every
/// bit of a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VectorState {
    /// [`VectorState::VERSION`] of whoever has saved it.
    pub version: u32,
    /// Whether there was a reset.
    pub is_reset: bool,
    /// The seed of [random actions](CartPoleVector::seed_actions).
    pub action_seed: u64,
    /// Their steps since it was set.
    pub action_step: u64,
    /// The environments.
    pub arrays: VectorArrays,
}

/// What environments side by side consist of, `[N]` each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VectorArrays {
    /// `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
    pub states: Vec<[f64; 4]>,
    /// Steps of the episodes under way.
    pub elapsed: Vec<u32>,
    /// Random numbers: state and increment of a PCG64, the upper half of each first.
    pub generators: Vec<[u64; 4]>,
    /// What the last step was worth.
    pub rewards: Vec<f64>,
    /// Whether it led to a failure.
    pub terminated: Vec<bool>,
    /// Whether it reached the limit.
    pub truncated: Vec<bool>,
    /// With [`Autoreset::SameStep`], the last observations of episodes; else empty.
    pub final_observations: Vec<[f32; 4]>,
}

impl VectorState {
    /// What this version of the library writes, and reads.
    pub const VERSION: u32 = 1;
}

impl VectorArrays {
    /// Whether the episode of environment `i` has ended, and no other has begun.
    pub(super) fn has_ended(&self, i: usize) -> bool {
        self.terminated[i] || self.truncated[i]
    }

    fn check(&self, count: usize, keeps_final: bool) -> Result<(), VectorError> {
        let lengths = [
            ("saved states", self.states.len(), count),
            ("saved counts of steps", self.elapsed.len(), count),
            ("saved generators", self.generators.len(), count),
            ("saved rewards", self.rewards.len(), count),
            ("saved terminated flags", self.terminated.len(), count),
            ("saved truncated flags", self.truncated.len(), count),
            (
                "saved final observations",
                self.final_observations.len(),
                if keeps_final { count } else { 0 },
            ),
        ];
        match lengths.into_iter().find(|(_, given, required)| given != required) {
            Some((what, given, required)) => Err(VectorError::Length { what, given, required }),
            None => Ok(()),
        }
    }
}

impl CartPoleVector {
    /// The environments as they now are, as plain data: whoever [loads](Self::load) it goes on with the same bits.
    ///
    /// # Errors
    /// [`VectorError::Backend`] if a GPU fails.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(3, VectorOptions::default())?;
    /// envs.reset(7)?;
    /// let saved = envs.save()?;
    /// envs.step_random(100)?;
    /// let mut later = CartPoleVector::new(3, *envs.options())?;
    /// later.load(&saved)?;
    /// later.step_random(100)?;
    /// assert_eq!(later.save()?, envs.save()?);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn save(&self) -> Result<VectorState, VectorError> {
        Ok(VectorState {
            version: VectorState::VERSION,
            is_reset: self.is_reset,
            action_seed: self.action_seed,
            action_step: self.action_step,
            arrays: self.simulation.save()?,
        })
    }

    /// Goes on from a saved state of as many environments, with the options that these have.
    ///
    /// # Errors
    /// [`VectorError::Version`], [`VectorError::Length`], and [`VectorError::Backend`] if a GPU fails.
    pub fn load(&mut self, state: &VectorState) -> Result<(), VectorError> {
        if state.version != VectorState::VERSION {
            return Err(VectorError::Version { given: state.version });
        }
        state.arrays.check(self.count, self.options.autoreset == Autoreset::SameStep)?;
        self.simulation.load(&state.arrays)?;
        self.is_reset = state.is_reset;
        (self.action_seed, self.action_step) = (state.action_seed, state.action_step);
        Ok(())
    }

    /// Puts every environment into a state, and returns the observations. Random numbers, rewards and steps taken stay;
    /// where an episode had ended, a new one begins in that state.
    ///
    /// * `states`: `[N][4]`, finite: `[x m, x_dot m/s, theta rad, theta_dot rad/s]`.
    ///
    /// # Errors
    /// [`VectorError::Length`], [`VectorError::State`] for numbers that are not finite, [`VectorError::NotReset`]
    /// before the first reset, and [`VectorError::Backend`] if a GPU fails.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::vector::{CartPoleVector, VectorError, VectorOptions};
    /// let mut envs = CartPoleVector::new(2, VectorOptions::default())?;
    /// envs.reset(7)?;
    /// envs.set_states(&[[0.0, 0.0, 0.1, 0.0], [1.0, 0.0, 0.2, 3.0]])?;
    /// assert_eq!(envs.step(&[0, 0])?.terminated, [false, true]);
    /// # Ok::<(), VectorError>(())
    /// ```
    pub fn set_states(&mut self, states: &[[f64; 4]]) -> Result<&[[f32; 4]], VectorError> {
        self.check_length("states", states.len())?;
        self.check_reset()?;
        let is_finite = |state: &[f64; 4]| state.iter().all(|value| value.is_finite());
        if let Some(index) = states.iter().position(|state| !is_finite(state)) {
            return Err(VectorError::State { index, state: states[index] });
        }
        self.simulation.place(states)?;
        self.observations()
    }
}
