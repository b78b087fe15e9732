//! What it takes to put a model into the kernels' text.

use std::hint::black_box;

use criterion::Criterion;
use particle_pilot::env::Physics;
use particle_pilot_kernels::model::{Actions, Boxed, CartPoleModel, CostWeights, LaneModel, Model};
use particle_pilot_kernels::real::Real;
use particle_pilot_kernels::trace::{Asks, Trace, fill};

/// The kernels, all of them; a pilot needs a few.
const PTX: &str = include_str!("../../kernels/particle_pilot.ptx");

/// Sixteen numbers, each of which turns its neighbour.
#[derive(Clone, Copy)]
struct Ring;

impl Model<16, 1> for Ring {
    fn actions(&self) -> Actions<1> {
        Actions::within([-1.0], [1.0])
    }

    fn advance<R: Real>(&self, state: [R; 16], [control]: [R; 1]) -> [R; 16] {
        let mut next = state;
        for i in 0..16 {
            let (sine, cosine) = state[i].sin_cos();
            next[i] = state[i] + (sine + cosine * state[(i + 1) % 16] + control) * 0.1;
        }
        next
    }

    fn cost<R: Real>(&self, state: [R; 16], [control]: [R; 1]) -> R {
        let mut sum = control.square();
        for number in state {
            sum = sum + number.square();
        }
        sum
    }
}

pub fn all(criterion: &mut Criterion) {
    let cart_pole = CartPoleModel::<false>::new(&Physics::default(), &CostWeights::default());
    of(criterion, "cart-pole", &cart_pole.expect("Gymnasium's cart-pole"));
    of(criterion, "16 states", &Boxed::<_, 16, 1>::new(Ring).expect("a box"));
}

fn of<M: LaneModel>(criterion: &mut Criterion, name: &str, model: &M) {
    let trace = Trace::of(model).expect("a straight line");
    criterion.bench_function(&format!("trace/{name}"), |bencher| {
        bencher.iter(|| Trace::of(black_box(model)));
    });
    criterion.bench_function(&format!("trace/text of all kernels/{name}"), |bencher| {
        bencher.iter(|| fill(black_box(PTX), &trace, Asks::One));
    });
}
