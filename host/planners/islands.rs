//! Populations that do not interact: one for each thread to take.

use std::sync::Mutex;

use particle_pilot_kernels::controls::STRATA;
use particle_pilot_kernels::lanes::Lanes;
use particle_pilot_kernels::model::Model;
use particle_pilot_kernels::population::{Population, Remains, Strategy, Swarm};

use super::{Problem, Request};
use crate::backend::cpu::{Kernel, Pool};
use crate::decision::Diagnostics;

/// The most particles of one population: more do not fit a core's fast memory.
const LARGEST: u32 = 1024;

/// Populations of nearly equal size, allocated once.
pub(crate) struct Islands<T> {
    islands: Vec<Mutex<Island<T>>>,
}

/// One population's memory and what came of it.
struct Island<T> {
    /// The number of its first particle.
    first: u32,
    /// How many particles it has.
    count: u32,
    outcome: Option<T>,
    floats: Vec<f32>,
    integers: Vec<u32>,
}

impl<T: Copy + Send> Islands<T> {
    /// Splits `particles` into islands, a multiple of `groups` of them but none empty.
    pub fn new<M: Model>(particles: u32, groups: u32) -> Self {
        let groups = groups.min(particles);
        let number = groups * particles.div_ceil(groups * LARGEST);
        let border = |i: u32| (u64::from(particles) * u64::from(i) / u64::from(number)) as u32;
        let island = |i: u32| {
            let (first, count) = (border(i), border(i + 1) - border(i));
            let [floats, integers] = Population::memory::<M>(count as usize);
            let (floats, integers) = (vec![0.0; floats], vec![0; integers]);
            Mutex::new(Island { first, count, outcome: None, floats, integers })
        };
        Self { islands: (0..number).map(island).collect() }
    }

    /// Runs every island, on all threads, with the strategy that `strategy` makes for the island of
    /// a number, whose first particle has the other number.
    pub fn run<M: Model, S: Strategy<Outcome = T>>(
        &mut self,
        problem: &Problem<M>,
        pool: &Pool,
        swarm: &Swarm<'_, M>,
        strategy: impl Fn(usize, u32) -> S + Sync,
    ) -> impl Iterator<Item = T> {
        pool.for_each(self.islands.len(), |index| {
            let mut island = self.islands[index].lock().expect("no thread panics with an island");
            let Island { first, count, outcome, floats, integers } = &mut *island;
            let mut population = Population::new::<M>(*count as usize, floats, integers);
            let strategy = strategy(index, *first);
            *outcome = Some(problem.simd.run(Run { strategy, swarm, population: &mut population }));
        });
        self.islands
            .iter_mut()
            .filter_map(|island| island.get_mut().expect("no thread panics with an island").outcome)
    }
}

struct Run<'a, 'p, M, S> {
    strategy: S,
    swarm: &'a Swarm<'a, M>,
    population: &'a mut Population<'p>,
}

impl<M: Model, S: Strategy> Kernel for Run<'_, '_, M, S> {
    type Output = S::Outcome;

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> S::Outcome {
        self.strategy.run::<M, L>(proof, self.swarm, self.population)
    }
}

/// What all populations of a decision simulate; with continuous actions, from eight first levels.
pub(crate) fn swarm<'a, M>(
    problem: &'a Problem<M>,
    request: &Request<'a>,
    continuous: bool,
) -> Swarm<'a, M> {
    Swarm {
        model: &problem.model,
        state: request.state,
        horizon: problem.horizon,
        stream: request.stream(0),
        continuous,
        strata: if continuous { STRATA } else { 2 },
    }
}

/// The diagnostics that follow from what is left of all populations.
pub(crate) fn diagnose<'a, M>(
    problem: &Problem<M>,
    remains: impl Iterator<Item = &'a Remains>,
    effective_samples: f64,
) -> Diagnostics {
    let count = f64::from(problem.particles);
    let (mut best, mut sum, mut squares) = (f32::INFINITY, 0.0, 0.0);
    let (mut dead, mut non_finite, mut longest) = (0u64, 0u64, 0);
    for remains in remains {
        best = best.min(remains.best);
        sum += remains.sum;
        squares += remains.squares;
        dead += u64::from(remains.dead);
        non_finite += u64::from(remains.non_finite);
        longest = longest.max(remains.longest);
    }
    let mean = sum / count;
    Diagnostics {
        best: f64::from(best),
        mean,
        spread: (squares / count - mean * mean).max(0.0).sqrt(),
        effective_samples,
        dead_share: dead as f64 / count,
        non_finite,
        longest,
        horizon: problem.horizon,
        particles: u64::from(problem.particles),
        particle_steps: u64::from(problem.particles) * u64::from(problem.horizon),
    }
}
