//! A plan plus smooth noise: drawn at knots, interpolated between them.

use super::{Controls, SIGN, STRATA, Scheme, first_levels};
use crate::lanes::{LaneBits, Lanes};
use crate::math::normal_quantile;
use crate::model::Vector;
use crate::plant::Plant;
use crate::rng::{self, Stream};

/// Controls `plan_h + noise_h` of `D` dimensions, kept within full control; the mirrored particle gets
/// `plan_h - noise_h`.
#[derive(Clone, Copy, Debug)]
pub struct Knots<'a, N = KnotNoise<'a>> {
    /// The random numbers.
    pub noise: N,
    /// The interpolation of noise between knots.
    pub interpolant: Interpolant<'a>,
    /// The plan, `[H][D]`, in the model's units.
    pub plan: &'a [f32],
    /// Full control in the model's units.
    pub full: f32,
    /// Whether control is bang-bang: the environment only knows full control, so that the sign counts, here as there.
    pub thresholded: bool,
    /// The stratification of the first control.
    pub first: First,
    /// The strongest control that is drawn: full control, or more than any where controls are scores.
    pub limit: f32,
    /// How many choices there are where controls are scores of choices; 0 where they are controls.
    pub choices: u32,
}

/// The stratification of the first control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// None: it is drawn like the others.
    Drawn,
    /// By two strata: full control to either side, in every dimension alike.
    Sides,
    /// By [`STRATA`] strata: [`first_levels`].
    Levels,
}

/// Piecewise interpolation, linear or cubic: weights that turn knots into the values between them.
#[derive(Clone, Copy, Debug)]
pub struct Interpolant<'a> {
    /// For each step after a knot, the weights of the knots around it: two for linear interpolation,
    /// the rest zero, or four for cubic. Its length is the steps between knots.
    pub weights: &'a [[f32; 4]],
    /// Whether it is cubic: four knots count rather than two.
    pub cubic: bool,
}

impl Interpolant<'_> {
    /// The number of knots that a value depends on.
    #[must_use]
    pub fn taps(&self) -> usize {
        if self.cubic { 4 } else { 2 }
    }

    /// The number of knots that `horizon` steps need.
    #[must_use]
    pub fn knots(&self, horizon: usize) -> usize {
        horizon.div_ceil(self.weights.len()) + self.taps() - 1
    }

    /// The value at `step`, given the knots.
    #[inline(always)]
    #[must_use]
    pub fn at(&self, knot: impl Fn(usize) -> f64, step: usize) -> f64 {
        let spacing = self.weights.len();
        let weights = &self.weights[step % spacing];
        let mut sum = 0.0;
        for (tap, weight) in weights.iter().enumerate().take(self.taps()) {
            sum += f64::from(*weight) * knot(step / spacing + tap);
        }
        sum
    }
}

/// Noise at knots, for one bundle of pairs after the other.
pub trait Noise: Copy + Sync {
    /// The noise of a bundle of pairs.
    type Source<'a, L: Lanes, V: Vector<L>>: NoiseSource<L, V>
    where
        Self: 'a;

    /// The noise of the pairs whose numbers are in `pairs`, from the first knot on.
    fn source<L: Lanes, V: Vector<L>>(
        &self,
        proof: L::Proof,
        pairs: L::Bits,
    ) -> Self::Source<'_, L, V>;

    /// The random numbers.
    fn stream(&self) -> &Stream;
}

/// The noise of a bundle of pairs, knot after knot.
pub trait NoiseSource<L: Lanes, V: Vector<L>>: Copy {
    /// The next number of the noise, `[knots][D]`, for the first side of the pairs: that in dimension `dimension`.
    fn next_number(&mut self, dimension: usize) -> L;

    /// The noise at the next knot, for the first side of the pairs.
    fn next_knot(&mut self) -> V;
}

