//! Planners on problems whose answers are known.

use particle_pilot::env::{CartPole, Pcg64, Physics, Push};
use particle_pilot::kernels::controls::{Biased, Coin, Controls, Scheme, digits};
use particle_pilot::kernels::env::{failed, step};
use particle_pilot::kernels::model::{CartPoleError, CartPoleModel, CostWeights};
use particle_pilot::kernels::rng::Stream;
use particle_pilot::{
    Action, ActionKind, CartPoleProblem, Decision, Device, Diagnostics, Episode, Evaluation,
    EvaluationResult, Pilot, PilotBatch, PilotConfig, PilotError, PlannerKind, SettingError,
    Tuning, Warning,
};

fn planners() -> impl Iterator<Item = PlannerKind> {
    PlannerKind::ALL.iter().map(|(planner, _)| *planner)
}

fn decide(config: &PilotConfig, state: [f64; 4]) -> Decision {
    decide_for(CartPoleProblem::default(), config, state)
}

fn decide_for(problem: CartPoleProblem, config: &PilotConfig, state: [f64; 4]) -> Decision {
    let mut pilot = Pilot::new(config.clone(), problem).expect("a valid configuration");
    pilot.act(&state).expect("a finite state")
}

/// Which way an action goes: 1 to the right, -1 to the left, in newtons or not.
fn side(action: Action) -> f64 {
    match action {
        Action::Discrete(0) => -1.0,
        Action::Discrete(1) => 1.0,
        Action::Discrete(other) => panic!("there is no action {other}"),
        Action::Continuous(force) => force[0].signum(),
    }
}

#[test]
fn a_pole_that_falls_is_caught_on_the_side_it_falls_to() {
    for planner in planners() {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            for seed in 0..8 {
                let config = PilotConfig { action, seed, ..PilotConfig::of(planner) };
                for state in [[0.0, 0.0, 0.08, 0.6], [0.3, 0.1, 0.15, 0.4], [-0.2, 0.0, 0.02, 0.9]]
                {
                    let right = decide(&config, state).action;
                    let left = decide(&config, state.map(|v| -v)).action;
                    assert_eq!(side(right), 1.0, "{planner} {action} {seed} {state:?}");
                    assert_eq!(side(left), -1.0, "{planner} {action} {seed} mirrored {state:?}");
                }
            }
        }
    }
}

/// States that look like random ones, the same at every run.
fn states(seed: u64, scales: [f64; 4]) -> impl Iterator<Item = [f64; 4]> {
    let mut rng = Pcg64::new(seed);
    std::iter::repeat_with(move || scales.map(|scale| f64::from(rng.uniform(-scale, scale) as f32)))
}

#[test]
fn mirrored_pairs_make_the_first_decision_in_a_mirrored_state_the_mirror_image() {
    for planner in [PlannerKind::RandomShooting, PlannerKind::Mppi] {
        for (seed, state) in states(1, [1.0, 0.5, 0.1, 0.5]).take(60).enumerate() {
            let config = PilotConfig { seed: seed as u64, ..PilotConfig::of(planner) };
            let decision = decide(&config, state);
            let mirrored = decide(&config, state.map(|v| -v));
            assert_eq!(side(decision.action), -side(mirrored.action), "{planner} {state:?}");
            assert_eq!(decision.diagnostics.best, mirrored.diagnostics.best);
            assert_eq!(decision.diagnostics.longest, mirrored.diagnostics.longest);
        }
    }
}

#[test]
fn planners_that_need_not_mirror_prefer_no_side_of_an_upright_pole() {
    for planner in [PlannerKind::Cem, PlannerKind::Smc, PlannerKind::Fmc] {
        let goes_right = |seed: &u64| {
            let config = PilotConfig { seed: *seed, ..PilotConfig::of(planner) };
            side(decide(&config, [0.0; 4]).action) > 0.0
        };
        let right = (0..100).filter(goes_right).count();
        // Six standard deviations of a fair coin: fails once in 10^9 fair planners.
        assert!((20..=80).contains(&right), "{planner} went right {right} times of 100");
    }
}

