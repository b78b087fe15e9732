//! Environments in the memory of the CPU, stepped in chunks by its threads.

use particle_pilot_kernels::env::Physics;
use particle_pilot_kernels::numpy::Pcg64;
use particle_pilot_kernels::rng::Stream;
use particle_pilot_kernels::simulate::{
    Environment, Episode, Place, Progress, RandomActions, Rules, force, observation, reset,
};
use rayon::prelude::*;

use super::reset::Orders;
use super::{Drive, VectorError, VectorStep};
use crate::backend::cpu::workers;

/// Environments that a thread takes at a time: a few dozen microseconds of work.
const CHUNK: usize = 512;

/// Environments and the threads that step them.
pub(super) struct CpuVector {
    rules: Rules,
    arrays: Arrays,
    /// None where one thread does it all.
    workers: Option<rayon::ThreadPool>,
}

/// All that environments consist of, `[N]` each.
struct Arrays {
    episodes: Vec<Episode>,
    generators: Vec<Pcg64>,
    observations: Vec<[f32; 4]>,
    /// `[0]` unless environments are reset in the same step.
    final_observations: Vec<[f32; 4]>,
    rewards: Vec<f64>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    progress: Vec<Progress>,
}

/// A chunk of the arrays.
struct Chunk<'a> {
    /// The number of the first environment.
    first: usize,
    episodes: &'a mut [Episode],
    generators: &'a mut [Pcg64],
    observations: &'a mut [[f32; 4]],
    final_observations: &'a mut [[f32; 4]],
    rewards: &'a mut [f64],
    terminated: &'a mut [bool],
    truncated: &'a mut [bool],
    progress: &'a mut [Progress],
}

impl CpuVector {
    /// `count` environments that have yet to be reset.
    pub fn new(
        count: usize,
        rules: Rules,
        threads: usize,
        keeps_final: bool,
    ) -> Result<Self, VectorError> {
        // More threads than chunks would have nothing to do.
        let threads = threads.min(count.div_ceil(CHUNK));
        let arrays = Arrays {
            episodes: filled(count, Episode::new([0.0; 4]))?,
            generators: filled(count, Pcg64::from_words([0; 4]))?,
            observations: filled(count, [0.0; 4])?,
            final_observations: filled(if keeps_final { count } else { 0 }, [0.0; 4])?,
            rewards: filled(count, 0.0)?,
            terminated: filled(count, false)?,
            truncated: filled(count, false)?,
            progress: filled(count, Progress::default())?,
        };
        let workers = if threads > 1 { Some(workers(threads)?) } else { None };
        Ok(Self { rules, arrays, workers })
    }

    /// Begins anew where `orders` say so.
    pub fn reset(&mut self, orders: &Orders) {
        let Orders { orders, seeds, bounds } = orders;
        self.for_each(|chunk, _| {
            for i in 0..chunk.episodes.len() {
                let at = chunk.first + i;
                let begun = reset(orders[at], seeds[at], &mut chunk.generators[i], *bounds);
                if let Some(environment) = begun {
                    chunk.store(i, environment);
                }
            }
        });
    }

    /// Takes `steps` steps.
    pub fn step(&mut self, drive: Drive<'_>, steps: u32) {
        self.for_each(|chunk, rules| chunk.step(rules, drive, steps));
    }

    /// What the last step led to.
    pub fn last(&self) -> VectorStep<'_> {
        VectorStep {
            observations: &self.arrays.observations,
            rewards: &self.arrays.rewards,
            terminated: &self.arrays.terminated,
            truncated: &self.arrays.truncated,
            final_observations: &self.arrays.final_observations,
        }
    }

    /// Steps taken and episodes ended by each environment in the last call.
    pub fn progress(&self) -> impl Iterator<Item = (u32, u32)> {
        self.arrays.progress.iter().map(|progress| (progress.steps, progress.episodes))
    }

    /// The states.
    pub fn states(&self) -> Vec<[f64; 4]> {
        self.arrays.episodes.iter().map(|episode| episode.state).collect()
    }

    /// Calls `work` for all chunks, on all threads.
    fn for_each(&mut self, work: impl Fn(&mut Chunk<'_>, &Rules) + Sync) {
        let Self { rules, arrays, workers } = self;
        let mut chunks = arrays.chunks();
        match workers {
            Some(workers) => workers.install(|| {
                chunks.par_iter_mut().with_max_len(1).for_each(|chunk| work(chunk, rules));
            }),
            None => chunks.iter_mut().for_each(|chunk| work(chunk, rules)),
        }
    }
}

