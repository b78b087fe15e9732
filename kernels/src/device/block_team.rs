//! A thread block as the team of a population.

use core::cell::Cell;

use super::block::{Block, HALF, WARP, across, fold_columns, prefix_sum_wide};
use super::shared::Tile;
use crate::lanes::Lanes;
use crate::population::LARGEST;
use crate::resampling::{Systematic, fixed_point};
use crate::team::Team;

// Offsets in shared memory, in bytes: sums, a number found by each warp, counts by each warp; or the cumulative sums of
// the weights.
const SUMS: u32 = 0;
const FOUND: u32 = 64;
const COUNTS: u32 = 192;
const CUMULATIVE: u32 = 0;

/// A population's cumulative sums must fit shared memory.
const _: () = assert!(CUMULATIVE + 8 * LARGEST <= 8192);

/// Sums that the shared memory before [`FOUND`] has room for.
const MOST_SUMS: usize = ((FOUND - SUMS) / 8) as usize;

impl Team for Block {
    #[inline(always)]
    fn rank(&self) -> usize {
        self.rank as usize
    }

    #[inline(always)]
    fn size(&self) -> usize {
        self.size as usize
    }

    #[inline(always)]
    fn sync(&self) {
        Block::sync(self);
    }

    #[inline(always)]
    fn combine(&self, mut value: u32, with: impl Fn(u32, u32) -> u32) -> u32 {
        let mut distance = WARP / 2;
        while distance > 0 {
            value = with(value, across(value, distance));
            distance /= 2;
        }
        let found = Tile::<u32>::at(FOUND);
        Block::sync(self);
        if self.lane() == 0 {
            found.set(self.rank / WARP, value);
        }
        Block::sync(self);
        let mut value = found.get(0);
        let mut warp = 1;
        while warp < self.size / WARP {
            value = with(value, found.get(warp));
            warp += 1;
        }
        value
    }

    #[inline(always)]
    fn sums<L: Lanes, const N: usize>(
        &self,
        _: L::Proof,
        rows: [&[Cell<f32>]; N],
        finish: impl Fn(f64) -> f64,
    ) -> [f64; N] {
        let value = |n: usize, i: usize| {
            // A choice rather than an index, which would put `rows` into memory.
            let mut row = rows[0];
            let mut other = 1;
            while other < N {
                row = if n == other { rows[other] } else { row };
                other += 1;
            }
            f64::from(row[i].get())
        };
        fold(self, rows[0].len(), value, finish)
    }

    #[inline(always)]
    fn sum_and_squares<L: Lanes>(&self, _: L::Proof, row: &[Cell<f32>]) -> [f64; 2] {
        let value = |n: usize, i: usize| {
            let value = f64::from(row[i].get());
            if n == 0 { value } else { value * value }
        };
        fold(self, row.len(), value, |sum| sum)
    }

    #[inline(always)]
    fn sums_of<const N: usize>(
        &self,
        count: usize,
        value: impl Fn(usize, usize) -> f64,
    ) -> [f64; N] {
        fold(self, count, value, |sum| sum)
    }

    #[inline(always)]
    fn compact(&self, count: usize, chosen: impl Fn(usize) -> bool, list: &[Cell<u32>]) -> usize {
        Block::sync(self);
        let (first, end) = share(self, count);
        let mut own = 0;
        let mut i = first;
        while i < end {
            own += u64::from(chosen(i as usize));
            i += 1;
        }
        let (before, total) = scan(self, own);
        let mut place = before as usize;
        let mut i = first;
        while i < end {
            if chosen(i as usize) {
                list[place].set(i);
                place += 1;
            }
            i += 1;
        }
        Block::sync(self);
        total as usize
    }

    #[inline(always)]
    fn resample<L: Lanes>(
        &self,
        _: L::Proof,
        weights: &[Cell<f32>],
        word: u32,
        sources: &[Cell<u32>],
    ) {
        Block::sync(self);
        let (first, end) = share(self, weights.len());
        let weight = |place: u32| u64::from(fixed_point(weights[place as usize].get()));
        let mut own = 0;
        let mut place = first;
        while place < end {
            own += weight(place);
            place += 1;
        }
        let (mut sum, total) = scan(self, own);
        Block::sync(self);
        let cumulative = Tile::<u64>::at(CUMULATIVE);
        let mut place = first;
        while place < end {
            sum += weight(place);
            cumulative.set(place, sum);
            place += 1;
        }
        Block::sync(self);
        let points = Systematic::new(weights.len(), total, word);
        for point in self.places(sources.len(), 1) {
            let mut source = point as u32;
            if point < weights.len() {
                let mut last = weights.len() as u32 - 1;
                source = 0;
                while source < last {
                    let middle = (source + last) / 2;
                    if points.is_below(point, cumulative.get(middle)) {
                        last = middle;
                    } else {
                        source = middle + 1;
                    }
                }
            }
            sources[point].set(source);
        }
        Block::sync(self);
    }
}

/// The sums of `value(n, i)` over all `i`, passed through `finish`, for each `n` by half a warp.
#[inline(always)]
fn fold<const N: usize>(
    block: &Block,
    count: usize,
    value: impl Fn(usize, usize) -> f64,
    finish: impl Fn(f64) -> f64,
) -> [f64; N] {
    const { assert!(N <= MOST_SUMS && MOST_SUMS.is_multiple_of(2)) };
    let shared = Tile::<f64>::at(SUMS);
    block.sync();
    // Both halves of a warp go along, and write, even where one of them has no sum left. A second test of
    // whether it has would let the compiler give each outcome a shuffle of its own.
    let mut first = block.rank / WARP * 2;
    while first < N as u32 {
        let n = first + block.rank / HALF % 2;
        let end = count as u32 * u32::from(n < N as u32);
        let mut column = 0.0;
        let mut i = block.rank % HALF;
        while i < end {
            column += value(n as usize, i as usize);
            i += HALF;
        }
        let sum = finish(fold_columns(column, 1));
        if block.rank.is_multiple_of(HALF) {
            shared.set(n, sum);
        }
        first += block.size / HALF;
    }
    block.sync();
    let mut sums = [0.0; N];
    for n in 0..N {
        sums[n] = shared.get(n as u32);
    }
    sums
}

/// This thread's share of `count` numbers, when each thread has neighbouring ones.
#[inline(always)]
fn share(block: &Block, count: usize) -> (u32, u32) {
    let count = count as u32;
    let each = count.div_ceil(block.size);
    (count.min(block.rank * each), count.min((block.rank + 1) * each))
}

/// An exclusive scan: the sum of `value` over the threads before this one, and that over all.
#[inline(always)]
fn scan(block: &Block, value: u64) -> (u64, u64) {
    let through = prefix_sum_wide(value, block.lane());
    let counts = Tile::<u64>::at(COUNTS);
    if block.lane() == WARP - 1 {
        counts.set(block.rank / WARP, through);
    }
    block.sync();
    let (mut before, mut total) = (through - value, 0);
    let mut warp = 0;
    while warp < block.size / WARP {
        let sum = counts.get(warp);
        before += if warp < block.rank / WARP { sum } else { 0 };
        total += sum;
        warp += 1;
    }
    (before, total)
}