/// For every future of `horizon` steps after `first`: its cost, by the definition.
fn all_costs(p: &Physics, w: &CostWeights, start: [f64; 4], horizon: u32, first: bool) -> Vec<f64> {
    let cost = |future: u32| {
        let (mut state, mut cost) = (start, 0.0);
        for h in 0..=horizon {
            if failed(p, state) {
                // The start is observed but not survived, hence the 1.
                return cost + w.end * f64::from(horizon - h + 1);
            }
            cost += w.position * state[0].powi(2) + w.angle * state[2].powi(2);
            let right = if h == 0 { first } else { future >> (h - 1) & 1 == 1 };
            if h < horizon {
                state = step(p, state, if right { p.force_mag } else { -p.force_mag });
            }
        }
        let terminal =
            [w.terminal_position, w.terminal_velocity, w.terminal_angle, w.terminal_rate];
        cost + (0..4).map(|i| terminal[i] * state[i].powi(2)).sum::<f64>()
    };
    (0..1 << (horizon - 1)).map(cost).collect()
}

/// States with the better first action, known from all futures: for any temperature up to 1 it is
/// better by `gap` at least.
fn clear_states(horizon: u32, gap: f64) -> impl Iterator<Item = ([f64; 4], bool)> {
    let (p, w) = (Physics::default(), CostWeights::default());
    states(7, [1.0, 1.0, 0.2, 1.5]).filter_map(move |state| {
        let sides = [false, true].map(|first| all_costs(&p, &w, state, horizon, first));
        let value = |costs: &[f64]| {
            let lowest = costs.iter().copied().fold(f64::INFINITY, f64::min);
            let mean = costs.iter().map(|c| (lowest - c).exp()).sum::<f64>() / costs.len() as f64;
            [lowest, lowest - mean.ln()]
        };
        let [left, right] = sides.each_ref().map(|costs| value(costs));
        let better: [f64; 2] = std::array::from_fn(|i| left[i] - right[i]);
        if better.iter().all(|b| *b > gap) {
            return Some((state, true));
        }
        better.iter().all(|b| *b < -gap).then_some((state, false))
    })
}

#[test]
fn planners_choose_what_an_enumeration_of_all_futures_says() {
    const HORIZON: u32 = 10;
    let cases: Vec<_> = clear_states(HORIZON, 0.5).take(40).collect();
    let right = cases.iter().filter(|(_, right)| *right).count();
    assert!((8..=32).contains(&right), "{right} of 40 states want to go right");
    for planner in planners().filter(|planner| *planner != PlannerKind::RandomShooting) {
        let mut wrong = Vec::new();
        for (state, right) in &cases {
            for seed in 0..5 {
                let config = PilotConfig { seed, horizon: HORIZON, ..PilotConfig::of(planner) };
                if (side(decide(&config, *state).action) > 0.0) != *right {
                    wrong.push((seed, state));
                }
            }
        }
        println!("{planner}: {} of {} wrong", wrong.len(), 5 * cases.len());
        assert!(20 * wrong.len() <= 5 * cases.len(), "{planner}: {} {wrong:?}", wrong.len());
    }
}

#[test]
fn the_value_of_a_first_action_in_random_shooting_is_the_mean_over_all_futures() {
    const HORIZON: u32 = 10;
    let config = PilotConfig {
        particles: 1 << 15,
        horizon: HORIZON,
        ..PilotConfig::of(PlannerKind::RandomShooting)
    };
    let (p, w) = (Physics::default(), CartPoleProblem::default().weights(config.planner));
    for state in states(3, [1.0, 1.0, 0.2, 1.5]).take(20) {
        let sides = [false, true].map(|first| all_costs(&p, &w, state, HORIZON, first));
        let both: Vec<f64> = sides.iter().flatten().copied().collect();
        let mean = |costs: &[f64]| costs.iter().sum::<f64>() / costs.len() as f64;
        let spread =
            mean(&both.iter().map(|c| (c - mean(&both)).powi(2)).collect::<Vec<_>>()).sqrt();
        let error = 6.0 * spread / f64::from(config.particles).sqrt() + 1e-4;
        let decision = decide(&config, state);
        let d = decision.diagnostics;
        assert!((d.mean - mean(&both)).abs() < error, "{state:?}: {} {}", d.mean, mean(&both));
        assert!((d.spread - spread).abs() < 0.05 * spread + 1e-3, "{} {spread}", d.spread);
        let lowest = both.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((d.best - lowest).abs() < 1e-3 * lowest + 1e-4, "{} {lowest}", d.best);
        let better = mean(&sides[0]) - mean(&sides[1]);
        if better.abs() > 2.0 * error {
            assert_eq!(side(decision.action), better.signum(), "{state:?}");
        }
    }
}

