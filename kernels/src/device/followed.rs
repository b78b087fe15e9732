//! The improved cross-entropy method: futures of which some follow controls that were kept.

use super::block::{Block, add};
use super::conclude::{end_iteration, summary};
use super::fold::fold_all;
use super::knots::{self, move_plan, write_shares};
use super::place::{Placed, Width};
use super::roll_out::key;
use super::select::select;
use super::shared::Tile;
use super::workspace::Workspace;
use crate::controls::{Controls, Followed, Knots, PowerNoise, Scheme};
use crate::model::Vector;
use crate::planners::cem::refit_knot;
use crate::planners::icem::{step_of, with_kept};
use crate::rng::Stream;
use crate::task::{Answer, WEIGHT_SUMS};

/// The moments of the elites' noise, but for those that follow given controls; see [`knots::moments`].
#[inline(always)]
pub fn moments<W: Width>(block: &Block, workspace: &Workspace<'_>, stream: Stream, iteration: u32) {
    let (noise, given) = (workspace.power_noise(stream), workspace.given(iteration));
    let elite_weight = knots::elite_weight(workspace);
    knots::moments::<W, _, 2>(block, workspace, &noise, |cost, particle| {
        if particle < given { 0.0 } else { elite_weight(cost, particle) }
    });
}

/// The refit of `icem`: as that of `cem`, and keeps the best futures' controls. After the last iteration writes the answer,
/// the first control of the best, and has what was kept begin a step later.
#[inline(always)]
pub fn refit<W: Width>(
    block: &Block,
    workspace: &Workspace<'_>,
    scheme: &Followed<'_, PowerNoise<'_>>,
    iteration: u32,
) {
    let (params, counters) = (&workspace.task.params, workspace.counters());
    let costs = workspace.costs().unwrap_or(&[]);
    let (full, dimensions) = (params.full, params.dimensions);
    let summary = summary(block, workspace);
    let sums =
        &fold_all(block, workspace, workspace.moments(), params.moments())[WEIGHT_SUMS as usize..];
    let threshold = counters.threshold.get();
    let is_last = iteration + 1 == params.iterations;
    let to = 1 - iteration % 2;
    keep::<W>(block, workspace, scheme, to);
    let before = counters.lowest.get();
    let lowest = if summary.lowest < before { summary.lowest } else { before };
    let (elites, least) = (f64::from(params.elites), params.floor * f64::from(full));
    block.each(params.numbers, |number| {
        let [first, second] = [&sums[2 * number as usize], &sums[2 * number as usize + 1]];
        let scale = &workspace.scales()[number as usize];
        let knot = (number / dimensions) as usize;
        let step = step_of(knot, &scheme.knots.interpolant, params.horizon as usize);
        let dimension = (number % dimensions) as usize;
        let at = step * dimensions as usize + dimension;
        let is_elite = |kept: u32| key(costs[kept as usize].get(), kept) <= threshold;
        let difference = |kept: u32| {
            let control = scheme.sequences[(kept * params.plan_len()) as usize + at];
            f64::from(control) - f64::from(scheme.knots.plan[at])
        };
        let moments = [first.get(), second.get()];
        let moments = with_kept(moments, scheme.kept, is_elite, difference);
        let (change, refit) = refit_knot(scale.get(), moments, elites, params.smoothing, least);
        first.set(change);
        scale.set(if is_last { workspace.initial_scales()[dimension] } else { refit });
    });
    block.sync();
    let change = |number: usize| sums[2 * number].get();
    move_plan(block, workspace, full, is_last, change);
    let kept = workspace.kept(to);
    let best = if block.rank < dimensions { kept[block.rank as usize].get() } else { 0.0 };
    block.sync();
    if is_last {
        shift(block, workspace, to);
    }
    end_iteration(
        block,
        workspace,
        is_last,
        Answer { effective_samples: elites, lowest, ..summary },
    );
    write_shares(block, workspace, f64::from(best) / f64::from(full));
}

/// Writes the controls of the best futures, the best first, to half `to` of what is kept. Begins and ends with all threads
/// in step.
#[inline(always)]
fn keep<W: Width>(
    block: &Block,
    workspace: &Workspace<'_>,
    scheme: &Followed<'_, PowerNoise<'_>>,
    to: u32,
) {
    let params = &workspace.task.params;
    let costs = workspace.costs().unwrap_or(&[]);
    let threshold = select(block, costs, params.particles, params.keeps);
    let (keys, counters) = (Tile::<u64>::at(0), workspace.counters());
    block.each(params.particles, |particle| {
        let key = key(costs[particle as usize].get(), particle);
        if key <= threshold {
            keys.set(add(&counters.listed, 1), key);
        }
    });
    block.sync();
    let raw = Knots { thresholded: false, ..scheme.knots };
    let scheme = Followed { knots: raw, ..*scheme };
    let kept = workspace.kept(to);
    block.each(params.keeps, |place| {
        let own = keys.get(place);
        let (mut rank, mut other) = (0, 0);
        while other < params.keeps {
            rank += u32::from(keys.get(other) < own);
            other += 1;
        }
        let particle = own as u32;
        let mut controls = Scheme::<Placed<W>>::controls::<f32>(&scheme, (), particle / 2);
        let (mut step, mut written) = (0, rank * params.plan_len());
        while step < params.horizon {
            if step.is_multiple_of(params.spacing) {
                controls.refill(step / params.spacing);
            }
            let [even, odd] = controls.next(step);
            for dimension in 0..W::Control::<f32>::LEN {
                // As in the scheme.
                if dimension >= W::Control::<f32>::dimensions() {
                    continue;
                }
                let [even, odd] = [even.as_ref()[dimension], odd.as_ref()[dimension]];
                let control = if particle.is_multiple_of(2) { even } else { odd };
                kept[written as usize + dimension].set(control);
            }
            written += params.dimensions;
            step += 1;
        }
    });
    block.sync();
}

/// Has the controls in half `from` of what is kept begin a step later, and puts them where the next decision finds them; the
/// last ones are repeated.
#[inline(always)]
fn shift(block: &Block, workspace: &Workspace<'_>, from: u32) {
    let params = &workspace.task.params;
    let (length, dimensions) = (params.plan_len(), params.dimensions);
    let (from, to) = (workspace.kept(from), workspace.kept(0));
    // A thread for all steps of a number, since both may be the same memory.
    block.each(params.keeps * dimensions, |number| {
        let first = number / dimensions * length + number % dimensions;
        let mut place = 0;
        while place < length {
            let next = if place + dimensions < length { place + dimensions } else { place };
            to[(first + place) as usize].set(from[(first + next) as usize].get());
            place += dimensions;
        }
    });
}
