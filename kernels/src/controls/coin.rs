//! Bang-bang control by coin tosses: left or right, one random bit a step.

use super::{Controls, SIGN, Scheme};
use crate::lanes::{LaneBits, Lanes};
use crate::model::Vector;
use crate::plant::Plant;
use crate::rng::Stream;

/// Full control to either side, each with probability one half; particle `2 j` begins to the side that
/// [`Stream::first_sign`] says, `2 j + 1` to the other one, and is always opposite to it.
#[derive(Clone, Copy, Debug)]
pub struct Coin {
    /// The random numbers.
    pub stream: Stream,
    /// Full control in the model's units.
    pub full: f32,
}

/// [`Controls`] of [`Coin`].
#[derive(Clone, Copy)]
pub struct CoinControls<'a, L: Lanes> {
    stream: &'a Stream,
    proof: L::Proof,
    pairs: L::Bits,
    words: [L::Bits; 4],
    word: L::Bits,
    sign: L::Bits,
    /// The control of each pair's first side by a random bit of 0.
    unset: L::Bits,
}

impl<P: Plant> Scheme<P> for Coin {
    type Controls<'a, L: Lanes> = CoinControls<'a, L>;

    #[inline(always)]
    fn controls<L: Lanes>(&self, proof: L::Proof, pairs: L::Bits) -> CoinControls<'_, L> {
        CoinControls {
            stream: &self.stream,
            proof,
            pairs,
            words: [pairs; 4],
            word: pairs,
            sign: L::Bits::splat(proof, SIGN),
            unset: L::splat(proof, -self.full * self.stream.first_sign()).bits(),
        }
    }
}

impl<L: Lanes, V: Vector<L>> Controls<V> for CoinControls<'_, L> {
    #[inline(always)]
    fn block_len(&self) -> u32 {
        32
    }

    #[inline(always)]
    fn refill(&mut self, block: u32) {
        if block.is_multiple_of(4) {
            self.words = self.stream.block(self.proof, block / 4, self.pairs);
        }
        let [a, b, c, d] = self.words;
        self.word = a;
        self.words = [b, c, d, a];
        if block == 0 {
            self.word = self.word | self.sign;
        }
    }

    #[inline(always)]
    fn next(&mut self, _: u32) -> [V; 2] {
        let control = ((self.word & self.sign) ^ self.unset).as_float();
        self.word = self.word.shl::<1>();
        [V::all(control), V::all(-control)]
    }
}