fn evaluate(
    config: PilotConfig,
    episodes: u32,
    steps: u32,
    push: Option<Push>,
) -> EvaluationResult {
    let evaluation = Evaluation::new(config, CartPoleProblem::default())
        .episodes(episodes)
        .steps(steps)
        .push(push);
    evaluation.run().expect("a valid configuration")
}

#[track_caller]
fn assert_all_survive(result: &EvaluationResult) {
    assert_eq!(result.survived, result.episodes, "fell: {:?}", result.failures);
}

#[test]
fn every_planner_balances_with_left_and_right() {
    for planner in planners() {
        let episodes = if planner == PlannerKind::Fmc { 6 } else { 21 };
        assert_all_survive(&evaluate(PilotConfig::of(planner), episodes, 500, None));
    }
}

#[test]
fn every_planner_balances_with_any_force() {
    for planner in planners() {
        let episodes = if planner == PlannerKind::Fmc { 2 } else { 6 };
        let action = ActionKind::Continuous;
        let config = PilotConfig { action, ..PilotConfig::of(planner) };
        let result = evaluate(config, episodes, 500, None);
        assert_all_survive(&result);
    }
}

#[test]
fn the_default_planner_balances_for_long_and_for_many_seeds() {
    assert_all_survive(&evaluate(PilotConfig::default(), 51, 1000, None));
}

#[test]
fn the_default_planner_survives_pushes() {
    let push = "5:5:50".parse().expect("a push");
    assert_all_survive(&evaluate(PilotConfig::default(), 51, 500, Some(push)));
}

#[test]
fn the_default_planner_balances_within_the_limit_of_the_original_task() {
    let physics = Physics { theta_threshold_radians: 15f64.to_radians(), ..Physics::default() };
    let evaluation = Evaluation::new(PilotConfig::default(), CartPoleProblem::from(physics));
    assert_all_survive(&evaluation.episodes(21).run().expect("a valid configuration"));
}

#[test]
fn random_actions_last_about_22_steps() {
    let mut env = CartPole::default();
    let mut coin = Pcg64::new(12_345);
    let mut steps = 0u32;
    for seed in 0..2000 {
        env.reset(Some(seed));
        loop {
            steps += 1;
            let action = u32::from(coin.uniform(0.0, 1.0) < 0.5);
            if env.step(action).expect("an action").ended() {
                break;
            }
        }
    }
    let mean = f64::from(steps) / 2000.0;
    assert!((20.0..25.0).contains(&mean), "{mean}");
}

#[test]
fn the_target_share_steers_the_effective_sample_size_of_mppi() {
    for action in [ActionKind::Discrete, ActionKind::Continuous] {
        for share in [0.02, 0.1, 0.5] {
            let tuning = Tuning { target_share: share, ..Tuning::of(PlannerKind::Mppi) };
            let usual = PilotConfig::of(PlannerKind::Mppi);
            let config = PilotConfig { action, tuning, ..usual };
            for state in states(2, [0.5, 0.5, 0.1, 0.5]).take(10) {
                let effective = decide(&config, state).diagnostics.effective_samples;
                let reached = effective / (share * f64::from(config.particles));
                assert!((reached - 1.0).abs() < 0.1, "{action} {share} {state:?}: {reached}");
            }
        }
    }
}

/// How many particles of the first `pairs` pairs begin to the right and to the left.
fn first_actions(scheme: &impl Scheme<CartPoleModel<false>>, pairs: u32) -> [u32; 2] {
    let mut count = [0; 2];
    for pair in 0..pairs {
        let mut controls = scheme.controls::<f32>((), pair);
        controls.refill(0);
        for [control] in controls.next(0) {
            assert_eq!(control.abs(), 3.0);
            count[usize::from(control < 0.0)] += 1;
        }
    }
    count
}

#[test]
fn as_many_futures_begin_to_the_left_as_to_the_right() {
    for pairs in [1, 2, 17, 500] {
        let stream = Stream::new(8, 1, 2);
        assert_eq!(first_actions(&Coin { stream, full: 3.0 }, pairs), [pairs; 2]);
        let mut written = [[0; 8]];
        digits(&[0.95, 0.5], &mut written); // the first probability must not matter
        let biased = Biased { stream, full: 3.0, digits: &written };
        assert_eq!(first_actions(&biased, pairs), [pairs; 2]);
    }
}

