//! What environments on a GPU tell of a step: packed, so that one copy brings it all.

use std::ops::Range;

use bytemuck::Pod;
use particle_pilot_kernels::simulate as task;

use super::mirror::Mirror;
use crate::cuda::{Gpu, GpuError};
use crate::vector::{VectorArrays, VectorStep};

/// One array after the other, those of larger numbers first, so that each is aligned.
pub struct Returned {
    bytes: Mirror<u8>,
    /// `[N][4]`.
    observations: Range<usize>,
    /// `[N][4]`, or empty unless environments are reset in the same step.
    final_observations: Range<usize>,
    /// `[N]`.
    rewards: Range<usize>,
    /// `[N]`.
    terminated: Range<usize>,
    /// `[N]`.
    truncated: Range<usize>,
}

impl Returned {
    /// Of `count` environments.
    pub fn new(gpu: &Gpu, count: usize, keeps_final: bool) -> Result<Self, GpuError> {
        let mut end = 0;
        let mut next = |bytes: usize| {
            let start = end;
            end += bytes * count;
            start..end
        };
        let observations = next(size_of::<[f32; 4]>());
        let final_observations = next(if keeps_final { size_of::<[f32; 4]>() } else { 0 });
        let (rewards, terminated, truncated) = (next(size_of::<f64>()), next(1), next(1));
        let bytes = Mirror::new(gpu, end)?;
        Ok(Self { bytes, observations, final_observations, rewards, terminated, truncated })
    }

    /// Has `simulation` write there.
    pub fn address(&self, simulation: &mut task::Simulation) {
        let at = |range: &Range<usize>| self.bytes.device.address() + range.start as u64;
        simulation.observations = at(&self.observations);
        simulation.final_observations = at(&self.final_observations);
        simulation.rewards = at(&self.rewards);
        simulation.terminated = at(&self.terminated);
        simulation.truncated = at(&self.truncated);
    }

    /// Copies it to the host, and waits for it: an error is told where it arose.
    pub fn fetch(&mut self, gpu: &Gpu) -> Result<(), GpuError> {
        self.bytes.fetch()?;
        gpu.synchronize()
    }

    /// What was copied last.
    pub fn step(&self) -> Result<VectorStep<'_>, GpuError> {
        let (terminated, truncated) = self.flags()?;
        Ok(VectorStep {
            observations: self.values(&self.observations)?,
            rewards: self.values(&self.rewards)?,
            terminated,
            truncated,
            final_observations: self.values(&self.final_observations)?,
        })
    }

    /// Of that, which episodes have ended how.
    pub fn flags(&self) -> Result<(&[bool], &[bool]), GpuError> {
        let flags = |range| {
            bytemuck::checked::try_cast_slice(self.values::<u8>(range)?)
                .map_err(|_| GpuError::Misuse("a flag that is neither 0 nor 1".into()))
        };
        Ok((flags(&self.terminated)?, flags(&self.truncated)?))
    }

    /// Starts to copy `saved` to the GPU, with these `observations`.
    pub fn send(
        &mut self,
        saved: &VectorArrays,
        observations: &[[f32; 4]],
    ) -> Result<(), GpuError> {
        let bytes = self.bytes.host.slice_mut()?;
        let mut write = |range: &Range<usize>, values: &[u8]| {
            bytes[range.clone()].copy_from_slice(values);
        };
        write(&self.observations, bytemuck::cast_slice(observations));
        write(&self.final_observations, bytemuck::cast_slice(&saved.final_observations));
        write(&self.rewards, bytemuck::cast_slice(&saved.rewards));
        write(&self.terminated, bytemuck::cast_slice(&saved.terminated));
        write(&self.truncated, bytemuck::cast_slice(&saved.truncated));
        self.bytes.device.copy_from(&self.bytes.host)
    }

    fn values<T: Pod>(&self, range: &Range<usize>) -> Result<&[T], GpuError> {
        bytemuck::try_cast_slice(&self.bytes.host.slice()?[range.clone()])
            .map_err(|error| GpuError::Misuse(format!("what a GPU returned: {error}")))
    }
}
