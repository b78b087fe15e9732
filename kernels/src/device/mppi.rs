//! Model predictive path integral control.

use super::conclude::{end_iteration, summary};
use super::crew::{Crew, SQUAD};
use super::fold::{fold_all, fold_piece};
use super::knots::{move_plan, sum_weights};
use super::shared::Tile;
use super::site::Site;
use crate::math::exp;
use crate::plan::cem::from_sortable;
use crate::plan::mppi::{TemperatureSearch, better_side};
use crate::rng::Stream;
use crate::rollout::{CHUNK, WORST};
use crate::task::{Answer, WEIGHT_SUMS};
use crate::weigh::WeightSums;

const SIZE: u32 = CHUNK as u32;

/// What a future of a cost weighs, at the temperature in the tally.
#[inline(always)]
pub fn weight(site: &Site<'_>) -> impl Fn(f32, u32) -> f32 {
    let tally = site.tally();
    let lowest = from_sortable((tally.best.get() >> 32) as u32);
    let factor = tally.inverse_temperature.get();
    move |cost, _| exp((), (lowest - cost) * factor)
}

/// Writes the temperature to go by to the tally.
#[inline(always)]
pub fn set_temperature(crew: &Crew, site: &Site<'_>) {
    let rules = &site.task.rules;
    if rules.target_share == 0.0 {
        if crew.rank == 0 {
            site.tally().inverse_temperature.set((1.0 / rules.temperature) as f32);
        }
        crew.sync();
        return;
    }
    let target = rules.target_share * f64::from(rules.particles);
    let mut search = TemperatureSearch::new(rules.temperature, target);
    loop {
        if crew.rank == 0 {
            site.tally().inverse_temperature.set((1.0 / search.now()) as f32);
        }
        crew.sync();
        if search.note(weigh(crew, site).effective_samples()) {
            return;
        }
    }
}

/// The sums over all futures' weights. Begins and ends with all threads in step.
#[inline(always)]
fn weigh(crew: &Crew, site: &Site<'_>) -> WeightSums {
    let rules = &site.task.rules;
    let costs = site.costs().unwrap_or(&[]);
    let weight = weight(site);
    let (squads, squad, pair) = (crew.size / SQUAD, crew.rank / SQUAD, crew.rank % SQUAD);
    let weights = Tile::<f32>::at(squad * SIZE * 4);
    let mut piece = 0;
    while piece < rules.pieces() {
        let (first, chunks) = rules.piece(piece);
        let mut group = 0;
        while group < chunks {
            let busy = group + squad < chunks;
            for side in 0..2 {
                let particle = (first + group + squad) * SIZE + 2 * pair + side;
                let exists = busy && particle < rules.particles;
                let cost = if exists { costs[particle as usize].get() } else { WORST };
                weights.set(2 * pair + side, weight(cost, particle));
            }
            crew.sync();
            let row = if busy { ((group + squad) * WEIGHT_SUMS) as usize } else { 0 };
            sum_weights(site, &weights, pair, row, busy);
            crew.sync();
            group += squads;
        }
        if rules.pieces() > 1 {
            fold_piece(crew, site, site.moments(), WEIGHT_SUMS, piece);
        }
        piece += 1;
    }
    let sums = sums(fold_all(crew, site, site.moments(), WEIGHT_SUMS));
    crew.sync();
    sums
}

#[inline(always)]
fn sums(row: &[core::cell::Cell<f64>]) -> WeightSums {
    WeightSums { sides: [row[0].get(), row[1].get()], squares: row[2].get() }
}

/// Moves the plan by the weighted noise and writes the answer.
#[inline(always)]
pub fn conclude(crew: &Crew, site: &Site<'_>, stream: &Stream, full: f32) {
    let rules = &site.task.rules;
    let summary = summary(crew, site);
    let row = fold_all(crew, site, site.moments(), rules.moments());
    let sums = sums(row);
    let total = sums.sides[0] + sums.sides[1];
    let change = |knot: usize| row[WEIGHT_SUMS as usize + 2 * knot].get() / total;
    let first = move_plan(crew, site, full, true, change);
    let share = if rules.discrete == 0 {
        first
    } else {
        better_side(sums.sides, rules.particles) * f64::from(stream.first_sign())
    };
    let effective_samples = sums.effective_samples();
    end_iteration(crew, site, true, Answer { share, effective_samples, ..summary });
}
