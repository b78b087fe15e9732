//! Noise around a plan, but for the first particles, which follow given controls.

use super::knots::{KnotControls, TINY};
use super::{Controls, Knots, Noise, Scheme};
use crate::lanes::{LaneBits, Lanes};
use crate::model::Vector;
use crate::plant::Plant;

/// Controls of which the first particles follow those that were kept, one the plan as it is where that is asked for, and
/// all others noise around the plan.
#[derive(Clone, Copy, Debug)]
pub struct Followed<'a, N> {
    /// How the others draw controls.
    pub knots: Knots<'a, N>,
    /// The controls that were kept, `[kept][H][D]` or more, in the model's units.
    pub sequences: &'a [f32],
    /// How many particles follow these.
    pub kept: u32,
    /// How many follow given controls: as many, or one more, which follows the plan.
    pub given: u32,
}

impl<N: Noise> Followed<'_, N> {
    /// The control that particle `number` follows, if it is one of those, at place `at` of `[H][D]`.
    #[inline(always)]
    fn value(&self, number: u32, at: usize) -> f32 {
        if number < self.kept {
            self.sequences[number as usize * self.knots.plan.len() + at]
        } else {
            // As for pairs that follow a plan: a plan of 0 goes to neither side more often.
            self.knots.plan[at] + TINY * self.knots.noise.stream().first_sign()
        }
    }
}

/// [`Controls`] of [`Followed`].
#[derive(Clone, Copy)]
pub struct FollowedControls<'a, N: Noise + 'a, L: Lanes, V: Vector<L>> {
    scheme: &'a Followed<'a, N>,
    drawn: KnotControls<'a, N, L, V>,
    proof: L::Proof,
    /// The first particle of the bundle, whose pairs follow each other.
    first: u32,
}

impl<P: Plant, N: Noise> Scheme<P> for Followed<'_, N> {
    type Controls<'a, L: Lanes>
        = FollowedControls<'a, N, L, P::Control<L>>
    where
        Self: 'a;

    #[inline(always)]
    fn controls<L: Lanes>(
        &self,
        proof: L::Proof,
        pairs: L::Bits,
    ) -> FollowedControls<'_, N, L, P::Control<L>> {
        let mut numbers = [0u32; 16];
        pairs.store(&mut numbers);
        let drawn = self.knots.draw(proof, pairs);
        FollowedControls { scheme: self, drawn, proof, first: 2 * numbers[0] }
    }
}

impl<N: Noise, L: Lanes, V: Vector<L>> Controls<V> for FollowedControls<'_, N, L, V> {
    #[inline(always)]
    fn block_len(&self) -> u32 {
        self.drawn.block_len()
    }

    #[inline(always)]
    fn refill(&mut self, block: u32) {
        self.drawn.refill(block);
    }

    #[inline(always)]
    fn next(&mut self, step: u32) -> [V; 2] {
        let sides = self.drawn.next(step);
        if self.first >= self.scheme.given {
            return sides;
        }
        let dimensions = V::dimensions();
        let [mut a, mut b] = sides;
        for dimension in 0..dimensions {
            let at = step as usize * dimensions + dimension;
            a.set(dimension, self.follow(a.get(dimension), 0, at));
            b.set(dimension, self.follow(b.get(dimension), 1, at));
        }
        [a, b]
    }
}

impl<N: Noise, L: Lanes, V: Vector<L>> FollowedControls<'_, N, L, V> {
    /// `drawn`, the control of side `side` of the pairs at place `at` of `[H][D]`, but for the particles that follow a given
    /// one.
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "an array's iterator is not unrolled for GPUs")]
    fn follow(&self, drawn: L, side: u32, at: usize) -> L {
        let mut values = [0.0; 16];
        drawn.store(&mut values);
        let mut number = self.first + side;
        for lane in 0..L::COUNT {
            if number < self.scheme.given {
                values[lane] = self.scheme.value(number, at);
            }
            number += 2;
        }
        // What was drawn is within already, and stays what it is.
        self.drawn.within(L::load(self.proof, &values))
    }
}
