//! Noise in memory: drawn for a chunk of particles before these are rolled out.
//!
//! A GPU's thread draws the noise of its own pair, number after number, as it comes to need it. A CPU does better to draw for
//! many pairs at once: the numbers do not wait for each other, weights can be applied to them without drawing them again, and the
//! code is compiled once, not anew for each model.

use super::knots::{Noise, NoiseSource, TINY, coloured, shifted};
use super::power::predicted;
use super::{KnotNoise, PowerNoise};
use crate::lanes::{LaneBits, Lanes};
use crate::model::Vector;
use crate::reduce::COLUMNS;
use crate::rng::{self, Stream};
use crate::rollout::CHUNK;

/// Pairs of a chunk, whose noise is drawn together.
pub const PAIRS: usize = CHUNK / 2;

/// How many places so many pairs take: whole bundles, and whole rows of sums.
#[inline(always)]
#[must_use]
pub const fn width(pairs: usize) -> usize {
    pairs.next_multiple_of(COLUMNS)
}

/// The noise of some pairs at the knots, as [`KnotNoise::draw`] or [`PowerNoise::draw`] has written it.
#[derive(Clone, Copy, Debug)]
pub struct DrawnNoise<'a> {
    /// The random numbers that it was drawn by.
    pub stream: Stream,
    /// `[numbers][width]`, for the first side of the pairs, without its scale.
    pub values: &'a [f32],
    /// The places of a row, as [`width`] says: a multiple of [`COLUMNS`].
    pub width: usize,
    /// The standard deviation at each knot, `[knots][D]`, in the model's units.
    pub scales: &'a [f32],
    /// The pair whose noise comes first; those of a bundle follow each other.
    pub first_pair: u32,
}

impl DrawnNoise<'_> {
    /// Number `number` of the noise, `[knots][D]`, for the first side of the pairs at `place` of all.
    #[inline(always)]
    pub fn at<L: Lanes>(&self, proof: L::Proof, number: usize, place: usize) -> L {
        let scale = self.scales[number] * self.stream.first_sign();
        L::load(proof, &self.values[number * self.width + place..]) * L::splat(proof, scale)
    }
}

impl Noise for DrawnNoise<'_> {
    type Source<'a, L: Lanes, V: Vector<L>>
        = DrawnSource<'a, L>
    where
        Self: 'a;

    #[inline(always)]
    fn source<L: Lanes, V: Vector<L>>(
        &self,
        proof: L::Proof,
        pairs: L::Bits,
    ) -> DrawnSource<'_, L> {
        let mut numbers = [0u32; 16];
        pairs.store(&mut numbers);
        let place = numbers[0].wrapping_sub(self.first_pair) as usize;
        DrawnSource { noise: self, proof, place, number: 0 }
    }

    #[inline(always)]
    fn stream(&self) -> &Stream {
        &self.stream
    }
}

/// The noise of a bundle of pairs, knot after knot.
#[derive(Clone, Copy)]
pub struct DrawnSource<'a, L: Lanes> {
    noise: &'a DrawnNoise<'a>,
    proof: L::Proof,
    /// Of the first pair.
    place: usize,
    number: usize,
}

impl<L: Lanes, V: Vector<L>> NoiseSource<L, V> for DrawnSource<'_, L> {
    #[inline(always)]
    fn next_number(&mut self, _: usize) -> L {
        let value = self.noise.at(self.proof, self.number, self.place);
        self.number += 1;
        value
    }

    #[inline(always)]
    fn next_knot(&mut self) -> V {
        let mut noise = V::all(L::splat(self.proof, 0.0));
        for dimension in 0..V::dimensions() {
            noise.set(dimension, NoiseSource::<L, V>::next_number(self, dimension));
        }
        noise
    }
}

