//! Models in plain formulas: `Real` against plain Rust, and what futures cost against the definition.

use particle_pilot_kernels::controls::{
    Coin, Controls, First, Interpolant, KnotNoise, Knots, Scheme,
};
use particle_pilot_kernels::lanes::{LaneWork, Lanes, SimdProof};
use particle_pilot_kernels::model::{
    Actions, Boxed, Kind, LaneModel, Model, Surroundings, TwoChoices,
};
use particle_pilot_kernels::real::{Num, Real};
use particle_pilot_kernels::rng::Stream;
use particle_pilot_kernels::rollout::{CHUNK, RolloutSpec, WORST, rollout_chunk};

#[test]
fn every_operation_is_that_of_plain_rust() {
    let numbers = [-1e30, -7.5, -2.0, -0.3, -0.0, 0.0, 1e-3, 0.3, 1.0, 2.5, 80.0, f32::NAN];
    let near = |a: f32, b: f64| (f64::from(a) - b).abs() <= 4e-7 * b.abs().max(0.3);
    let same = |a: f32, b: f32| a == b || (a.is_nan() && b.is_nan());
    for a in numbers {
        let x = Num(a);
        assert!(same((-x).0, -a) && same(x.square().0, a * a) && same(x.abs().0, a.abs()));
        assert!(same(x.floor().0, a.floor()) && same(x.sqrt().0, a.sqrt()), "{a}");
        assert_eq!(x.constant(3.5).0, 3.5);
        assert!(x.always());
        if a.abs() <= 80.0 {
            let exact = f64::from(a);
            let (sine, cosine) = x.sin_cos();
            assert!(near(sine.0, exact.sin()) && near(cosine.0, exact.cos()), "{a}");
            assert!(same(x.sin().0, sine.0) && same(x.cos().0, cosine.0));
            assert!(same(x.tan().0, sine.0 / cosine.0), "{a}");
            assert!(near(x.exp().0, exact.exp()) && near(x.tanh().0, exact.tanh()), "{a}");
            assert!(a <= 0.0 || near(x.ln().0, exact.ln()), "{a}");
        }
        for b in numbers {
            let y = Num(b);
            for (got, wanted) in [
                (x + y, a + b),
                (x + b, a + b),
                (x - y, a - b),
                (x - b, a - b),
                (x * y, a * b),
                (x * b, a * b),
                (x / y, a / b),
                (x / b, a / b),
                (x.fma(y, 0.7), a.mul_add(b, 0.7)),
                (x.fma(b, y), a.mul_add(b, b)),
                (x.min(y), if a < b { a } else { b }),
                (x.max(b), if a > b { a } else { b }),
                (x.where_or(x.lt(y), 9.0), if a < b { a } else { 9.0 }),
                (x.clamp(-1.0, y), if a > -1.0 { a } else { -1.0 }.min_of(b)),
            ] {
                assert!(same(got.0, wanted), "{a} and {b}: {} {wanted}", got.0);
            }
            let comparisons = [x.lt(y), x.le(b), x.gt(y), x.ge(b)];
            assert_eq!(comparisons, [a < b, a <= b, a > b, a >= b], "{a} and {b}");
            if a.abs() <= 80.0 && b.abs() <= 80.0 && (a != 0.0 || b > 0.0) {
                let exact = f64::from(a).atan2(f64::from(b));
                assert!(near(x.atan2(y).0, exact), "{a} and {b}: {} {exact}", x.atan2(b).0);
            }
        }
    }
}

/// The lesser, as lanes have it.
trait MinOf {
    fn min_of(self, other: f32) -> f32;
}

impl MinOf for f32 {
    fn min_of(self, other: f32) -> f32 {
        if self < other { self } else { other }
    }
}

/// A boat in a current that must not run aground: every function of a model is there, and each counts.
#[derive(Clone, Copy)]
struct Boat {
    current: f32,
    actions: Actions<2>,
}

const BOX: Actions<2> = Actions::within([-0.7, 0.1], [1.3, 0.9]);
const CHOICES: Actions<2> = Actions::choices(&[[0.3, 0.1], [-0.2, 0.7]]);

impl Model<2, 2> for Boat {
    const KIND: Kind = Kind::Any;

    fn actions(&self) -> Actions<2> {
        self.actions
    }
    #[inline(always)]
    fn advance<R: Real>(&self, [x, y]: [R; 2], [u, v]: [R; 2]) -> [R; 2] {
        [x + u * 0.5, y + (v - self.current) * 0.25]
    }
    #[inline(always)]
    fn cost<R: Real>(&self, [x, y]: [R; 2], [u, v]: [R; 2]) -> R {
        x.square() + y.abs() * 2.0 + u.square() * 3.0 + v * 5.0
    }
    #[inline(always)]
    fn final_cost<R: Real>(&self, [x, y]: [R; 2]) -> R {
        (x - y).square() * 7.0
    }
    #[inline(always)]
    fn goes_on<R: Real>(&self, [x, y]: [R; 2]) -> R::Mask {
        x.abs().lt(1.0) & y.abs().lt(1.5)
    }
    fn end_cost(&self) -> f32 {
        11.0
    }
    #[inline(always)]
    fn distance_squared<R: Real>(&self, a: [R; 2], b: [R; 2]) -> R {
        (a[0] - b[0]).square() * 4.0
    }
}

