//! The end of an iteration: the reduction of its futures, the plan moved on, the answer.

use core::cell::Cell;

use super::block::Block;
use super::fold::fold_all;
use super::workspace::Workspace;
use crate::controls::STRATA;
use crate::reduce::from_sortable;
use crate::task::{Answer, COST_SUMS, MOST_DIMENSIONS};

/// The reduction of an iteration's futures to an answer, but for `shares` and `effective_samples`, which a planner
/// adds; in every thread.
#[inline(always)]
pub fn summary(block: &Block, workspace: &Workspace<'_>) -> Answer {
    let (params, counters) = (&workspace.task.params, workspace.counters());
    let row = fold_all(block, workspace, workspace.sums(), COST_SUMS);
    let mut sums = [0.0; STRATA];
    for stratum in 0..STRATA {
        sums[stratum] = row[stratum].get();
    }
    Answer {
        shares: every(0.0),
        effective_samples: f64::from(params.particles),
        sums,
        squares: row[STRATA].get(),
        lowest: from_sortable((counters.best.get() >> 32) as u32),
        dead: counters.dead.get(),
        non_finite: counters.non_finite.get(),
        longest: counters.longest.get(),
    }
}

/// The same share in every dimension.
#[inline(always)]
pub fn every(share: f64) -> [f64; MOST_DIMENSIONS] {
    [share; MOST_DIMENSIONS]
}

/// Writes the answer after the last iteration; after others, keeps the lowest cost for the next. Ends with all
/// threads in step.
#[inline(always)]
pub fn end_iteration(block: &Block, workspace: &Workspace<'_>, is_last: bool, answer: Answer) {
    if block.rank == 0 {
        let counters = workspace.counters();
        if is_last {
            workspace.answer().set(answer);
            counters.reset();
        } else {
            counters.clear();
            counters.lowest.set(answer.lowest);
        }
    }
    block.sync();
}

/// Shifts a plan or the like: every place gets `of` of the place `ahead` later (and the last ones `last` of themselves),
/// though `of` may read the places themselves.
#[inline(always)]
pub fn renew<T>(
    block: &Block,
    places: &[Cell<T>],
    ahead: u32,
    last: impl Fn(u32) -> T,
    of: impl Fn(u32) -> T,
) {
    let count = places.len() as u32;
    let mut first = 0;
    while first < count {
        let place = first + block.rank;
        let value =
            if place + ahead < count { of(place + ahead) } else { last(place.min(count - 1)) };
        block.sync();
        if place < count {
            places[place as usize].set(value);
        }
        block.sync();
        first += block.size;
    }
}
