//! Thread teams: threads that work on one population together.
//!
//! On a CPU a population has one thread ([`Single`]), which takes every bundle of lanes; on a GPU a block
//! of threads shares the places among them. What they find out together does not depend on how many they
//! are: sums have the order of [`crate::reduce`], and the rest is independent of any order.
//!
//! All threads of a team call the same functions in the same order. What they do together (all but
//! [`Team::places`] and [`Team::leads`]) sees all that any of them wrote before.

use core::cell::Cell;

use crate::lanes::{LaneBits, Lanes, WideLanes};
use crate::population::cells::{load, store_bits};
use crate::reduce::{COLUMNS, fold};
use crate::resampling::{Systematic, fixed_points};

/// Threads that work on a population together.
pub trait Team: Copy {
    /// This thread's number.
    fn rank(&self) -> usize;

    /// The number of threads.
    fn size(&self) -> usize;

    /// A barrier: waits for all threads; what any wrote before, all see afterwards.
    fn sync(&self);

    /// All-reduce: the values of all threads, combined in any order; in every thread.
    fn combine(&self, value: u32, with: impl Fn(u32, u32) -> u32) -> u32;

    /// The sum of each of `rows`, which have one length, passed through `finish`; in every thread.
    fn sums<L: Lanes, const N: usize>(
        &self,
        proof: L::Proof,
        rows: [&[Cell<f32>]; N],
        finish: impl Fn(f64) -> f64,
    ) -> [f64; N];

    /// The sum of `row` and that of its squares; in every thread.
    fn sum_and_squares<L: Lanes>(&self, proof: L::Proof, row: &[Cell<f32>]) -> [f64; 2];

    /// For each `n` below `N` the sum of `value(n, i)` over all `i` below `count`; in every thread.
    fn sums_of<const N: usize>(
        &self,
        count: usize,
        value: impl Fn(usize, usize) -> f64,
    ) -> [f64; N];

    /// Stream compaction: lists the numbers below `count` for which `chosen` holds, in order; how many they are, in
    /// every thread.
    ///
    /// # Panics
    /// If `list` is shorter than `count`.
    fn compact(&self, count: usize, chosen: impl Fn(usize) -> bool, list: &[Cell<u32>]) -> usize;

    /// [`Systematic`] resampling by `weights`, up to 1024 from 0 to 1 of which one is above 0, at the offset that the random `word`
    /// says: writes to `sources` the number of the particle that takes each one's place. Places beyond the last weight keep their own.
    ///
    /// # Panics
    /// If `sources` is shorter than `weights`.
    fn resample<L: Lanes>(
        &self,
        proof: L::Proof,
        weights: &[Cell<f32>],
        word: u32,
        sources: &[Cell<u32>],
    );

    /// Gathers: `to[i]` becomes `from[sources[i]]`, each thread with the `sources` of its own [`places`](Team::places).
    ///
    /// `sources` must be as long as `to`.
    ///
    /// # Panics
    /// If a source is beyond the end of `from`.
    #[inline(always)]
    fn gather(&self, from: &[Cell<f32>], sources: &[Cell<u32>], to: &[Cell<f32>]) {
        for place in self.places(to.len(), 1) {
            to[place].set(from[sources[place].get() as usize].get());
        }
    }

    /// A grid-stride loop: every `step`-th place below `count` that is this thread's. Between two synchronisations a
    /// thread writes to such places only, always with the same `step`.
    #[inline(always)]
    fn places(&self, count: usize, step: usize) -> Places {
        Places { next: self.rank() * step, end: count, stride: self.size() * step }
    }

    /// Whether this is the one thread that does what needs doing only once.
    #[inline(always)]
    fn leads(&self) -> bool {
        self.rank() == 0
    }
}

/// See [`Team::places`].
#[derive(Clone, Debug)]
pub struct Places {
    next: usize,
    end: usize,
    stride: usize,
}

impl Iterator for Places {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.next >= self.end {
            return None;
        }
        let place = self.next;
        self.next += self.stride;
        Some(place)
    }
}

/// A team of one thread, as on CPUs.
#[derive(Clone, Copy, Debug)]
pub struct Single;

impl Team for Single {
    #[inline(always)]
    fn rank(&self) -> usize {
        0
    }

