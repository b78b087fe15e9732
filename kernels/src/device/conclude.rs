//! How an iteration ends: what its futures come to, the plan moved on, the answer.

use core::cell::Cell;

use super::crew::Crew;
use super::fold::fold_all;
use super::site::Site;
use crate::controls::STRATA;
use crate::plan::cem::from_sortable;
use crate::task::{Answer, COST_SUMS};

/// What the futures of an iteration come to, but for `share` and `effective_samples`, which a planner adds; in
/// every thread.
#[inline(always)]
pub fn summary(crew: &Crew, site: &Site<'_>) -> Answer {
    let (rules, tally) = (&site.task.rules, site.tally());
    let row = fold_all(crew, site, site.sums(), COST_SUMS);
    let mut sums = [0.0; STRATA];
    for stratum in 0..STRATA {
        sums[stratum] = row[stratum].get();
    }
    Answer {
        share: 0.0,
        effective_samples: f64::from(rules.particles),
        sums,
        squares: row[STRATA].get(),
        lowest: from_sortable((tally.best.get() >> 32) as u32),
        dead: tally.dead.get(),
        non_finite: tally.non_finite.get(),
        longest: tally.longest.get(),
    }
}

/// Writes the answer after the last iteration; after others, keeps the lowest cost for the next. Ends with all
/// threads in step.
#[inline(always)]
pub fn end_iteration(crew: &Crew, site: &Site<'_>, is_last: bool, answer: Answer) {
    if crew.rank == 0 {
        let tally = site.tally();
        if is_last {
            site.answer().set(answer);
            tally.reset();
        } else {
            tally.clear();
            tally.lowest.set(answer.lowest);
        }
    }
    crew.sync();
}

/// Moves a plan or the like: every place gets what `of` says about the place `ahead` steps later (and the
/// last ones what `last` says), though `of` may read the places themselves.
#[inline(always)]
pub fn renew<T>(
    crew: &Crew,
    places: &[Cell<T>],
    ahead: u32,
    last: impl Fn() -> T,
    of: impl Fn(u32) -> T,
) {
    let count = places.len() as u32;
    let mut first = 0;
    while first < count {
        let place = first + crew.rank;
        let value = if place + ahead < count { of(place + ahead) } else { last() };
        crew.sync();
        if place < count {
            places[place as usize].set(value);
        }
        crew.sync();
        first += crew.size;
    }
}
