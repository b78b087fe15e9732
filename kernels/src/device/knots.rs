//! Plans with noise at knots: the moments of the noise, and the cross-entropy method that follows them.

use super::block::{Block, HALF, across_wide, fold_columns};
use super::conclude::{end_iteration, renew, summary};
use super::fold::fold_all;
use super::hardware::SHARED_BYTES;
use super::place::Width;
use super::roll_out::key;
use super::select::select;
use super::shared::Tile;
use super::sift::clear_histogram;
use super::workspace::Workspace;
use crate::controls::{Noise, NoiseSource};
use crate::model::Vector;
use crate::planners::cem::refit_knot;
use crate::planners::noise::moved;
use crate::reduce::{COLUMNS, Sums, fold};
use crate::rollout::{CHUNK, WORST};
use crate::task::{Answer, CHUNK_THREADS, WEIGHT_SUMS};

const SIZE: u32 = CHUNK as u32;
/// Half-warps of a chunk's threads.
const HALVES: u32 = CHUNK_THREADS / HALF;
/// Rows of products in shared memory at the same time, a product for each pair: each thread adds up those of a half-warp.
const ROWS: u32 = CHUNK_THREADS / HALVES;
/// A half-warp's products are so far apart, that the threads that add them up read from different banks.
const STRIDE: u32 = HALF + 1;

const _: () = assert!(SIZE * 4 + CHUNK_THREADS * STRIDE * 4 <= SHARED_BYTES);

/// Resets plan, deviations and counters.
#[inline(always)]
pub fn reset(block: &Block, workspace: &Workspace<'_>) {
    let params = &workspace.task.params;
    block.each(params.plan_len(), |place| workspace.plan()[place as usize].set(0.0));
    block.each(params.numbers, |number| {
        let scale = workspace.initial_scales()[(number % params.dimensions) as usize];
        workspace.scales()[number as usize].set(scale);
    });
    clear_histogram(block, workspace);
    if block.rank == 0 {
        workspace.counters().reset();
    }
    block.sync();
}

/// The moments of this block's share of the chunks: sums of the futures' weights, and for every number of the noise the weighted
/// one and where there are two `MOMENTS` its square ([`crate::weigh::knot_moments_chunk`]). `weight` gives the weight of a
/// future of a cost and number. The block has a chunk's threads.
///
/// Threads put their pairs' products into shared memory, and then each adds up those of a half-warp, in the order in which
/// a butterfly of shuffles would: of its four additions in each of 16 threads, 15 are needed.
#[inline(always)]
pub fn moments<W: Width, N: Noise, const MOMENTS: u32>(
    block: &Block,
    workspace: &Workspace<'_>,
    noise: &N,
    weight: impl Fn(f32, u32) -> f32,
) {
    let params = &workspace.task.params;
    let costs = workspace.costs().unwrap_or(&[]);
    let pair = block.rank % CHUNK_THREADS;
    let (weights, products) = (Tile::<f32>::at(0), Tile::<f32>::at(SIZE * 4));
    let ((first_chunk, chunks), width) = (params.batch(workspace.task.batch), params.moments());
    let mut place = block.part;
    // A block has one chunk. Written as a loop all the same, it takes fewer registers.
    while place < chunks {
        let (chunk, row) = (first_chunk + place, place as usize * width as usize);
        let own = |side: u32| {
            let particle = chunk * SIZE + 2 * pair + side;
            let exists = particle < params.particles;
            weight(if exists { costs[particle as usize].get() } else { WORST }, particle)
        };
        let (even, odd) = (own(0), own(1));
        weights.set(2 * pair, even);
        weights.set(2 * pair + 1, odd);
        block.sync();
        sum_weights(workspace, &weights, pair, row, true);
        let (difference, total) = (even - odd, even + odd);
        let pair_number = chunk * CHUNK_THREADS + pair;
        let (kept, stride) = workspace.kept_noise(pair_number);
        let mut source = noise.source::<f32, W::Control<f32>>((), pair_number);
        let (mut first, mut dimension) = (0, 0);
        while first < params.numbers {
            let count = (params.numbers - first).min(ROWS / MOMENTS);
            let put = |place: u32, value: f32| {
                let at = |moment: u32| {
                    ((place * MOMENTS + moment) * HALVES + pair / HALF) * STRIDE + pair % HALF
                };
                products.set(at(0), difference * value);
                if MOMENTS > 1 {
                    products.set(at(1), total * (value * value));
                }
            };
            if kept == 0 {
                for place in 0..count {
                    put(place, source.next_number(dimension));
                    dimension += 1;
                    if dimension == W::Control::<f32>::dimensions() {
                        dimension = 0;
                    }
                }
            } else {
                // All are on their way before the first is there.
                let mut values = [0.0; ROWS as usize];
                for place in 0..ROWS / MOMENTS {
                    let number = u64::from((first + place).min(params.numbers - 1));
                    // SAFETY: the roll-out has written so many numbers for each pair, before this launch.
                    values[place as usize] = unsafe { *((kept + number * stride) as *const f32) };
                }
                for place in 0..ROWS / MOMENTS {
                    if place < count {
                        put(place, values[place as usize]);
                    }
                }
            }
            block.sync();
            let is_there = pair / HALVES < count * MOMENTS;
            let sum = if is_there { half_sum(&products, pair * STRIDE) } else { 0.0 };
            let mut whole = 0.0 + sum;
            for half in 1..HALVES {
                whole += f64::from_bits(across_wide(sum.to_bits(), half));
            }
            if is_there && pair.is_multiple_of(HALVES) {
                let number = WEIGHT_SUMS + first * MOMENTS + pair / HALVES;
                workspace.moments()[row + number as usize].set(whole);
            }
            block.sync();
            first += ROWS / MOMENTS;
        }
        place += block.parts;
    }
}

