//! Where a step's results go.

use super::{VectorError, VectorStep};

/// Memory for what a step leads to: see [`CartPoleVector::step_into`](super::CartPoleVector::step_into).
///
/// Fields are those of [`VectorStep`]; `None`, the default, for what is not wanted.
///
/// # Examples
/// ```
/// use particle_pilot::vector::VectorOutput;
///
/// let mut rewards = [0.0; 3];
/// let output = VectorOutput { rewards: Some(&mut rewards), ..VectorOutput::default() };
/// assert!(output.observations.is_none());
/// ```
#[derive(Debug, Default, PartialEq)]
pub struct VectorOutput<'a> {
    /// `[N][4]` observations.
    pub observations: Option<&'a mut [[f32; 4]]>,
    /// `[N]` rewards.
    pub rewards: Option<&'a mut [f64]>,
    /// `[N]`: the step led to a failure.
    pub terminated: Option<&'a mut [bool]>,
    /// `[N]`: the step reached the limit.
    pub truncated: Option<&'a mut [bool]>,
    /// With [`Autoreset::SameStep`](super::Autoreset::SameStep) `[N][4]` last observations of episodes; in other
    /// modes it must be empty or `None`.
    pub final_observations: Option<&'a mut [[f32; 4]]>,
}

impl<'a> VectorOutput<'a> {
    /// Whether each has the length of what will be copied there, `[N]`.
    pub(super) fn check(&self, count: usize, keeps_final: bool) -> Result<(), VectorError> {
        let check = |what, given: Option<usize>, required| match given {
            Some(given) if given != required => Err(VectorError::Length { what, given, required }),
            _ => Ok(()),
        };
        check("observations", self.observations.as_ref().map(|to| to.len()), count)?;
        check("rewards", self.rewards.as_ref().map(|to| to.len()), count)?;
        check("terminated flags", self.terminated.as_ref().map(|to| to.len()), count)?;
        check("truncated flags", self.truncated.as_ref().map(|to| to.len()), count)?;
        let finals = if keeps_final { count } else { 0 };
        check("final observations", self.final_observations.as_ref().map(|to| to.len()), finals)
    }

    /// The memory of `count` slices of up to `size` environments.
    pub(super) fn slices(self, size: usize, count: usize) -> Vec<Self> {
        let mut observations = self.observations.map(|to| to.chunks_mut(size));
        let mut rewards = self.rewards.map(|to| to.chunks_mut(size));
        let mut terminated = self.terminated.map(|to| to.chunks_mut(size));
        let mut truncated = self.truncated.map(|to| to.chunks_mut(size));
        let mut finals = self.final_observations.map(|to| to.chunks_mut(size));
        let slice = |_| Self {
            observations: observations.as_mut().and_then(Iterator::next),
            rewards: rewards.as_mut().and_then(Iterator::next),
            terminated: terminated.as_mut().and_then(Iterator::next),
            truncated: truncated.as_mut().and_then(Iterator::next),
            final_observations: finals.as_mut().and_then(Iterator::next),
        };
        (0..count).map(slice).collect()
    }

    /// Copies there what is wanted of a step. Lengths are equal.
    pub(super) fn copy(self, step: &VectorStep<'_>) {
        fn copy<T: Copy>(to: Option<&mut [T]>, from: &[T]) {
            if let Some(to) = to {
                to.copy_from_slice(from);
            }
        }
        copy(self.observations, step.observations);
        copy(self.rewards, step.rewards);
        copy(self.terminated, step.terminated);
        copy(self.truncated, step.truncated);
        copy(self.final_observations, step.final_observations);
    }
}