impl Arrays {
    fn chunks(&mut self) -> Vec<Chunk<'_>> {
        let mut finals = self.final_observations.chunks_mut(CHUNK);
        let mut generators = self.generators.chunks_mut(CHUNK);
        let mut observations = self.observations.chunks_mut(CHUNK);
        let mut rewards = self.rewards.chunks_mut(CHUNK);
        let mut terminated = self.terminated.chunks_mut(CHUNK);
        let mut truncated = self.truncated.chunks_mut(CHUNK);
        let mut progress = self.progress.chunks_mut(CHUNK);
        let episodes = self.episodes.chunks_mut(CHUNK).enumerate();
        let chunk = |(number, episodes)| Chunk {
            first: number * CHUNK,
            episodes,
            generators: generators.next().unwrap_or_default(),
            observations: observations.next().unwrap_or_default(),
            final_observations: finals.next().unwrap_or_default(),
            rewards: rewards.next().unwrap_or_default(),
            terminated: terminated.next().unwrap_or_default(),
            truncated: truncated.next().unwrap_or_default(),
            progress: progress.next().unwrap_or_default(),
        };
        episodes.map(chunk).collect()
    }
}

impl Chunk<'_> {
    fn step(&mut self, rules: &Rules, drive: Drive<'_>, steps: u32) {
        match drive {
            Drive::Actions(actions) => {
                let actions = &actions[self.first..];
                self.run(rules, steps, |i| {
                    let newton = force(&rules.physics, actions[i]);
                    move || newton
                });
            }
            Drive::Forces(forces) => {
                let forces = &forces[self.first..];
                self.run(rules, steps, |i| {
                    let newton = forces[i];
                    move || newton
                });
            }
            Drive::Random { seed, first } => {
                let stream = RandomActions::stream(seed);
                let start = self.first;
                self.run(rules, steps, |i| {
                    random(&stream, &rules.physics, (start + i) as u32, first)
                });
            }
        }
    }

    /// Steps each environment with forces of its own.
    fn run<F: FnMut() -> f64>(&mut self, rules: &Rules, steps: u32, forces: impl Fn(usize) -> F) {
        for i in 0..self.episodes.len() {
            let mut environment = Environment {
                episode: self.episodes[i],
                terminated: self.terminated[i],
                truncated: self.truncated[i],
            };
            let last = self.final_observations.get_mut(i);
            let mut memory = Memory { forces: forces(i), generator: &mut self.generators[i], last };
            let progress = environment.run(rules, steps, &mut memory);
            self.store(i, environment);
            self.rewards[i] = progress.reward;
            self.progress[i] = progress;
        }
    }

    fn store(&mut self, i: usize, environment: Environment) {
        self.observations[i] = environment.observation();
        self.terminated[i] = environment.terminated;
        self.truncated[i] = environment.truncated;
        self.episodes[i] = environment.episode;
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

/// An environment's memory.
struct Memory<'a, F> {
    forces: F,
    generator: &'a mut Pcg64,
    last: Option<&'a mut [f32; 4]>,
}

impl<F: FnMut() -> f64> Place for Memory<'_, F> {
    fn force(&mut self) -> f64 {
        (self.forces)()
    }

    fn draw(&mut self, [low, high]: [f64; 2]) -> [f64; 4] {
        self.generator.uniform4(low, high)
    }

    fn finish(&mut self, state: [f64; 4]) {
        if let Some(last) = &mut self.last {
            **last = observation(state);
        }
    }
}

/// `count` times `value`, or an error where there is no memory for that.
pub(super) fn filled<T: Clone>(count: usize, value: T) -> Result<Vec<T>, VectorError> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| VectorError::Memory(count))?;
    values.resize(count, value);
    Ok(values)
}
