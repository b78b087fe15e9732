//! The elites of many futures: selection by digits as in [`super::select`], by many blocks.
//!
//! A launch for each digit. Every block counts the digits of its share of the keys in its shared memory and adds them to the
//! decision's histogram; the last one to come finds the digit at which the elites are reached, and leaves the histogram at zero.

use super::block::{Block, WARP, add, ballot, exchange, prefix_sum};
use super::hardware::{fence, shuffle_up};
use super::roll_out::key;
use super::shared::Tile;
use super::workspace::Workspace;
use crate::task::{SHARE, SIFTED};

/// Binary digits that a launch looks at.
const DIGITS: u32 = SIFTED.ilog2();
/// The most threads of a block, each of which looks through some of the digits in the end.
const THREADS: u32 = 256;
const EACH: u32 = SIFTED / THREADS;

/// Sets the histogram to zero, where there is one.
#[inline(always)]
pub fn clear_histogram(block: &Block, workspace: &Workspace<'_>) {
    let histogram = workspace.histogram();
    block.each(histogram.len() as u32, |digit| histogram[digit as usize].set(0));
}

/// Finds the next digit of the key of the last elite; with the last digit that is needed, writes the key to the counters.
/// The block has [`THREADS`] threads.
#[inline(always)]
pub fn sift(block: &Block, workspace: &Workspace<'_>) {
    let (params, counters) = (&workspace.task.params, workspace.counters());
    let costs = workspace.costs().unwrap_or(&[]);
    let (prefix, above) = (counters.prefix.get(), counters.shift.get());
    if above == 0 {
        return;
    }
    // After the cost comes the number, which begins with zeros.
    let number_digits = u32::BITS - (params.particles - 1).leading_zeros();
    let above = if above == u32::BITS { number_digits } else { above };
    let least = if above > u32::BITS { u32::BITS } else { 0 };
    let shift = if above >= least + DIGITS { above - DIGITS } else { least };
    let mask = (1u32 << (above - shift)) - 1;
    // By two shifts, as one of 64 binary digits is none.
    let is_candidate = |key: u64| key >> (above - 1) >> 1 == prefix >> (above - 1) >> 1;

    let histogram = Tile::<u32>::at(0);
    block.each(SIFTED, |digit| histogram.set(digit, 0));
    block.sync();
    let first = block.part * SHARE;
    let mut round = 0;
    while round < SHARE {
        let particle = first + round + block.rank;
        let exists = particle < params.particles;
        let key = key(if exists { costs[particle as usize].get() } else { 0.0 }, particle);
        let (counts, digit) = (exists && is_candidate(key), (key >> shift) as u32 & mask);
        // Most keys of a warp may have the same digit, that of the first: counted at once.
        let common = shuffle_up(digit, block.lane());
        let votes = ballot(counts && digit == common);
        if block.lane() == 0 && votes != 0 {
            histogram.add(digit, votes.count_ones());
        }
        if counts && digit != common {
            histogram.add(digit, 1);
        }
        round += block.size;
    }
    block.sync();
    block.each(SIFTED, |digit| {
        let count = histogram.get(digit);
        if count > 0 {
            add(&workspace.histogram()[digit as usize], count);
        }
    });
    if is_last(block, workspace) {
        find(block, workspace, prefix, shift, [above, params.elites]);
    }
}

/// Whether this block is the last one of its row to come here, in all its threads; it then sees what the others have added.
#[inline(always)]
fn is_last(block: &Block, workspace: &Workspace<'_>) -> bool {
    let told = Tile::<u32>::at(0);
    // All threads have added before the first one says so, and the fence has other blocks see it in this order.
    block.sync();
    if block.rank == 0 {
        fence();
        let finished = &workspace.counters().finished;
        let is_last = add(finished, 1) == block.parts - 1;
        if is_last {
            exchange(finished, 0);
        }
        fence();
        told.set(0, is_last.into());
    }
    block.sync();
    told.get(0) == 1
}

/// Finds the digit at which the elites are reached, in a block that has come last.
#[inline(always)]
fn find(
    block: &Block,
    workspace: &Workspace<'_>,
    prefix: u64,
    shift: u32,
    [above, elites]: [u32; 2],
) {
    let counters = workspace.counters();
    let wanted = if above == u64::BITS { elites } else { counters.wanted.get() };
    let (mut counts, mut own) = ([0; EACH as usize], 0);
    for i in 0..EACH {
        let place = (block.rank * EACH + i) as usize;
        // Atomically, so that it is not from a cache of this multiprocessor.
        counts[i as usize] = exchange(&workspace.histogram()[place], 0);
        own += counts[i as usize];
    }
    let warps = Tile::<u32>::at(8);
    let through = prefix_sum(own, block.lane());
    if block.lane() == WARP - 1 {
        warps.set(block.rank / WARP, through);
    }
    block.sync();
    let mut before = through - own;
    for warp in 0..THREADS / WARP {
        if warp < block.rank / WARP {
            before += warps.get(warp);
        }
    }
    if before < wanted && wanted <= before + own {
        let (mut digit, mut here, mut is_found) = (block.rank * EACH, 0, false);
        for i in 0..EACH as usize {
            is_found = is_found || before + counts[i] >= wanted;
            here = if is_found && here == 0 { counts[i] } else { here };
            before += if is_found { 0 } else { counts[i] };
            digit += if is_found { 0 } else { 1 };
        }
        let prefix = prefix | u64::from(digit) << shift;
        counters.prefix.set(prefix);
        counters.wanted.set(wanted - before);
        if shift == 0 || before + here == wanted {
            // All keys with this prefix are among the elites, and later launches have nothing to do.
            counters.threshold.set(prefix | ((1 << shift) - 1));
            counters.shift.set(0);
        } else {
            counters.shift.set(shift);
        }
    }
}
