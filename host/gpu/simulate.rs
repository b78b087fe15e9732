//! Environments that live on, in the memory of a GPU: a thread for each, one launch for all steps of a call.

use bytemuck::Pod;
use particle_pilot_kernels::simulate::{
    self as task, Autoreset, EnvironmentParams, drive, observation,
};

use super::mirror::Mirror;
use super::module;
use super::returned::Returned;
use crate::backend::BackendError;
use crate::cuda::{Buffer, Gpu, GpuError, Grid, Kernel};
use crate::settings::Device;
use crate::vector::reset::Orders;
use crate::vector::{Drive, Simulation, VectorArrays, VectorCounts, VectorError, VectorStep};

/// Threads of a block: few, so that few environments still spread over the whole GPU.
const THREADS: u32 = 64;

/// `N` environments on one GPU.
struct GpuSimulation {
    gpu: Gpu,
    step: Kernel,
    reset: Kernel,
    simulation: task::Simulation,
    states: Buffer<[f64; 4]>,
    /// Steps and failures.
    counters: Buffer<[u32; 2]>,
    generators: Buffer<[u64; 4]>,
    returned: Returned,
    progress: Mirror<[u32; 2]>,
    actions: Option<Mirror<u32>>,
    forces: Option<Mirror<f64>>,
    orders: Mirror<u8>,
    seeds: Mirror<u64>,
}

impl GpuSimulation {
    fn new(index: u32, count: usize, params: &EnvironmentParams) -> Result<Self, GpuError> {
        let gpu = module::open(index, &["simulate", "simulate_reset"], None)?;
        let keeps_final = params.autoreset == Autoreset::SameStep;
        let (states, counters) = (gpu.zeroed(count)?, gpu.zeroed(count)?);
        let generators = gpu.zeroed(count)?;
        let returned = Returned::new(&gpu, count, keeps_final)?;
        let progress = Mirror::new(&gpu, count)?;
        let environments = u32::try_from(count)
            .map_err(|_| GpuError::Misuse(format!("{count} environments on one GPU")))?;
        let mut simulation = task::Simulation {
            states: states.address(),
            counters: counters.address(),
            generators: generators.address(),
            progress: progress.device.address(),
            ..task::Simulation::new(params, environments)
        };
        returned.address(&mut simulation);
        Ok(Self {
            step: gpu.kernel("simulate")?,
            reset: gpu.kernel("simulate_reset")?,
            simulation,
            states,
            counters,
            generators,
            returned,
            progress,
            actions: None,
            forces: None,
            orders: Mirror::new(&gpu, count)?,
            seeds: Mirror::new(&gpu, count)?,
            gpu,
        })
    }

    fn launch(&self, kernel: &Kernel, simulation: &task::Simulation) -> Result<(), GpuError> {
        let blocks = simulation.environments.div_ceil(THREADS);
        // SAFETY: the kernel takes a simulation, whose addresses are those of the buffers that this one holds, with
        // an entry for each environment: its own, or just filled by the caller. That of last observations is of
        // none where the kernel does not write any.
        unsafe { self.gpu.launch(kernel, Grid::new(blocks, THREADS), simulation) }
    }
}

impl Simulation for GpuSimulation {
    fn reset(&mut self, orders: &Orders) -> Result<(), VectorError> {
        let Orders { orders, seeds, bounds } = orders;
        let (input, seeds) = (self.orders.send(orders)?, self.seeds.send(seeds)?);
        let simulation = task::Simulation { bounds: *bounds, input, seeds, ..self.simulation };
        self.launch(&self.reset, &simulation)?;
        Ok(self.returned.fetch(&self.gpu)?)
    }

    fn step(&mut self, drive: Drive<'_>, steps: u32) -> Result<(), VectorError> {
        let mut actions =
            |actions: &[u32]| made(&mut self.actions, &self.gpu, actions.len())?.send(actions);
        let (drive, input, [action_seed, first_step]) = match drive {
            Drive::Actions(given) => (drive::ACTIONS, actions(given)?, [0; 2]),
            Drive::Integers(given) => {
                let given: Vec<u32> = given.iter().map(|action| *action as u32).collect();
                (drive::ACTIONS, actions(&given)?, [0; 2])
            }
            Drive::Forces(given) => {
                let forces = made(&mut self.forces, &self.gpu, given.len())?;
                (drive::FORCES, forces.send(given)?, [0; 2])
            }
            Drive::Random { seed, first } => (drive::RANDOM, 0, [seed, first]),
        };
        let simulation =
            task::Simulation { drive, input, action_seed, first_step, steps, ..self.simulation };
        self.launch(&self.step, &simulation)?;
        Ok(self.returned.fetch(&self.gpu)?)
    }

    fn flags(&self) -> Result<(&[bool], &[bool]), VectorError> {
        Ok(self.returned.flags()?)
    }

    fn last(&self) -> Result<VectorStep<'_>, VectorError> {
        Ok(self.returned.step()?)
    }

    fn counts(&mut self) -> Result<VectorCounts, VectorError> {
        self.progress.fetch()?;
        let progress = self.progress.host.slice()?.iter();
        Ok(VectorCounts::of(progress.map(|[steps, episodes]| (*steps, *episodes))))
    }

    fn states(&self) -> Result<Vec<[f64; 4]>, VectorError> {
        Ok(self.states.download()?)
    }

    fn save(&self) -> Result<VectorArrays, VectorError> {
        let last = self.last()?;
        Ok(VectorArrays {
            states: self.states()?,
            elapsed: self.counters.download()?.into_iter().map(|[steps, _]| steps).collect(),
            generators: self.generators.download()?,
            rewards: last.rewards.to_vec(),
            terminated: last.terminated.to_vec(),
            truncated: last.truncated.to_vec(),
            final_observations: last.final_observations.to_vec(),
        })
    }

    fn load(&mut self, saved: &VectorArrays) -> Result<(), VectorError> {
        // No environment is stepped on after a failure, and with a new episode the count begins anew.
        let goes_on = self.simulation.autoreset == Autoreset::SameStep as u32;
        let counts = saved.elapsed.iter().zip(&saved.terminated);
        let counters: Vec<[u32; 2]> =
            counts.map(|(steps, failed)| [*steps, u32::from(*failed && !goes_on)]).collect();
        self.states.upload_at(0, &saved.states)?;
        self.counters.upload_at(0, &counters)?;
        self.generators.upload_at(0, &saved.generators)?;
        let observations: Vec<_> = saved.states.iter().map(|state| observation(*state)).collect();
        self.returned.send(saved, &observations)?;
        Ok(self.gpu.synchronize()?)
    }

    fn device(&self) -> Device {
        Device::Cuda(self.gpu.info().index)
    }
}

/// `count` environments on GPU `index` that have yet to be reset.
///
/// # Errors
/// [`BackendError::Gpu`] if the GPU cannot be used.
pub fn simulation(
    index: u32,
    count: usize,
    params: &EnvironmentParams,
) -> Result<Box<dyn Simulation>, BackendError> {
    Ok(Box::new(GpuSimulation::new(index, count, params)?))
}

/// What is in `place`, made now if nothing is.
fn made<'a, T: Pod>(
    place: &'a mut Option<Mirror<T>>,
    gpu: &Gpu,
    len: usize,
) -> Result<&'a mut Mirror<T>, GpuError> {
    let mirror = match place.take() {
        Some(mirror) => mirror,
        None => Mirror::new(gpu, len)?,
    };
    Ok(place.insert(mirror))
}
