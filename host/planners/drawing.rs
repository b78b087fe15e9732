//! Noise in memory: what is drawn for the futures of a chunk before they are rolled out.

use std::cell::Cell;
use std::sync::Mutex;

use particle_pilot_kernels::controls::{
    Biased, Coin, DrawnNoise, Followed, KnotNoise, Knots, PAIRS, PowerNoise, Scheme, width,
};
use particle_pilot_kernels::lanes::{LaneWork, Lanes, SimdProof};
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::rng::Stream;
use particle_pilot_kernels::rollout::CHUNK;

use super::planner::{Swarm, dimensions};

/// Noise at knots, which can be drawn. No model has a part in it, so that this is compiled once.
pub(crate) trait Drawing: Sync {
    /// The random numbers.
    fn stream(&self) -> &Stream;

    /// As in [`DrawnNoise`]: one for each number of a pair's noise.
    fn scales(&self) -> &[f32];

    /// Draws the noise of `pairs` in so many dimensions to `values`, as [`KnotNoise::draw`] does.
    fn write(&self, simd: SimdProof, pairs: &[u32], dimensions: usize, values: &mut [f32]);

    /// The numbers of each pair's noise, knots times dimensions.
    fn numbers(&self) -> usize {
        self.scales().len()
    }

    /// The noise of `pairs` in so many dimensions; `values` has room for it.
    fn draw_pairs<'a>(
        &'a self,
        simd: SimdProof,
        pairs: &[u32],
        dimensions: usize,
        values: &'a mut [f32],
    ) -> DrawnNoise<'a> {
        let width = width(pairs.len());
        let values = &mut values[..self.numbers() * width];
        self.write(simd, pairs, dimensions, values);
        self.drawn(pairs[0], width, values)
    }

    /// The noise of chunk `chunk` of so many particles.
    fn draw_chunk<'a>(
        &'a self,
        simd: SimdProof,
        particles: u32,
        dimensions: usize,
        chunk: usize,
        values: &'a mut [f32],
    ) -> DrawnNoise<'a> {
        let first = (chunk * PAIRS) as u32;
        let pairs: [u32; PAIRS] = std::array::from_fn(|place| first + place as u32);
        self.draw_pairs(simd, &pairs[..pairs_in(chunk, particles)], dimensions, values)
    }

    /// What [`Drawing::draw_chunk`] has drawn to `values` before.
    fn drawn_chunk<'a>(
        &'a self,
        particles: u32,
        chunk: usize,
        values: &'a [f32],
    ) -> DrawnNoise<'a> {
        let width = width(pairs_in(chunk, particles));
        self.drawn((chunk * PAIRS) as u32, width, &values[..self.numbers() * width])
    }

    /// What was drawn to `values` in rows of `width` places, for pairs from `first_pair` on.
    fn drawn<'a>(&'a self, first_pair: u32, width: usize, values: &'a [f32]) -> DrawnNoise<'a> {
        DrawnNoise { stream: *self.stream(), scales: self.scales(), values, width, first_pair }
    }
}

/// The pairs in chunk `chunk` of so many particles.
fn pairs_in(chunk: usize, particles: u32) -> usize {
    (particles.div_ceil(2) as usize - chunk * PAIRS).min(PAIRS)
}

/// A scheme whose noise, if it has any, is drawn chunk by chunk.
pub(crate) trait Sampling<M: LaneModel>: Sync {
    /// The scheme with the noise of one chunk.
    type Drawn<'a>: Scheme<M>
    where
        Self: 'a;

    /// The numbers of each pair's noise.
    fn numbers(&self) -> usize;

    /// The scheme for those of `swarm`'s particles that are in chunk `chunk`; `values` has room for their noise.
    fn draw<'a>(&'a self, swarm: &Swarm<M>, chunk: usize, values: &'a mut [f32])
    -> Self::Drawn<'a>;
}

/// [`Drawing`], written out for each kind of noise: something generic would be compiled anew with each model.
macro_rules! drawing {
    ($noise:ident) => {
        impl Drawing for $noise<'_> {
            fn stream(&self) -> &Stream {
                &self.stream
            }

            fn scales(&self) -> &[f32] {
                self.scales
            }

            fn write(&self, simd: SimdProof, pairs: &[u32], dimensions: usize, values: &mut [f32]) {
                struct Draw<'a> {
                    noise: &'a $noise<'a>,
                    pairs: &'a [u32],
                    dimensions: usize,
                    values: &'a mut [f32],
                }

                impl LaneWork for Draw<'_> {
                    type Output = ();

                    #[inline(always)]
                    fn run<L: Lanes>(self, proof: L::Proof) {
                        self.noise.draw::<L>(proof, self.pairs, self.dimensions, self.values);
                    }
                }

                simd.run(Draw { noise: self, pairs, dimensions, values });
            }
        }
    };
}

