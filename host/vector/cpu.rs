//! Environments in the memory of the CPU, stepped in slices by its threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use particle_pilot_kernels::env::Physics;
use particle_pilot_kernels::lanes::SimdProof;
use particle_pilot_kernels::numpy::Pcg64;
use particle_pilot_kernels::rng::Stream;
use particle_pilot_kernels::simulate::{
    Autoreset, EnvironmentParams, Progress, RandomActions, force, observation, reset,
};

use super::cache::{Cache, Sources, Views};
use super::output::VectorOutput;
use super::reset::Orders;
use super::simulation::{Simulation, any, are_bits};
use super::slice::{Slice, filled};
use super::wide::WideStep;
use super::{Drive, VectorArrays, VectorCounts, VectorError, VectorStep};
use crate::backend::BackendError;
use crate::settings::{Device, Threads};
use crate::simd::Simd;
use crate::threads::Pool;

/// Environments that a thread takes at a time: a dozen microseconds of work.
const SLICE: usize = 1024;

/// Environments and the threads that step them.
pub(super) struct CpuVector {
    params: EnvironmentParams,
    simd: SimdProof,
    arrays: Arrays,
    cache: Cache,
    pool: Pool,
    fallback_reason: Option<BackendError>,
}

/// All that environments consist of, `[N]` each.
///
/// There is no count of failures: no environment is stepped on after one.
struct Arrays {
    /// Components of the states, each in an array of its own, which vector instructions can read.
    states: [Vec<f64>; 4],
    elapsed: Vec<u32>,
    generators: Vec<Pcg64>,
    /// `[0]` unless environments are reset in the same step.
    final_observations: Vec<[f32; 4]>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    /// Of the last steps by chance.
    progress: Vec<Progress>,
}

/// Where a step is to be seen.
struct ViewsMut<'a> {
    observations: &'a mut [[f32; 4]],
    rewards: &'a mut [f64],
}

impl<'a> ViewsMut<'a> {
    /// In `output`, if there is room for all of it, or else in `cache`; and the output that remains to be copied.
    fn of(cache: &'a mut Cache, output: VectorOutput<'a>) -> (Self, VectorOutput<'a>) {
        match output {
            VectorOutput { observations: Some(observations), rewards: Some(rewards), .. } => {
                cache.went_elsewhere();
                let rest = VectorOutput { observations: None, rewards: None, ..output };
                (Self { observations, rewards }, rest)
            }
            output => {
                let Views { observations, rewards } = cache.renew();
                (Self { observations, rewards }, output)
            }
        }
    }
}

impl CpuVector {
    /// `count` environments that have yet to be reset.
    pub fn new(
        count: usize,
        params: EnvironmentParams,
        threads: Threads,
        fallback_reason: Option<BackendError>,
    ) -> Result<Self, VectorError> {
        let simd = Simd::select()
            .map_err(BackendError::from)?
            .detect()
            .expect("select() only returns detected sets");
        // More threads than slices would have nothing to do.
        let threads = threads.at_most(count.div_ceil(SLICE));
        let keeps_final = params.autoreset == Autoreset::SameStep;
        let zeros = || filled(count, 0.0);
        let arrays = Arrays {
            states: [zeros()?, zeros()?, zeros()?, zeros()?],
            elapsed: filled(count, 0)?,
            generators: filled(count, Pcg64::from_words([0; 4]))?,
            final_observations: filled(if keeps_final { count } else { 0 }, [0.0; 4])?,
            terminated: filled(count, false)?,
            truncated: filled(count, false)?,
            progress: filled(count, Progress::default())?,
        };
        let pool = Pool::new(threads).map_err(BackendError::from)?;
        Ok(Self { params, simd, arrays, cache: Cache::new(count)?, pool, fallback_reason })
    }
}

impl Simulation for CpuVector {
    fn reset(&mut self, orders: &Orders) -> Result<(), VectorError> {
        let Orders { orders, seeds, bounds } = orders;
        // Those that go on are seen as before.
        self.cache.refresh(&self.params, &self.arrays.sources());
        self.for_each(VectorOutput::default(), |slice, _, _| {
            for i in 0..slice.len() {
                let at = slice.first + i;
                let begun = reset(orders[at], seeds[at], &mut slice.generators[i], *bounds);
                if let Some(environment) = begun {
                    slice.store(i, environment);
                }
            }
        });
        Ok(())
    }

