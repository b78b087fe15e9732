//! Counter-based random numbers, functions of where they are used: Philox4x32-10.
//!
//! J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2,
//! 3", SC11 (2011). A draw depends on the key (the seed) and the counter (decision, iteration,
//! particle, block of steps) alone. No state is stored, any particle can be replayed by itself, and
//! how work is split between lanes, threads and devices cannot change a bit.

use crate::lanes::{LaneBits, LaneFactors, Lanes};
use crate::math::normal_quantiles;

const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const ROUNDS: usize = 10;

/// SplitMix64's increment, 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The random numbers of one iteration of one decision, for every particle and step.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    round_keys: [[u32; 2]; ROUNDS],
    decision: u32,
    iteration: u32,
    first_sign: f32,
}

impl Stream {
    /// The stream of `(seed, decision, iteration)`.
    ///
    /// Different triples give streams that are independent for all statistical purposes.
    #[must_use]
    pub fn new(seed: u64, decision: u32, iteration: u32) -> Self {
        let mut key = [seed as u32, (seed >> 32) as u32];
        let round_keys = core::array::from_fn(|_| {
            let now = key;
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
            now
        });
        let decisions = u64::from(decision) + 1;
        let coin = mix(seed.wrapping_add(GOLDEN.wrapping_mul(decisions))) >> 63;
        let first_sign = if coin == 0 { 1.0 } else { -1.0 };
        Self { round_keys, decision, iteration, first_sign }
    }

    /// 1 or -1, by a random bit of seed and decision: the side to which the first particle of each mirrored pair
    /// begins, and the first of all strata.
    ///
    /// Where an order decides (the first of equals, the one particle more that an odd number has), it decides for
    /// either side equally often, so that no planner prefers one.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot_kernels::rng::Stream;
    /// let right = (0..1000).filter(|decision| Stream::new(7, *decision, 0).first_sign() > 0.0);
    /// assert!((450..550).contains(&right.count()));
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn first_sign(&self) -> f32 {
        self.first_sign
    }

    /// A random number that decides between equal choices, the same for all particles.
    #[inline(always)]
    #[must_use]
    pub fn tie_breaker(&self) -> u32 {
        // Beyond the numbers of particles.
        self.block((), 0, u32::MAX - 1)[0]
    }

    /// 128 random bits for every lane: block `block` of the lane's particle.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot_kernels::rng::Stream;
    /// let stream = Stream::new(7, 0, 0);
    /// assert_eq!(stream.block((), 3, 41u32), stream.block((), 3, 41u32));
    /// assert_ne!(stream.block((), 3, 41u32), stream.block((), 3, 42u32));
    /// ```
    #[inline(always)]
    pub fn block<B: LaneBits>(&self, proof: B::Proof, block: u32, particle: B) -> [B; 4] {
        let decision = B::splat(proof, self.decision);
        let iteration = B::splat(proof, self.iteration);
        let counter = [B::splat(proof, block), particle, decision, iteration];
        philox(proof, &self.round_keys, counter)
    }
}

/// The output of SplitMix64 for a state: G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number
/// generators" (2014), with the constants of S. Vigna's implementation.
#[inline(always)]
const fn mix(state: u64) -> u64 {
    let a = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    b ^ (b >> 31)
}

#[inline(always)]
fn philox<B: LaneBits>(
    proof: B::Proof,
    round_keys: &[[u32; 2]; ROUNDS],
    [a, b, c, d]: [B; 4],
) -> [B; 4] {
    let (mut a, mut b, mut c, mut d) = (a.factors(), b.factors(), c.factors(), d.factors());
    for key in round_keys {
        let key = [B::Factors::repeat(proof, key[0]), B::Factors::repeat(proof, key[1])];
        let (high0, low0) = a.products(MULTIPLIERS[0]);
        let (high1, low1) = c.products(MULTIPLIERS[1]);
        (a, b, c, d) = (high1 ^ b ^ key[0], low1, high0 ^ d ^ key[1], low0);
    }
    [B::of_factors(a), B::of_factors(b), B::of_factors(c), B::of_factors(d)]
}

/// Uniform numbers in (0, 1), odd multiples of 2^-24, from the upper 23 bits of each word.
#[inline(always)]
pub fn uniform<L: Lanes>(proof: L::Proof, bits: L::Bits) -> L {
    (bits.shr::<9>().signed_to_float() + L::splat(proof, 0.5)) * L::splat(proof, UNIT)
}