    #[inline(always)]
    fn size(&self) -> usize {
        1
    }

    #[inline(always)]
    fn sync(&self) {}

    #[inline(always)]
    fn combine(&self, value: u32, _: impl Fn(u32, u32) -> u32) -> u32 {
        value
    }

    /// A row at a time, which the compiler unrolls.
    #[inline(always)]
    fn gather(&self, from: &[Cell<f32>], sources: &[Cell<u32>], to: &[Cell<f32>]) {
        let (rows, rest) = to.as_chunks::<COLUMNS>();
        let (row_sources, rest_sources) = sources.as_chunks::<COLUMNS>();
        for (row, sources) in rows.iter().zip(row_sources) {
            for i in 0..COLUMNS {
                row[i].set(from[sources[i].get() as usize].get());
            }
        }
        for (to, source) in rest.iter().zip(rest_sources) {
            to.set(from[source.get() as usize].get());
        }
    }

    #[inline(always)]
    fn sums<L: Lanes, const N: usize>(
        &self,
        proof: L::Proof,
        rows: [&[Cell<f32>]; N],
        finish: impl Fn(f64) -> f64,
    ) -> [f64; N] {
        let mut sums = [0.0; N];
        for (sum, row) in sums.iter_mut().zip(rows) {
            let mut columns = Columns::<L>::new(proof);
            columns.add::<false>(row);
            *sum = finish(fold(columns.sums()));
        }
        sums
    }

    #[inline(always)]
    fn sum_and_squares<L: Lanes>(&self, proof: L::Proof, row: &[Cell<f32>]) -> [f64; 2] {
        let mut columns = Columns::<L>::new(proof);
        columns.add::<true>(row);
        [fold(columns.sums()), fold(columns.squares())]
    }

    #[inline(always)]
    fn sums_of<const N: usize>(
        &self,
        count: usize,
        value: impl Fn(usize, usize) -> f64,
    ) -> [f64; N] {
        let mut sums = [0.0; N];
        for (n, sum) in sums.iter_mut().enumerate() {
            let mut columns = [0.0f64; COLUMNS];
            for i in 0..count {
                columns[i % COLUMNS] += value(n, i);
            }
            *sum = fold(columns);
        }
        sums
    }

    #[inline(always)]
    fn compact(&self, count: usize, chosen: impl Fn(usize) -> bool, list: &[Cell<u32>]) -> usize {
        let mut listed = 0;
        for i in 0..count {
            // Whether or not it is chosen: branches on chance cost more than writes.
            list[listed].set(i as u32);
            listed += usize::from(chosen(i));
        }
        listed
    }

    #[inline(always)]
    fn resample<L: Lanes>(
        &self,
        proof: L::Proof,
        weights: &[Cell<f32>],
        word: u32,
        sources: &[Cell<u32>],
    ) {
        let (rows, rest) = weights.as_chunks::<COLUMNS>();
        // A weight of 0 has no copies.
        let last = padded(rest);
        let rows = || rows.iter().chain((!rest.is_empty()).then_some(&last));
        let mut total = 0;
        for row in rows() {
            for weight in fixed_points::<L>(proof, row) {
                total += u64::from(weight);
            }
        }
        let points = Systematic::new(weights.len(), total, word);
        let (mut cumulative, mut begin) = (0, 0);
        for (row, weights) in rows().enumerate() {
            let weights = fixed_points::<L>(proof, weights);
            let mut sums = [0; COLUMNS];
            for i in 0..COLUMNS {
                cumulative += u64::from(weights[i]);
                sums[i] = cumulative;
            }
            let ends = points.counts_below::<L>(proof, &sums);
            for (i, end) in ends.into_iter().enumerate() {
                fill::<L>(proof, sources, begin, end as usize, row * COLUMNS + i);
                begin = end as usize;
            }
        }
        for (place, source) in sources.iter().enumerate().skip(weights.len()) {
            source.set(place as u32);
        }
    }
}

/// Writes `value` to the places from `begin` to `end`, or more, which are written to next: branches on chance would cost more.
#[inline(always)]
fn fill<L: Lanes>(proof: L::Proof, places: &[Cell<u32>], begin: usize, end: usize, value: usize) {
    let mut next = begin;
    loop {
        let Some(bundle) = places.get(next..next + L::COUNT) else {
            places[next..end.max(next)].iter().for_each(|place| place.set(value as u32));
            return;
        };
        store_bits::<L>(L::Bits::splat(proof, value as u32), bundle);
        next += L::COUNT;
        if next >= end {
            return;
        }
    }
}

