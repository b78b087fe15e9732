//! Populations, a block of threads for each; `smc` and `fmc`.

use super::crew::Crew;
use super::episode::{Planner, Question};
use super::fleet::Fleet;
use super::site::Site;
use crate::controls::STRATA;
use crate::model::Model;
use crate::plan;
use crate::plan::islands::unite;
use crate::population::{Fmc, FmcOutcome, Population, Remains, Smc, SmcOutcome, Strategy, Swarm};
use crate::rng::Stream;
use crate::task::{Answer, Rules};

/// What the populations of a planner do, and what follows from it.
pub trait Voters {
    /// What one of them does.
    type Strategy: Strategy;

    /// What island `index` does, whose first particle has the number `first`.
    fn strategy(rules: &Rules, index: u32, first: u32) -> Self::Strategy;

    /// Writes the answer. Begins and ends with all threads in step.
    fn conclude(crew: &Crew, site: &Site<'_>, stream: &Stream, full: f32);
}

/// Sequential Monte Carlo.
pub struct Evidence;

impl Voters for Evidence {
    type Strategy = Smc;

    #[inline(always)]
    fn strategy(rules: &Rules, index: u32, first: u32) -> Smc {
        let stratum = (index % rules.strata) as usize;
        Smc { inverse_temperature: rules.inverse_temperature, stratum, first }
    }

    #[inline(always)]
    fn conclude(crew: &Crew, site: &Site<'_>, stream: &Stream, _: f32) {
        let rules = &site.task.rules;
        let outcomes = site.outcomes::<SmcOutcome>();
        let (remains, [effective_samples, _]) = unite(*crew, outcomes.len(), |island| {
            let outcome = outcomes[island].get();
            (outcome.remains, [outcome.effective_samples, 0.0])
        });
        let log_evidence = |island: usize| outcomes[island].get().log_evidence;
        let (strata, continuous) = (rules.strata as usize, rules.discrete == 0);
        let share = plan::smc::share(*crew, outcomes.len(), log_evidence, strata, continuous)
            * f64::from(stream.first_sign());
        answer(crew, site, share, effective_samples, &remains);
    }
}

/// Fractal Monte Carlo.
pub struct Votes;

impl Voters for Votes {
    type Strategy = Fmc;

    #[inline(always)]
    fn strategy(rules: &Rules, _: u32, first: u32) -> Fmc {
        Fmc { balance: rules.balance, first }
    }

    #[inline(always)]
    fn conclude(crew: &Crew, site: &Site<'_>, _: &Stream, full: f32) {
        let rules = &site.task.rules;
        let outcomes = site.outcomes::<FmcOutcome>();
        let (remains, [living, votes]) = unite(*crew, outcomes.len(), |island| {
            let outcome = outcomes[island].get();
            (outcome.remains, [f64::from(outcome.living), outcome.votes])
        });
        let of = |island: usize| outcomes[island].get();
        let first = plan::fmc::best_first(*crew, outcomes.len(), of, remains.best);
        let share = plan::fmc::share(votes, rules.particles, full, first, rules.discrete == 0);
        answer(crew, site, share, living, &remains);
    }
}

#[inline(always)]
fn answer(crew: &Crew, site: &Site<'_>, share: f64, effective_samples: f64, remains: &Remains) {
    if crew.rank == 0 {
        let mut sums = [0.0; STRATA];
        sums[0] = remains.sum;
        site.answer().set(Answer {
            share,
            effective_samples,
            sums,
            squares: remains.squares,
            lowest: remains.best,
            dead: remains.dead,
            non_finite: remains.non_finite,
            longest: remains.longest,
        });
    }
    crew.sync();
}

/// Runs this block's share of the islands, one after the other in the memory that is this block's.
#[inline(always)]
pub fn run_islands<V: Voters, M: Model>(
    crew: &Crew,
    site: &Site<'_>,
    model: &M,
    state: &[f32; 4],
    stream: Stream,
) {
    let rules = &site.task.rules;
    let mut index = crew.part;
    while index < rules.islands {
        let swarm = Swarm {
            model,
            state,
            horizon: rules.horizon,
            stream,
            continuous: rules.discrete == 0,
            strata: rules.strata as usize,
            stop: None,
        };
        run::<V, M>(crew, site, &swarm, index);
        index += crew.parts;
    }
}

/// Runs island `index`. Begins and ends with all threads in step.
#[inline(always)]
fn run<V: Voters, M: Model>(crew: &Crew, site: &Site<'_>, swarm: &Swarm<'_, M>, index: u32) {
    let rules = &site.task.rules;
    let split = rules.split();
    let (first, count) = split.island(index);
    let memory = Population::memory::<M>(split.largest() as usize);
    let (floats, integers) = site.population(crew.part, memory);
    let mut population = Population::new::<M>(count as usize, floats, integers);
    let strategy = V::strategy(rules, index, first);
    let outcome = strategy.run::<M, f32, Crew>((), *crew, swarm, &mut population);
    if crew.rank == 0 {
        site.outcomes()[index as usize].set(outcome);
    }
    crew.sync();
}

/// A planner for whole episodes.
pub struct Islands<V>(core::marker::PhantomData<V>);

impl<V: Voters> Planner for Islands<V> {
    #[inline(always)]
    fn forget(_: &Crew, _: &Site<'_>) {}

    #[inline(always)]
    fn decide<M: Model>(fleet: &Fleet<'_>, site: &Site<'_>, model: &M, question: &Question) {
        let stream = Stream::new(question.seed, question.decision, 0);
        run_islands::<V, M>(&fleet.crew, site, model, &question.state, stream);
        fleet.meet();
        if fleet.leads() {
            V::conclude(&fleet.crew, site, &stream, model.full_control());
        }
    }
}
