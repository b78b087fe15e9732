//! Weighing futures by their costs, chunk by chunk.

use std::marker::PhantomData;

use particle_pilot_kernels::controls::Noise;
use particle_pilot_kernels::lanes::LaneWork;
use particle_pilot_kernels::lanes::Lanes;
use particle_pilot_kernels::model::LaneModel;
use particle_pilot_kernels::rollout::CHUNK;
use particle_pilot_kernels::weigh::{WeightSums, knot_moments_chunk, weigh_chunk};

use super::futures::{Chunk, Futures};
use super::planner::{Problem, Request};

/// Gives every future the weight `exp((lowest - cost) / temperature)`.
pub(crate) fn weigh<M: LaneModel>(
    futures: &mut Futures,
    problem: &Problem<M>,
    request: &Request<'_>,
    lowest: f32,
    temperature: f64,
) -> WeightSums {
    let inverse_temperature = (1.0 / temperature) as f32;
    futures.each(request, |_, chunk| {
        let sums = problem.simd.run(Weigh { chunk, lowest, inverse_temperature });
        chunk.partial[..3].copy_from_slice(&[sums.sides[0], sums.sides[1], sums.squares]);
    });
    let [first, second, squares] = [0, 1, 2].map(|i| futures.sum(|chunk| chunk.partial[i]));
    WeightSums { sides: [first, second], squares }
}

/// For every knot, the weighted sums of the noise and of its square.
pub(crate) fn knot_moments<M: LaneModel, N: Noise>(
    futures: &mut Futures,
    problem: &Problem<M>,
    request: &Request<'_>,
    noise: &N,
    moments: &mut [f64],
) {
    let count = moments.len();
    futures.each(request, |index, chunk| {
        let Chunk { weights, partial, .. } = chunk;
        let first_pair = (index * CHUNK / 2) as u32;
        let moments = &mut partial[..count];
        let model = PhantomData::<M>;
        problem.simd.run(Moments { model, noise, first_pair, weights, moments });
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

struct Moments<'a, M, N> {
    /// Which has as many dimensions as the noise.
    model: PhantomData<M>,
    noise: &'a N,
    first_pair: u32,
    weights: &'a [f32; CHUNK],
    moments: &'a mut [f64],
}

impl<M: LaneModel, N: Noise> LaneWork for Moments<'_, M, N> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) {
        knot_moments_chunk::<M, L, N>(
            proof,
            self.noise,
            self.first_pair,
            self.weights,
            self.moments,
        );
    }
}
