//! Vectorised environments, a thread for each: [`crate::simulate`] with its arrays in the GPU's memory.

use core::cell::Cell;

use super::block::Block;
use crate::numpy::Pcg64;
use crate::rng::Stream;
use crate::simulate::{
    Autoreset, Environment, EnvironmentIo, EnvironmentParams, EpisodeState, RandomActions,
    Simulation, drive, force, observation, order, reset,
};

/// Four numbers that are loaded and stored together.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct Quad<T>([T; 4]);

/// Two numbers that are loaded and stored together.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Pair([u32; 2]);

/// Steps all environments.
#[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
#[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
unsafe extern "ptx-kernel" fn simulate(simulation: Simulation) {
    let params = simulation.params();
    let stream = RandomActions::stream(simulation.action_seed);
    each(simulation.environments, |index| run(&simulation, &params, &stream, index));
}

/// Resets the environments for which there is an order.
#[cfg_attr(feature = "rust-cuda", cuda_std::kernel)]
#[cfg_attr(not(feature = "rust-cuda"), unsafe(no_mangle))]
unsafe extern "ptx-kernel" fn simulate_reset(simulation: Simulation) {
    each(simulation.environments, |index| {
        let asked = cell::<u8>(simulation.input, index).get();
        if asked == order::NONE {
            return;
        }
        let place = cell::<Quad<u64>>(simulation.generators, index);
        let mut seed = 0;
        let mut generator = Pcg64::from_words([0; 4]);
        if asked == order::SEED {
            seed = cell::<u64>(simulation.seeds, index).get();
        } else {
            generator = Pcg64::from_words(place.get().0);
        }
        if let Some(environment) = reset(asked, seed, &mut generator, simulation.bounds) {
            place.set(Quad(generator.words()));
            store(&simulation, index, &environment);
        }
    });
}

#[inline(always)]
fn run(simulation: &Simulation, params: &EnvironmentParams, stream: &Stream, index: u32) {
    let mut environment = load(simulation, index);
    let forces = match simulation.drive {
        drive::ACTIONS => force(&params.physics, cell::<u32>(simulation.input, index).get()),
        drive::FORCES => cell::<f64>(simulation.input, index).get(),
        _ => 0.0,
    };
    // Made whether needed or not: a choice between the two would move the stream to local memory.
    let actions = RandomActions::new(stream, index, simulation.first_step);
    let mut memory = Memory { simulation, params, force: forces, actions, index };
    let progress = environment.run(params, simulation.steps, &mut memory);
    store(simulation, index, &environment);
    cell(simulation.rewards, index).set(progress.reward);
    cell(simulation.progress, index).set(Pair([progress.steps, progress.episodes]));
}

/// An environment's memory.
struct Memory<'a> {
    simulation: &'a Simulation,
    params: &'a EnvironmentParams,
    /// In N, unless actions are random.
    force: f64,
    actions: RandomActions<'a>,
    index: u32,
}

impl EnvironmentIo for Memory<'_> {
    #[inline(always)]
    fn force(&mut self) -> f64 {
        if self.simulation.drive == drive::RANDOM {
            force(&self.params.physics, self.actions.draw())
        } else {
            self.force
        }
    }

    #[inline(always)]
    fn draw(&mut self, [low, high]: [f64; 2]) -> [f64; 4] {
        let place = cell::<Quad<u64>>(self.simulation.generators, self.index);
        let mut generator = Pcg64::from_words(place.get().0);
        let state = generator.uniform4(low, high);
        place.set(Quad(generator.words()));
        state
    }

    #[inline(always)]
    fn finish(&mut self, state: [f64; 4]) {
        if self.params.autoreset == Autoreset::SameStep {
            cell(self.simulation.final_observations, self.index).set(Quad(observation(state)));
        }
    }
}

#[inline(always)]
fn load(simulation: &Simulation, index: u32) -> Environment {
    let Pair([elapsed_steps, failures]) = cell(simulation.counters, index).get();
    let Quad(state) = cell(simulation.states, index).get();
    Environment {
        episode: EpisodeState { state, elapsed_steps, failures },
        terminated: cell::<u8>(simulation.terminated, index).get() != 0,
        truncated: cell::<u8>(simulation.truncated, index).get() != 0,
    }
}

#[inline(always)]
fn store(simulation: &Simulation, index: u32, environment: &Environment) {
    let EpisodeState { state, elapsed_steps, failures } = environment.episode;
    cell(simulation.states, index).set(Quad(state));
    cell(simulation.counters, index).set(Pair([elapsed_steps, failures]));
    cell(simulation.observations, index).set(Quad(environment.observation()));
    cell(simulation.terminated, index).set(u8::from(environment.terminated));
    cell(simulation.truncated, index).set(u8::from(environment.truncated));
}

/// A grid-stride loop: calls `work` for every number below `count` that is this thread's.
#[inline(always)]
fn each(count: u32, work: impl Fn(u32)) {
    let block = Block::of_many();
    let mut index = block.part * block.size + block.rank;
    while index < count {
        work(index);
        index += block.parts * block.size;
    }
}

#[inline(always)]
fn cell<T>(address: u64, index: u32) -> &'static Cell<T> {
    let address = address as *const Cell<T>;
    // SAFETY: the host has one for each environment there, aligned as the driver aligns memory, and they outlive
    // the launch; each is one thread's. Numbers do not overflow either: there are 2^30 environments at most.
    unsafe { &*address.add(index as usize) }
}
