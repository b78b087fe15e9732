//! A cache of what a step shows: observations and rewards.

use std::sync::OnceLock;

use particle_pilot_kernels::simulate::{Autoreset, EnvironmentParams, observation};

use super::VectorError;
use super::slice::filled;

/// Observations and rewards of the last step, which may have gone straight into the caller's memory.
///
/// Writing them here too would take time, and mostly nobody asks. Whoever does gets them once more: they follow from
/// the states and counts that the step has left.
pub(super) struct Cache {
    here: Views,
    /// Whether `here` is of an earlier step.
    is_old: bool,
    /// Made again when asked for.
    again: OnceLock<Views>,
}

/// `[N]` each.
#[derive(Clone)]
pub(super) struct Views {
    pub observations: Vec<[f32; 4]>,
    pub rewards: Vec<f64>,
}

/// What views follow from, `[N]` each.
pub(super) struct Sources<'a> {
    pub states: &'a [Vec<f64>; 4],
    pub elapsed: &'a [u32],
    pub terminated: &'a [bool],
}

impl Cache {
    /// Zeros.
    pub fn new(count: usize) -> Result<Self, VectorError> {
        let here = Views { observations: filled(count, [0.0; 4])?, rewards: filled(count, 0.0)? };
        Ok(Self { here, is_old: false, again: OnceLock::new() })
    }

    /// The memory for what a step leads to.
    pub fn renew(&mut self) -> &mut Views {
        self.is_old = false;
        self.again.take();
        &mut self.here
    }

    /// Notes that a step's views have gone elsewhere.
    pub fn went_elsewhere(&mut self) {
        self.is_old = true;
        self.again.take();
    }

    /// The views, where the last step was one by `params` that left `sources`.
    pub fn views(&self, params: &EnvironmentParams, sources: &Sources<'_>) -> &Views {
        if !self.is_old {
            return &self.here;
        }
        self.again.get_or_init(|| sources.views(params))
    }

    /// The views in memory that may be changed.
    pub fn refresh(&mut self, params: &EnvironmentParams, sources: &Sources<'_>) {
        if self.is_old {
            self.here = self.again.take().unwrap_or_else(|| sources.views(params));
            self.is_old = false;
        }
    }
}

impl Sources<'_> {
    fn views(&self, params: &EnvironmentParams) -> Views {
        let state = |i: usize| self.states.each_ref().map(|component| component[i]);
        let observations = (0..self.elapsed.len()).map(|i| observation(state(i))).collect();
        let [success, failure] = rewards(params);
        let reward = |(terminated, elapsed): (&bool, &u32)| match terminated {
            true => failure,
            // The step was a reset.
            false if params.autoreset == Autoreset::NextStep && *elapsed == 0 => 0.0,
            false => success,
        };
        let rewards = self.terminated.iter().zip(self.elapsed).map(reward).collect();
        Views { observations, rewards }
    }
}

/// What a step is worth that succeeds, and one that fails: the first of its episode to, for environments are not
/// stepped on.
#[inline(always)]
pub(super) fn rewards(params: &EnvironmentParams) -> [f64; 2] {
    if params.terms.sutton_barto_reward { [0.0, -1.0] } else { [1.0, 1.0] }
}

#[cfg(test)]
mod tests;