    fn step(&mut self, drive: Drive<'_>, steps: u32) -> Result<(), VectorError> {
        let output = VectorOutput::default();
        self.for_each(output, |slice, params, simd| step(slice, params, simd, drive, steps));
        Ok(())
    }

    /// Threads look at those of the environments that they are about to step.
    fn are_bits(&self, actions: &[i64]) -> bool {
        let is_wrong = AtomicBool::new(false);
        let size = actions.len().div_ceil(self.pool.threads());
        self.pool.for_each_in_turn(self.pool.threads(), |thread| {
            let part = actions.chunks(size).nth(thread).unwrap_or_default();
            if !are_bits(part) {
                is_wrong.store(true, Ordering::Relaxed);
            }
        });
        !is_wrong.into_inner()
    }

    /// Results are written where they are wanted, or copied by the thread that has just made them, whose cache they are
    /// in.
    fn step_into(
        &mut self,
        drive: Drive<'_>,
        output: VectorOutput<'_>,
    ) -> Result<bool, VectorError> {
        let has_ended = AtomicBool::new(false);
        self.for_each(output, |slice, params, simd| {
            step(slice, params, simd, drive, 1);
            if any(slice.terminated) | any(slice.truncated) {
                has_ended.store(true, Ordering::Relaxed);
            }
        });
        Ok(has_ended.into_inner())
    }

    fn last(&self) -> Result<VectorStep<'_>, VectorError> {
        let Views { observations, rewards } =
            self.cache.views(&self.params, &self.arrays.sources());
        Ok(VectorStep {
            observations,
            rewards,
            terminated: &self.arrays.terminated,
            truncated: &self.arrays.truncated,
            final_observations: &self.arrays.final_observations,
        })
    }

    fn flags(&self) -> Result<(&[bool], &[bool]), VectorError> {
        Ok((&self.arrays.terminated, &self.arrays.truncated))
    }

    fn counts(&mut self) -> Result<VectorCounts, VectorError> {
        let progress = self.arrays.progress.iter();
        Ok(VectorCounts::of(progress.map(|progress| (progress.steps, progress.episodes))))
    }

    fn states(&self) -> Result<Vec<[f64; 4]>, VectorError> {
        let states = &self.arrays.states;
        let state = |i| states.each_ref().map(|component| component[i]);
        Ok((0..states[0].len()).map(state).collect())
    }

    fn save(&self) -> Result<VectorArrays, VectorError> {
        let Arrays { elapsed, generators, final_observations, terminated, truncated, .. } =
            &self.arrays;
        Ok(VectorArrays {
            states: self.states()?,
            elapsed: elapsed.clone(),
            generators: generators.iter().map(Pcg64::words).collect(),
            rewards: self.last()?.rewards.to_vec(),
            terminated: terminated.clone(),
            truncated: truncated.clone(),
            final_observations: final_observations.clone(),
        })
    }

    fn load(&mut self, saved: &VectorArrays) -> Result<(), VectorError> {
        let Self { arrays, cache, .. } = self;
        for (place, component) in arrays.states.iter_mut().enumerate() {
            component.iter_mut().zip(&saved.states).for_each(|(old, new)| *old = new[place]);
        }
        arrays.elapsed.copy_from_slice(&saved.elapsed);
        let generators = saved.generators.iter().map(|words| Pcg64::from_words(*words));
        arrays.generators.iter_mut().zip(generators).for_each(|(old, new)| *old = new);
        arrays.terminated.copy_from_slice(&saved.terminated);
        arrays.truncated.copy_from_slice(&saved.truncated);
        arrays.final_observations.copy_from_slice(&saved.final_observations);
        let Views { observations, rewards } = cache.renew();
        let seen = saved.states.iter().map(|state| observation(*state));
        observations.iter_mut().zip(seen).for_each(|(old, new)| *old = new);
        rewards.copy_from_slice(&saved.rewards);
        Ok(())
    }

    fn device(&self) -> Device {
        Device::Cpu
    }

    fn fallback_reason(&self) -> Option<&BackendError> {
        self.fallback_reason.as_ref()
    }
}

