//! A part of the environments in the memory of the CPU, for one thread at a time.

use particle_pilot_kernels::numpy::Pcg64;
use particle_pilot_kernels::simulate::{
    Environment, EnvironmentIo, EnvironmentParams, EpisodeState, Progress, observation,
};

use super::{VectorError, VectorStep};

/// A slice of the arrays.
pub(super) struct Slice<'a> {
    /// The number of the first environment.
    pub first: usize,
    pub states: [&'a mut [f64]; 4],
    pub elapsed: &'a mut [u32],
    pub generators: &'a mut [Pcg64],
    pub observations: &'a mut [[f32; 4]],
    pub final_observations: &'a mut [[f32; 4]],
    pub rewards: &'a mut [f64],
    pub terminated: &'a mut [bool],
    pub truncated: &'a mut [bool],
    pub progress: &'a mut [Progress],
}

impl Slice<'_> {
    /// How many environments it has.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.elapsed.len()
    }

    /// What the last step led to.
    pub fn outcome(&self) -> VectorStep<'_> {
        VectorStep {
            observations: self.observations,
            rewards: self.rewards,
            terminated: self.terminated,
            truncated: self.truncated,
            final_observations: self.final_observations,
        }
    }

    /// The environments from `start` to before `end`.
    #[inline(always)]
    pub fn part(&mut self, start: usize, end: usize) -> Slice<'_> {
        Slice {
            first: self.first + start,
            states: self.states.each_mut().map(|component| &mut component[start..end]),
            elapsed: &mut self.elapsed[start..end],
            generators: &mut self.generators[start..end],
            observations: &mut self.observations[start..end],
            final_observations: match self.final_observations.is_empty() {
                true => &mut [],
                false => &mut self.final_observations[start..end],
            },
            rewards: &mut self.rewards[start..end],
            terminated: &mut self.terminated[start..end],
            truncated: &mut self.truncated[start..end],
            progress: &mut self.progress[start..end],
        }
    }

    /// Begins a new episode of environment `i`; flags and rewards stay.
    #[inline(always)]
    pub fn begin(&mut self, i: usize, [low, high]: [f64; 2]) {
        let state = self.generators[i].uniform4(low, high);
        self.put(i, EpisodeState::new(state));
        self.observations[i] = observation(state);
    }

    /// Steps each environment with forces of its own.
    pub fn run<F: FnMut() -> f64>(
        &mut self,
        params: &EnvironmentParams,
        steps: u32,
        forces: impl Fn(usize) -> F,
    ) {
        for i in 0..self.len() {
            self.progress[i] = self.step_one(i, params, steps, forces(i));
        }
    }

    /// Steps environment `i`.
    pub fn step_one(
        &mut self,
        i: usize,
        params: &EnvironmentParams,
        steps: u32,
        forces: impl FnMut() -> f64,
    ) -> Progress {
        let state = self.states.each_ref().map(|component| component[i]);
        let mut environment = Environment {
            episode: EpisodeState { state, elapsed_steps: self.elapsed[i], failures: 0 },
            terminated: self.terminated[i],
            truncated: self.truncated[i],
        };
        let last = self.final_observations.get_mut(i);
        let mut memory = Memory { forces, generator: &mut self.generators[i], last };
        let progress = environment.run(params, steps, &mut memory);
        self.store(i, environment);
        self.rewards[i] = progress.reward;
        progress
    }

    pub fn store(&mut self, i: usize, environment: Environment) {
        self.observations[i] = environment.observation();
        self.terminated[i] = environment.terminated;
        self.truncated[i] = environment.truncated;
        self.put(i, environment.episode);
    }

    #[inline(always)]
    fn put(&mut self, i: usize, episode: EpisodeState) {
        for (component, value) in self.states.iter_mut().zip(episode.state) {
            component[i] = value;
        }
        self.elapsed[i] = episode.elapsed_steps;
    }
}

/// An environment's memory.
struct Memory<'a, F> {
    forces: F,
    generator: &'a mut Pcg64,
    last: Option<&'a mut [f32; 4]>,
}

impl<F: FnMut() -> f64> EnvironmentIo for Memory<'_, F> {
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
