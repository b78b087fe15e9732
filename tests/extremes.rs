//! Settings and states at the ends of their ranges: whatever comes, an action is a number.

mod rolling;

use particle_pilot::env::Physics;
use particle_pilot::{
    Action, ActionKind, CartPoleProblem, Decision, Device, Pilot, PilotConfig, PilotError,
    PlannerKind, SettingError, Tuning,
};
use rolling::Rolling;

const ACTIONS: [ActionKind; 2] = [ActionKind::Discrete, ActionKind::Continuous];

fn assert_finite(decision: &Decision, case: &str) {
    let d = &decision.diagnostics;
    for number in [d.best, d.mean, d.spread, d.effective_samples, d.dead_share] {
        assert!(number.is_finite(), "{case}: {d:?}");
    }
    assert!(d.effective_samples >= 0.0, "{case}: {d:?}");
    if let Action::Continuous(force) = decision.action {
        assert!(force[0].is_finite(), "{case}: {force}");
    }
}

#[test]
fn every_planner_answers_with_numbers_at_any_temperature_and_in_any_state() {
    for (planner, _) in PlannerKind::ALL {
        for action in ACTIONS {
            for temperature in [1e-9, 1e-4, 1e9] {
                for target_share in [0.0, 0.001] {
                    let usual = PilotConfig::of(*planner);
                    let tuning = Tuning { temperature, target_share, ..usual.tuning };
                    let (device, particles) = (Device::Cpu, 65);
                    let config = PilotConfig { tuning, action, device, particles, ..usual };
                    let mut pilot =
                        Pilot::new(config, CartPoleProblem::default()).expect("within the ranges");
                    for state in [
                        [0.0; 4],
                        [0.01, 0.02, 0.03, -0.02],
                        [1e30, 0.0, 0.0, 0.0],
                        [0.0, -1e30, 0.0, 1e30],
                        [0.0, 0.0, 3e38, 0.0],
                        [-3e38, 3e38, -3e38, 3e38],
                    ] {
                        let case = format!("{planner} {action} {temperature:e} {state:?}");
                        let decision = pilot.act(&state).expect("a finite state");
                        assert_finite(&decision, &case);
                    }
                }
            }
        }
    }
}

#[test]
fn towards_temperature_0_mppi_does_what_the_cheapest_future_did() {
    for seed in 0..20 {
        let usual = PilotConfig::of(PlannerKind::Mppi);
        let tuning = Tuning { temperature: 1e-9, ..usual.tuning };
        let (action, device) = (ActionKind::Continuous, Device::Cpu);
        let config = PilotConfig { tuning, action, device, seed, ..usual };
        let mut pilot = Pilot::new(config, CartPoleProblem::default()).expect("within the ranges");
        let state = [0.01, 0.02, 0.03, -0.02];
        let futures = pilot.trajectories(&state).expect("mppi has futures");
        let costs = futures.costs.iter().enumerate();
        let (cheapest, _) = costs.min_by(|a, b| a.1.total_cmp(b.1)).expect("there are futures");
        let wanted = f64::from(futures.actions[cheapest * futures.horizon]);
        let Action::Continuous(force) = pilot.act(&state).expect("a finite state").action else {
            panic!("actions are continuous");
        };
        assert!((force[0] - wanted).abs() < 1e-4, "{seed}: {force} N, the cheapest {wanted} N");
    }
}

#[test]
fn models_of_any_cost_are_planned_for_with_numbers() {
    for (planner, _) in PlannerKind::ALL {
        for action in ACTIONS {
            for unit in [1e-30, 1.0, 1e7, 1e10, 1e20, 1e26, 1e30, 1e37] {
                let (device, particles) = (Device::Cpu, 256);
                let config = PilotConfig { action, device, particles, ..PilotConfig::of(*planner) };
                let mut pilot =
                    Pilot::with_lane_model(config, Rolling { unit, ..Rolling::default() })
                        .expect("valid");
                let decision = pilot.act(&[0.0]).expect("a finite state");
                let case = format!("{planner} {action} {unit:e}");
                assert_finite(&decision, &case);
                // Random futures that begin to the right cost 60 units less on average, five standard errors.
                if *planner == PlannerKind::RandomShooting
                    && action == ActionKind::Discrete
                    && unit < 1e26
                {
                    assert_eq!(decision.action, Action::Discrete(1), "{case}");
                }
            }
        }
    }
}

#[test]
fn what_single_precision_cannot_hold_is_refused() {
    let mut temperatures = [1e-10, 1e-40, 0.0, -1.0, 1e10, f64::NAN, f64::INFINITY].into_iter();
    assert!(temperatures.all(|temperature| {
        let tuning = Tuning { temperature, ..Tuning::of(PlannerKind::Mppi) };
        let config = PilotConfig { tuning, ..PilotConfig::of(PlannerKind::Mppi) };
        matches!(
            Pilot::new(config, CartPoleProblem::default()),
            Err(PilotError::Setting(SettingError { name: "temperature", .. }))
        )
    }));
    for physics in [
        Physics { force_mag: 1e-300, ..Physics::default() },
        Physics { force_mag: 1e300, ..Physics::default() },
        Physics { gravity: 1e-200, ..Physics::default() },
        Physics { tau: 1e-200, ..Physics::default() },
        Physics { tau: 1e200, ..Physics::default() },
    ] {
        for action in ACTIONS {
            let config = PilotConfig { action, ..PilotConfig::default() };
            let error = Pilot::new(config, CartPoleProblem::from(physics)).map(|_| ()).unwrap_err();
            assert!(matches!(error, PilotError::CartPole(_)), "{physics:?}: {error}");
        }
    }
}

#[test]
fn an_action_that_is_no_number_never_leaves_a_pilot() {
    let config = PilotConfig {
        action: ActionKind::Continuous,
        device: Device::Cpu,
        ..PilotConfig::default()
    };
    let model = Rolling { full_action: f64::NAN, ..Rolling::default() };
    let mut pilot = Pilot::with_lane_model(config, model).expect("valid");
    assert!(matches!(pilot.act(&[0.0]), Err(PilotError::NoControl(_))));
}
