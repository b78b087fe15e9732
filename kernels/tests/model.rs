//! The particles' cart-pole against the `f64` reference, and what it promises by itself.
//!
//! Differences are measured in the model's own units against the natural sizes of the numbers
//! involved, so that one tolerance serves any physics.

use std::f64::consts::PI;

use particle_pilot_kernels::controls::{Coin, Controls, Scheme};
use particle_pilot_kernels::env::{Integrator, Physics, failed, step};
use particle_pilot_kernels::model::{
    CartPoleError, CartPoleModel, CostWeights, LaneModel, Surroundings,
};
use particle_pilot_kernels::rng::Stream;
use particle_pilot_kernels::rollout::{CHUNK, RolloutSpec, Summary, WORST, rollout_chunk};
use proptest::prelude::*;

/// Largest error of one step, relative to the natural sizes: a few roundings, and with heavy poles what
/// a quadratic cannot follow of the inertia's dependence on the angle.
fn step_tolerance(p: &Physics) -> f64 {
    if p.masspole <= 0.1 * p.masscart { 1e-6 } else { 1e-5 }
}

/// Largest deviation after 50 steps, relative to the same: an upright pole amplifies errors by about
/// e^4 in that second, short ones under strong gravity by far more.
fn rollout_tolerance(p: &Physics) -> f64 {
    if p.gravity == Physics::default().gravity { 1e-4 } else { 2e-3 }
}

fn degrees(value: f64) -> f64 {
    value * PI / 180.0
}

/// Physics of a wide choice, with a threshold of so many degrees.
fn physics(limit: f64) -> impl Strategy<Value = Physics> {
    let masses = (0.5f64..3.0, 0.02f64..0.5);
    let others = (0.3f64..1.5, 2.0f64..20.0, 3.0f64..30.0, 0.005f64..0.03);
    (masses, others, prop::bool::ANY).prop_map(
        move |((masscart, masspole), (length, gravity, force_mag, tau), default)| {
            let theta_threshold_radians = degrees(limit);
            let usual = Physics { theta_threshold_radians, ..Physics::default() };
            let changed = Physics { gravity, masscart, masspole, length, force_mag, tau, ..usual };
            if default { usual } else { changed }
        },
    )
}

/// A living state as shares of its limits, and actions, 1 bit a step.
fn case() -> impl Strategy<Value = ([f64; 4], u64)> {
    (prop::array::uniform4(-1.0f64..1.0), any::<u64>())
}

/// The state that `shares` stands for, rounded as a particle would get it.
fn state_of(p: &Physics, shares: [f64; 4]) -> [f64; 4] {
    let scales = [p.x_threshold, 3.0, p.theta_threshold_radians, 3.0];
    std::array::from_fn(|i| f64::from((shares[i] * scales[i]) as f32))
}

fn model<const GENERAL: bool>(p: &Physics) -> CartPoleModel<GENERAL> {
    CartPoleModel::new(p, &CostWeights::default()).expect("these physics are supported")
}

/// `state` in the model's units.
fn in_units<const GENERAL: bool>(model: &CartPoleModel<GENERAL>, state: [f64; 4]) -> [f64; 4] {
    model.start::<f32>((), &state.map(|v| v as f32)).map(f64::from)
}

fn advanced<const GENERAL: bool>(
    model: &CartPoleModel<GENERAL>,
    state: [f32; 4],
    control: f32,
) -> [f32; 4] {
    CartPoleModel::<GENERAL>::advance(&model.constants::<f32>(()), state, [control])
}

fn control(full: f32, right: bool) -> f32 {
    if right { full } else { -full }
}