impl KnotNoise<'_> {
    /// Draws the noise of `pairs`, one to [`PAIRS`], in so many `dimensions`: `[numbers][width]`, for [`DrawnNoise`], where
    /// [`width`] says how many places there are.
    ///
    /// # Panics
    /// If there are more pairs, or more numbers than the noise has.
    #[inline(always)]
    pub fn draw<L: Lanes>(
        &self,
        proof: L::Proof,
        pairs: &[u32],
        dimensions: usize,
        values: &mut [f32],
    ) {
        let (pairs, width) = padded(pairs);
        let pairs = &pairs[..width];
        if self.points.is_empty() {
            draw_normals::<L>(proof, &self.stream, pairs, values);
        } else {
            self.draw_points::<L>(proof, pairs, values);
        }
        // White noise is as it was drawn.
        if self.colour[0] != 0.0 {
            for number in dimensions..values.len() / width {
                let (before, row) = values.split_at_mut(number * width);
                let last = &before[(number - dimensions) * width..];
                for place in (0..width).step_by(L::COUNT) {
                    let row = &mut row[place..];
                    let last = L::load(proof, &last[place..]);
                    coloured(proof, self.colour, last, L::load(proof, row)).store(row);
                }
            }
        }
        if self.anchored {
            for row in values.chunks_exact_mut(width) {
                for (value, pair) in row.iter_mut().zip(pairs) {
                    *value = if *pair == 0 { TINY } else { *value };
                }
            }
        }
    }

    #[inline(always)]
    fn draw_points<L: Lanes>(&self, proof: L::Proof, pairs: &[u32], values: &mut [f32]) {
        let width = pairs.len();
        for (number, row) in values.chunks_exact_mut(width).enumerate() {
            let shift = self.stream.block((), number as u32, u32::MAX)[0];
            let points = &self.points[number * self.pairs..][..self.pairs];
            for place in (0..width).step_by(L::COUNT) {
                let row = &mut row[place..];
                for (value, pair) in row.iter_mut().zip(&pairs[place..]).take(L::COUNT) {
                    // The last bundle reaches beyond the last pair.
                    *value = points.get(*pair as usize).copied().unwrap_or(0.5);
                }
                let point = L::load(proof, row);
                shifted(proof, point, rng::uniform((), shift)).store(row);
            }
        }
    }
}

impl PowerNoise<'_> {
    /// As [`KnotNoise::draw`].
    #[inline(always)]
    pub fn draw<L: Lanes>(
        &self,
        proof: L::Proof,
        pairs: &[u32],
        dimensions: usize,
        values: &mut [f32],
    ) {
        let (pairs, width) = padded(pairs);
        let pairs = &pairs[..width];
        draw_normals::<L>(proof, &self.stream, pairs, values);
        let none = [0.0; PAIRS];
        for number in 0..values.len() / width {
            let (done, row) = values.split_at_mut(number * width);
            let (mut last, mut last_but_one) = (&none[..], &none[..]);
            let mut before = 0;
            if number >= dimensions {
                last = &done[(number - dimensions) * width..];
                before = 1;
            }
            if number >= 2 * dimensions {
                last_but_one = &done[(number - 2 * dimensions) * width..];
                before = 2;
            }
            for place in (0..width).step_by(L::COUNT) {
                let row = &mut row[place..];
                let last = [L::load(proof, &last[place..]), L::load(proof, &last_but_one[place..])];
                predicted(proof, self.predictors[before], last, L::load(proof, row)).store(row);
            }
        }
    }
}

/// `pairs`, and as many zeros as make bundles of them; and how many places that takes.
#[inline(always)]
fn padded(pairs: &[u32]) -> ([u32; PAIRS], usize) {
    let mut padded = [0; PAIRS];
    padded[..pairs.len()].copy_from_slice(pairs);
    (padded, width(pairs.len()))
}

/// Writes independent normal numbers for `pairs`.
///
/// In two passes, first random words, then the numbers that they stand for, which takes less time than either beside the
/// other: each keeps its constants in registers.
#[inline(always)]
fn draw_normals<L: Lanes>(proof: L::Proof, stream: &Stream, pairs: &[u32], values: &mut [f32]) {
    for (block, rows) in values.chunks_mut(4 * pairs.len()).enumerate() {
        for place in (0..pairs.len()).step_by(L::COUNT) {
            let words = stream.block(proof, block as u32, L::Bits::load(proof, &pairs[place..]));
            for (row, word) in rows.chunks_exact_mut(pairs.len()).zip(words) {
                word.as_float().store(&mut row[place..]);
            }
        }
    }
    // So many side by side that none waits for another, as long as there are registers for them.
    let rest = if L::REGISTERS >= 32 {
        normals_in_place::<L, 8>(proof, values)
    } else {
        normals_in_place::<L, 4>(proof, values)
    };
    normals_in_place::<L, 1>(proof, rest);
}