/// The columns of sums, and of sums of squares, in the order of [`crate::reduce`].
struct Columns<L: Lanes> {
    proof: L::Proof,
    sums: [L::Wide; COLUMNS],
    squares: [L::Wide; COLUMNS],
}

impl<L: Lanes> Columns<L> {
    #[inline(always)]
    fn new(proof: L::Proof) -> Self {
        let zeros = [L::Wide::splat(proof, 0.0); COLUMNS];
        Self { proof, sums: zeros, squares: zeros }
    }

    #[inline(always)]
    fn add<const SQUARES: bool>(&mut self, values: &[Cell<f32>]) {
        let (rows, rest) = values.as_chunks::<COLUMNS>();
        for row in rows {
            self.add_row::<SQUARES>(row);
        }
        if !rest.is_empty() {
            // Adding 0 changes no sum: none is -0.
            self.add_row::<SQUARES>(&padded(rest));
        }
    }

    #[inline(always)]
    fn add_row<const SQUARES: bool>(&mut self, row: &[Cell<f32>; COLUMNS]) {
        for bundle in 0..COLUMNS / L::COUNT {
            let values = load::<L>(self.proof, &row[bundle * L::COUNT..]).widen();
            self.sums[bundle] = self.sums[bundle] + values;
            if SQUARES {
                self.squares[bundle] = self.squares[bundle] + values * values;
            }
        }
    }

    #[inline(always)]
    fn sums(&self) -> [f64; COLUMNS] {
        stored::<L>(&self.sums)
    }

    #[inline(always)]
    fn squares(&self) -> [f64; COLUMNS] {
        stored::<L>(&self.squares)
    }
}

/// `rest`, fewer than a row, and zeros.
#[inline(always)]
fn padded(rest: &[Cell<f32>]) -> [Cell<f32>; COLUMNS] {
    let row: [Cell<f32>; COLUMNS] = Default::default();
    for (to, from) in row.iter().zip(rest) {
        to.set(from.get());
    }
    row
}