/// The natural size of each number: what it is itself, its change within a step, and the velocity
/// that one push gives.
fn sizes<const GENERAL: bool>(
    model: &CartPoleModel<GENERAL>,
    p: &Physics,
    s: [f64; 4],
) -> [f64; 4] {
    let s = in_units(model, s).map(f64::abs);
    let push = in_units(model, step(p, [0.0; 4], p.force_mag)).map(f64::abs);
    let fall = in_units(model, step(p, [0.0, 0.0, 0.2, 0.0], 0.0)).map(f64::abs);
    let [u, w] = [s[1] + push[1] + fall[1], s[3] + push[3] + fall[3]];
    [s[0] + u, u, s[2] + w, w]
}

/// How far the particle is from the reference after one step, relative to the natural sizes.
fn step_error<const GENERAL: bool>(p: &Physics, shares: [f64; 4], right: bool) -> f64 {
    let (model, state) = (model::<GENERAL>(p), state_of(p, shares));
    let sign = if right { 1.0 } else { -1.0 };
    let start = model.start::<f32>((), &state.map(|v| v as f32));
    let got = advanced(&model, start, control(model.full_control(), right));
    let wanted = step(p, state, sign * p.force_mag);
    largest(&got, &in_units(&model, wanted), &sizes(&model, p, wanted))
}

fn largest(got: &[f32; 4], wanted: &[f64; 4], sizes: &[f64; 4]) -> f64 {
    (0..4).map(|i| (f64::from(got[i]) - wanted[i]).abs() / sizes[i]).fold(0.0, |worst, error| {
        assert!(error.is_finite(), "{got:?} for {wanted:?}");
        f64::max(worst, error)
    })
}

/// The largest deviation over 50 steps of random actions, as long as the reference lives; on the way,
/// both must agree on who lives, except within rounding of the threshold.
fn rollout_error<const GENERAL: bool>(p: &Physics, shares: [f64; 4], actions: u64) -> f64 {
    let model = model::<GENERAL>(p);
    let mut reference = state_of(p, shares.map(|v| 0.3 * v));
    let mut particle = model.start::<f32>((), &reference.map(|v| v as f32));
    let mut worst = 0.0f64;
    for h in 0..50 {
        let right = actions >> h & 1 == 1;
        particle = advanced(&model, particle, control(model.full_control(), right));
        reference = step(p, reference, if right { p.force_mag } else { -p.force_mag });
        let live = CartPoleModel::<GENERAL>::live(&model.constants::<f32>(()), &particle, true);
        let near =
            |value: f64, limit: f64| (value.abs() / limit - 1.0).abs() < 2.0 * rollout_tolerance(p);
        let close =
            near(reference[0], p.x_threshold) || near(reference[2], p.theta_threshold_radians);
        assert!(close || live != failed(p, reference), "step {h}: {reference:?}");
        if failed(p, reference) {
            break;
        }
        let error = largest(&particle, &in_units(&model, reference), &sizes(&model, p, reference));
        worst = worst.max(error);
    }
    worst
}

