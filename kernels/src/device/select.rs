//! The elites: selection by digits, most significant first.

use core::cell::Cell;

use super::block::{Block, WARP, prefix_sum};
use super::roll_out::key;
use super::shared::Tile;

const DIGITS: u32 = 256;
/// Digits that each thread of the first warp looks through.
const EACH: u32 = DIGITS / WARP;

/// The key of the last of the `count` futures of lowest cost, among equals those of lowest number.
///
/// Counts how many keys have each value of the leading byte, finds the value at which `count` is reached,
/// and goes on to the next byte among the keys with that value. Begins and ends with all threads in step.
#[inline(always)]
pub fn select(block: &Block, costs: &[Cell<f32>], particles: u32, count: u32) -> u64 {
    let histogram = Tile::<u32>::at(0);
    let found = Tile::<u32>::at(DIGITS * 4);
    let (mut prefix, mut shift, mut wanted) = (0u64, 64, count);
    loop {
        shift -= 8;
        block.sync();
        block.each(DIGITS, |digit| histogram.set(digit, 0));
        block.sync();
        block.each(particles, |particle| {
            let key = key(costs[particle as usize].get(), particle);
            if shift == 56 || key >> (shift + 8) == prefix >> (shift + 8) {
                histogram.add((key >> shift) as u32 % DIGITS, 1);
            }
        });
        block.sync();
        if block.rank < WARP {
            find(block, &histogram, &found, wanted);
        }
        block.sync();
        let (digit, before, here) = (found.get(0), found.get(1), found.get(2));
        prefix |= u64::from(digit) << shift;
        wanted -= before;
        if wanted == here || shift == 0 {
            // All keys with this prefix are among the elites.
            let rest = if shift == 0 { 0 } else { (1 << shift) - 1 };
            block.sync();
            return prefix | rest;
        }
    }
}

/// Finds the digit at which `wanted` keys are reached, how many come before it and how many have it.
#[inline(always)]
fn find(block: &Block, histogram: &Tile<u32>, found: &Tile<u32>, wanted: u32) {
    let mut own = 0;
    let mut place = 0;
    while place < EACH {
        own += histogram.get(block.rank * EACH + place);
        place += 1;
    }
    let through = prefix_sum(own, block.rank);
    let mut before = through - own;
    if before < wanted && wanted <= through {
        let mut digit = block.rank * EACH;
        while before + histogram.get(digit) < wanted {
            before += histogram.get(digit);
            digit += 1;
        }
        found.set(0, digit);
        found.set(1, before);
        found.set(2, histogram.get(digit));
    }
}