/// The sum of a half-warp's 16 values, in the order of [`fold`].
#[inline(always)]
fn half_sum(values: &Tile<f32>, first: u32) -> f64 {
    let mut columns = [0.0; COLUMNS];
    for i in 0..COLUMNS {
        columns[i] = f64::from(values.get(first + i as u32));
    }
    fold(columns)
}

/// The sums of a chunk's weights, in the order of [`crate::weigh::weigh_chunk`].
#[inline(always)]
pub fn sum_weights(
    workspace: &Workspace<'_>,
    weights: &Tile<f32>,
    pair: u32,
    row: usize,
    busy: bool,
) {
    if pair >= 2 * HALF {
        return;
    }
    let column = pair % HALF;
    let mut sums = Sums::<1>::new();
    let mut place = column;
    while place < SIZE {
        sums.add(0, weights.get(place));
        place += HALF;
    }
    let (sum, squares) = (fold_columns(sums.values[0], 2), fold_columns(sums.squares[0], 1));
    if busy && pair < 2 {
        workspace.moments()[row + pair as usize].set(sum);
        if pair == 0 {
            workspace.moments()[row + 2].set(squares);
        }
    }
}

/// Selects the elites: writes the key of the last one to the counters.
#[inline(always)]
pub fn choose(block: &Block, workspace: &Workspace<'_>) {
    let params = &workspace.task.params;
    // One alone is known already.
    let threshold = if params.elites == 1 {
        workspace.counters().best.get()
    } else {
        select(block, workspace.costs().unwrap_or(&[]), params.particles, params.elites)
    };
    if block.rank == 0 {
        workspace.counters().threshold.set(threshold);
    }
    block.sync();
}

/// The weights of `cem`: 1 for the elites, 0 for all others.
#[inline(always)]
pub fn elite_weight(workspace: &Workspace<'_>) -> impl Fn(f32, u32) -> f32 {
    let (threshold, particles) =
        (workspace.counters().threshold.get(), workspace.task.params.particles);
    move |cost, particle| {
        if particle < particles && key(cost, particle) <= threshold { 1.0 } else { 0.0 }
    }
}

/// The refit of `cem`: moves the plan to the elites' mean and the deviations to theirs; after the last iteration writes
/// the answer, too.
#[inline(always)]
pub fn refit(block: &Block, workspace: &Workspace<'_>, full: f32, iteration: u32) {
    let params = &workspace.task.params;
    let summary = summary(block, workspace);
    let sums =
        &fold_all(block, workspace, workspace.moments(), params.moments())[WEIGHT_SUMS as usize..];
    let before = workspace.counters().lowest.get();
    let lowest = if summary.lowest < before { summary.lowest } else { before };
    let is_last = iteration + 1 == params.iterations;
    let (elites, least) = (f64::from(params.elites), params.floor * f64::from(full));
    block.each(params.numbers, |number| {
        let [first, second] = [&sums[2 * number as usize], &sums[2 * number as usize + 1]];
        let scale = &workspace.scales()[number as usize];
        let moments = [first.get(), second.get()];
        let (change, refit) = refit_knot(scale.get(), moments, elites, params.smoothing, least);
        first.set(change);
        let dimension = (number % params.dimensions) as usize;
        scale.set(if is_last { workspace.initial_scales()[dimension] } else { refit });
    });
    block.sync();
    let change = |number: usize| sums[2 * number].get();
    let share = move_plan(block, workspace, full, is_last, change);
    // Of a plan that is the best future, no other has a say: all were compared.
    let effective_samples = if params.anchored != 0 { f64::from(params.particles) } else { elites };
    let answer = Answer { effective_samples, lowest, ..summary };
    end_iteration(block, workspace, is_last, answer);
    write_shares(block, workspace, share);
}

/// Moves the plan by `change`, `[knots][D]`, and by a step into the future where `shift`; returns the moved plan's
/// first control as a share of the full one, in each of the first threads the one of a dimension.
#[inline(always)]
pub fn move_plan(
    block: &Block,
    workspace: &Workspace<'_>,
    full: f32,
    shift: bool,
    change: impl Fn(usize) -> f64,
) -> f64 {
    let (plan, interpolant) = (workspace.plan(), workspace.interpolant());
    let dimensions = workspace.task.params.dimensions;
    let is_score = workspace.task.params.choices > 0;
    let of = |place: u32| {
        let (step, dimension) = ((place / dimensions) as usize, place % dimensions);
        let change = |knot: usize| change(knot * dimensions as usize + dimension as usize);
        moved(plan[place as usize].get(), &interpolant, step, change, full, is_score)
    };
    let own = if block.rank < dimensions { of(block.rank) } else { 0.0 };
    block.sync();
    let is_short = workspace.task.params.horizon == 1;
    // Beyond the end, the last control is repeated.
    let last = |place| if is_short { 0.0 } else { of(place) };
    renew(block, plan, if shift { dimensions } else { 0 }, last, of);
    f64::from(own) / f64::from(full)
}

/// Writes the answer's shares, of which each of the first threads has one. Begins and ends with all threads in step.
#[inline(always)]
pub fn write_shares(block: &Block, workspace: &Workspace<'_>, share: f64) {
    if block.rank < workspace.task.params.dimensions {
        workspace.shares()[block.rank as usize].set(share);
    }
    block.sync();
}