const INTEGRATORS: [Integrator; 2] = [Integrator::Euler, Integrator::SemiImplicitEuler];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_step_of_the_narrow_model_is_that_of_the_reference(
        p in prop_oneof![physics(12.0), physics(15.0), physics(16.0)],
        (shares, actions) in case(),
    ) {
        let error = step_error::<false>(&p, shares, actions & 1 == 1);
        prop_assert!(error < step_tolerance(&p), "{error:e}");
        prop_assert_eq!(error, step_error::<true>(&p, shares, actions & 1 == 1));
    }

    #[test]
    fn a_step_of_the_general_model_is_that_of_the_reference(
        p in prop_oneof![physics(12.0), physics(30.0), physics(90.0), physics(180.0)],
        (shares, actions) in case(),
        integrator in prop::sample::select(&INTEGRATORS),
    ) {
        let error = step_error::<true>(&Physics { integrator, ..p }, shares, actions & 1 == 1);
        prop_assert!(error < step_tolerance(&p), "{error:e}");
    }

    #[test]
    fn fifty_steps_of_the_narrow_model_stay_near_the_reference(
        p in prop_oneof![physics(12.0), physics(15.0), physics(16.0)],
        (shares, actions) in case(),
    ) {
        let error = rollout_error::<false>(&p, shares, actions);
        prop_assert!(error < rollout_tolerance(&p), "{error:e}");
    }

    #[test]
    fn fifty_steps_of_the_general_model_stay_near_the_reference(
        p in prop_oneof![physics(12.0), physics(30.0), physics(90.0)],
        (shares, actions) in case(),
        integrator in prop::sample::select(&INTEGRATORS),
    ) {
        let error = rollout_error::<true>(&Physics { integrator, ..p }, shares, actions);
        prop_assert!(error < rollout_tolerance(&p), "{error:e}");
    }

    #[test]
    fn left_and_right_mirror_each_other_to_the_bit(
        p in prop_oneof![physics(15.0), physics(180.0)],
        (shares, actions) in case(),
        integrator in prop::sample::select(&INTEGRATORS),
    ) {
        let model = model::<true>(&Physics { integrator, ..p });
        let start = model.start::<f32>((), &state_of(&p, shares).map(|v| v as f32));
        let (mut one, mut other) = (start, start.map(|v| -v));
        for h in 0..20 {
            let control = control(model.full_control(), actions >> h & 1 == 1);
            one = advanced(&model, one, control);
            other = advanced(&model, other, -control);
            prop_assert_eq!(one, other.map(|v| -v));
            if !CartPoleModel::<true>::live(&model.constants::<f32>(()), &one, true) {
                break; // far beyond the limit the fits lead to infinity
            }
        }
    }

    #[test]
    fn states_live_as_in_the_reference_except_within_rounding_of_a_threshold(
        p in prop_oneof![physics(12.0), physics(30.0)],
        shares in prop::array::uniform4(-2.0f64..2.0),
        near in -4e-7f64..4e-7,
        side in 0usize..3,
    ) {
        let model = model::<true>(&p);
        let constants = model.constants::<f32>(());
        let mut state = state_of(&p, shares);
        if side < 2 {
            state = state_of(&p, shares.map(|v| 0.1 * v)); // then on the brink of one threshold
            state[2 * side] = [p.x_threshold, p.theta_threshold_radians][side] * (1.0 + near);
        }
        let particle = model.start::<f32>((), &state.map(|v| v as f32));
        let live = CartPoleModel::<true>::live(&constants, &particle, true);
        let beyond = (state[0].abs() / p.x_threshold).max(state[2].abs() / p.theta_threshold_radians);
        prop_assert!(live != failed(&p, state) || (beyond - 1.0).abs() < 3e-7, "{beyond}");
        prop_assert!(!CartPoleModel::<true>::live(&constants, &particle, false), "the dead stay dead");
    }

    #[test]
    fn every_cost_is_finite_and_the_summary_is_that_of_the_costs(
        p in prop_oneof![physics(12.0), physics(90.0)],
        weights in prop::array::uniform7(prop_oneof![Just(0.0), 0.0f64..10.0, 1e8f64..1e9]),
        state in prop::array::uniform4(-10.0f32..10.0),
        (seed, horizon, particles) in (any::<u64>(), 1u32..80, 2u32..300),
    ) {
        let weights = weights_of(weights);
        prop_assume!(weights.validate().is_ok());
        let model = CartPoleModel::<true>::new(&p, &weights).unwrap();
        let scheme = Coin { stream: Stream::new(seed, 0, 0), full: model.full_control() };
        let spec = RolloutSpec { model: &model, scheme: &scheme, state: &state, surroundings: Surroundings::default(), horizon, particles };
        let (costs, summary) = roll_out(&spec);
        prop_assert!(costs.iter().all(|cost| (0.0..=WORST).contains(cost)));
        let lowest = costs.iter().copied().fold(f32::INFINITY, f32::min);
        let first = costs.iter().position(|cost| *cost == lowest).unwrap() as u32;
        prop_assert_eq!(summary.best, (lowest, first));
        let non_finite = costs.iter().filter(|cost| **cost >= WORST).count();
        prop_assert_eq!(summary.non_finite as usize, non_finite);
        let sum: f64 = costs.iter().copied().map(f64::from).sum();
        prop_assert!((summary.sums.iter().sum::<f64>() - sum).abs() <= 1e-12 * sum);
        let squares: f64 = costs.iter().map(|cost| f64::from(*cost).powi(2)).sum();
        prop_assert!((summary.squares - squares).abs() <= 1e-12 * squares);
    }
}

