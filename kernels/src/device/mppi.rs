//! Model predictive path integral control.

use super::block::Block;
use super::conclude::{end_iteration, summary};
use super::fold::{fold_all, fold_batch};
use super::knots::{move_plan, sum_weights, write_shares};
use super::shared::Tile;
use super::workspace::Workspace;
use crate::math::exp;
use crate::planners::mppi::{TemperatureSearch, better_side};
use crate::reduce::from_sortable;
use crate::rng::Stream;
use crate::rollout::{CHUNK, WORST};
use crate::task::{Answer, WEIGHT_SUMS};
use crate::weigh::WeightSums;

const SIZE: u32 = CHUNK as u32;

/// The weight of a future of a cost, at the temperature in the counters.
#[inline(always)]
pub fn weight(workspace: &Workspace<'_>) -> impl Fn(f32, u32) -> f32 {
    let counters = workspace.counters();
    let lowest = from_sortable((counters.best.get() >> 32) as u32);
    let factor = counters.inverse_temperature.get();
    move |cost, _| exp((), (lowest - cost) * factor)
}

/// Writes the temperature to the counters: the fixed one, or the one whose effective sample size is the target.
#[inline(always)]
pub fn set_temperature(block: &Block, workspace: &Workspace<'_>) {
    let params = &workspace.task.params;
    if params.target_share == 0.0 {
        if block.rank == 0 {
            workspace.counters().inverse_temperature.set((1.0 / params.temperature) as f32);
        }
        block.sync();
        return;
    }
    let target = params.target_share * f64::from(params.particles);
    let mut search = TemperatureSearch::new(params.temperature, target);
    loop {
        if block.rank == 0 {
            workspace.counters().inverse_temperature.set((1.0 / search.now()) as f32);
        }
        block.sync();
        if search.note(weigh(block, workspace).effective_samples()) {
            return;
        }
    }
}

/// The sums over all futures' weights. Begins and ends with all threads in step.
#[inline(always)]
fn weigh(block: &Block, workspace: &Workspace<'_>) -> WeightSums {
    let params = &workspace.task.params;
    let costs = workspace.costs().unwrap_or(&[]);
    let weight = weight(workspace);
    let (slots, slot, pair) = block.slots();
    let weights = Tile::<f32>::at(slot * SIZE * 4);
    let mut batch = 0;
    while batch < params.batches() {
        let (first, chunks) = params.batch(batch);
        let mut group = 0;
        while group < chunks {
            let busy = group + slot < chunks;
            for side in 0..2 {
                let particle = (first + group + slot) * SIZE + 2 * pair + side;
                let exists = busy && particle < params.particles;
                let cost = if exists { costs[particle as usize].get() } else { WORST };
                weights.set(2 * pair + side, weight(cost, particle));
            }
            block.sync();
            let row = if busy { ((group + slot) * WEIGHT_SUMS) as usize } else { 0 };
            sum_weights(workspace, &weights, pair, row, busy);
            block.sync();
            group += slots;
        }
        if params.batches() > 1 {
            fold_batch(block, workspace, workspace.moments(), WEIGHT_SUMS, batch);
        }
        batch += 1;
    }
    let sums = sums(fold_all(block, workspace, workspace.moments(), WEIGHT_SUMS));
    block.sync();
    sums
}

#[inline(always)]
fn sums(row: &[core::cell::Cell<f64>]) -> WeightSums {
    WeightSums { sides: [row[0].get(), row[1].get()], squares: row[2].get() }
}

/// Moves the plan by the weighted noise and writes the answer.
#[inline(always)]
pub fn conclude(block: &Block, workspace: &Workspace<'_>, stream: &Stream, full: f32) {
    let params = &workspace.task.params;
    let summary = summary(block, workspace);
    let row = fold_all(block, workspace, workspace.moments(), params.moments());
    let sums = sums(row);
    let total = sums.sides[0] + sums.sides[1];
    let change = |number: usize| row[WEIGHT_SUMS as usize + number].get() / total;
    let first = move_plan(block, workspace, full, true, change);
    let share = if params.discrete == 0 {
        first
    } else {
        better_side(sums.sides, params.particles) * f64::from(stream.first_sign())
    };
    let effective_samples = sums.effective_samples();
    end_iteration(block, workspace, true, Answer { effective_samples, ..summary });
    write_shares(block, workspace, share);
}