/// The cost of a future by the definition, in `f64`, and how many steps it lasts.
fn cost_by_definition(boat: &Boat, mut state: [f64; 2], controls: &[[f32; 2]]) -> (f64, u32) {
    let cost = |[x, y]: [f64; 2], [u, v]: [f64; 2]| x * x + 2.0 * y.abs() + 3.0 * u * u + 5.0 * v;
    // The start, under the control in the middle of the box; of choices, the second.
    let at_start = match boat.actions {
        Actions::Choices(choices) => choices[1].map(f64::from),
        _ => [0.3, 0.5],
    };
    let mut sum = cost(state, at_start);
    for (step, control) in controls.iter().enumerate() {
        let [u, v] = control.map(f64::from);
        state = [state[0] + 0.5 * u, state[1] + 0.25 * (v - f64::from(boat.current))];
        if state[0].abs() >= 1.0 || state[1].abs() >= 1.5 {
            return (sum + 11.0 * (controls.len() - step) as f64, step as u32);
        }
        sum += cost(state, [u, v]);
    }
    (sum + 7.0 * (state[0] - state[1]).powi(2), controls.len() as u32)
}

/// What a share of full control is for the boat.
fn control_of(boat: &Boat, shares: &[f32]) -> [f32; 2] {
    match boat.actions {
        Actions::Choices(choices) => choices[usize::from(shares[0] >= 0.0)],
        _ => [0.3 + shares[0], 0.5 + 0.4 * shares[1]],
    }
}

struct Chunk<'a, M, S>(&'a RolloutSpec<'a, M, S>, usize);

impl<M: LaneModel, S: Scheme<M>> LaneWork for Chunk<'_, M, S> {
    type Output = [f32; CHUNK];

    #[inline(always)]
    fn run<L: Lanes>(self, proof: L::Proof) -> [f32; CHUNK] {
        let mut costs = [f32::NAN; CHUNK];
        rollout_chunk::<M, S, L>(proof, self.0, self.1, &mut costs);
        costs
    }
}

/// Compares the costs of futures with the definition, with all vector instructions; returns how many ended early.
fn compare<M: LaneModel, S: Scheme<M>>(boat: &Boat, model: &M, scheme: &S) -> u32 {
    let (horizon, particles, start) = (7, 150, [0.1f32, -0.2]);
    let surroundings = Surroundings::default();
    let spec = RolloutSpec { model, scheme, state: &start, surroundings, horizon, particles };
    let mut ended = 0;
    for chunk in 0..spec.chunks() {
        let costs = SimdProof::available().map(|simd| simd.run(Chunk(&spec, chunk)));
        let all: Vec<[f32; CHUNK]> = costs.collect();
        assert!(all.iter().all(|costs| *costs == all[0]), "vector instructions change costs");
        for (place, cost) in all[0].iter().enumerate() {
            let particle = (chunk * CHUNK + place) as u32;
            if particle >= particles {
                assert_eq!(*cost, WORST);
                continue;
            }
            let mut controls = scheme.controls::<f32>((), particle / 2);
            let drawn: Vec<[f32; 2]> = (0..horizon)
                .map(|step| {
                    let block_len = controls.block_len();
                    if step % block_len == 0 {
                        controls.refill(step / block_len);
                    }
                    control_of(boat, controls.next(step)[particle as usize % 2].as_ref())
                })
                .collect();
            let (wanted, lasted) = cost_by_definition(boat, start.map(f64::from), &drawn);
            assert!((f64::from(*cost) - wanted).abs() < 1e-4 * wanted, "{cost} {wanted} {drawn:?}");
            ended += u32::from(lasted < horizon);
        }
    }
    ended
}

#[test]
fn futures_cost_what_the_definition_says() {
    let stream = Stream::new(3, 1, 4);
    for current in [0.0, 0.5, 3.0] {
        let boat = Boat { current, actions: BOX };
        let model = Boxed::<_, 2, 2>::new(boat).unwrap();
        let knots = Knots {
            noise: KnotNoise {
                stream,
                scales: &[0.5, 0.3, 0.4, 0.6, 0.2, 0.7, 0.5, 0.5, 0.5, 0.4],
                colour: [0.6, 0.8],
                points: &[],
                pairs: 0,
                anchored: false,
            },
            interpolant: Interpolant {
                weights: &[[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]],
                cubic: false,
            },
            plan: &[0.1, -0.2, 0.3, 0.0, -0.4, 0.2, 0.1, 0.5, -0.1, 0.2, 0.3, -0.3, 0.0, 0.1],
            full: 1.0,
            thresholded: false,
            limit: 1.0,
            choices: 0,
            first: First::Drawn,
        };
        let mut ended = 0;
        for first in [First::Drawn, First::Sides, First::Levels] {
            ended += compare(&boat, &model, &Knots { first, ..knots });
        }
        let boat = Boat { current, actions: CHOICES };
        let model = TwoChoices::<_, 2, 2>::new(boat).unwrap();
        ended += compare(&boat, &model, &Coin { stream, full: 1.0 });
        println!("in a current of {current}: {ended} of 600 end early");
        assert!(if current == 3.0 { ended == 600 } else { (1..600).contains(&ended) }, "{ended}");
    }
    let model = Boxed::<_, 2, 2>::new(Boat { current: 0.0, actions: BOX }).unwrap();
    let distance =
        |a, b| Boxed::<Boat, 2, 2>::distance_squared::<f32>(&model.constants(()), &a, &b);
    assert_eq!(distance([1.0, 0.0], [0.5, 9.0]), 1.0);
}

#[test]
fn actions_of_the_other_kind_are_refused() {
    let boat = |actions| Boat { current: 0.0, actions };
    assert!(Boxed::<_, 2, 2>::new(boat(CHOICES)).is_err());
    assert!(TwoChoices::<_, 2, 2>::new(boat(BOX)).is_err());
}