#[test]
fn a_doomed_state_warns_that_all_futures_end() {
    for planner in planners() {
        let diagnostics = decide(&PilotConfig::of(planner), [2.3, 3.0, 0.2, 3.0]).diagnostics;
        assert_eq!(diagnostics.dead_share, 1.0, "{planner}");
        let warnings: Vec<Warning> = diagnostics.warnings().collect();
        assert!(matches!(warnings[0], Warning::AllEnd { longest: ..3 }), "{planner} {warnings:?}");
        let safe = decide(&PilotConfig::of(planner), [0.0; 4]).diagnostics;
        assert_eq!(safe.warnings().next(), None, "{planner} {safe:?}");
    }
}

#[test]
fn a_tiny_temperature_warns_that_few_futures_have_a_say() {
    let tuning = Tuning { temperature: 1e-6, ..Tuning::of(PlannerKind::Mppi) };
    let config = PilotConfig { tuning, ..PilotConfig::of(PlannerKind::Mppi) };
    let warning = decide(&config, [0.1, 0.0, 0.02, 0.0]).diagnostics.warnings().next();
    assert!(matches!(warning, Some(Warning::FewSamples { effective }) if effective < 2.0));
}

#[test]
fn absurd_forces_warn_that_costs_are_not_finite_and_still_give_an_action() {
    let (inf, force_mag) = (f64::INFINITY, 1e30);
    let physics =
        Physics { force_mag, theta_threshold_radians: inf, x_threshold: inf, ..Physics::default() };
    for planner in planners() {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            let config = PilotConfig { action, ..PilotConfig::of(planner) };
            let Decision { action, diagnostics } =
                decide_for(physics.into(), &config, [0.0, 0.0, 0.1, 0.0]);
            let warned = diagnostics.warnings().any(|w| matches!(w, Warning::NonFinite { .. }));
            assert!(warned, "{planner} {diagnostics:?}");
            let Diagnostics { best, mean, spread, effective_samples, .. } = diagnostics;
            for number in [best, mean, spread, effective_samples] {
                assert!(number.is_finite(), "{planner} {diagnostics:?}");
            }
            if let Action::Continuous(force) = action {
                assert!(force[0].abs() <= force_mag, "{planner} {force}");
            }
        }
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let usual = PilotConfig::default();
    let named =
        |config: PilotConfig| match Pilot::new(config, CartPoleProblem::default()).map(|_| ()) {
            Err(PilotError::Setting(error)) => error.name,
            other => panic!("{other:?}"),
        };
    for particles in [0, (1 << 30) + 1] {
        assert_eq!(named(PilotConfig { particles, ..usual.clone() }), "particles");
    }
    assert_eq!(named(PilotConfig { horizon: 0, ..usual.clone() }), "horizon");
    assert_eq!(named(PilotConfig { threads: 5000, ..usual.clone() }), "threads");
    let t = usual.tuning;
    for (name, tuning) in [
        ("iterations", Tuning { iterations: 0, ..t }),
        ("elite_share", Tuning { elite_share: 0.0, ..t }),
        ("smoothing", Tuning { smoothing: 1.0, ..t }),
        ("floor", Tuning { floor: 0.6, ..t }),
        ("temperature", Tuning { temperature: f64::NAN, ..t }),
        ("target_share", Tuning { target_share: 1.0, ..t }),
        ("knot_spacing", Tuning { knot_spacing: 0, ..t }),
        ("noise_scale", Tuning { noise_scale: (-1.0).into(), ..t }),
        ("colour", Tuning { colour: 1.0, ..t }),
        ("balance", Tuning { balance: f64::INFINITY, ..t }),
    ] {
        assert_eq!(named(PilotConfig { tuning, ..usual.clone() }), name);
    }
}

