//! Weighing futures by their costs, chunk by chunk.

use particle_pilot_kernels::controls::{DrawnNoise, PAIRS};
use particle_pilot_kernels::lanes::{LaneWork, Lanes, SimdProof};
use particle_pilot_kernels::rollout::CHUNK;
use particle_pilot_kernels::weigh::{WeightSums, knot_moments_chunk, weigh_chunk};

use super::drawing::Drawing;
use super::futures::{Chunk, Futures};
use super::planner::Request;

/// The partial sums that [`weigh`] needs in each chunk.
pub(crate) const SUMS: usize = 3;

/// Gives every future the weight `exp((lowest - cost) / temperature)`.
pub(crate) fn weigh(
    futures: &mut Futures,
    simd: SimdProof,
    request: &Request<'_>,
    lowest: f32,
    temperature: f64,
) -> WeightSums {
    let inverse_temperature = (1.0 / temperature) as f32;
    futures.each(request, |_, chunk| {
        let sums = simd.run(Weigh { chunk, lowest, inverse_temperature });
        chunk.partial[..SUMS].copy_from_slice(&[sums.sides[0], sums.sides[1], sums.squares]);
    });
    let [first, second, squares] = [0, 1, 2].map(|i| futures.sum(|chunk| chunk.partial[i]));
    WeightSums { sides: [first, second], squares }
}

/// For every number of the noise its weighted sum and, where there is room for two in `moments`, that of its square: of the noise
/// that the roll-out kept, or drawn again.
pub(crate) fn knot_moments(
    futures: &mut Futures,
    simd: SimdProof,
    request: &Request<'_>,
    noise: &dyn Drawing,
    dimensions: usize,
    moments: &mut [f64],
) {
    let (count, numbers) = (moments.len(), noise.numbers());
    let particles = futures.count() as u32;
    futures.each(request, |index, chunk| {
        let mut values = std::mem::take(&mut chunk.noise);
        let drawn = if values.is_empty() {
            values = request.buffers.take(numbers * PAIRS);
            noise.draw_chunk(simd, particles, dimensions, index, &mut values)
        } else {
            noise.drawn_chunk(particles, index, &values)
        };
        let Chunk { weights, partial, .. } = chunk;
        let (noise, moments) = (&drawn, &mut partial[..count]);
        if count == numbers {
            simd.run(Moments::<1> { noise, weights, moments });
        } else {
            simd.run(Moments::<2> { noise, weights, moments });
        }
        request.buffers.give(values);
    });
    for (i, moment) in moments.iter_mut().enumerate() {
        *moment = futures.sum(|chunk| chunk.partial[i]);
    }
}

struct Weigh<'a> {
    chunk: &'a mut Chunk,
    lowest: f32,
    inverse_temperature: f32,
}

impl LaneWork for Weigh<'_> {
    type Output = WeightSums;

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> WeightSums {
        let Chunk { costs, weights, .. } = self.chunk;
        weigh_chunk::<L>(proof, costs, self.lowest, self.inverse_temperature, weights)
    }
}

struct Moments<'a, const MOMENTS: usize> {
    noise: &'a DrawnNoise<'a>,
    weights: &'a [f32; CHUNK],
    moments: &'a mut [f64],
}

impl<const MOMENTS: usize> LaneWork for Moments<'_, MOMENTS> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) {
        knot_moments_chunk::<L, MOMENTS>(proof, self.noise, self.weights, self.moments);
    }
}
