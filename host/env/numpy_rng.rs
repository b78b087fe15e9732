//! NumPy's default random numbers, to the last bit: `SeedSequence` and `PCG64`.
//!
//! Gymnasium draws its initial states from `numpy.random.Generator`, so only
//! these numbers make `reset(seed)` mean the same here as there.
//!
//! * Seeding: M. E. O'Neill, "Developing a seed_seq Alternative", 2015, as in
//!   `numpy/random/bit_generator.pyx`.
//! * Generator: M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient
//!   Statistically Good Algorithms for Random Number Generation", 2014; NumPy
//!   uses the XSL-RR variant, 128 bits of state to 64 bits of output.

/// What `numpy.random.Generator(numpy.random.PCG64(seed))` is in Python, as
/// far as a reset needs it.
///
/// # Examples
/// ```
/// use particle_pilot::env::NumpyRng;
///
/// // >>> numpy.random.default_rng(42).random()
/// // 0.7739560485559633
/// assert_eq!(NumpyRng::new(42).random(), 0.7739560485559633);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumpyRng {
    state: u128,
    /// Odd; tells one stream from another.
    increment: u128,
}

impl NumpyRng {
    /// The multiplier of PCG's 128-bit linear congruential generator.
    const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

    /// A generator seeded like NumPy's, for any `seed` of up to 64 bits.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::NumpyRng;
    /// assert_ne!(NumpyRng::new(0), NumpyRng::new(1 << 32));
    /// ```
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let [a, b, c, d] = seed_sequence(seed).map(u128::from);
        let mut rng = Self { state: 0, increment: (c << 64 | d) << 1 | 1 };
        rng.advance();
        rng.state = rng.state.wrapping_add(a << 64 | b);
        rng.advance();
        rng
    }

    /// The next 64 random bits: NumPy's `bit_generator.random_raw()`.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::NumpyRng;
    /// assert_eq!(NumpyRng::new(0).next_u64(), 11749869230777074271);
    /// ```
    pub fn next_u64(&mut self) -> u64 {
        self.advance();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    /// A number uniform in `[0, 1)`, a multiple of 2^-53: `Generator.random()`.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::NumpyRng;
    /// let u = NumpyRng::new(7).random();
    /// assert!((0.0..1.0).contains(&u));
    /// ```
    pub fn random(&mut self) -> f64 {
        const ULP: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * ULP
    }

    /// `low + (high - low) * random()`, rounded after each operation:
    /// `Generator.uniform(low, high)`.
    ///
    /// Bounds are not checked: NumPy's callers, and ours, do that.
    ///
    /// # Examples
    /// ```
    /// # use particle_pilot::env::NumpyRng;
    /// // >>> numpy.random.default_rng(42).uniform(-0.05, 0.05)
    /// // 0.027395604855596334
    /// assert_eq!(NumpyRng::new(42).uniform(-0.05, 0.05), 0.027395604855596334);
    /// ```
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random()
    }

    fn advance(&mut self) {
        self.state = self.state.wrapping_mul(Self::MULTIPLIER).wrapping_add(self.increment);
    }
}

/// `SeedSequence(seed).generate_state(4, uint64)`.
fn seed_sequence(seed: u64) -> [u64; 4] {
    const XSHIFT: u32 = 16;

    /// Scrambles words with a multiplier that changes at every use.
    struct Hash {
        constant: u32,
        multiplier: u32,
    }

    impl Hash {
        fn word(&mut self, word: u32) -> u32 {
            let word = word ^ self.constant;
            self.constant = self.constant.wrapping_mul(self.multiplier);
            let word = word.wrapping_mul(self.constant);
            word ^ word >> XSHIFT
        }
    }

    fn mix(x: u32, y: u32) -> u32 {
        let mixed = x.wrapping_mul(0xca01_f9dd).wrapping_sub(y.wrapping_mul(0x4973_f715));
        mixed ^ mixed >> XSHIFT
    }

    // NumPy splits the seed into little-endian words and pads them with zeros
    // to the pool's four; 64 bits never need more.
    let mut hash = Hash { constant: 0x43b0_d7e5, multiplier: 0x931e_8875 };
    let mut pool = [seed as u32, (seed >> 32) as u32, 0, 0].map(|word| hash.word(word));
    for source in 0..pool.len() {
        for target in 0..pool.len() {
            if source != target {
                pool[target] = mix(pool[target], hash.word(pool[source]));
            }
        }
    }

    let mut hash = Hash { constant: 0x8b51_f9dd, multiplier: 0x58f3_8ded };
    let words: [u32; 8] = std::array::from_fn(|i| hash.word(pool[i % pool.len()]));
    std::array::from_fn(|i| u64::from(words[2 * i + 1]) << 32 | u64::from(words[2 * i]))
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
        let mut rng = NumpyRng::new(1 << 32);
        assert_eq!(
            [(); 3].map(|()| rng.next_u64()),
            [16_412_783_775_159_424_549, 10_277_383_025_879_800_780, 14_774_146_505_460_541_886]
        );
    }

    #[test]
    fn a_clone_continues_the_same_stream() {
        let mut a = NumpyRng::new(3);
        a.next_u64();
        let mut b = a.clone();
        assert_eq!(a.next_u64(), b.next_u64());
    }

    #[test]
    fn an_empty_range_yields_its_bound() {
        assert_eq!(NumpyRng::new(3).uniform(0.25, 0.25), 0.25);
    }
}
