//! Random numbers: raw words, and what is made of them.

use std::hint::black_box;

use criterion::Criterion;
use particle_pilot_kernels::lanes::{LaneBits, LaneWork, Lanes};
use particle_pilot_kernels::rng::{Stream, normal, uniform};

use crate::paths::each;

const PARTICLES: usize = 256;
/// A block's random words for each particle.
const WORDS: usize = 4 * PARTICLES;

/// What is made of the words.
#[derive(Clone, Copy)]
enum Draw {
    Words,
    Uniform,
    Normal,
}

/// One block of random numbers for each particle.
struct Draws<'a> {
    stream: &'a Stream,
    draw: Draw,
}

impl LaneWork for Draws<'_> {
    type Output = [f32; WORDS];

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> [f32; WORDS] {
        let mut numbers = [0.0; WORDS];
        for (bundle, numbers) in numbers.chunks_exact_mut(4 * L::COUNT).enumerate() {
            let particles = L::Bits::counting(proof, (bundle * L::COUNT) as u32);
            let words = self.stream.block(proof, 0, particles);
            for (word, numbers) in words.into_iter().zip(numbers.chunks_exact_mut(L::COUNT)) {
                match self.draw {
                    Draw::Words => word.as_float(),
                    Draw::Uniform => uniform::<L>(proof, word),
                    Draw::Normal => normal::<L>(proof, word),
                }
                .store(numbers);
            }
        }
        numbers
    }
}

pub fn all(criterion: &mut Criterion) {
    let stream = Stream::new(1, 2, 3);
    let mut group = criterion.benchmark_group("random");
    for (name, draw) in
        [("philox", Draw::Words), ("uniform", Draw::Uniform), ("normal", Draw::Normal)]
    {
        each(&mut group, name, WORDS as u64, || Draws { stream: black_box(&stream), draw });
    }
    group.finish();
}
