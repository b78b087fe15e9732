//! The cross-entropy method for left and right.

use super::block::{Block, WARP, add, ballot};
use super::conclude::{end_iteration, every, renew, summary};
use super::hardware::sync_warp;
use super::roll_out::key;
use super::select::select;
use super::shared::Tile;
use super::sift::clear_histogram;
use super::workspace::Workspace;
use crate::controls::{Biased, level};
use crate::planners::cem::{faded, goes_right, refit_probability};
use crate::reduce::from_sortable;
use crate::task::{Answer, SHARE};

/// Binary digits of a probability.
const DIGITS: u32 = 8;

/// Resets probabilities and counters.
#[inline(always)]
pub fn reset(block: &Block, workspace: &Workspace<'_>) {
    block.each(workspace.task.params.horizon, |step| {
        workspace.probabilities()[step as usize].set(0.5)
    });
    clear_counts(block, workspace);
    clear_histogram(block, workspace);
    block.sync();
    write_digits(block, workspace);
    if block.rank == 0 {
        workspace.counters().reset();
    }
    block.sync();
}

/// Refits the probabilities to the elites; after the last iteration writes the answer, too. If they are `COUNTED`, by
/// [`count_share`], leaves the counts at zero.
#[inline(always)]
pub fn refit<const COUNTED: bool>(
    block: &Block,
    workspace: &Workspace<'_>,
    scheme: &Biased<'_>,
    iteration: u32,
) {
    let (params, counters) = (&workspace.task.params, workspace.counters());
    let summary = summary(block, workspace);
    let best = counters.best.get();
    let before = counters.lowest.get();
    let is_best = from_sortable((best >> 32) as u32) < before;
    let lowest = if is_best { summary.lowest } else { before };
    if !COUNTED {
        count(block, workspace, scheme);
    }
    if is_best {
        draw_best(block, workspace, scheme, best as u32);
    }
    block.sync();

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
    if COUNTED {
        clear_counts(block, workspace);
    }
    let share = if goes_right { 1.0 } else { -1.0 };
    let effective_samples = f64::from(params.elites);
    end_iteration(
        block,
        workspace,
        is_last,
        Answer { shares: every(share), effective_samples, lowest, ..summary },
    );
}

/// Counts how many elites go right at each step. Begins with all threads in step.
#[inline(always)]
fn count(block: &Block, workspace: &Workspace<'_>, scheme: &Biased<'_>) {
    let (params, counters) = (&workspace.task.params, workspace.counters());
    let costs = workspace.costs().unwrap_or(&[]);
    let threshold = select(block, costs, params.particles, params.elites);
    block.each(params.particles, |particle| {
        if key(costs[particle as usize].get(), particle) <= threshold {
            workspace.chosen()[add(&counters.listed, 1) as usize].set(particle);
        }
    });
    clear_counts(block, workspace);
    block.sync();
    block.each_warp(params.elites.div_ceil(WARP), |bundle| {
        let place = bundle * WARP + block.lane();
        let counts = place < params.elites;
        let number = if counts { workspace.chosen()[place as usize].get() } else { 0 };
        count_bundle(block, workspace, scheme, if counts { Some(number) } else { None });
    });
}

/// Adds to the counts what the elites among this block's share of the futures do, as one of many blocks of whole warps.
///
/// Each warp lists those in its part of the share, so that it can draw the actions of 32 at a time.
#[inline(always)]
pub fn count_share(block: &Block, workspace: &Workspace<'_>, scheme: &Biased<'_>) {
    let params = &workspace.task.params;
    let costs = workspace.costs().unwrap_or(&[]);
    let threshold = workspace.counters().threshold.get();
    let (lane, part) = (block.lane(), SHARE / (block.size / WARP));
    let begin = block.rank / WARP * part;
    let list = Tile::<u32>::at(begin * 4);
    let (mut listed, mut place) = (0, lane);
    while place < part {
        let particle = block.part * SHARE + begin + place;
        let is_elite = particle < params.particles
            && key(costs[particle as usize].get(), particle) <= threshold;
        let votes = ballot(is_elite);
        if is_elite {
            list.set(listed + (votes & ((1 << lane) - 1)).count_ones(), particle);
        }
        listed += votes.count_ones();
        place += WARP;
    }
    sync_warp();
    let mut first = 0;
    while first < listed {
        let place = first + lane;
        let number = if place < listed { Some(list.get(place)) } else { None };
        count_bundle(block, workspace, scheme, number);
        first += WARP;
    }
}

/// Adds to the counts what 32 elites do, one of each thread of a warp, of which some may have none.
#[inline(always)]
fn count_bundle(block: &Block, workspace: &Workspace<'_>, scheme: &Biased<'_>, elite: Option<u32>) {
    let number = elite.unwrap_or(0);
    let mut controls = scheme.sides::<f32>((), number / 2);
    let mut entry = 0;
    while entry < workspace.task.params.entries() {
        controls.draw(entry);
        let [even, odd] = controls.words();
        let word = if number.is_multiple_of(2) { even } else { odd };
        let word = if elite.is_some() { word } else { 0 };
        let (mut step, mut own) = (0, 0);
        while step < 32 {
            let right = ballot(word >> (31 - step) & 1 == 1).count_ones();
            own = if block.lane() == step { right } else { own };
            step += 1;
        }
        add(&workspace.counts()[(32 * entry + block.lane()) as usize], own);
        entry += 1;
    }
}

#[inline(always)]
fn clear_counts(block: &Block, workspace: &Workspace<'_>) {
    let entries = workspace.task.params.entries();
    block.each(32 * entries, |place| workspace.counts()[place as usize].set(0));
}

/// Draws the actions of future `best` again.
#[inline(always)]
fn draw_best(block: &Block, workspace: &Workspace<'_>, scheme: &Biased<'_>, best: u32) {
    block.each(workspace.task.params.entries(), |entry| {
        let mut controls = scheme.sides::<f32>((), best / 2);
        controls.draw(entry);
        let [even, odd] = controls.words();
        workspace.best_words()[entry as usize].set(if best.is_multiple_of(2) { even } else { odd });
    });
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