#[inline(always)]
fn stored<L: Lanes>(bundles: &[L::Wide; COLUMNS]) -> [f64; COLUMNS] {
    let mut values = [0.0; COLUMNS];
    for bundle in 0..COLUMNS / L::COUNT {
        bundles[bundle].store(&mut values[bundle * L::COUNT..]);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{LaneWork, SimdProof};
    use crate::reduce::{sum, sum_of_squares};
    use crate::resampling::fixed_point;
    use proptest::prelude::*;

    fn cells<T: Copy>(values: &[T]) -> Vec<Cell<T>> {
        values.iter().map(|value| Cell::new(*value)).collect()
    }

    struct Resample<'a> {
        weights: &'a [Cell<f32>],
        word: u32,
        sources: &'a [Cell<u32>],
    }

    impl LaneWork for Resample<'_> {
        type Output = ();

        #[inline(always)]
        fn run<L: Lanes>(self, proof: L::Proof) {
            Single.resample::<L>(proof, self.weights, self.word, self.sources);
        }
    }

    /// Twice the sum of a row, twice; its sum and that of its squares.
    struct Sums<'a>(&'a [Cell<f32>]);

    impl LaneWork for Sums<'_> {
        type Output = ([f64; 2], [f64; 2]);

        #[inline(always)]
        fn run<L: Lanes>(self, proof: L::Proof) -> Self::Output {
            let doubled = Single.sums::<L, 2>(proof, [self.0, self.0], |sum| 2.0 * sum);
            (doubled, Single.sum_and_squares::<L>(proof, self.0))
        }
    }

    /// Whom each particle is replaced by, in numbers of any size.
    fn naive_sources(weights: &[f32], word: u32) -> Vec<u32> {
        let fixed: Vec<u128> =
            weights.iter().map(|w| (f64::from(*w) * 2f64.powi(30)) as u128).collect();
        let (count, total) = (weights.len() as u128, fixed.iter().sum::<u128>());
        let offset = (u128::from(word) * total) >> 32;
        let source = |point: u128| {
            let reaches =
                |s: &usize| fixed[..=*s].iter().sum::<u128>() * count > point * total + offset;
            (0..weights.len()).find(reaches).unwrap() as u32
        };
        (0..count).map(source).collect()
    }

    /// Weights as they come: the heaviest is 1, many are tiny or 0.
    fn weights() -> impl Strategy<Value = Vec<f32>> {
        let weight = prop_oneof![0f32..=1.0, (0f32..80.0).prop_map(|x| (-x).exp()), Just(0.0)];
        (prop::collection::vec(weight, 1..200), any::<prop::sample::Index>()).prop_map(
            |(mut weights, heaviest)| {
                let heaviest = heaviest.index(weights.len());
                weights[heaviest] = 1.0;
                weights
            },
        )
    }

    proptest! {
        #[test]
        fn resampling_takes_those_in_whose_weights_the_points_fall(weights in weights(), word in any::<u32>()) {
            let mut expected = naive_sources(&weights, word);
            expected.extend(weights.len() as u32..weights.len() as u32 + 5);
            for simd in SimdProof::available() {
                let sources = cells(&vec![u32::MAX; weights.len() + 5]);
                simd.run(Resample { weights: &cells(&weights), word, sources: &sources });
                let sources: Vec<_> = sources.iter().map(Cell::get).collect();
                prop_assert_eq!(&sources, &expected, "{:?}", simd);
            }
        }

        #[test]
        fn each_particle_gets_its_expected_number_of_copies_rounded_up_or_down(
            weights in weights(),
            word in any::<u32>(),
        ) {
            let sources = cells(&vec![0; weights.len()]);
            Single.resample::<f32>((), &cells(&weights), word, &sources);
            let total: u64 = weights.iter().map(|w| u64::from(fixed_point(*w))).sum();
            for (particle, weight) in weights.iter().enumerate() {
                let copies = sources.iter().filter(|s| s.get() as usize == particle).count();
                let scaled = u64::from(fixed_point(*weight)) * weights.len() as u64;
                let (low, high) = (scaled / total, scaled.div_ceil(total));
                prop_assert!((low..=high).contains(&(copies as u64)));
            }
        }

        #[test]
        fn lists_hold_the_chosen_in_order(chosen in prop::collection::vec(any::<bool>(), 0..99)) {
            let list = cells(&vec![0; chosen.len()]);
            let count = Single.compact(chosen.len(), |i| chosen[i], &list);
            let expected: Vec<u32> =
                (0..chosen.len() as u32).filter(|i| chosen[*i as usize]).collect();
            prop_assert_eq!(list[..count].iter().map(Cell::get).collect::<Vec<_>>(), expected);
        }

        #[test]
        fn sums_have_the_order_of_all_others(row in prop::collection::vec(-1f32..1.0, 0..99)) {
            let (cells, squares) = (cells(&row), sum_of_squares(&row));
            for simd in SimdProof::available() {
                let (doubled, both) = simd.run(Sums(&cells));
                prop_assert_eq!(doubled, [2.0 * sum(&row); 2], "{:?}", simd);
                prop_assert_eq!(both, [sum(&row), squares], "{:?}", simd);
            }
            let value = |n, i: usize| f64::from(row[i]).powi(1 + n as i32);
            prop_assert_eq!(Single.sums_of(row.len(), value), [sum(&row), squares]);
        }
    }

    /// Over all random words, the number of copies averages to what a particle's weight asks for.
    #[test]
    fn resampling_favours_nobody() {
        let weights = [0.3f32, 1.0, 0.0, 1e-3, 0.25, 0.7];
        let sources = cells(&[0; 6]);
        let mut copies = [0u32; 6];
        const WORDS: u32 = 10_000;
        for word in 0..WORDS {
            Single.resample::<f32>((), &cells(&weights), word * (u32::MAX / WORDS), &sources);
            sources.iter().for_each(|source| copies[source.get() as usize] += 1);
        }
        let total: f32 = weights.iter().sum();
        for (copies, weight) in copies.into_iter().zip(weights) {
            let mean = copies as f32 / WORDS as f32;
            assert!((mean - 6.0 * weight / total).abs() < 1e-3, "{weight}: {mean}");
        }
    }
}
