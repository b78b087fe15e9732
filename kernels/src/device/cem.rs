//! The cross-entropy method for left and right.

use super::block::{Block, WARP, add, ballot};
use super::conclude::{end_iteration, every, renew, summary};
use super::roll_out::key;
use super::select::select;
use super::workspace::Workspace;
use crate::controls::{Biased, level};
use crate::planners::cem::{faded, goes_right, refit_probability};
use crate::reduce::from_sortable;
use crate::task::Answer;

/// Binary digits of a probability.
const DIGITS: u32 = 8;

/// Resets probabilities and counters.
#[inline(always)]
pub fn reset(block: &Block, workspace: &Workspace<'_>) {
    block.each(workspace.task.params.horizon, |step| {
        workspace.probabilities()[step as usize].set(0.5)
    });
    block.sync();
    write_digits(block, workspace);
    if block.rank == 0 {
        workspace.counters().reset();
    }
    block.sync();
}

/// Refits the probabilities to the elites; after the last iteration writes the answer, too.
#[inline(always)]
pub fn refit(block: &Block, workspace: &Workspace<'_>, scheme: &Biased<'_>, iteration: u32) {
    let (params, counters) = (&workspace.task.params, workspace.counters());
    let summary = summary(block, workspace);
    let best = counters.best.get();
    let before = counters.lowest.get();
    let is_best = from_sortable((best >> 32) as u32) < before;
    let lowest = if is_best { summary.lowest } else { before };
    count(block, workspace, scheme, if is_best { Some(best as u32) } else { None });

    let voters = params.elites + 1;
    let right = |step: u32| {
        let word = workspace.best_words()[(step / 32) as usize].get();
        workspace.counts()[step as usize].get() + (word >> (31 - step % 32) & 1)
    };
    let best_goes_right = workspace.best_words()[0].get() >> 31 == 1;
    let goes_right = goes_right(right(0), voters, best_goes_right);
    let refit = |step: u32| {
        let p = workspace.probabilities()[step as usize].get();
        refit_probability(p, right(step), f64::from(voters), params.smoothing, params.floor)
    };
    let is_last = iteration + 1 == params.iterations;
    if is_last {
        renew(block, workspace.probabilities(), 1, |_| faded(0.5), |step| faded(refit(step)));
    } else {
        renew(block, workspace.probabilities(), 0, |_| 0.5, refit);
    }
    write_digits(block, workspace);
    let share = if goes_right { 1.0 } else { -1.0 };
    let effective_samples = f64::from(params.elites);
    end_iteration(
        block,
        workspace,
        is_last,
        Answer { shares: every(share), effective_samples, lowest, ..summary },
    );
}

/// Counts how many elites go right at each step, and draws the actions of future `best` again if it is the
/// best of this decision so far. Begins and ends with all threads in step.
#[inline(always)]
fn count(block: &Block, workspace: &Workspace<'_>, scheme: &Biased<'_>, best: Option<u32>) {
    let (params, counters) = (&workspace.task.params, workspace.counters());
    let costs = workspace.costs().unwrap_or(&[]);
    let threshold = select(block, costs, params.particles, params.elites);
    block.each(params.particles, |particle| {
        if key(costs[particle as usize].get(), particle) <= threshold {
            workspace.chosen()[add(&counters.listed, 1) as usize].set(particle);
        }
    });
    block.each(32 * params.entries(), |place| workspace.counts()[place as usize].set(0));
    block.sync();
    block.each_warp(params.elites.div_ceil(WARP), |bundle| {
        let place = bundle * WARP + block.lane();
        let counts = place < params.elites;
        let number = if counts { workspace.chosen()[place as usize].get() } else { 0 };
        let mut controls = scheme.sides::<f32>((), number / 2);
        let mut entry = 0;
        while entry < params.entries() {
            controls.draw(entry);
            let [even, odd] = controls.words();
            let word = if number % 2 == 0 { even } else { odd };
            let word = if counts { word } else { 0 };
            let (mut step, mut own) = (0, 0);
            while step < 32 {
                let right = ballot(word >> (31 - step) & 1 == 1).count_ones();
                own = if block.lane() == step { right } else { own };
                step += 1;
            }
            add(&workspace.counts()[(32 * entry + block.lane()) as usize], own);
            entry += 1;
        }
    });
    if let Some(best) = best {
        block.each(params.entries(), |entry| {
            let mut controls = scheme.sides::<f32>((), best / 2);
            controls.draw(entry);
            let [even, odd] = controls.words();
            workspace.best_words()[entry as usize].set(if best % 2 == 0 { even } else { odd });
        });
    }
    block.sync();
}

/// Writes the probabilities' digits as [`crate::controls::digits`] does, a warp for each entry. Ends with all
/// threads in step.
#[inline(always)]
fn write_digits(block: &Block, workspace: &Workspace<'_>) {
    let params = &workspace.task.params;
    block.each_warp(params.entries(), |entry| {
        let step = 32 * entry + block.lane();
        let level = if step < params.horizon {
            level(workspace.probabilities()[step as usize].get())
        } else {
            0
        };
        let (mut digit, mut own) = (0, 0);
        while digit < DIGITS {
            let votes = ballot(level >> digit & 1 == 1).reverse_bits();
            own = if block.lane() == digit { votes } else { own };
            digit += 1;
        }
        if block.lane() < DIGITS {
            workspace.digits()[(entry * DIGITS + block.lane()) as usize].set(own);
        }
    });
    block.sync();
}