/// Gaussian noise at the knots: white, autoregressive or quasi-random.
#[derive(Clone, Copy, Debug)]
pub struct KnotNoise<'a> {
    /// The random numbers.
    pub stream: Stream,
    /// The standard deviation at each knot, `[knots][D]`, in the model's units.
    pub scales: &'a [f32],
    /// The correlation of neighbouring knots and the share of new noise, whose squares add up to 1.
    pub colour: [f32; 2],
    /// Points that fill the unit cube evenly, `[knots][D][pairs]`, to be shifted at random; empty for
    /// independent random numbers.
    pub points: &'a [f32],
    /// The number of pairs that `points` holds for each number.
    pub pairs: usize,
    /// Whether the first pair follows the plan as it is, for planners that keep the best of what they have tried.
    pub anchored: bool,
}

/// The noise of a pair that follows the plan as it is: lost in any control but 0, of which it tells the two sides apart
/// where only the sign counts.
pub(super) const TINY: f32 = 1e-30;

/// The noise of a bundle of pairs, knot after knot.
#[derive(Clone, Copy)]
pub struct KnotSource<'a, L: Lanes, V> {
    noise: &'a KnotNoise<'a>,
    proof: L::Proof,
    pairs: L::Bits,
    words: [L::Bits; 4],
    last: V,
    number: usize,
}

impl<'a, L: Lanes, V: Vector<L>> KnotSource<'a, L, V> {
    /// The noise of the pairs whose numbers are in `pairs`, from the first knot on.
    #[inline(always)]
    pub fn new(noise: &'a KnotNoise<'a>, proof: L::Proof, pairs: L::Bits) -> Self {
        let last = V::all(L::splat(proof, 0.0));
        Self { noise, proof, pairs, words: [pairs; 4], last, number: 0 }
    }

    /// The noise at the next knot, for the first side of the pairs.
    #[inline(always)]
    pub fn next_knot(&mut self) -> V {
        let mut noise = self.last;
        for dimension in 0..V::dimensions() {
            noise.set(dimension, self.next_number(dimension));
        }
        noise
    }

    /// The next number of the noise, `[knots][D]`, for the first side of the pairs: that in dimension `dimension`.
    #[inline(always)]
    pub fn next_number(&mut self, dimension: usize) -> L {
        let number = self.number;
        self.number += 1;
        let fresh = if self.noise.points.is_empty() {
            next_normal(&self.noise.stream, self.proof, self.pairs, number, &mut self.words)
        } else {
            self.shifted_point(number)
        };
        let value = if number < V::dimensions() {
            fresh
        } else {
            let last = self.last.get(dimension);
            coloured(self.proof, self.noise.colour, last, fresh)
        };
        self.last.set(dimension, value);
        let value = if self.noise.anchored {
            let is_first = self.pairs.signed_to_float().lt(L::splat(self.proof, 0.5));
            L::select(is_first, L::splat(self.proof, TINY), value)
        } else {
            value
        };
        let scale = self.noise.scales[number] * self.noise.stream.first_sign();
        value * L::splat(self.proof, scale)
    }

    /// The number that the quasi-random coordinate `number` stands for.
    #[inline(always)]
    fn shifted_point(&self, number: usize) -> L {
        let shift = self.noise.stream.block((), number as u32, u32::MAX)[0];
        let mut first = [0u32; 16];
        self.pairs.store(&mut first);
        // Lanes of a bundle are consecutive pairs, except in the last bundle beyond the end.
        let row = &self.noise.points[number * self.noise.pairs..][..self.noise.pairs];
        let mut points = [0.5f32; 16];
        for (point, pair) in points.iter_mut().zip(first).take(L::COUNT) {
            *point = row.get(pair as usize).copied().unwrap_or(0.5);
        }
        shifted(self.proof, L::load(self.proof, &points), rng::uniform((), shift))
    }
}

