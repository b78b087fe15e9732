//! Noise that is kept in memory from the roll-out to the weighing, which else would draw it again.

use crate::controls::{Noise, NoiseSource};
use crate::lanes::Lanes;
use crate::model::Vector;
use crate::rng::Stream;

/// Noise that is drawn, and written down where there is memory for it.
///
/// The numbers of neighbouring pairs are beside each other, so that a warp writes and reads whole lines.
#[derive(Clone, Copy)]
pub struct Keeping<N> {
    pub noise: N,
    /// The address of the first number of this thread's pair; 0 for none.
    pub at: u64,
    /// By how many bytes the next number follows.
    pub stride: u64,
}

/// The noise of a pair, number after number.
#[derive(Clone, Copy)]
pub struct KeepingSource<S, V> {
    source: S,
    /// A knot of which no number is drawn yet.
    blank: V,
    at: u64,
    stride: u64,
}

impl<N: Noise> Noise for Keeping<N> {
    type Source<'a, L: Lanes, V: Vector<L>>
        = KeepingSource<N::Source<'a, L, V>, V>
    where
        Self: 'a;

    #[inline(always)]
    fn source<L: Lanes, V: Vector<L>>(
        &self,
        proof: L::Proof,
        pairs: L::Bits,
    ) -> Self::Source<'_, L, V> {
        let source = self.noise.source(proof, pairs);
        let blank = V::all(L::splat(proof, 0.0));
        KeepingSource { source, blank, at: self.at, stride: self.stride }
    }

    #[inline(always)]
    fn stream(&self) -> &Stream {
        self.noise.stream()
    }
}

impl<S: NoiseSource<L, V>, L: Lanes, V: Vector<L>> NoiseSource<L, V> for KeepingSource<S, V> {
    #[inline(always)]
    fn next_number(&mut self, dimension: usize) -> L {
        let value = self.source.next_number(dimension);
        if self.at != 0 {
            let mut number = [0.0];
            value.store(&mut number);
            // SAFETY: the host has laid out as many numbers for each pair as are drawn, and this pair is this thread's.
            unsafe { (self.at as *mut f32).write(number[0]) };
            self.at += self.stride;
        }
        value
    }

    #[inline(always)]
    fn next_knot(&mut self) -> V {
        let mut knot = self.blank;
        for dimension in 0..V::dimensions() {
            knot.set(dimension, self.next_number(dimension));
        }
        knot
    }
}
