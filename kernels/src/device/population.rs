//! Populations, a block of threads for each; `smc` and `fmc`.

use super::block::Block;
use super::workspace::Workspace;
use crate::controls::{STRATA, stratum_levels};
use crate::model::Surroundings;
use crate::planners;
use crate::planners::islands::reduce_stats;
use crate::plant::Plant;
use crate::population::{
    Fmc, FmcOutput, Population, PopulationSpec, PopulationStats, Smc, SmcOutput, Strategy,
};
use crate::rng::Stream;
use crate::task::{Answer, MOST_DIMENSIONS, PlannerParams};

/// A [`Strategy`] with what a GPU needs besides: its parameters from a task's, and the decision that follows.
pub trait IslandStrategy: Strategy {
    /// The strategy of island `index`, whose first particle has the number `first`.
    fn of(params: &PlannerParams, index: u32, first: u32) -> Self;

    /// Reduces the islands' outputs to the answer. Begins and ends with all threads in step.
    fn conclude(block: &Block, workspace: &Workspace<'_>, stream: &Stream, full: f32);
}

impl IslandStrategy for Smc {
    #[inline(always)]
    fn of(params: &PlannerParams, index: u32, first: u32) -> Self {
        let stratum = (index % params.strata) as usize;
        Self { inverse_temperature: params.inverse_temperature, stratum, first }
    }

    #[inline(always)]
    fn conclude(block: &Block, workspace: &Workspace<'_>, stream: &Stream, _: f32) {
        let params = &workspace.task.params;
        let outputs = workspace.outputs::<SmcOutput>();
        let (stats, [effective_samples, _]) = reduce_stats(*block, outputs.len(), |island| {
            let output = outputs[island].get();
            (output.stats, [output.effective_samples, 0.0])
        });
        let log_evidence = |island: usize| outputs[island].get().log_evidence;
        let (strata, continuous) = (params.strata as usize, params.discrete == 0);
        let mut shares = [0.0; MOST_DIMENSIONS];
        if params.dimensions == 1 {
            let share =
                planners::smc::share(*block, outputs.len(), log_evidence, strata, continuous);
            shares[0] = share * f64::from(stream.first_sign());
        } else {
            let means = planners::smc::mean_evidence(*block, outputs.len(), log_evidence, strata);
            shares =
                each_dimension(params, stream, |levels| planners::smc::share_of(&means, levels));
        }
        answer(block, workspace, shares, effective_samples, &stats);
    }
}

/// What `share` says of each dimension, given the levels of strata.
#[inline(always)]
fn each_dimension(
    params: &PlannerParams,
    stream: &Stream,
    share: impl Fn(&[f32; STRATA]) -> f64,
) -> [f64; MOST_DIMENSIONS] {
    let mut shares = [0.0; MOST_DIMENSIONS];
    for dimension in 0..params.dimensions as usize {
        let share = share(&stratum_levels(stream, dimension, params.choices));
        // An index that is not known beforehand would put the shares into memory.
        for i in 0..MOST_DIMENSIONS {
            shares[i] = if i == dimension { share } else { shares[i] };
        }
    }
    shares
}

impl IslandStrategy for Fmc {
    #[inline(always)]
    fn of(params: &PlannerParams, _: u32, first: u32) -> Self {
        Self { balance: params.balance, first }
    }

    #[inline(always)]
    fn conclude(block: &Block, workspace: &Workspace<'_>, stream: &Stream, full: f32) {
        let params = &workspace.task.params;
        let outputs = workspace.outputs::<FmcOutput>();
        let (stats, [living, votes]) = reduce_stats(*block, outputs.len(), |island| {
            let output = outputs[island].get();
            (output.stats, [f64::from(output.living), output.votes])
        });
        let of = |island: usize| outputs[island].get();
        let first = planners::fmc::best_first(*block, outputs.len(), of, stats.best);
        let mut shares = [0.0; MOST_DIMENSIONS];
        if params.dimensions == 1 {
            let continuous = params.discrete == 0;
            shares[0] = planners::fmc::share(votes, params.particles, full, first, continuous);
        } else {
            let votes = planners::fmc::votes(*block, outputs.len(), of);
            let choices = params.choices > 0;
            shares = each_dimension(params, stream, |levels| {
                planners::fmc::share_of(&votes, first as usize, choices, levels)
            });
        }
        answer(block, workspace, shares, living, &stats);
    }
}

#[inline(always)]
fn answer(
    block: &Block,
    workspace: &Workspace<'_>,
    shares: [f64; MOST_DIMENSIONS],
    effective_samples: f64,
    stats: &PopulationStats,
) {
    if block.rank == 0 {
        let mut sums = [0.0; STRATA];
        sums[0] = stats.sum;
        workspace.answer().set(Answer {
            shares,
            effective_samples,
            sums,
            squares: stats.squares,
            lowest: stats.best,
            dead: stats.dead,
            non_finite: stats.non_finite,
            longest: stats.longest,
        });
    }
    block.sync();
}

/// Runs this block's share of the islands, one after the other in the memory that is this block's.
#[inline(always)]
pub fn run_islands<S: IslandStrategy, P: Plant>(
    block: &Block,
    workspace: &Workspace<'_>,
    plant: &P,
    stream: Stream,
) {
    let params = &workspace.task.params;
    let mut index = block.part;
    while index < params.islands {
        let spec = PopulationSpec {
            model: plant,
            state: &[],
            surroundings: Surroundings::default(),
            horizon: params.horizon,
            stream,
            continuous: params.discrete == 0,
            strata: params.strata as usize,
            choices: params.choices,
            stop: None,
        };
        run::<S, P>(block, workspace, &spec, index);
        index += block.parts;
    }
}

/// Runs island `index`. Begins and ends with all threads in step.
#[inline(always)]
fn run<S: IslandStrategy, P: Plant>(
    block: &Block,
    workspace: &Workspace<'_>,
    spec: &PopulationSpec<'_, P>,
    index: u32,
) {
    let params = &workspace.task.params;
    let split = params.split();
    let (first, count) = split.island(index);
    let state_len = params.state_len as usize;
    let memory = Population::memory(state_len, split.largest() as usize);
    let (floats, integers) = workspace.population(block.part, memory);
    let mut population = Population::new(state_len, count as usize, floats, integers);
    let strategy = S::of(params, index, first);
    let output = strategy.run::<P, f32, Block>((), *block, spec, &mut population);
    if block.rank == 0 {
        workspace.outputs()[index as usize].set(output);
    }
    block.sync();
}
