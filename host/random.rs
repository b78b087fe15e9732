//! The particles' random numbers for host code, by `rand`'s traits.

use std::convert::Infallible;

use particle_pilot_kernels::rng::Stream;
use rand::{SeedableRng, TryRng};

/// Philox4x32-10 as a generator of the `rand` crate: the numbers of one particle, block after block.
///
/// # Examples
/// ```
/// use particle_pilot::PhiloxRng;
/// use rand::{RngExt, SeedableRng};
///
/// let mut rng = PhiloxRng::seed_from_u64(7);
/// let coin: bool = rng.random();
/// assert_eq!(coin, PhiloxRng::seed_from_u64(7).random::<bool>());
/// ```
#[derive(Clone, Debug)]
pub struct PhiloxRng {
    stream: Stream,
    particle: u32,
    block: u32,
    words: [u32; 4],
    used: usize,
}

impl PhiloxRng {
    /// The numbers of `particle` in `stream`; they repeat after 2^34 words.
    #[must_use]
    pub fn new(stream: Stream, particle: u32) -> Self {
        Self { stream, particle, block: 0, words: [0; 4], used: 4 }
    }
}

impl SeedableRng for PhiloxRng {
    type Seed = [u8; 8];

    fn from_seed(seed: [u8; 8]) -> Self {
        Self::seed_from_u64(u64::from_le_bytes(seed))
    }

    /// The numbers of particle 0 in the first iteration of the first decision with this seed.
    fn seed_from_u64(seed: u64) -> Self {
        Self::new(Stream::new(seed, 0, 0), 0)
    }
}

impl TryRng for PhiloxRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        if self.used == self.words.len() {
            self.words = self.stream.block((), self.block, self.particle);
            self.block = self.block.wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        Ok(self.words[self.used - 1])
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.try_next_u32()?);
        Ok(low | u64::from(self.try_next_u32()?) << 32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            let word = self.try_next_u32()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn words_are_the_streams_blocks_in_order() {
        let stream = Stream::new(3, 1, 4);
        let mut rng = PhiloxRng::new(stream, 15);
        let words: Vec<u32> = (0..8).map(|_| rng.next_u32()).collect();
        assert_eq!(words[..4], stream.block((), 0, 15));
        assert_eq!(words[4..], stream.block((), 1, 15));
    }

    #[test]
    fn bytes_are_little_endian_words() {
        let mut rng = PhiloxRng::seed_from_u64(1);
        let mut bytes = [0; 6];
        rng.clone().fill_bytes(&mut bytes);
        assert_eq!(bytes[..4], rng.next_u32().to_le_bytes());
        assert_eq!(bytes[4..], rng.next_u32().to_le_bytes()[..2]);
    }
}
