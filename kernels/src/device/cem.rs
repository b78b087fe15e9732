//! The cross-entropy method for left and right.

use super::conclude::{end_iteration, renew, summary};
use super::crew::{Crew, WARP, add, ballot};
use super::roll_out::key;
use super::select::select;
use super::site::Site;
use crate::controls::{Biased, Controls, Scheme, level};
use crate::plan::cem::{faded, from_sortable, goes_right, refit_probability};
use crate::task::Answer;

/// Binary digits of a probability.
const DIGITS: u32 = 8;

/// Starts from nothing known.
#[inline(always)]
pub fn forget(crew: &Crew, site: &Site<'_>) {
    crew.each(site.task.rules.horizon, |step| site.probabilities()[step as usize].set(0.5));
    crew.sync();
    write_digits(crew, site);
    if crew.rank == 0 {
        site.tally().reset();
    }
    crew.sync();
}

/// Refits the probabilities to the elites; after the last iteration writes the answer, too.
#[inline(always)]
pub fn refit(crew: &Crew, site: &Site<'_>, scheme: &Biased<'_>, iteration: u32) {
    let (rules, tally) = (&site.task.rules, site.tally());
    let summary = summary(crew, site);
    let best = tally.best.get();
    let before = tally.lowest.get();
    let is_best = from_sortable((best >> 32) as u32) < before;
    let lowest = if is_best { summary.lowest } else { before };
    count(crew, site, scheme, if is_best { Some(best as u32) } else { None });

    let voters = rules.elites + 1;
    let right = |step: u32| {
        let word = site.best_words()[(step / 32) as usize].get();
        site.counts()[step as usize].get() + (word >> (31 - step % 32) & 1)
    };
    let best_goes_right = site.best_words()[0].get() >> 31 == 1;
    let goes_right = goes_right(right(0), voters, best_goes_right);
    let refit = |step: u32| {
        let p = site.probabilities()[step as usize].get();
        refit_probability(p, right(step), f64::from(voters), rules.smoothing, rules.floor)
    };
    let is_last = iteration + 1 == rules.iterations;
    if is_last {
        renew(crew, site.probabilities(), 1, || faded(0.5), |step| faded(refit(step)));
    } else {
        renew(crew, site.probabilities(), 0, || 0.5, refit);
    }
    write_digits(crew, site);
    let share = if goes_right { 1.0 } else { -1.0 };
    let effective_samples = f64::from(rules.elites);
    end_iteration(crew, site, is_last, Answer { share, effective_samples, lowest, ..summary });
}

/// Counts how many elites go right at each step, and draws the actions of future `best` again if it is the
/// best of this decision so far. Begins and ends with all threads in step.
#[inline(always)]
fn count(crew: &Crew, site: &Site<'_>, scheme: &Biased<'_>, best: Option<u32>) {
    let (rules, tally) = (&site.task.rules, site.tally());
    let costs = site.costs().unwrap_or(&[]);
    let threshold = select(crew, costs, rules.particles, rules.elites);
    crew.each(rules.particles, |particle| {
        if key(costs[particle as usize].get(), particle) <= threshold {
            site.chosen()[add(&tally.listed, 1) as usize].set(particle);
        }
    });
    crew.each(32 * rules.entries(), |place| site.counts()[place as usize].set(0));
    crew.sync();
    crew.each_warp(rules.elites.div_ceil(WARP), |bundle| {
        let place = bundle * WARP + crew.lane();
        let counts = place < rules.elites;
        let number = if counts { site.chosen()[place as usize].get() } else { 0 };
        let mut controls = scheme.controls::<f32>((), number / 2);
        let mut entry = 0;
        while entry < rules.entries() {
            controls.refill(entry);
            let [even, odd] = controls.words();
            let word = if number % 2 == 0 { even } else { odd };
            let word = if counts { word } else { 0 };
            let (mut step, mut own) = (0, 0);
            while step < 32 {
                let right = ballot(word >> (31 - step) & 1 == 1).count_ones();
                own = if crew.lane() == step { right } else { own };
                step += 1;
            }
            add(&site.counts()[(32 * entry + crew.lane()) as usize], own);
            entry += 1;
        }
    });
    if let Some(best) = best {
        crew.each(rules.entries(), |entry| {
            let mut controls = scheme.controls::<f32>((), best / 2);
            controls.refill(entry);
            let [even, odd] = controls.words();
            site.best_words()[entry as usize].set(if best % 2 == 0 { even } else { odd });
        });
    }
    crew.sync();
}

/// Writes the probabilities' digits as [`crate::controls::digits`] does, a warp for each entry. Ends with all
/// threads in step.
#[inline(always)]
fn write_digits(crew: &Crew, site: &Site<'_>) {
    let rules = &site.task.rules;
    crew.each_warp(rules.entries(), |entry| {
        let step = 32 * entry + crew.lane();
        let level =
            if step < rules.horizon { level(site.probabilities()[step as usize].get()) } else { 0 };
        let (mut digit, mut own) = (0, 0);
        while digit < DIGITS {
            let votes = ballot(level >> digit & 1 == 1).reverse_bits();
            own = if crew.lane() == digit { votes } else { own };
            digit += 1;
        }
        if crew.lane() < DIGITS {
            site.digits()[(entry * DIGITS + crew.lane()) as usize].set(own);
        }
    });
    crew.sync();
}
