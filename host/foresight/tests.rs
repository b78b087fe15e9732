use std::time::{Duration, Instant};

use super::*;
use crate::env::CartPole;
use crate::{Action, ActionKind, Device, PilotConfig, PlannerKind};

/// What a prediction is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Prediction {
    None,
    Right,
    Wrong,
    RightOrWrong,
}

/// The decisions of episodes in the reference environment, and how many were foreseen and misjudged.
fn play(config: &PilotConfig, prediction: Prediction) -> (Vec<Decision>, u64, u64) {
    let mut pilot = Pilot::new(config.clone()).unwrap();
    let mut env = CartPole::default();
    pilot.foreseeing(|foresight| {
        let mut decisions = Vec::new();
        for seed in 0..3 {
            foresight.reset(seed);
            env.reset(Some(seed));
            for step in 0..40 {
                let decision = foresight.act(&observed(&env)).unwrap();
                decisions.push(decision);
                let force = match decision.action {
                    Action::Discrete(0) => -10.0,
                    Action::Discrete(_) => 10.0,
                    Action::Force(newton) => newton,
                };
                let _ = env.step_force(force).unwrap();
                let mut next = observed(&env);
                if prediction == Prediction::Wrong
                    || prediction == Prediction::RightOrWrong && step % 5 == 0
                {
                    next[0] = (next[0] as f32).next_up().into();
                }
                if prediction != Prediction::None {
                    foresight.foresee(&next);
                    let_begin(foresight);
                }
            }
        }
        (decisions, foresight.foreseen(), foresight.misjudged())
    })
}

/// Waits until a thread has begun with what was asked for, however long that takes on a machine with much to do: what
/// is foreseen does not depend on it.
fn let_begin(foresight: &Foresight<'_>) {
    let asked = Instant::now();
    while foresight.is_asked && foresight.desk.stage.load(Acquire) == ASKED {
        assert!(asked.elapsed() < Duration::from_secs(300), "no thread does what it is asked for");
        std::thread::yield_now();
    }
}

fn observed(env: &CartPole) -> [f64; 4] {
    env.observation().unwrap().map(f64::from)
}

fn config(planner: PlannerKind, action: ActionKind, threads: usize) -> PilotConfig {
    let (particles, horizon, device) = (256, 20, Device::Cpu);
    PilotConfig { particles, horizon, device, threads, action, ..PilotConfig::of(planner) }
}

#[test]
fn foresight_changes_no_bit_of_any_planner() {
    for (planner, _) in PlannerKind::ALL {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            for threads in [1, 2, 3] {
                let config = config(*planner, action, threads);
                let (expected, ..) = play(&config, Prediction::None);
                for prediction in [Prediction::Right, Prediction::Wrong, Prediction::RightOrWrong] {
                    let (decisions, ..) = play(&config, prediction);
                    assert_eq!(
                        decisions, expected,
                        "{planner} {action:?} {threads} {prediction:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn plans_for_what_comes_true_are_taken_and_others_soon_given_up() {
    let config = config(PlannerKind::Cem, ActionKind::Discrete, 2);
    let (_, foreseen, misjudged) = play(&config, Prediction::Right);
    assert!(foreseen > 20 && misjudged == 0, "{foreseen} {misjudged}");
    let (_, foreseen, misjudged) = play(&config, Prediction::Wrong);
    assert!(foreseen == 0 && (1..=7).contains(&misjudged), "{foreseen} {misjudged}");
    let (_, foreseen, misjudged) = play(&config, Prediction::RightOrWrong);
    assert!(foreseen > 10 && misjudged > 1, "{foreseen} {misjudged}");
}

#[test]
fn one_thread_foresees_nothing() {
    let config = config(PlannerKind::RandomShooting, ActionKind::Discrete, 1);
    assert_eq!(play(&config, Prediction::Right).1, 0);
}

#[test]
fn a_plan_that_is_not_collected_leaves_no_trace() {
    let config = config(PlannerKind::Mppi, ActionKind::Continuous, 2);
    let state = [0.01, 0.0, 0.02, 0.0];
    let mut expected = Pilot::new(config.clone()).unwrap();
    let mut pilot = Pilot::new(config).unwrap();
    for _ in 0..20 {
        let decision = pilot.foreseeing(|foresight| {
            let decision = foresight.act(&state);
            foresight.foresee(&[0.5, 0.5, 0.1, 0.1]);
            let_begin(foresight);
            decision
        });
        assert_eq!(decision, expected.act(&state));
    }
}

#[test]
fn states_that_cannot_be_planned_for_are_not_foreseen_and_still_refused() {
    let config = config(PlannerKind::Cem, ActionKind::Discrete, 2);
    let mut pilot = Pilot::new(config).unwrap();
    pilot.foreseeing(|foresight| {
        foresight.foresee(&[0.0; 3]);
        foresight.foresee(&[f64::NAN; 4]);
        assert!(foresight.act(&[f64::NAN; 4]).is_err());
        foresight.foresee(&[0.0; 4]);
        assert!(foresight.act(&[0.0; 3]).is_err());
        assert!(foresight.act(&[0.0; 4]).is_ok());
    });
}