fn weights_of(w: [f64; 7]) -> CostWeights {
    CostWeights {
        position: w[0],
        angle: w[1],
        end: w[2],
        terminal_position: w[3],
        terminal_velocity: w[4],
        terminal_angle: w[5],
        terminal_rate: w[6],
    }
}

/// The costs of all futures and their summary.
fn roll_out<M: LaneModel, S: Scheme<M>>(spec: &RolloutSpec<'_, M, S>) -> (Vec<f32>, Summary) {
    let (mut all, mut summary) = (Vec::new(), Summary::EMPTY);
    for chunk in 0..spec.chunks() {
        let mut costs = [f32::NAN; CHUNK];
        let next = rollout_chunk::<M, S, f32>((), spec, chunk, &mut costs);
        summary.count(&next);
        summary.sums.iter_mut().zip(next.sums).for_each(|(sum, next)| *sum += next);
        summary.squares += next.squares;
        let count = (spec.particles as usize - chunk * CHUNK).min(CHUNK);
        assert!(costs[count..].iter().all(|cost| *cost == WORST), "beyond the last particle");
        all.extend(&costs[..count]);
    }
    (all, summary)
}

/// The cost of a future by its definition, and how many steps it lasts.
fn cost_by_definition(
    p: &Physics,
    w: &CostWeights,
    mut state: [f64; 4],
    actions: &[bool],
) -> (f64, u32) {
    let mut cost = 0.0;
    for (h, right) in actions.iter().enumerate() {
        if failed(p, state) {
            let lasted = h.max(1) as u32 - 1;
            let from_start = if h == 0 { 1.0 } else { 0.0 };
            return (
                cost + w.end * (f64::from(actions.len() as u32 - lasted) + from_start),
                lasted,
            );
        }
        cost += w.position * state[0].powi(2) + w.angle * state[2].powi(2);
        state = step(p, state, if *right { p.force_mag } else { -p.force_mag });
    }
    let steps = actions.len() as u32;
    if failed(p, state) {
        return (cost + w.end, steps - 1);
    }
    cost += w.position * state[0].powi(2) + w.angle * state[2].powi(2);
    let terminal = [w.terminal_position, w.terminal_velocity, w.terminal_angle, w.terminal_rate];
    (cost + (0..4).map(|i| terminal[i] * state[i].powi(2)).sum::<f64>(), steps)
}

