//! Bang-bang control by biased coins: left or right, with a probability for each step.

use super::{Controls, SIGN, Scheme};
use crate::lanes::{LaneBits, Lanes};
use crate::model::Vector;
use crate::plant::Plant;
use crate::rng::Stream;

/// Binary digits of a probability: it is a multiple of 2^-8.
const DIGITS: usize = 8;

/// Full control to the right at step `h` with probability `p_h`; the first step is stratified as by
/// [`Coin`](super::Coin).
#[derive(Clone, Copy, Debug)]
pub struct Biased<'a> {
    /// The random numbers.
    pub stream: Stream,
    /// Full control in the model's units.
    pub full: f32,
    /// The probabilities, from [`digits`], one entry for every 32 steps.
    pub digits: &'a [[u32; DIGITS]],
}

/// Writes the probabilities of going right, `[H]`, as binary digits: entry `b` is about steps `32 b ..
/// 32 b + 32`, bit `31 - s` of word `k` is digit `2^(k - 8)` of the probability at step `32 b + s`.
///
/// Probabilities are rounded to multiples of 1/256 and kept from 1/256 to 255/256.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::controls::digits;
/// let mut written = [[0; 8]];
/// digits(&[0.5, 0.75], &mut written);
/// assert_eq!(written[0][7], 0b11 << 30); // one half in both
/// assert_eq!(written[0][6], 0b01 << 30); // one quarter in the second
/// ```
pub fn digits(probabilities: &[f64], digits: &mut [[u32; DIGITS]]) {
    for (entry, steps) in digits.iter_mut().zip(probabilities.chunks(32)) {
        *entry = [0; DIGITS];
        for (s, p) in steps.iter().enumerate() {
            let level = level(*p);
            for (k, word) in entry.iter_mut().enumerate() {
                *word |= (level >> k & 1) << (31 - s);
            }
        }
    }
}

/// A probability as a multiple of 1/256, from 1 to 255.
#[inline(always)]
pub(crate) fn level(probability: f64) -> u32 {
    libm::rint(probability * 256.0).clamp(1.0, 255.0) as u32
}

/// [`Controls`] of [`Biased`].
#[derive(Clone, Copy)]
pub struct BiasedControls<'a, L: Lanes> {
    scheme: &'a Biased<'a>,
    proof: L::Proof,
    pairs: L::Bits,
    words: [L::Bits; 2],
    sign: L::Bits,
    left: L::Bits,
}

impl<P: Plant> Scheme<P> for Biased<'_> {
    type Controls<'a, L: Lanes>
        = BiasedControls<'a, L>
    where
        Self: 'a;

    #[inline(always)]
    fn controls<L: Lanes>(&self, proof: L::Proof, pairs: L::Bits) -> BiasedControls<'_, L> {
        self.sides(proof, pairs)
    }
}

impl Biased<'_> {
    /// The sides, left or right, that the pairs take whose numbers are in `pairs`.
    #[inline(always)]
    pub fn sides<L: Lanes>(&self, proof: L::Proof, pairs: L::Bits) -> BiasedControls<'_, L> {
        BiasedControls {
            scheme: self,
            proof,
            pairs,
            words: [pairs; 2],
            sign: L::Bits::splat(proof, SIGN),
            left: L::splat(proof, -self.full).bits(),
        }
    }
}

impl<L: Lanes> BiasedControls<'_, L> {
    /// The actions of the current block for both sides: bit 31 is its first step, set means right.
    #[inline(always)]
    pub fn words(&self) -> [L::Bits; 2] {
        self.words
    }

    /// Prepares for the 32 steps of block `block`; called with 0, 1, 2, ...
    ///
    /// Compares 32 uniform numbers `u` of 8 digits with 32 probabilities `p` at once, from the last
    /// digit to the first: `u < p` so far is the majority of "`u`'s digit is 0", "`p`'s digit is 1" and
    /// "`u < p`" of the digits below. (The random bits serve negated, which changes no
    /// probability.)
    #[inline(always)]
    pub fn draw(&mut self, block: u32) {
        let low = self.scheme.stream.block(self.proof, 2 * block, self.pairs);
        let high = self.scheme.stream.block(self.proof, 2 * block + 1, self.pairs);
        let zero = L::Bits::splat(self.proof, 0);
        self.words = [zero; 2];
        let digits = &self.scheme.digits[block as usize];
        for digit in 0..DIGITS {
            let random = if digit < 4 { low[digit] } else { high[digit - 4] };
            let digit = L::Bits::splat(self.proof, digits[digit]);
            self.words[0] = random.majority(digit, self.words[0]);
            self.words[1] = (!random).majority(digit, self.words[1]);
        }
        if block == 0 {
            self.words = [self.words[0] | self.sign, self.words[1] & !self.sign];
        }
        if self.scheme.stream.first_sign() < 0.0 {
            self.words.swap(0, 1);
        }
    }
}

impl<L: Lanes, V: Vector<L>> Controls<V> for BiasedControls<'_, L> {
    #[inline(always)]
    fn block_len(&self) -> u32 {
        32
    }

    #[inline(always)]
    fn refill(&mut self, block: u32) {
        self.draw(block);
    }

    #[inline(always)]
    fn next(&mut self, _: u32) -> [V; 2] {
        let [a, b] = self.words;
        self.words = [a.shl::<1>(), b.shl::<1>()];
        let [a, b] = [(a & self.sign) ^ self.left, (b & self.sign) ^ self.left];
        [V::all(a.as_float()), V::all(b.as_float())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_go_right_as_often_as_asked_on_both_sides() {
        let asked: [f64; 40] = core::array::from_fn(|h| (h as f64 + 0.5) / 40.0);
        let mut written = [[0; DIGITS]; 2];
        digits(&asked, &mut written);
        let scheme = Biased { stream: Stream::new(3, 0, 0), full: 1.0, digits: &written };
        let mut right = [[0u32; 2]; 40];
        let pairs = 20_000;
        for pair in 0..pairs {
            let mut controls = scheme.sides::<f32>((), pair);
            for (h, right) in right.iter_mut().enumerate() {
                if h % 32 == 0 {
                    controls.draw(h as u32 / 32);
                }
                let now = controls.next(h as u32).map(|[control]: [f32; 1]| control);
                assert!(h > 0 || now == [1.0, -1.0].map(|c| c * scheme.stream.first_sign()));
                right.iter_mut().zip(now).for_each(|(r, c)| *r += u32::from(c > 0.0));
            }
        }
        for (p, right) in asked.iter().zip(right).skip(1) {
            let p = (p * 256.0).round().clamp(1.0, 255.0) / 256.0;
            let allowed = 5.0 * (p * (1.0 - p) / f64::from(pairs)).sqrt();
            for right in right {
                let share = f64::from(right) / f64::from(pairs);
                assert!((share - p).abs() < allowed, "{share} for {p}");
            }
        }
    }
}
