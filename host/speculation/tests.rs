use std::time::{Duration, Instant};

use super::*;
use crate::env::CartPole;
use crate::kernels::model::{Actions, At, Model};
use crate::kernels::real::Real;
use crate::{Action, ActionKind, CartPoleProblem, Device, PilotConfig, PlannerKind};

/// What a prediction is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Prediction {
    None,
    Right,
    Wrong,
    RightOrWrong,
}

/// The decisions of three episodes of so many steps in the reference environment, and how many hits and misses there were.
fn play(config: &PilotConfig, prediction: Prediction, steps: u32) -> (Vec<Decision>, u64, u64) {
    let mut pilot = Pilot::new(config.clone(), CartPoleProblem::default()).unwrap();
    let mut env = CartPole::default();
    pilot.with_speculation(|speculation| {
        let mut decisions = Vec::new();
        for seed in 0..3 {
            speculation.reset(seed);
            env.reset(Some(seed));
            for step in 0..steps {
                let decision = speculation.act(&observed(&env)).unwrap();
                decisions.push(decision);
                let force = match decision.action {
                    Action::Discrete(0) => -10.0,
                    Action::Discrete(_) => 10.0,
                    Action::Continuous(force) => force[0],
                };
                let _ = env.step_force(force).unwrap();
                let mut next = observed(&env);
                if prediction == Prediction::Wrong
                    || prediction == Prediction::RightOrWrong && step % 5 == 0
                {
                    next[0] = (next[0] as f32).next_up().into();
                }
                if prediction != Prediction::None {
                    speculation.predict(&next);
                    let_begin(speculation);
                }
            }
        }
        (decisions, speculation.hits(), speculation.misses())
    })
}

/// Waits until a thread has begun with what was asked for, however long that takes on a machine with much to do: what
/// is hits does not depend on it.
fn let_begin(speculation: &Speculation<'_>) {
    let asked = Instant::now();
    while speculation.is_asked && speculation.request.stage.load(Acquire) == ASKED {
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
fn speculation_changes_no_bit_of_any_planner() {
    // Few: where others are at work, threads that wait for each other take long.
    const STEPS: u32 = 12;
    for (planner, _) in PlannerKind::ALL {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            for threads in [1, 2, 3] {
                let config = config(*planner, action, threads);
                let (expected, ..) = play(&config, Prediction::None, STEPS);
                for prediction in [Prediction::Right, Prediction::Wrong, Prediction::RightOrWrong] {
                    let (decisions, ..) = play(&config, prediction, STEPS);
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
    let (_, hits, misses) = play(&config, Prediction::Right, 40);
    assert!(hits > 20 && misses == 0, "{hits} {misses}");
    let (_, hits, misses) = play(&config, Prediction::Wrong, 40);
    assert!(hits == 0 && (1..=7).contains(&misses), "{hits} {misses}");
    let (_, hits, misses) = play(&config, Prediction::RightOrWrong, 40);
    assert!(hits > 10 && misses > 1, "{hits} {misses}");
}

#[test]
fn one_thread_speculates_on_nothing() {
    let config = config(PlannerKind::RandomShooting, ActionKind::Discrete, 1);
    assert_eq!(play(&config, Prediction::Right, 40).1, 0);
}

#[test]
fn a_plan_that_is_not_collected_leaves_no_trace() {
    let config = config(PlannerKind::Mppi, ActionKind::Continuous, 2);
    let state = [0.01, 0.0, 0.02, 0.0];
    let mut expected = Pilot::new(config.clone(), CartPoleProblem::default()).unwrap();
    let mut pilot = Pilot::new(config, CartPoleProblem::default()).unwrap();
    for _ in 0..20 {
        let decision = pilot.with_speculation(|speculation| {
            let decision = speculation.act(&state);
            speculation.predict(&[0.5, 0.5, 0.1, 0.1]);
            let_begin(speculation);
            decision
        });
        assert_eq!(decision, expected.act(&state));
    }
}

#[test]
fn states_that_cannot_be_planned_for_are_not_speculated_on_and_still_refused() {
    let config = config(PlannerKind::Cem, ActionKind::Discrete, 2);
    let mut pilot = Pilot::new(config, CartPoleProblem::default()).unwrap();
    pilot.with_speculation(|speculation| {
        speculation.predict(&[0.0; 3]);
        speculation.predict(&[f64::NAN; 4]);
        assert!(speculation.act(&[f64::NAN; 4]).is_err());
        speculation.predict(&[0.0; 4]);
        assert!(speculation.act(&[0.0; 3]).is_err());
        assert!(speculation.act(&[0.0; 4]).is_ok());
    });
}

/// A place on a line, to be where the reference says.
#[derive(Clone, Copy)]
struct Follower;

impl Model<1, 1> for Follower {
    const REFERENCE: usize = 1;

    fn actions(&self) -> Actions<1> {
        Actions::within([-1.0], [1.0])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [place]: [R; 1], [speed]: [R; 1]) -> [R; 1] {
        [place + speed * 0.1]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, _: [R; 1], [speed]: [R; 1]) -> R {
        speed.square() * 0.01
    }

    #[inline(always)]
    fn cost_at<R: Real>(&self, state: [R; 1], control: [R; 1], at: impl At<R>) -> R {
        (state[0] - at.reference(0)).square() + self.cost(state, control)
    }
}

#[test]
fn what_was_planned_ahead_with_another_reference_is_taken_back() {
    let config = config(PlannerKind::Mppi, ActionKind::Continuous, 2);
    let reference = |step: u8| [0.25 * f32::from(step) - 1.0; 21];
    let mut expected = Pilot::with_model(config.clone(), Follower).unwrap();
    let mut pilot = Pilot::with_model(config, Follower).unwrap();
    pilot.with_speculation(|speculation| {
        // Nothing was given yet, so that nothing can be planned.
        speculation.predict(&[0.0]);
        assert!(speculation.act(&[0.0]).is_err());
        speculation.set_reference(&reference(0)).unwrap();
        for step in 0..9 {
            speculation.predict(&[0.1]);
            let_begin(speculation);
            speculation.set_reference(&reference(step)).unwrap();
            speculation.set_reference(&[0.0]).unwrap_err();
            // With the next one, every other time.
            if step % 2 == 0 {
                speculation.predict(&[0.1]);
                let_begin(speculation);
            }
            expected.set_reference(&reference(step)).unwrap();
            assert_eq!(speculation.act(&[0.1]), expected.act(&[0.1]), "step {step}");
        }
        assert_eq!((speculation.hits(), speculation.misses()), (5, 0));
    });
}