/// Turns random words into the normal numbers that they stand for, `N` bundles at a time; returns what is too little for
/// that.
#[inline(always)]
fn normals_in_place<L: Lanes, const N: usize>(proof: L::Proof, values: &mut [f32]) -> &mut [f32] {
    let mut bundles = values.chunks_exact_mut(N * L::COUNT);
    for values in &mut bundles {
        let mut words = [L::Bits::splat(proof, 0); N];
        for n in 0..N {
            words[n] = L::load(proof, &values[n * L::COUNT..]).bits();
        }
        let numbers: [L; N] = rng::normals(proof, words);
        for n in 0..N {
            numbers[n].store(&mut values[n * L::COUNT..]);
        }
    }
    bundles.into_remainder()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{LaneWork, SimdProof};

    /// Which noise, in how many dimensions.
    enum Recipe<'a> {
        Knots(KnotNoise<'a>),
        Power(PowerNoise<'a>),
    }

    struct Draw<'a> {
        recipe: &'a Recipe<'a>,
        pairs: &'a [u32],
        dimensions: usize,
        values: &'a mut [f32],
    }

    impl LaneWork for Draw<'_> {
        type Output = ();

        #[inline(always)]
        fn run<L: Lanes>(self, proof: L::Proof) {
            let Self { recipe, pairs, dimensions, values } = self;
            match recipe {
                Recipe::Knots(noise) => noise.draw::<L>(proof, pairs, dimensions, values),
                Recipe::Power(noise) => noise.draw::<L>(proof, pairs, dimensions, values),
            }
        }
    }

    /// What a GPU's thread draws for `pair`.
    fn sequence<const D: usize>(recipe: &Recipe<'_>, pair: u32, numbers: usize) -> Vec<u32> {
        fn all<const D: usize, N: Noise>(noise: &N, pair: u32, numbers: usize) -> Vec<u32> {
            let mut source = noise.source::<f32, [f32; D]>((), pair);
            (0..numbers).map(|number| source.next_number(number % D).to_bits()).collect()
        }
        match recipe {
            Recipe::Knots(noise) => all::<D, _>(noise, pair, numbers),
            Recipe::Power(noise) => all::<D, _>(noise, pair, numbers),
        }
    }

    /// All vector instructions draw what single lanes draw, to the bit.
    fn compare<const D: usize>(recipe: &Recipe<'_>, stream: Stream, scales: &[f32]) {
        let numbers = scales.len();
        let first_pair = 0;
        for first in [0, 64, 4_000_000] {
            let pairs: [u32; PAIRS] = core::array::from_fn(|i| first + i as u32);
            let expected: Vec<_> =
                pairs.iter().map(|pair| sequence::<D>(recipe, *pair, numbers)).collect();
            for (simd, count) in
                SimdProof::available().flat_map(|simd| [PAIRS, 37, 3].map(|count| (simd, count)))
            {
                let width = width(count);
                let mut values = vec![f32::NAN; numbers * width];
                let (pairs, dimensions) = (&pairs[..count], D);
                simd.run(Draw { recipe, pairs, dimensions, values: &mut values });
                let drawn = DrawnNoise { stream, values: &values, width, scales, first_pair };
                for (place, expected) in expected.iter().enumerate().take(count) {
                    for (number, expected) in expected.iter().enumerate() {
                        let value: f32 = drawn.at((), number, place);
                        assert_eq!(value.to_bits(), *expected, "{simd:?}, {number} of {place}");
                    }
                }
            }
        }
    }

    #[test]
    fn noise_in_memory_is_what_single_lanes_draw() {
        fn in_dimensions<const D: usize>() {
            // A number that is no multiple of those that a random block makes.
            let knots = 7;
            let scales: Vec<f32> = (0..knots * D).map(|i| 0.25 + i as f32).collect();
            let points: Vec<f32> =
                (0..knots * D * 100).map(|i| (i as f32 * 0.618_034).fract()).collect();
            let stream = Stream::new(5, D as u32, 1);
            let white = KnotNoise {
                stream,
                scales: &scales,
                colour: [0.0, 1.0],
                points: &[],
                pairs: 0,
                anchored: false,
            };
            let red = KnotNoise { colour: [0.6, 0.8], ..white };
            let even = KnotNoise { points: &points, pairs: 100, ..red };
            for noise in [white, red, even, KnotNoise { anchored: true, ..red }] {
                compare::<D>(&Recipe::Knots(noise), stream, &scales);
            }
            let predictors = [[0.0, 0.0, 1.0, 0.0], [0.7, 0.0, 0.5, 0.0], [0.6, 0.2, 0.3, 0.0]];
            let power = PowerNoise { stream, scales: &scales, predictors: &predictors };
            compare::<D>(&Recipe::Power(power), stream, &scales);
        }
        in_dimensions::<1>();
        in_dimensions::<2>();
        in_dimensions::<3>();
        in_dimensions::<8>();
    }
}