#[test]
fn futures_cost_what_the_definition_says() {
    let (p, weights) = (Physics::default(), CostWeights::default());
    let model = CartPoleModel::<false>::new(&p, &weights).unwrap();
    let (mut died, mut lived) = (0, 0);
    for (number, state) in [[0.0f32; 4], [0.5, -0.3, 0.05, 0.2], [-2.3, -1.0, 0.1, 0.0], [3.0; 4]]
        .into_iter()
        .enumerate()
    {
        for horizon in [1, 7, 32, 33, 50] {
            let stream = Stream::new(5, number as u32, horizon);
            let scheme = Coin { stream, full: model.full_control() };
            let spec = RolloutSpec {
                model: &model,
                scheme: &scheme,
                state: &state,
                surroundings: Surroundings::default(),
                horizon,
                particles: 301,
            };
            let (costs, summary) = roll_out(&spec);
            let (mut dead, mut longest) = (0, 0);
            for (particle, cost) in costs.iter().enumerate() {
                let pair = particle as u32 / 2;
                let mut controls =
                    Scheme::<CartPoleModel<false>>::controls::<f32>(&scheme, (), pair);
                let mut draw = |h| -> [[f32; 1]; 2] {
                    if h % 32 == 0 {
                        Controls::<[f32; 1]>::refill(&mut controls, h / 32);
                    }
                    controls.next(h)
                };
                let actions: Vec<bool> =
                    (0..horizon).map(|h| draw(h)[particle % 2][0] > 0.0).collect();
                let (wanted, lasted) =
                    cost_by_definition(&p, &weights, state.map(f64::from), &actions);
                let error = (f64::from(*cost) - wanted).abs();
                assert!(error <= 1e-3 * wanted + 1e-6, "{state:?} {horizon}: {cost} {wanted}");
                dead += u32::from(lasted < horizon);
                longest = longest.max(lasted);
            }
            assert_eq!((summary.dead, summary.longest), (dead, longest), "{state:?} {horizon}");
            died += dead;
            lived += 301 - dead;
        }
    }
    assert!(died > 100 && lived > 100, "{died} {lived}");
}

#[test]
fn absurd_forces_cost_the_worst_and_are_counted() {
    let p = Physics {
        force_mag: 1e30,
        theta_threshold_radians: f64::INFINITY,
        x_threshold: f64::INFINITY,
        ..Physics::default()
    };
    let model = CartPoleModel::<true>::new(&p, &CostWeights::default()).unwrap();
    let scheme = Coin { stream: Stream::new(1, 0, 0), full: model.full_control() };
    let spec = RolloutSpec {
        model: &model,
        scheme: &scheme,
        state: &[0.0; 4],
        surroundings: Surroundings::default(),
        horizon: 30,
        particles: 200,
    };
    let (costs, summary) = roll_out(&spec);
    assert_eq!(costs, [WORST; 200]);
    assert_eq!(summary.non_finite, 200);
    assert!(summary.sums.iter().all(|sum| sum.is_finite()) && summary.squares.is_finite());
}

#[test]
fn what_particles_cannot_simulate_is_named() {
    let (p, w) = (Physics::default(), CostWeights::default());
    let unsupported = |p: Physics, w| match CartPoleModel::<false>::new(&p, &w) {
        Err(CartPoleError::Unsupported { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(unsupported(Physics { gravity: 0.0, ..p }, w), "gravity");
    assert_eq!(unsupported(Physics { gravity: -9.8, ..p }, w), "gravity");
    assert_eq!(unsupported(Physics { masspole: 0.0, ..p }, w), "masspole");
    assert_eq!(unsupported(Physics { force_mag: 0.0, ..p }, w), "force_mag");
    let wide = Physics { theta_threshold_radians: degrees(17.1), ..p };
    assert_eq!(unsupported(wide, w), "theta_threshold_radians");
    let semi_implicit = Physics { integrator: Integrator::SemiImplicitEuler, ..p };
    assert_eq!(unsupported(semi_implicit, w), "integrator");
    assert!(CartPoleModel::<true>::new(&wide, &w).is_ok());
    assert!(CartPoleModel::<true>::new(&semi_implicit, &w).is_ok());

    let impossible = CartPoleModel::<true>::new(&Physics { tau: 0.0, ..p }, &w);
    assert!(matches!(impossible, Err(CartPoleError::Physics(bad)) if bad.name == "tau"));
    for (name, given) in [("position", f64::NAN), ("angle", -1.0), ("end", 2e9)] {
        let mut bad = w;
        *match name {
            "position" => &mut bad.position,
            "angle" => &mut bad.angle,
            _ => &mut bad.end,
        } = given;
        let error = CartPoleModel::<true>::new(&p, &bad).unwrap_err();
        assert!(matches!(error, CartPoleError::Cost(cost) if cost.name == name), "{error}");
    }
    assert!(CartPoleModel::<true>::new(&p, &weights_of([0.0; 7])).is_err());
}
