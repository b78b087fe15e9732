//! Plans with noise at knots: the moments of the noise, and the cross-entropy method that follows them.

use super::conclude::{end_iteration, renew, summary};
use super::crew::{Crew, HALF, SQUAD, fold_columns};
use super::fold::fold_all;
use super::roll_out::key;
use super::select::select;
use super::shared::Tile;
use super::site::Site;
use crate::controls::{KnotNoise, KnotSource};
use crate::plan::cem::refit_knot;
use crate::plan::noise::moved;
use crate::rollout::{CHUNK, WORST};
use crate::task::{Answer, WEIGHT_SUMS};

const SIZE: u32 = CHUNK as u32;
/// Half-warps of a squad.
const HALVES: u32 = SQUAD / HALF;
/// Knots whose sums are in shared memory at a time.
const BATCH: u32 = 16;
/// Bytes of shared memory for each squad: weights, then sums by half-warp, knot and moment.
const SQUAD_BYTES: u32 = SIZE * 4 + HALVES * BATCH * 2 * 8;

/// Starts from nothing known.
#[inline(always)]
pub fn forget(crew: &Crew, site: &Site<'_>) {
    let rules = &site.task.rules;
    crew.each(rules.horizon, |step| site.plan()[step as usize].set(0.0));
    crew.each(rules.knots, |knot| site.scales()[knot as usize].set(rules.initial_scale));
    if crew.rank == 0 {
        site.tally().reset();
    }
    crew.sync();
}

/// For this block's share of the chunks, sums of the futures' weights, and for every knot of the weighted
/// noise and of its square ([`crate::weigh::knot_moments_chunk`]). `weight` says what a future of a cost
/// and number weighs.
#[inline(always)]
pub fn moments(
    crew: &Crew,
    site: &Site<'_>,
    noise: &KnotNoise<'_>,
    weight: impl Fn(f32, u32) -> f32,
) {
    let rules = &site.task.rules;
    let costs = site.costs().unwrap_or(&[]);
    let (squads, squad, pair) = (crew.size / SQUAD, crew.rank / SQUAD, crew.rank % SQUAD);
    let weights = Tile::<f32>::at(squad * SQUAD_BYTES);
    let partial = Tile::<f64>::at(squad * SQUAD_BYTES + SIZE * 4);
    let ((first_chunk, chunks), width) = (rules.piece(site.task.piece), rules.moments());
    let mut group = crew.part * squads;
    while group < chunks {
        // Squads without a chunk go along, for the warps' sake, and write nothing.
        let (place, busy) = (group + squad, group + squad < chunks);
        let (chunk, row) =
            (first_chunk + place, if busy { place as usize * width as usize } else { 0 });
        let own = |side: u32| {
            let particle = chunk * SIZE + 2 * pair + side;
            let exists = particle < rules.particles;
            weight(if exists { costs[particle as usize].get() } else { WORST }, particle)
        };
        let (even, odd) = if busy { (own(0), own(1)) } else { (0.0, 0.0) };
        weights.set(2 * pair, even);
        weights.set(2 * pair + 1, odd);
        crew.sync();
        sum_weights(site, &weights, pair, row, busy);
        let (difference, total) = (even - odd, even + odd);
        let mut source = KnotSource::<f32>::new(noise, (), chunk * SQUAD + pair);
        let mut first = 0;
        while first < rules.knots {
            let mut place = 0;
            while place < BATCH && first + place < rules.knots {
                let value = source.next_knot();
                let square = value * value;
                let sums = [
                    fold_columns(0.0 + f64::from(difference * value), 1),
                    fold_columns(0.0 + f64::from(total * square), 1),
                ];
                if pair % HALF == 0 {
                    let at = (pair / HALF * BATCH + place) * 2;
                    partial.set(at, sums[0]);
                    partial.set(at + 1, sums[1]);
                }
                place += 1;
            }
            crew.sync();
            if busy && pair < 2 * place {
                let mut sum = 0.0;
                let mut half = 0;
                while half < HALVES {
                    sum += partial.get(half * BATCH * 2 + pair);
                    half += 1;
                }
                site.moments()[row + (WEIGHT_SUMS + 2 * first + pair) as usize].set(sum);
            }
            crew.sync();
            first += BATCH;
        }
        group += squads * crew.parts;
    }
}

