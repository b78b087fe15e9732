//! Steps of the cart-pole, and chunks of futures with each way to draw controls.

use std::hint::black_box;

use criterion::Criterion;
use particle_pilot::env::Physics;
use particle_pilot_kernels::controls::{
    Biased, Coin, First, Interpolant, KnotNoise, Knots, Scheme, digits,
};
use particle_pilot_kernels::lanes::{LaneWork, Lanes};
use particle_pilot_kernels::model::{CartPoleModel, CostWeights, LaneModel, Surroundings, Vector};
use particle_pilot_kernels::rng::Stream;
use particle_pilot_kernels::rollout::{CHUNK, Particle, RolloutSpec, Summary, rollout_chunk};

use crate::paths::each;

const STATE: [f32; 4] = [0.01, 0.02, 0.03, -0.02];
const HORIZON: u32 = 50;
/// Steps between knots.
const SPACING: usize = 5;

/// One bundle of particles, step after step: each waits for the one before.
struct Steps<'a, M>(&'a M);

impl<M: LaneModel> LaneWork for Steps<'_, M> {
    type Output = [f32; 16];

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> [f32; 16] {
        let constants = self.0.constants::<L>(proof);
        let mut particle = Particle::<M, L>::new(proof, self.0.start(proof, &STATE));
        let (one, full) = (L::splat(proof, 1.0), self.0.full_control());
        let controls = [full, -full].map(|control| M::Control::all(L::splat(proof, control)));
        let at = Surroundings::default().at::<M, L>(proof, 0);
        for step in 0..HORIZON {
            particle.observe(&constants, at, one);
            particle.advance(&constants, at, controls[step as usize % 2]);
        }
        let (horizon, end_cost) = (L::splat(proof, HORIZON as f32), self.0.end_cost());
        let [costs, _] = particle.finish(proof, &constants, at, horizon, end_cost);
        let mut results = [0.0; 16];
        costs.store(&mut results);
        results
    }
}

/// One chunk of futures, costs and sums included.
struct Chunk<'a, M, S>(RolloutSpec<'a, M, S>);

impl<M: LaneModel, S: Scheme<M>> LaneWork for Chunk<'_, M, S> {
    type Output = Summary;

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> Summary {
        rollout_chunk::<M, S, L>(proof, &self.0, 0, &mut [0.0; CHUNK])
    }
}

pub fn all(criterion: &mut Criterion) {
    steps(criterion);
    chunks(criterion);
}

fn cart_pole<const GENERAL: bool>() -> CartPoleModel<GENERAL> {
    CartPoleModel::new(&Physics::default(), &CostWeights::default())
        .expect("the default can be simulated")
}

fn steps(criterion: &mut Criterion) {
    let (plain, general) = (cart_pole::<false>(), cart_pole::<true>());
    let mut group = criterion.benchmark_group("step of a bundle");
    each(&mut group, "cart-pole", HORIZON.into(), || Steps(black_box(&plain)));
    each(&mut group, "general cart-pole", HORIZON.into(), || Steps(black_box(&general)));
    group.finish();
}

fn chunks(criterion: &mut Criterion) {
    let model = cart_pole::<false>();
    let (stream, full) = (Stream::new(1, 2, 3), model.full_control());
    let mut written = [[0; 8]; (HORIZON as usize).div_ceil(32)];
    digits(&[0.3; HORIZON as usize], &mut written);
    let weights: [[f32; 4]; SPACING] = std::array::from_fn(|step| {
        let share = step as f32 / SPACING as f32;
        [1.0 - share, share, 0.0, 0.0]
    });
    let interpolant = Interpolant { weights: &weights, cubic: false };
    let scales = vec![full / 2.0; interpolant.knots(HORIZON as usize)];
    let noise = KnotNoise {
        stream,
        scales: &scales,
        colour: [0.6, 0.8],
        points: &[],
        pairs: 0,
        anchored: false,
    };
    let knots = Knots {
        noise,
        interpolant,
        plan: &[0.0; HORIZON as usize],
        full,
        thresholded: false,
        first: First::Drawn,
        limit: full,
        choices: 0,
    };
    chunk(criterion, &model, "coin", &Coin { stream, full });
    chunk(criterion, &model, "biased", &Biased { stream, full, digits: &written });
    chunk(criterion, &model, "knots", &knots);
}

fn chunk<M: LaneModel, S: Scheme<M>>(criterion: &mut Criterion, model: &M, name: &str, scheme: &S) {
    let particles = CHUNK as u32;
    let mut group = criterion.benchmark_group("rollout of a chunk");
    each(&mut group, name, u64::from(particles * HORIZON), || {
        Chunk(black_box(RolloutSpec {
            model,
            scheme,
            state: &STATE,
            surroundings: Surroundings::default(),
            horizon: HORIZON,
            particles,
        }))
    });
    group.finish();
}