/// 2^-23, the distance between neighbouring uniform numbers.
const UNIT: f32 = 1.0 / 8_388_608.0;

/// Standard normal numbers, of magnitude up to 5.3, from random words.
#[inline(always)]
pub fn normal<L: Lanes>(proof: L::Proof, bits: L::Bits) -> L {
    normals(proof, [bits])[0]
}

/// [`normal`] of several words, side by side.
#[inline(always)]
pub fn normals<L: Lanes, const N: usize>(proof: L::Proof, bits: [L::Bits; N]) -> [L; N] {
    let mut uniforms = [L::splat(proof, 0.0); N];
    for n in 0..N {
        uniforms[n] = uniform(proof, bits[n]);
    }
    normal_quantiles(proof, &uniforms)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `kat_vectors` of Random123 1.14: counter, key, result of Philox4x32-10.
    const KNOWN_ANSWERS: [([u32; 4], [u32; 2], [u32; 4]); 3] = [
        ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
        ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
        (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
        ),
    ];

    #[test]
    fn philox_gives_the_published_known_answers() {
        for (counter, key, expected) in KNOWN_ANSWERS {
            let seed = u64::from(key[0]) | u64::from(key[1]) << 32;
            let stream = Stream::new(seed, counter[2], counter[3]);
            assert_eq!(stream.block((), counter[0], counter[1]), expected);
        }
    }

    #[test]
    fn splitmix_gives_the_published_known_answers() {
        // Rosetta Code, "Pseudo-random numbers/Splitmix64", seed 1234567.
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        let state = |n: u64| 1_234_567u64.wrapping_add(GOLDEN.wrapping_mul(n));
        assert_eq!([1, 2, 3, 4, 5].map(|n| mix(state(n))), expected);
    }

    #[test]
    fn the_first_sign_is_a_fair_coin_along_seeds_and_along_decisions() {
        let plus = |streams: &mut dyn Iterator<Item = Stream>| {
            streams.filter(|stream| stream.first_sign() == 1.0).count()
        };
        // Five standard deviations of 10,000 tosses are 250.
        for fixed in 0..8 {
            let decisions = plus(&mut (0..10_000).map(|n| Stream::new(fixed, n, 0)));
            let seeds = plus(&mut (0..10_000).map(|n| Stream::new(n, fixed as u32, 0)));
            assert!((4750..5250).contains(&decisions), "{fixed}: {decisions}");
            assert!((4750..5250).contains(&seeds), "{fixed}: {seeds}");
        }
        let (first, later) = (Stream::new(5, 6, 0), Stream::new(5, 6, 3));
        assert_eq!(first.first_sign(), later.first_sign());
    }

    #[test]
    fn uniform_numbers_lie_inside_the_unit_interval_and_average_one_half() {
        let stream = Stream::new(1, 2, 3);
        let draws = (0..40_000).flat_map(|p| stream.block((), 0, p));
        let values: Vec<f64> = draws.map(|bits| f64::from(uniform::<f32>((), bits))).collect();
        assert!(values.iter().all(|v| *v > 0.0 && *v < 1.0));
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        assert!((mean - 0.5).abs() < 4.0 / (12.0 * values.len() as f64).sqrt(), "{mean}");
        assert_eq!(uniform::<f32>((), 0), 0.5 * UNIT);
    }

    #[test]
    fn normal_numbers_have_the_moments_of_the_standard_normal_distribution() {
        let stream = Stream::new(9, 0, 0);
        let draws = (0..100_000).flat_map(|p| stream.block((), 0, p));
        let values: Vec<f64> = draws.map(|bits| f64::from(normal::<f32>((), bits))).collect();
        let n = values.len() as f64;
        let moment = |k: i32| values.iter().map(|v| v.powi(k)).sum::<f64>() / n;
        // The standard deviation of the k-th sample moment is sqrt((E x^2k - (E x^k)^2) / n).
        assert!(moment(1).abs() < 4.0 / n.sqrt());
        assert!((moment(2) - 1.0).abs() < 4.0 * (2.0 / n).sqrt());
        assert!(moment(3).abs() < 4.0 * (15.0 / n).sqrt());
        assert!((moment(4) - 3.0).abs() < 4.0 * (96.0 / n).sqrt());
        let beyond_two = values.iter().filter(|v| v.abs() > 2.0).count() as f64 / n;
        assert!((beyond_two - 0.0455).abs() < 4.0 * (0.0455 / n).sqrt(), "{beyond_two}");
    }
}