impl CpuVector {
    /// Calls `work` for all slices, on all threads, and copies what then is there into `output`.
    fn for_each(
        &mut self,
        output: VectorOutput<'_>,
        work: impl Fn(&mut Slice<'_>, &EnvironmentParams, SimdProof) + Sync,
    ) {
        let Self { params, simd, arrays, cache, pool, .. } = self;
        let (views, output) = ViewsMut::of(cache, output);
        let slices = arrays.slices(views);
        let outputs = output.slices(SLICE, slices.len());
        let queue = Mutex::new(slices.into_iter().zip(outputs));
        pool.for_each_in_turn(pool.threads(), |thread| {
            loop {
                // Two threads begin at either end, where the last step has left things in their caches.
                let mut rest = queue.lock().unwrap_or_else(PoisonError::into_inner);
                let next = if thread == 0 { rest.next() } else { rest.next_back() };
                drop(rest);
                let Some((mut slice, output)) = next else { break };
                work(&mut slice, params, *simd);
                output.copy(&slice.outcome());
            }
        });
    }
}

impl Arrays {
    fn sources(&self) -> Sources<'_> {
        let Self { states, elapsed, terminated, .. } = self;
        Sources { states, elapsed, terminated }
    }

    fn slices<'a>(&'a mut self, views: ViewsMut<'a>) -> Vec<Slice<'a>> {
        let mut states = self.states.each_mut().map(|component| component.chunks_mut(SLICE));
        let mut finals = self.final_observations.chunks_mut(SLICE);
        let mut generators = self.generators.chunks_mut(SLICE);
        let mut observations = views.observations.chunks_mut(SLICE);
        let mut rewards = views.rewards.chunks_mut(SLICE);
        let mut terminated = self.terminated.chunks_mut(SLICE);
        let mut truncated = self.truncated.chunks_mut(SLICE);
        let mut progress = self.progress.chunks_mut(SLICE);
        let elapsed = self.elapsed.chunks_mut(SLICE).enumerate();
        let slice = |(number, elapsed)| Slice {
            first: number * SLICE,
            states: states.each_mut().map(|component| component.next().unwrap_or_default()),
            elapsed,
            generators: generators.next().unwrap_or_default(),
            observations: observations.next().unwrap_or_default(),
            final_observations: finals.next().unwrap_or_default(),
            rewards: rewards.next().unwrap_or_default(),
            terminated: terminated.next().unwrap_or_default(),
            truncated: truncated.next().unwrap_or_default(),
            progress: progress.next().unwrap_or_default(),
        };
        elapsed.map(slice).collect()
    }
}

fn random<'a>(
    stream: &'a Stream,
    physics: &'a Physics,
    environment: u32,
    first: u64,
) -> impl FnMut() -> f64 + 'a {
    let mut actions = RandomActions::new(stream, environment, first);
    move || force(physics, actions.draw())
}

/// Takes the environments of a slice `steps` steps by chance, or one with what there is for each.
fn step(
    slice: &mut Slice<'_>,
    params: &EnvironmentParams,
    simd: SimdProof,
    drive: Drive<'_>,
    steps: u32,
) {
    match drive {
        Drive::Actions(actions) => {
            let actions = &actions[slice.first..][..slice.len()];
            let force = |i: usize| force(&params.physics, actions[i]);
            simd.run(WideStep { slice, params, force });
        }
        Drive::Integers(actions) => {
            let actions = &actions[slice.first..][..slice.len()];
            let force = |i: usize| force(&params.physics, actions[i] as u32);
            simd.run(WideStep { slice, params, force });
        }
        Drive::Forces(forces) => {
            let forces = &forces[slice.first..][..slice.len()];
            simd.run(WideStep { slice, params, force: |i: usize| forces[i] });
        }
        Drive::Random { seed, first } => {
            let stream = RandomActions::stream(seed);
            let start = slice.first;
            slice.run(params, steps, |i| {
                random(&stream, &params.physics, (start + i) as u32, first)
            });
        }
    }
}