drawing!(KnotNoise);
drawing!(PowerNoise);

impl<M: LaneModel> Sampling<M> for Coin {
    type Drawn<'a> = Self;

    fn numbers(&self) -> usize {
        0
    }

    fn draw(&self, _: &Swarm<M>, _: usize, _: &mut [f32]) -> Self {
        *self
    }
}

impl<M: LaneModel> Sampling<M> for Biased<'_> {
    type Drawn<'a>
        = Self
    where
        Self: 'a;

    fn numbers(&self) -> usize {
        0
    }

    fn draw(&self, _: &Swarm<M>, _: usize, _: &mut [f32]) -> Self {
        *self
    }
}

impl<M: LaneModel, N: Drawing> Sampling<M> for Knots<'_, N> {
    type Drawn<'a>
        = Knots<'a, DrawnNoise<'a>>
    where
        Self: 'a;

    fn numbers(&self) -> usize {
        self.noise.numbers()
    }

    fn draw<'a>(
        &'a self,
        swarm: &Swarm<M>,
        chunk: usize,
        values: &'a mut [f32],
    ) -> Self::Drawn<'a> {
        let Swarm { simd, particles, .. } = *swarm;
        let noise = self.noise.draw_chunk(simd, particles, dimensions::<M>(), chunk, values);
        self.with_noise(noise)
    }
}

impl<M: LaneModel, N: Drawing> Sampling<M> for Followed<'_, N> {
    type Drawn<'a>
        = Followed<'a, DrawnNoise<'a>>
    where
        Self: 'a;

    fn numbers(&self) -> usize {
        self.knots.noise.numbers()
    }

    fn draw<'a>(
        &'a self,
        swarm: &Swarm<M>,
        chunk: usize,
        values: &'a mut [f32],
    ) -> Self::Drawn<'a> {
        let Self { sequences, kept, given, ref knots } = *self;
        let Swarm { simd, particles, .. } = *swarm;
        let noise = knots.noise.draw_chunk(simd, particles, dimensions::<M>(), chunk, values);
        Followed { knots: knots.with_noise(noise), sequences, kept, given }
    }
}

/// Bytes of noise that a decision keeps from the roll-out to the weighing: what is in a cache is read faster than it is drawn
/// again, what has to come from memory may not be.
const MOST_KEPT: u64 = 32 << 20;

/// The bytes of a chunk's noise, of so many `numbers` for each pair.
pub(crate) fn memory(numbers: usize) -> u64 {
    4 * (numbers * PAIRS) as u64
}

/// Whether a decision for so many `particles` keeps its noise.
pub(crate) fn is_kept(particles: u32, numbers: usize) -> bool {
    u64::from(particles.div_ceil(CHUNK as u32)) * memory(numbers) <= MOST_KEPT
}

/// Memory for the noise of chunks.
///
/// It belongs to the thread that asks for decisions, not to the pilot, so that many pilots that decide one after the other
/// share it, and find it in the cache.
pub(crate) struct Buffers(Mutex<Vec<Vec<f32>>>);

thread_local! {
    static IDLE: Cell<Vec<Vec<f32>>> = const { Cell::new(Vec::new()) };
}

impl Buffers {
    /// Those of this thread, until this is dropped.
    pub fn of_this_thread() -> Self {
        Self(Mutex::new(IDLE.take()))
    }

    /// One of at least `len` numbers, whatever these are.
    pub fn take(&self, len: usize) -> Vec<f32> {
        let mut buffer = match len {
            0 => Vec::new(),
            _ => self.0.lock().expect("nobody panics with it").pop().unwrap_or_default(),
        };
        if buffer.len() < len {
            buffer.resize(len, 0.0);
        }
        buffer
    }

    /// Takes one back.
    pub fn give(&self, buffer: Vec<f32>) {
        if !buffer.is_empty() {
            self.0.lock().expect("nobody panics with it").push(buffer);
        }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        if let Ok(buffers) = self.0.get_mut() {
            IDLE.set(std::mem::take(buffers));
        }
    }
}
