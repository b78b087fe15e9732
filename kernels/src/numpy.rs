//! NumPy's default random numbers, to the last bit: `SeedSequence` and `PCG64`.
//!
//! Gymnasium draws its initial states from `numpy.random.Generator`, so only these numbers make `reset(seed)`
//! mean the same here as there.
//!
//! * Seeding: M. E. O'Neill, "Developing a seed_seq Alternative", 2015, as in `numpy/random/bit_generator.pyx`.
//! * Generator: M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for
//!   Random Number Generation", 2014; NumPy uses the XSL-RR variant, 128 bits of state to 64 bits of output.

/// The multiplier of PCG's 128-bit linear congruential generator.
const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// PCG64 as NumPy has it: `numpy.random.PCG64(seed)`, and of the `Generator` on top what a reset needs, by the names
/// that NumPy has for it.
///
/// # Examples
/// ```
/// use particle_pilot_kernels::numpy::Pcg64;
///
/// // >>> numpy.random.default_rng(42).uniform(-0.05, 0.05)
/// // 0.027395604855596334
/// assert_eq!(Pcg64::new(42).uniform(-0.05, 0.05), 0.027395604855596334);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pcg64 {
    state: u128,
    /// Odd; tells one stream from another.
    increment: u128,
}

impl Pcg64 {
    /// A generator seeded like NumPy's, for any `seed` of up to 64 bits.
    #[inline]
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let [a, b, c, d] = seed_sequence(seed);
        let mut rng = Self { state: 0, increment: wide(c, d) << 1 | 1 };
        rng.advance();
        rng.state = rng.state.wrapping_add(wide(a, b));
        rng.advance();
        rng
    }

    /// The generator that [`Pcg64::words`] describes.
    #[inline]
    #[must_use]
    pub fn from_words(words: [u64; 4]) -> Self {
        let [a, b, c, d] = words;
        Self { state: wide(a, b), increment: wide(c, d) }
    }

    /// State and increment, the upper half of each first: plain data.
    #[inline]
    #[must_use]
    pub fn words(&self) -> [u64; 4] {
        let halves = |number: u128| ((number >> 64) as u64, number as u64);
        let ((a, b), (c, d)) = (halves(self.state), halves(self.increment));
        [a, b, c, d]
    }

    /// The next 64 random bits: `bit_generator.random_raw()`.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot_kernels::numpy::Pcg64;
    /// assert_eq!(Pcg64::new(0).next_u64(), 11749869230777074271);
    /// ```
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.advance();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    /// A number uniform in `[0, 1)`, a multiple of 2^-53: `Generator.random()`.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot_kernels::numpy::Pcg64;
    /// // >>> numpy.random.default_rng(42).random()
    /// // 0.7739560485559633
    /// assert_eq!(Pcg64::new(42).random(), 0.7739560485559633);
    /// ```
    #[inline]
    pub fn random(&mut self) -> f64 {
        const ULP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * ULP
    }

    /// `low + (high - low) * random()`, rounded after each operation: `Generator.uniform(low, high)`.
    ///
    /// Bounds are not checked: NumPy's callers, and ours, do that.
    #[inline]
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random()
    }

    /// `Generator.uniform(low, high, size=4)`, which draws in order.
    #[inline]
    pub fn uniform4(&mut self, low: f64, high: f64) -> [f64; 4] {
        let a = self.uniform(low, high);
        let b = self.uniform(low, high);
        let c = self.uniform(low, high);
        [a, b, c, self.uniform(low, high)]
    }

    #[inline]
    fn advance(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }
}

#[inline]
fn wide(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// The hash of `SeedSequence`: scrambles words with a multiplier that changes at every use.
struct Hash {
    constant: u32,
    multiplier: u32,
}

/// The shift that each scrambling ends with.
const XSHIFT: u32 = 16;

impl Hash {
    #[inline(always)]
    fn word(&mut self, word: u32) -> u32 {
        let word = word ^ self.constant;
        self.constant = self.constant.wrapping_mul(self.multiplier);
        let word = word.wrapping_mul(self.constant);
        word ^ word >> XSHIFT
    }

    /// Two words, as the lower and the upper half of one.
    #[inline(always)]
    fn pair(&mut self, low: u32, high: u32) -> u64 {
        let low = u64::from(self.word(low));
        u64::from(self.word(high)) << 32 | low
    }
}

#[inline(always)]
fn mix(x: u32, y: u32) -> u32 {
    let mixed = x.wrapping_mul(0xca01_f9dd).wrapping_sub(y.wrapping_mul(0x4973_f715));
    mixed ^ mixed >> XSHIFT
}

/// `SeedSequence(seed).generate_state(4, uint64)`.
#[inline]
#[must_use]
pub fn seed_sequence(seed: u64) -> [u64; 4] {
    // NumPy splits the seed into little-endian words and pads them with zeros to the pool's four; 64 bits never
    // need more. The pool is four variables, and loops over it are written out: a GPU has no registers that a
    // number could choose from.
    let mut hash = Hash { constant: 0x43b0_d7e5, multiplier: 0x931e_8875 };
    let mut a = hash.word(seed as u32);
    let mut b = hash.word((seed >> 32) as u32);
    let mut c = hash.word(0);
    let mut d = hash.word(0);
    // Each word into all others.
    b = mix(b, hash.word(a));
    c = mix(c, hash.word(a));
    d = mix(d, hash.word(a));
    a = mix(a, hash.word(b));
    c = mix(c, hash.word(b));
    d = mix(d, hash.word(b));
    a = mix(a, hash.word(c));
    b = mix(b, hash.word(c));
    d = mix(d, hash.word(c));
    a = mix(a, hash.word(d));
    b = mix(b, hash.word(d));
    c = mix(c, hash.word(d));

    let mut hash = Hash { constant: 0x8b51_f9dd, multiplier: 0x58f3_8ded };
    [hash.pair(a, b), hash.pair(c, d), hash.pair(a, b), hash.pair(c, d)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_expands_as_in_numpy() {
        // numpy.random.SeedSequence(seed).generate_state(4, numpy.uint64)
        assert_eq!(
            seed_sequence(0),
            [
                15_793_235_383_387_715_774,
                12_390_638_538_380_655_177,
                2_361_836_109_651_742_017,
                3_188_717_715_514_472_916
            ]
        );
        assert_eq!(
            seed_sequence(u64::MAX),
            [
                12_591_116_029_944_179_981,
                1_268_942_265_879_420_026,
                1_998_214_320_288_580_263,
                12_063_755_697_402_456_310
            ]
        );
    }

    #[test]
    fn raw_words_are_numpys() {
        // numpy.random.PCG64(2**32).random_raw(3)
        let mut rng = Pcg64::new(1 << 32);
        assert_eq!(
            [(); 3].map(|()| rng.next_u64()),
            [16_412_783_775_159_424_549, 10_277_383_025_879_800_780, 14_774_146_505_460_541_886]
        );
    }

    #[test]
    fn an_empty_range_yields_its_bound() {
        assert_eq!(Pcg64::new(3).uniform(0.25, 0.25), 0.25);
    }

    #[test]
    fn words_are_the_whole_generator() {
        let mut rng = Pcg64::new(5);
        let state = rng.uniform4(-1.0, 2.0);
        let mut other = Pcg64::new(5);
        assert_eq!([(); 4].map(|()| other.uniform(-1.0, 2.0)), state);
        other = Pcg64::from_words(rng.words());
        assert_eq!(other, rng);
        assert_eq!(other.next_u64(), rng.next_u64());
    }
}
