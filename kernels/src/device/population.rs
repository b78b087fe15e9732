//! Populations, a block of threads for each; `smc` and `fmc`.

use super::crew::Crew;
use super::episode::{Planner, Question};
use super::fleet::Fleet;
use super::site::Site;
use crate::controls::STRATA;
use crate::model::Model;
use crate::plan;
use crate::plan::islands::reduce_stats;
use crate::population::{
    Fmc, FmcOutput, Population, PopulationSpec, PopulationStats, Smc, SmcOutput, Strategy,
};
use crate::rng::Stream;
use crate::task::{Answer, Rules};

/// A [`Strategy`] with what a GPU needs besides: its parameters from a task's, and the decision that follows.
pub trait IslandStrategy: Strategy {
    /// The strategy of island `index`, whose first particle has the number `first`.
    fn of(rules: &Rules, index: u32, first: u32) -> Self;

    /// Reduces the islands' outputs to the answer. Begins and ends with all threads in step.
    fn conclude(crew: &Crew, site: &Site<'_>, stream: &Stream, full: f32);
}

impl IslandStrategy for Smc {
    #[inline(always)]
    fn of(rules: &Rules, index: u32, first: u32) -> Self {
        let stratum = (index % rules.strata) as usize;
        Self { inverse_temperature: rules.inverse_temperature, stratum, first }
    }

    #[inline(always)]
    fn conclude(crew: &Crew, site: &Site<'_>, stream: &Stream, _: f32) {
        let rules = &site.task.rules;
        let outputs = site.outputs::<SmcOutput>();
        let (stats, [effective_samples, _]) = reduce_stats(*crew, outputs.len(), |island| {
            let output = outputs[island].get();
            (output.stats, [output.effective_samples, 0.0])
        });
        let log_evidence = |island: usize| outputs[island].get().log_evidence;
        let (strata, continuous) = (rules.strata as usize, rules.discrete == 0);
        let share = plan::smc::share(*crew, outputs.len(), log_evidence, strata, continuous)
            * f64::from(stream.first_sign());
        answer(crew, site, share, effective_samples, &stats);
    }
}

impl IslandStrategy for Fmc {
    #[inline(always)]
    fn of(rules: &Rules, _: u32, first: u32) -> Self {
        Self { balance: rules.balance, first }
    }

    #[inline(always)]
    fn conclude(crew: &Crew, site: &Site<'_>, _: &Stream, full: f32) {
        let rules = &site.task.rules;
        let outputs = site.outputs::<FmcOutput>();
        let (stats, [living, votes]) = reduce_stats(*crew, outputs.len(), |island| {
            let output = outputs[island].get();
            (output.stats, [f64::from(output.living), output.votes])
        });
        let of = |island: usize| outputs[island].get();
        let first = plan::fmc::best_first(*crew, outputs.len(), of, stats.best);
        let share = plan::fmc::share(votes, rules.particles, full, first, rules.discrete == 0);
        answer(crew, site, share, living, &stats);
    }
}

#[inline(always)]
fn answer(
    crew: &Crew,
    site: &Site<'_>,
    share: f64,
    effective_samples: f64,
    stats: &PopulationStats,
) {
    if crew.rank == 0 {
        let mut sums = [0.0; STRATA];
        sums[0] = stats.sum;
        site.answer().set(Answer {
            share,
            effective_samples,
            sums,
            squares: stats.squares,
            lowest: stats.best,
            dead: stats.dead,
            non_finite: stats.non_finite,
            longest: stats.longest,
        });
    }
    crew.sync();
}

/// Runs this block's share of the islands, one after the other in the memory that is this block's.
#[inline(always)]
pub fn run_islands<S: IslandStrategy, M: Model>(
    crew: &Crew,
    site: &Site<'_>,
    model: &M,
    state: &[f32; 4],
    stream: Stream,
) {
    let rules = &site.task.rules;
    let mut index = crew.part;
    while index < rules.islands {
        let spec = PopulationSpec {
            model,
            state,
            horizon: rules.horizon,
            stream,
            continuous: rules.discrete == 0,
            strata: rules.strata as usize,
            stop: None,
        };
        run::<S, M>(crew, site, &spec, index);
        index += crew.parts;
    }
}

/// Runs island `index`. Begins and ends with all threads in step.
#[inline(always)]
fn run<S: IslandStrategy, M: Model>(
    crew: &Crew,
    site: &Site<'_>,
    spec: &PopulationSpec<'_, M>,
    index: u32,
) {
    let rules = &site.task.rules;
    let split = rules.split();
    let (first, count) = split.island(index);
    let memory = Population::memory::<M>(split.largest() as usize);
    let (floats, integers) = site.population(crew.part, memory);
    let mut population = Population::new::<M>(count as usize, floats, integers);
    let strategy = S::of(rules, index, first);
    let output = strategy.run::<M, f32, Crew>((), *crew, spec, &mut population);
    if crew.rank == 0 {
        site.outputs()[index as usize].set(output);
    }
    crew.sync();
}

/// The planner of whole episodes whose islands go by `S`.
pub struct Islands<S>(core::marker::PhantomData<S>);

impl<S: IslandStrategy> Planner for Islands<S> {
    #[inline(always)]
    fn forget(_: &Crew, _: &Site<'_>) {}

    #[inline(always)]
    fn decide<M: Model>(fleet: &Fleet<'_>, site: &Site<'_>, model: &M, question: &Question) {
        let stream = Stream::new(question.seed, question.decision, 0);
        run_islands::<S, M>(&fleet.crew, site, model, &question.state, stream);
        fleet.meet();
        if fleet.leads() {
            S::conclude(&fleet.crew, site, &stream, model.full_control());
        }
    }
}
