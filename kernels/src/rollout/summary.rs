//! Summaries: costs and lifetimes of a chunk's futures, summed up.

use super::{CHUNK, WORST};
use crate::controls::STRATA;
use crate::lanes::{LaneMask, Lanes};
use crate::reduce::{Sums, fold, fold_to};

/// Summary statistics of a chunk's futures, or of many chunks'.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// The sum of the costs by stratum of the first action.
    pub sums: [f64; STRATA],
    /// The sum of the squared costs.
    pub squares: f64,
    /// The lowest cost and the particle that has it, the first of equals.
    pub best: (f32, u32),
    /// Futures that ended early.
    pub dead: u32,
    /// Futures whose cost was not finite.
    pub non_finite: u32,
    /// The longest lifetime in steps.
    pub longest: u32,
}

impl Summary {
    /// The summary of no futures at all.
    pub const EMPTY: Self = Self {
        sums: [0.0; STRATA],
        squares: 0.0,
        best: (f32::INFINITY, u32::MAX),
        dead: 0,
        non_finite: 0,
        longest: 0,
    };

    /// Counts the next chunk's futures; the sums, whose order matters, are left for
    /// [`tree`](crate::reduce::tree).
    pub fn count(&mut self, next: &Self) {
        if next.best.0 < self.best.0 {
            self.best = next.best;
        }
        self.dead += next.dead;
        self.non_finite += next.non_finite;
        self.longest = self.longest.max(next.longest);
    }

    /// The summary of a chunk: `count` futures, the first of which is particle `first`, with these costs, [`WORST`]
    /// beyond the last, and these extremes.
    #[inline(always)]
    pub(super) fn of<L: Lanes>(
        proof: L::Proof,
        costs: &[f32; CHUNK],
        extremes: Extremes<L>,
        first: u32,
        count: usize,
    ) -> Self {
        let sums = Sums::of(&costs[..count]);
        let extremes = extremes.of_all_lanes();
        let place = place_of::<L>(proof, costs, extremes.lowest);
        Self {
            sums: fold_to(sums.values),
            squares: fold(sums.squares),
            best: (extremes.lowest, first + place),
            dead: extremes.dead as u32,
            non_finite: extremes.non_finite as u32,
            longest: extremes.longest as u32,
        }
    }
}

/// The first place of `costs` that holds at most `lowest`.
#[inline(always)]
fn place_of<L: Lanes>(proof: L::Proof, costs: &[f32; CHUNK], lowest: f32) -> u32 {
    let lowest = L::splat(proof, lowest);
    // All places without a branch, which would be guessed wrong once a chunk.
    let mut places = 0u128;
    for bundle in 0..CHUNK / L::COUNT {
        let here = L::load(proof, &costs[bundle * L::COUNT..]).le(lowest);
        places |= u128::from(here.to_u32()) << (bundle * L::COUNT);
    }
    places.trailing_zeros()
}

/// Partial results of reductions whose order does not matter, side by side in a bundle of lanes.
#[derive(Clone, Copy)]
pub(crate) struct Extremes<L> {
    pub lowest: L,
    pub longest: L,
    /// Futures that ended early, and futures whose cost was not finite: whole numbers.
    pub dead: L,
    pub non_finite: L,
}

impl<L: Lanes> Extremes<L> {
    #[inline(always)]
    pub fn new(proof: L::Proof) -> Self {
        let zero = L::splat(proof, 0.0);
        let lowest = L::splat(proof, f32::INFINITY);
        Self { lowest, longest: zero, dead: zero, non_finite: zero }
    }

    /// Notes a bundle of futures that could last for `whole` steps. NaN stands for no future at all.
    #[inline(always)]
    pub fn note(&mut self, proof: L::Proof, [cost, lifetime]: [L; 2], whole: L) {
        let one = L::splat(proof, 1.0);
        self.lowest = cost.lesser(self.lowest);
        self.longest = lifetime.greater(self.longest);
        self.dead = self.dead.add_where(lifetime.lt(whole), one);
        self.non_finite = self.non_finite.add_where(L::splat(proof, WORST).le(cost), one);
    }

    #[inline(always)]
    fn of_all_lanes(self) -> Extremes<f32> {
        Extremes {
            lowest: fold_lanes(self.lowest, <f32 as Lanes>::lesser),
            longest: fold_lanes(self.longest, <f32 as Lanes>::greater),
            dead: fold_lanes(self.dead, core::ops::Add::add),
            non_finite: fold_lanes(self.non_finite, core::ops::Add::add),
        }
    }
}

/// A horizontal reduction: all lanes in one, by an operation for which their order does not matter.
#[inline(always)]
fn fold_lanes<L: Lanes>(lanes: L, combine: impl Fn(f32, f32) -> f32) -> f32 {
    let mut values = [0.0f32; 16];
    lanes.store(&mut values);
    let mut half = L::COUNT / 2;
    while half > 0 {
        for i in 0..half {
            values[i] = combine(values[i], values[i + half]);
        }
        half /= 2;
    }
    values[0]
}
