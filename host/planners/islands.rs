//! Populations that do not interact: one for each thread to take.

use std::cell::Cell;
use std::sync::Mutex;

use particle_pilot_kernels::controls::{STRATA, stratum_levels};
use particle_pilot_kernels::lanes::LaneWork;
use particle_pilot_kernels::lanes::Lanes;
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::planners::islands::reduce_stats;
use particle_pilot_kernels::population::Stop as _;
use particle_pilot_kernels::population::{
    Population, PopulationSpec, PopulationStats, Split, Strategy,
};
use particle_pilot_kernels::team::Single;

use super::fmc;
use super::planner::{Request, Swarm, dimensions};
use crate::control_vector::ControlVector;
use crate::decision::Diagnostics;
use crate::settings::{ActionKind, PilotConfig, PlannerKind};

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
    pub fn new<M: LaneModel>(particles: u32, groups: u32) -> Self {
        let split = Split::new(particles, groups);
        let island = |index: u32| {
            let (first, count) = split.island(index);
            let [floats, integers] = Population::memory(M::DIM, count as usize);
            let (floats, integers) = (vec![0.0; floats], vec![0; integers]);
            Mutex::new(Island { first, count, outcome: None, floats, integers })
        };
        Self { islands: (0..split.islands).map(island).collect() }
    }

    /// The bytes that takes.
    pub fn memory<M: LaneModel>(particles: u32, groups: u32) -> u64 {
        let split = Split::new(particles, groups);
        let [floats, integers] = Population::memory(M::DIM, split.largest() as usize);
        let island = size_of::<Mutex<Island<T>>>() + 4 * (floats + integers);
        u64::from(split.islands) * island as u64
    }

    /// Runs every island, on all threads, with the strategy that `strategy` makes for the island of
    /// a number, whose first particle has the other number.
    pub fn run<M: LaneModel, S: Strategy<Output = T>>(
        &mut self,
        swarm: &Swarm<M>,
        request: &Request<'_>,
        spec: &PopulationSpec<'_, M>,
        strategy: impl Fn(usize, u32) -> S + Sync,
    ) -> impl Iterator<Item = T> {
        request.pool.for_each(self.islands.len(), |index| {
            let mut island = self.islands[index].lock().expect("no thread panics with an island");
            let Island { first, count, outcome, floats, integers } = &mut *island;
            if outcome.is_some() && request.is_stopped() {
                return; // nobody asks whether it still says what it said last
            }
            let floats = Cell::from_mut(floats.as_mut_slice()).as_slice_of_cells();
            let integers = Cell::from_mut(integers.as_mut_slice()).as_slice_of_cells();
            let mut population = Population::new(M::DIM, *count as usize, floats, integers);
            let strategy = strategy(index, *first);
            *outcome = Some(swarm.simd.run(Run { strategy, spec, population: &mut population }));
        });
        self.islands
            .iter_mut()
            .filter_map(|island| island.get_mut().expect("no thread panics with an island").outcome)
    }
}

struct Run<'a, 'p, M, S> {
    strategy: S,
    spec: &'a PopulationSpec<'a, M>,
    population: &'a mut Population<'p>,
}

impl<M: LaneModel, S: Strategy> LaneWork for Run<'_, '_, M, S> {
    type Output = S::Output;

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> S::Output {
        self.strategy.run::<M, L, Single>(proof, Single, self.spec, self.population)
    }
}

/// How many first actions there are: two, eight levels, or one for each of several choices.
pub(crate) fn strata(choices: u32, continuous: bool) -> usize {
    match choices {
        0 if continuous => STRATA,
        0 => 2,
        choices => choices as usize,
    }
}

/// The populations of `config`'s planner, one that has such.
pub(crate) fn split(config: &PilotConfig, choices: u32) -> Split {
    let groups = match config.planner {
        PlannerKind::Fmc => fmc::GROUPS,
        _ => strata(choices, config.action == ActionKind::Continuous) as u32,
    };
    Split::new(config.particles, groups)
}

/// The shares of several dimensions, given what `share` says of one whose levels of strata it is given.
pub(crate) fn shares<M: LaneModel>(
    spec: &PopulationSpec<'_, M>,
    share: impl Fn(&[f32; STRATA]) -> f64,
) -> ControlVector {
    let mut shares = ControlVector::zeros(dimensions::<M>());
    for (dimension, to) in shares.iter_mut().enumerate() {
        *to = share(&stratum_levels(&spec.stream, dimension, spec.choices));
    }
    shares
}

/// The specification of all populations of a decision.
pub(crate) fn spec<'a, M: LaneModel>(
    swarm: &'a Swarm<M>,
    request: &'a Request<'a>,
    continuous: bool,
) -> PopulationSpec<'a, M> {
    PopulationSpec {
        model: &swarm.model,
        state: request.state,
        surroundings: request.surroundings,
        horizon: swarm.horizon,
        stream: request.stream(0),
        continuous,
        strata: strata(swarm.model.choices(), continuous),
        choices: swarm.model.choices(),
        stop: Some(request),
    }
}

/// The diagnostics that follow from the statistics of all `islands` populations, and the sums of two more
/// numbers that `of` gives along with them. The first of these is the number of effective samples.
pub(crate) fn diagnose<M>(
    swarm: &Swarm<M>,
    islands: usize,
    of: impl Fn(usize) -> (PopulationStats, [f64; 2]),
) -> (Diagnostics, [f64; 2]) {
    let (stats, sums) = reduce_stats(Single, islands, of);
    let count = f64::from(swarm.particles);
    let mean = stats.sum / count;
    let diagnostics = Diagnostics {
        best: f64::from(stats.best),
        mean,
        spread: (stats.squares / count - mean * mean).max(0.0).sqrt(),
        effective_samples: sums[0],
        dead_share: f64::from(stats.dead) / count,
        non_finite: u64::from(stats.non_finite),
        longest: stats.longest,
        horizon: swarm.horizon,
        particles: u64::from(swarm.particles),
        particle_steps: u64::from(swarm.particles) * u64::from(swarm.horizon),
    };
    (diagnostics, sums)
}