impl Noise for KnotNoise<'_> {
    type Source<'a, L: Lanes, V: Vector<L>>
        = KnotSource<'a, L, V>
    where
        Self: 'a;

    #[inline(always)]
    fn source<L: Lanes, V: Vector<L>>(
        &self,
        proof: L::Proof,
        pairs: L::Bits,
    ) -> KnotSource<'_, L, V> {
        KnotSource::new(self, proof, pairs)
    }

    #[inline(always)]
    fn stream(&self) -> &Stream {
        &self.stream
    }
}

impl<L: Lanes, V: Vector<L>> NoiseSource<L, V> for KnotSource<'_, L, V> {
    #[inline(always)]
    fn next_number(&mut self, dimension: usize) -> L {
        self.next_number(dimension)
    }

    #[inline(always)]
    fn next_knot(&mut self) -> V {
        self.next_knot()
    }
}

/// Number `number` of a bundle's independent normal numbers, drawn one after the other; `words` are the random words that are
/// left.
#[inline(always)]
pub(super) fn next_normal<L: Lanes>(
    stream: &Stream,
    proof: L::Proof,
    pairs: L::Bits,
    number: usize,
    words: &mut [L::Bits; 4],
) -> L {
    if number.is_multiple_of(4) {
        *words = stream.block(proof, number as u32 / 4, pairs);
    }
    let [a, b, c, d] = *words;
    *words = [b, c, d, a];
    rng::normal(proof, a)
}

/// A number of noise that remembers, given the one at the knot before it and a fresh one: first-order autoregression.
#[inline(always)]
pub(super) fn coloured<L: Lanes>(proof: L::Proof, colour: [f32; 2], last: L, fresh: L) -> L {
    let [old, new] = colour;
    last.fma(L::splat(proof, old), fresh * L::splat(proof, new))
}

/// The normal number that stands for a quasi-random coordinate, shifted modulo 1 by a random amount that all particles
/// share: R. Cranley, T. N. L. Patterson, "Randomization of number theoretic methods for multiple integration" (1976).
#[inline(always)]
pub(super) fn shifted<L: Lanes>(proof: L::Proof, point: L, shift: f32) -> L {
    let moved = point + L::splat(proof, shift);
    let one = L::splat(proof, 1.0);
    let inside = L::select(one.le(moved), moved - one, moved);
    let least = L::splat(proof, 6.0e-8);
    normal_quantile(proof, L::select(inside.lt(least), least, inside))
}

/// [`Controls`] of [`Knots`].
#[derive(Clone, Copy)]
pub struct KnotControls<'a, N: Noise + 'a, L: Lanes, V: Vector<L>> {
    scheme: &'a Knots<'a, N>,
    source: N::Source<'a, L, V>,
    proof: L::Proof,
    taps: [V; 4],
    offset: usize,
    /// Full control, or more than any control where nothing limits it.
    limit: L,
    first: V,
}

impl<P: Plant, N: Noise> Scheme<P> for Knots<'_, N> {
    type Controls<'a, L: Lanes>
        = KnotControls<'a, N, L, P::Control<L>>
    where
        Self: 'a;

    #[inline(always)]
    fn controls<L: Lanes>(
        &self,
        proof: L::Proof,
        pairs: L::Bits,
    ) -> KnotControls<'_, N, L, P::Control<L>> {
        self.draw(proof, pairs)
    }
}

impl<'a, N> Knots<'a, N> {
    /// The same with other noise.
    #[must_use]
    pub fn with_noise<'b, O>(&self, noise: O) -> Knots<'b, O>
    where
        'a: 'b,
    {
        let Self { interpolant, plan, full, thresholded, first, limit, choices, .. } = *self;
        Knots { noise, interpolant, plan, full, thresholded, first, limit, choices }
    }
}

