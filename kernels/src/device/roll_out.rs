//! Rolling out chunks, a squad of threads for each.

use core::cell::Cell;

use super::crew::{
    Crew, HALF, SQUAD, WARP, add, combine_half, fold_columns, lower, lowest_of_half, raise,
};
use super::shared::Tile;
use super::site::Site;
use crate::controls::{STRATA, Scheme};
use crate::model::Model;
use crate::plan::cem::sortable;
use crate::reduce::COLUMNS;
use crate::rollout::{CHUNK, Extremes, Sums, WORST, rollout_pairs};
use crate::task::COST_SUMS;

const SIZE: u32 = CHUNK as u32;

/// Rolls out this block's share of the futures: costs, where they are kept, and sums over each chunk go to
/// the decision's memory, the rest to its tally.
#[inline(always)]
pub fn roll_out<M: Model, S: Scheme>(
    crew: &Crew,
    site: &Site<'_>,
    model: &M,
    scheme: &S,
    state: &[f32; 4],
) {
    let rules = &site.task.rules;
    let (constants, start) = (model.constants::<f32>(()), model.start::<f32>((), state));
    let (squads, squad, pair) = (crew.size / SQUAD, crew.rank / SQUAD, crew.rank % SQUAD);
    let costs = Tile::<f32>::at(0);
    let lifetimes = Tile::<f32>::at(squads * SIZE * 4);
    let (first, chunks) = rules.piece(site.task.piece);
    let mut group = crew.part * squads;
    while group < chunks {
        if group + squad < chunks {
            let particle = (first + group + squad) * SIZE + 2 * pair;
            let mut sides = [[WORST, 0.0]; 2];
            if particle < rules.particles {
                let controls = scheme.controls::<f32>((), particle / 2);
                sides = rollout_pairs((), model, &constants, start, rules.horizon, [controls])[0];
                if particle + 1 == rules.particles {
                    sides[1][0] = WORST;
                }
            }
            for side in 0..2 {
                let place = squad * SIZE + 2 * pair + side;
                costs.set(place, sides[side as usize][0]);
                lifetimes.set(place, sides[side as usize][1]);
                if let Some(kept) = site.costs() {
                    kept[(particle + side) as usize].set(sides[side as usize][0]);
                }
            }
        }
        crew.sync();
        if crew.rank / WARP * WARP < squads * HALF {
            let row = group + crew.rank / HALF;
            let summed = Summed { costs, lifetimes, place: crew.rank / HALF * SIZE, row };
            let busy = crew.rank < squads * HALF && row < chunks;
            sum_up(crew, site, &summed, first + row, busy);
        }
        crew.sync();
        group += squads * crew.parts;
    }
}

/// Where the costs and lifetimes of a chunk are.
struct Summed {
    costs: Tile<f32>,
    lifetimes: Tile<f32>,
    place: u32,
    /// Where the sums go.
    row: u32,
}

/// Sums up a chunk, by half a warp with a column in each thread.
#[inline(always)]
fn sum_up(crew: &Crew, site: &Site<'_>, summed: &Summed, chunk: u32, busy: bool) {
    let rules = &site.task.rules;
    let column = crew.rank % HALF;
    let (mut sums, mut extremes) = (Sums::<1>::new(), Extremes::<f32>::new(()));
    let mut best = u64::MAX;
    let mut row = 0;
    while busy && row < SIZE / COLUMNS as u32 {
        let place = row * COLUMNS as u32 + column;
        let particle = chunk * SIZE + place;
        if particle < rules.particles {
            let cost = summed.costs.get(summed.place + place);
            let lifetime = summed.lifetimes.get(summed.place + place);
            sums.note(0, cost);
            extremes.note((), [cost, lifetime], rules.horizon as f32);
            let key = key(cost, particle);
            best = if key < best { key } else { best };
        }
        row += 1;
    }
    let sum = fold_columns(sums.costs[0], STRATA as u32);
    let squares = fold_columns(sums.squares[0], 1);
    let best = lowest_of_half(best);
    let dead = combine_half(extremes.dead as u32, |a, b| a + b);
    let non_finite = combine_half(extremes.non_finite as u32, |a, b| a + b);
    let longest = combine_half(extremes.longest as u32, |a, b| if a > b { a } else { b });
    if !busy {
        return;
    }
    let row = &site.sums()[(summed.row * COST_SUMS) as usize..];
    if column < STRATA as u32 {
        row[column as usize].set(sum);
    }
    if column == 0 {
        row[STRATA].set(squares);
        let tally = site.tally();
        lower(&tally.best, best);
        raise(&tally.longest, longest);
        add_some(&tally.dead, dead);
        add_some(&tally.non_finite, non_finite);
    }
}

#[inline(always)]
fn add_some(to: &Cell<u32>, value: u32) {
    if value > 0 {
        add(to, value);
    }
}

/// What sorts futures by cost, then by number.
#[inline(always)]
pub fn key(cost: f32, particle: u32) -> u64 {
    u64::from(sortable(cost)) << 32 | u64::from(particle)
}