/// The sums of a chunk's weights, in the order of [`crate::weigh::weigh_chunk`].
#[inline(always)]
pub fn sum_weights(site: &Site<'_>, weights: &Tile<f32>, pair: u32, row: usize, busy: bool) {
    if pair >= 2 * HALF {
        return;
    }
    let column = pair % HALF;
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut place = column;
    while place < SIZE {
        let weight = f64::from(weights.get(place));
        sum += weight;
        squares += weight * weight;
        place += HALF;
    }
    let (sum, squares) = (fold_columns(sum, 2), fold_columns(squares, 1));
    if busy && pair < 2 {
        site.moments()[row + pair as usize].set(sum);
        if pair == 0 {
            site.moments()[row + 2].set(squares);
        }
    }
}

/// Finds the elites.
#[inline(always)]
pub fn choose(crew: &Crew, site: &Site<'_>) {
    let rules = &site.task.rules;
    let threshold = select(crew, site.costs().unwrap_or(&[]), rules.particles, rules.elites);
    if crew.rank == 0 {
        site.tally().threshold.set(threshold);
    }
    crew.sync();
}

/// The elites' weight is 1, that of all others 0.
#[inline(always)]
pub fn elite_weight(site: &Site<'_>) -> impl Fn(f32, u32) -> f32 {
    let (threshold, particles) = (site.tally().threshold.get(), site.task.rules.particles);
    move |cost, particle| {
        if particle < particles && key(cost, particle) <= threshold { 1.0 } else { 0.0 }
    }
}

/// Moves the plan to the elites' mean and the deviations to theirs; after the last iteration writes the
/// answer, too.
#[inline(always)]
pub fn refit(crew: &Crew, site: &Site<'_>, full: f32, iteration: u32) {
    let rules = &site.task.rules;
    let summary = summary(crew, site);
    let sums = &fold_all(crew, site, site.moments(), rules.moments())[WEIGHT_SUMS as usize..];
    let before = site.tally().lowest.get();
    let lowest = if summary.lowest < before { summary.lowest } else { before };
    let is_last = iteration + 1 == rules.iterations;
    let (elites, least) = (f64::from(rules.elites), rules.floor * f64::from(full));
    crew.each(rules.knots, |knot| {
        let [first, second] = [&sums[2 * knot as usize], &sums[2 * knot as usize + 1]];
        let scale = &site.scales()[knot as usize];
        let moments = [first.get(), second.get()];
        let (change, refit) = refit_knot(scale.get(), moments, elites, rules.smoothing, least);
        first.set(change);
        scale.set(if is_last { rules.initial_scale } else { refit });
    });
    crew.sync();
    let share = move_plan(crew, site, full, is_last, |knot| sums[2 * knot].get());
    let answer = Answer { share, effective_samples: elites, lowest, ..summary };
    end_iteration(crew, site, is_last, answer);
}

/// Moves the plan by `change` at the knots, and by a step into the future where `shift`; returns the moved
/// plan's first control as a share of the full one, in every thread.
#[inline(always)]
pub fn move_plan(
    crew: &Crew,
    site: &Site<'_>,
    full: f32,
    shift: bool,
    change: impl Fn(usize) -> f64,
) -> f64 {
    let (plan, interpolant) = (site.plan(), site.interpolant());
    let of =
        |step: u32| moved(plan[step as usize].get(), &interpolant, step as usize, &change, full);
    let share = f64::from(of(0)) / f64::from(full);
    crew.sync();
    let horizon = site.task.rules.horizon;
    // Beyond the end, the last control is repeated.
    let last = || if horizon > 1 { of(horizon - 1) } else { 0.0 };
    renew(crew, plan, shift.into(), last, of);
    share
}