impl<N: Noise> Knots<'_, N> {
    /// The controls of the pairs whose numbers are in `pairs`.
    #[inline(always)]
    pub(super) fn draw<L: Lanes, V: Vector<L>>(
        &self,
        proof: L::Proof,
        pairs: L::Bits,
    ) -> KnotControls<'_, N, L, V> {
        let stream = self.noise.stream();
        let full = L::splat(proof, self.full);
        let limit = L::splat(proof, self.limit);
        let side = L::splat(proof, self.full * stream.first_sign());
        let mut first = V::all(side);
        if self.first == First::Levels {
            // That of pair `i` is number `i` modulo their count.
            let index = (pairs & L::Bits::splat(proof, STRATA as u32 / 2 - 1)).signed_to_float();
            for dimension in 0..V::dimensions() {
                let levels = first_levels(stream, dimension, self.choices);
                first.set(dimension, nth(proof, levels, index) * full);
            }
        }
        let source = self.noise.source(proof, pairs);
        let taps = [V::all(full); 4];
        KnotControls { scheme: self, source, proof, taps, offset: 0, limit, first }
    }
}

/// The number of `values` whose index is in `index`.
#[inline(always)]
fn nth<L: Lanes>(proof: L::Proof, values: [f32; STRATA / 2], index: L) -> L {
    let mut chosen = L::splat(proof, values[0]);
    for (i, value) in values.iter().enumerate().skip(1) {
        let is_before = index.lt(L::splat(proof, i as f32));
        chosen = L::select(is_before, chosen, L::splat(proof, *value));
    }
    chosen
}

impl<N: Noise, L: Lanes, V: Vector<L>> Controls<V> for KnotControls<'_, N, L, V> {
    #[inline(always)]
    fn block_len(&self) -> u32 {
        self.scheme.interpolant.weights.len() as u32
    }

    #[inline(always)]
    fn refill(&mut self, block: u32) {
        let interpolant = self.scheme.interpolant;
        let fresh = if block == 0 { interpolant.taps() } else { 1 };
        for _ in 0..fresh {
            let knot = self.source.next_knot();
            let [_, b, c, d] = self.taps;
            self.taps = if interpolant.cubic { [b, c, d, knot] } else { [b, knot, knot, knot] };
        }
        self.offset = 0;
    }

    #[inline(always)]
    fn next(&mut self, step: u32) -> [V; 2] {
        let proof = self.proof;
        let weights = self.scheme.interpolant.weights[self.offset];
        self.offset += 1;
        let mut sides = [self.first; 2];
        let dimensions = V::dimensions();
        for dimension in 0..V::LEN {
            // Not the range's end, which would keep a GPU's compiler from unrolling this.
            if dimension >= dimensions {
                continue;
            }
            let [a, b, c, d] = &self.taps;
            let (a, b) = (a.as_ref()[dimension], b.as_ref()[dimension]);
            let mut noise = b.fma(L::splat(proof, weights[1]), a * L::splat(proof, weights[0]));
            if self.scheme.interpolant.cubic {
                noise = c.as_ref()[dimension].fma(L::splat(proof, weights[2]), noise);
                noise = d.as_ref()[dimension].fma(L::splat(proof, weights[3]), noise);
            }
            if step == 0 && self.scheme.first != First::Drawn {
                sides[1].as_mut()[dimension] = -sides[0].as_ref()[dimension];
                continue;
            }
            let at = step as usize * dimensions + dimension;
            let plan = L::splat(proof, self.scheme.plan[at]);
            sides[0].as_mut()[dimension] = self.within(plan + noise);
            sides[1].as_mut()[dimension] = self.within(plan - noise);
        }
        sides
    }
}

impl<N: Noise, L: Lanes, V: Vector<L>> KnotControls<'_, N, L, V> {
    /// Saturation: `control` as the environment applies it, kept within full control, or where that is all the
    /// environment knows, its sign times full control.
    #[inline(always)]
    pub(super) fn within(&self, control: L) -> L {
        if self.scheme.thresholded {
            let sign = L::Bits::splat(self.proof, SIGN);
            ((control.bits() & sign) ^ self.limit.bits()).as_float()
        } else {
            control.lesser(self.limit).greater(-self.limit)
        }
    }
}
