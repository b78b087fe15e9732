//! Where environments are kept and stepped: the CPU or a GPU.

use particle_pilot_kernels::simulate::{Autoreset, EnvironmentParams};

use super::cpu::CpuVector;
use super::reset::Orders;
use super::{Drive, VectorArrays, VectorError, VectorOutput, VectorStep, VectorTally};
use crate::backend::cpu::Threads;
use crate::backend::{BackendError, Device};

/// Environments on some device.
pub(super) enum VectorEngine {
    /// On the CPU, perhaps for lack of something better.
    Cpu(Box<CpuVector>, Option<BackendError>),
    /// On a GPU.
    #[cfg(all(feature = "cuda", target_os = "linux"))]
    Gpu(Box<crate::backend::cuda::GpuSimulation>),
}

impl VectorEngine {
    /// `count` environments on `device`.
    pub fn new(
        count: usize,
        params: EnvironmentParams,
        device: Device,
        threads: usize,
    ) -> Result<Self, VectorError> {
        let keeps_final = params.autoreset == Autoreset::SameStep;
        let cpu = |setback| {
            let vector = CpuVector::new(count, params, Threads::asked(threads), keeps_final)?;
            Ok(Self::Cpu(Box::new(vector), setback))
        };
        let (index, is_open) = match device {
            Device::Cpu => return cpu(None),
            Device::Auto => (0, true),
            Device::Cuda(index) => (index, false),
        };
        match gpu(index, count, &params) {
            Err(error) if is_open => cpu(Some(error)),
            result => Ok(result?),
        }
    }

    /// Begins anew where `orders` say so.
    pub fn reset(&mut self, orders: &Orders) -> Result<(), VectorError> {
        match self {
            Self::Cpu(cpu, _) => cpu.reset(orders),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(gpu) => {
                let Orders { orders, seeds, bounds } = orders;
                gpu.reset(orders, seeds, *bounds).map_err(BackendError::from)?;
            }
        }
        Ok(())
    }

    /// Takes `steps` steps.
    pub fn step(&mut self, drive: Drive<'_>, steps: u32) -> Result<(), VectorError> {
        match self {
            Self::Cpu(cpu, _) => cpu.step(drive, steps),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(gpu) => match drive {
                Drive::Actions(actions) => gpu.step_actions(actions, steps),
                Drive::Integers(actions) => {
                    let actions: Vec<u32> = actions.iter().map(|action| *action as u32).collect();
                    gpu.step_actions(&actions, steps)
                }
                Drive::Forces(forces) => gpu.step_forces(forces, steps),
                Drive::Random { seed, first } => gpu.step_random(seed, first, steps),
            }
            .map_err(BackendError::from)?,
        }
        Ok(())
    }

    /// Takes a step and copies what it led to; returns whether any episode has ended.
    pub fn step_into(
        &mut self,
        drive: Drive<'_>,
        output: VectorOutput<'_>,
    ) -> Result<bool, VectorError> {
        match self {
            Self::Cpu(cpu, _) => Ok(cpu.step_into(drive, output)),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(_) => {
                self.step(drive, 1)?;
                let last = self.last()?;
                output.copy(&last);
                Ok(last.terminated.contains(&true) || last.truncated.contains(&true))
            }
        }
    }

    /// Whether all of `[N]` actions are 0 or 1.
    pub fn are_bits(&self, actions: &[i64]) -> bool {
        match self {
            Self::Cpu(cpu, _) => cpu.are_bits(actions),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(_) => are_bits(actions),
        }
    }

    /// The first environment whose last step has ended an episode.
    pub fn first_ended(&self) -> Result<Option<usize>, VectorError> {
        let first = |terminated: &[bool], truncated: &[bool]| {
            // All together first, several to an instruction; which one it is only matters when there is one.
            let has_ended = any(terminated) | any(truncated);
            let mut flags = terminated.iter().zip(truncated);
            has_ended.then(|| flags.position(|(one, other)| one | other)).flatten()
        };
        match self {
            Self::Cpu(cpu, _) => Ok(first(cpu.flags().0, cpu.flags().1)),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(_) => self.last().map(|last| first(last.terminated, last.truncated)),
        }
    }

    /// What the last step led to.
    pub fn last(&self) -> Result<VectorStep<'_>, VectorError> {
        match self {
            Self::Cpu(cpu, _) => Ok(cpu.last()),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(gpu) => Ok(gpu.last().map_err(BackendError::from)?),
        }
    }

    /// Steps taken and episodes ended by the last call, without rewards.
    pub fn tally(&mut self) -> Result<VectorTally, VectorError> {
        let mut tally = VectorTally::default();
        let mut add = |steps: u32, episodes: u32| {
            tally.steps += u64::from(steps);
            tally.episodes += u64::from(episodes);
        };
        match self {
            Self::Cpu(cpu, _) => cpu.progress().for_each(|(steps, episodes)| add(steps, episodes)),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(gpu) => {
                let progress = gpu.progress().map_err(BackendError::from)?;
                progress.iter().for_each(|[steps, episodes]| add(*steps, *episodes));
            }
        }
        Ok(tally)
    }

    /// The states.
    pub fn states(&self) -> Result<Vec<[f64; 4]>, VectorError> {
        match self {
            Self::Cpu(cpu, _) => Ok(cpu.states()),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(gpu) => Ok(gpu.states().map_err(BackendError::from)?),
        }
    }

    /// All that they consist of.
    pub fn save(&self) -> Result<VectorArrays, VectorError> {
        match self {
            Self::Cpu(cpu, _) => Ok(cpu.save()),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(gpu) => Ok(gpu.save().map_err(BackendError::from)?),
        }
    }

    /// Becomes what was saved of as many environments.
    pub fn load(&mut self, arrays: &VectorArrays) -> Result<(), VectorError> {
        match self {
            Self::Cpu(cpu, _) => cpu.load(arrays),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(gpu) => gpu.load(arrays).map_err(BackendError::from)?,
        }
        Ok(())
    }

    /// Puts every environment into a state.
    pub fn place(&mut self, states: &[[f64; 4]]) -> Result<(), VectorError> {
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

    /// Where they are.
    pub fn device(&self) -> Device {
        match self {
            Self::Cpu(..) => Device::Cpu,
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(gpu) => Device::Cuda(gpu.index()),
        }
    }

    /// Why they are not where they would rather be.
    pub fn setback(&self) -> Option<&BackendError> {
        match self {
            Self::Cpu(_, setback) => setback.as_ref(),
            #[cfg(all(feature = "cuda", target_os = "linux"))]
            Self::Gpu(_) => None,
        }
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

#[cfg(not(all(feature = "cuda", target_os = "linux")))]
fn gpu(index: u32, _: usize, _: &EnvironmentParams) -> Result<VectorEngine, BackendError> {
    Err(BackendError::NoGpuBackend(index))
}

#[cfg(all(feature = "cuda", target_os = "linux"))]
fn gpu(index: u32, count: usize, params: &EnvironmentParams) -> Result<VectorEngine, BackendError> {
    let simulation = crate::backend::cuda::GpuSimulation::new(index, count, params)?;
    Ok(VectorEngine::Gpu(Box::new(simulation)))
}
