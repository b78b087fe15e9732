//! The seam between environments side by side and the device that keeps and steps them.

use super::reset::Orders;
use super::{Drive, VectorArrays, VectorCounts, VectorError, VectorOutput, VectorStep};
use crate::backend::BackendError;
use crate::settings::Device;

/// `N` environments on some device.
pub(crate) trait Simulation: Send + Sync {
    /// Begins anew where `orders` say so.
    fn reset(&mut self, orders: &Orders) -> Result<(), VectorError>;

    /// Takes `steps` steps by chance, or one with what there is for each environment.
    fn step(&mut self, drive: Drive<'_>, steps: u32) -> Result<(), VectorError>;

    /// Takes a step and copies what it led to; returns whether any episode has ended.
    fn step_into(
        &mut self,
        drive: Drive<'_>,
        output: VectorOutput<'_>,
    ) -> Result<bool, VectorError> {
        self.step(drive, 1)?;
        let last = self.last()?;
        output.copy(&last);
        Ok(any(last.terminated) || any(last.truncated))
    }

    /// Whether all of `[N]` actions are 0 or 1.
    fn are_bits(&self, actions: &[i64]) -> bool {
        are_bits(actions)
    }

    /// `[N]`: which episodes the last step has ended, by failure and by the limit.
    fn flags(&self) -> Result<(&[bool], &[bool]), VectorError>;

    /// What the last step led to.
    fn last(&self) -> Result<VectorStep<'_>, VectorError>;

    /// Steps taken and episodes ended by the last call, without rewards.
    fn counts(&mut self) -> Result<VectorCounts, VectorError>;

    /// The states.
    fn states(&self) -> Result<Vec<[f64; 4]>, VectorError>;

    /// All that they consist of.
    fn save(&self) -> Result<VectorArrays, VectorError>;

    /// Becomes what was saved of as many environments.
    fn load(&mut self, arrays: &VectorArrays) -> Result<(), VectorError>;

    /// Where they are.
    fn device(&self) -> Device;

    /// Why they are not where they would rather be.
    fn fallback_reason(&self) -> Option<&BackendError> {
        None
    }

    /// The first environment whose last step has ended an episode.
    fn first_ended(&self) -> Result<Option<usize>, VectorError> {
        let (terminated, truncated) = self.flags()?;
        // All together first, several to an instruction; which one it is only matters when there is one.
        let has_ended = any(terminated) | any(truncated);
        let mut flags = terminated.iter().zip(truncated);
        Ok(has_ended.then(|| flags.position(|(one, other)| one | other)).flatten())
    }

    /// Puts every environment into a state.
    fn place(&mut self, states: &[[f64; 4]]) -> Result<(), VectorError> {
        let mut arrays = self.save()?;
        for (i, state) in states.iter().enumerate() {
            arrays.states[i] = *state;
            if arrays.has_ended(i) {
                arrays.elapsed[i] = 0;
            }
        }
        arrays.terminated.fill(false);
        arrays.truncated.fill(false);
        self.load(&arrays)
    }
}

/// Whether all actions are 0 or 1; all are looked at, several to an instruction.
pub(super) fn are_bits(actions: &[i64]) -> bool {
    actions.iter().fold(0, |bits, action| bits | action) >> 1 == 0
}

/// Whether any flag is set; all are looked at, several to an instruction.
pub(super) fn any(flags: &[bool]) -> bool {
    flags.iter().fold(false, |any, flag| any | flag)
}