#[test]
fn devices_and_physics_that_do_not_exist_are_refused() {
    let usual = PilotConfig::default();
    let absent = Pilot::new(
        PilotConfig { device: Device::Cuda(99), ..usual.clone() },
        CartPoleProblem::default(),
    );
    assert!(matches!(absent.map(|_| ()), Err(PilotError::Backend(_))));
    let physics = Physics { gravity: 0.0, ..Physics::default() };
    let floating = Pilot::new(usual.clone(), CartPoleProblem::from(physics));
    let gravity = PilotError::CartPole(CartPoleError::Unsupported {
        name: "gravity",
        given: 0.0,
        required: "above 0",
    });
    assert_eq!(floating.map(|_| ()).unwrap_err(), gravity);
    let cost = CostWeights { angle: f64::NAN, ..CostWeights::default() };
    let unweighed =
        Pilot::new(usual, CartPoleProblem { cost: Some(cost), ..CartPoleProblem::default() });
    assert!(matches!(unweighed.map(|_| ()), Err(PilotError::CartPole(CartPoleError::Cost(_)))));
}

#[test]
fn a_bad_state_is_refused_and_leaves_the_pilot_as_it_was() {
    let good = [[0.01, 0.0, 0.02, 0.1], [0.0, 0.1, 0.01, 0.0]];
    for planner in planners() {
        let config = PilotConfig::of(planner);
        let mut pilot = Pilot::new(config.clone(), CartPoleProblem::default()).unwrap();
        let mut spared = Pilot::new(config, CartPoleProblem::default()).unwrap();
        assert_eq!(pilot.act(&good[0]), spared.act(&good[0]));
        let length = PilotError::StateLength { given: 3, required: 4 };
        assert_eq!(pilot.act(&[0.0; 3]), Err(length));
        let nan = pilot.act(&[0.0, f64::NAN, 0.0, 0.0]);
        assert!(
            matches!(nan, Err(PilotError::StateNotFinite { index: 1, value }) if value.is_nan())
        );
        let too_large_for_f32 = PilotError::StateNotFinite { index: 3, value: 1e300 };
        assert_eq!(pilot.act(&[0.0, 0.0, 0.0, 1e300]), Err(too_large_for_f32));
        assert_eq!(pilot.act(&good[1]), spared.act(&good[1]), "{planner}");
    }
}

#[test]
fn reset_makes_a_pilot_like_new() {
    for planner in planners() {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            let config = PilotConfig { action, seed: 5, ..PilotConfig::of(planner) };
            let mut pilot = Pilot::new(config.clone(), CartPoleProblem::default()).unwrap();
            let mut decide = |seed| {
                pilot.reset(seed);
                states(4, [0.1; 4]).take(3).map(|s| pilot.act(&s).unwrap()).collect::<Vec<_>>()
            };
            let (five, six, again) = (decide(5), decide(6), decide(5));
            assert_eq!(five, again, "{planner} {action}");
            assert_ne!(five, six, "{planner} {action}");
            let mut new = Pilot::new(config, CartPoleProblem::default()).unwrap();
            let new: Vec<_> = states(4, [0.1; 4]).take(3).map(|s| new.act(&s).unwrap()).collect();
            assert_eq!(five, new, "{planner} {action}");
        }
    }
}

#[test]
fn a_batch_decides_as_pilots_of_their_own_would() {
    let seeds = [3, 3, 4, 900, 5];
    for planner in planners() {
        let config = PilotConfig { particles: 200, ..PilotConfig::of(planner) };
        let mut batch = PilotBatch::new(&config, CartPoleProblem::default(), &seeds).unwrap();
        let pilot = |seed: &u64| {
            Pilot::new(PilotConfig { seed: *seed, ..config.clone() }, CartPoleProblem::default())
                .unwrap()
        };
        let mut pilots: Vec<Pilot> = seeds.iter().map(pilot).collect();
        for round in 0..3 {
            let states: Vec<_> = states(round, [0.2; 4]).take(seeds.len()).collect();
            let together = batch.act(&states).unwrap();
            let alone: Vec<_> =
                pilots.iter_mut().zip(&states).map(|(p, s)| p.act(s).unwrap()).collect();
            assert_eq!(together, alone, "{planner} round {round}");
        }
        let error = batch.act(&[[0.0; 4]; 2]).unwrap_err();
        assert!(matches!(
            error,
            PilotError::Setting(SettingError { name: "number of states", .. })
        ));
    }
}

#[test]
fn episodes_of_the_same_seed_are_the_same_to_the_bit() {
    let mut pilot = Pilot::new(PilotConfig::default(), CartPoleProblem::default()).unwrap();
    let mut digest = |seed| Episode::new().seed(seed).steps(60).run(&mut pilot).unwrap().digest;
    let (one, two, again) = (digest(1), digest(2), digest(1));
    assert_eq!(one, again);
    assert_ne!(one, two);
}
