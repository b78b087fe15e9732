//! Rollouts, [`CHUNK_THREADS`](crate::task::CHUNK_THREADS) threads for each chunk.

use core::cell::Cell;

use super::block::{
    Block, HALF, WARP, add, combine_half, fold_columns, lower, lowest_of_half, raise,
};
use super::shared::Tile;
use super::workspace::Workspace;
use crate::controls::{STRATA, Scheme};
use crate::model::Surroundings;
use crate::plant::Plant;
use crate::reduce::{COLUMNS, Sums, sortable};
use crate::rollout::{CHUNK, Extremes, WORST, rollout_pairs};
use crate::task::{CHUNK_THREADS, COST_SUMS};

const SIZE: u32 = CHUNK as u32;

/// The number of the pair that this thread rolls out.
#[inline(always)]
pub fn own_pair(block: &Block, workspace: &Workspace<'_>) -> u32 {
    (workspace.task.params.batch(workspace.task.batch).0 + block.part) * CHUNK_THREADS + block.rank
}

/// Rolls out this block's chunk of a batch: costs, where they are kept, and sums over the chunk go to the workspace, the
/// rest to the counters.
#[inline(always)]
pub fn roll_out<P: Plant, S: Scheme<P>>(
    block: &Block,
    workspace: &Workspace<'_>,
    plant: &P,
    scheme: &S,
) {
    let params = &workspace.task.params;
    let setup = plant.setup::<f32>((), &[], Surroundings::default());
    let chunk = params.batch(workspace.task.batch).0 + block.part;
    let pair = own_pair(block, workspace);
    let particle = 2 * pair;
    // Pairs behind the last one go along: whoever weighs the noise finds that of whole chunks.
    let controls = scheme.controls::<f32>((), pair);
    let mut sides = rollout_pairs::<P, f32, _, 1>(&setup, params.horizon, [controls])[0];
    for side in 0..2 {
        if particle + side as u32 >= params.particles {
            sides[side] = [WORST, 0.0];
        }
    }
    let (costs, lifetimes) = (Tile::<f32>::at(0), Tile::<f32>::at(SIZE * 4));
    for side in 0..2 {
        let place = 2 * block.rank + side;
        costs.set(place, sides[side as usize][0]);
        lifetimes.set(place, sides[side as usize][1]);
        if let Some(kept) = workspace.costs() {
            kept[(particle + side) as usize].set(sides[side as usize][0]);
        }
    }
    block.sync();
    if block.rank < WARP {
        sum_up(block, workspace, [costs, lifetimes], chunk);
    }
}

/// Sums up the costs and lifetimes of a chunk in shared memory, by half a warp with a column in each thread; the other half goes
/// along.
#[inline(always)]
fn sum_up(
    block: &Block,
    workspace: &Workspace<'_>,
    [costs, lifetimes]: [Tile<f32>; 2],
    chunk: u32,
) {
    let params = &workspace.task.params;
    let column = block.rank % HALF;
    let (mut sums, mut extremes) = (Sums::<1>::new(), Extremes::<f32>::new(()));
    let mut best = u64::MAX;
    let mut row = 0;
    while row < SIZE / COLUMNS as u32 {
        let place = row * COLUMNS as u32 + column;
        let particle = chunk * SIZE + place;
        if particle < params.particles {
            let (cost, lifetime) = (costs.get(place), lifetimes.get(place));
            sums.add(0, cost);
            extremes.note((), [cost, lifetime], params.horizon as f32);
            let key = key(cost, particle);
            best = if key < best { key } else { best };
        }
        row += 1;
    }
    let sum = fold_columns(sums.values[0], STRATA as u32);
    let squares = fold_columns(sums.squares[0], 1);
    let best = lowest_of_half(best);
    let dead = combine_half(extremes.dead as u32, |a, b| a + b);
    let non_finite = combine_half(extremes.non_finite as u32, |a, b| a + b);
    let longest = combine_half(extremes.longest as u32, |a, b| if a > b { a } else { b });
    let row = &workspace.sums()[(block.part * COST_SUMS) as usize..];
    if block.rank < STRATA as u32 {
        row[block.rank as usize].set(sum);
    }
    if block.rank == 0 {
        row[STRATA].set(squares);
        let counters = workspace.counters();
        lower(&counters.best, best);
        raise(&counters.longest, longest);
        add_some(&counters.dead, dead);
        add_some(&counters.non_finite, non_finite);
    }
}

#[inline(always)]
fn add_some(to: &Cell<u32>, value: u32) {
    if value > 0 {
        add(to, value);
    }
}

/// A sort key: futures by cost, then by number.
#[inline(always)]
pub fn key(cost: f32, particle: u32) -> u64 {
    u64::from(sortable(cost)) << 32 | u64::from(particle)
}
