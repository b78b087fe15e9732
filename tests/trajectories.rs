//! Recorded futures are those that decisions follow from.

use particle_pilot::env::{CartPole, CartPoleOptions, Integrator, Physics};
use particle_pilot::kernels::model::CostWeights;
use particle_pilot::{
    Action, ActionKind, CartPoleProblem, Device, Pilot, PilotConfig, PilotError, PlannerKind,
    Problem, Trajectories, Tuning,
};

const STATE: [f64; 4] = [0.3, -0.2, 0.12, 0.4];

fn config(planner: PlannerKind, action: ActionKind) -> PilotConfig {
    let tuning = Tuning { iterations: 1, ..Tuning::of(planner) };
    // An odd number: the last pair is half a one, and the last chunk not full.
    let size = PilotConfig { particles: 333, horizon: 45, seed: 5, ..PilotConfig::of(planner) };
    PilotConfig { action, tuning, device: Device::Cpu, threads: 1, ..size }
}

/// The numbers of a pilot's problem.
fn cart_pole(pilot: &Pilot) -> (Physics, CostWeights) {
    let Some(Problem::CartPole(problem)) = pilot.problem() else { panic!("no cart-pole") };
    (problem.physics, problem.cost.expect("filled in"))
}

/// Calls `check` with every planner that rolls out, kind of action and kind of physics, after a few decisions.
fn for_each_kind(check: impl Fn(&mut Pilot, &Trajectories)) {
    let moon = Physics {
        gravity: 3.0,
        theta_threshold_radians: 1.0,
        integrator: Integrator::SemiImplicitEuler,
        ..Physics::default()
    };
    for planner in [
        PlannerKind::RandomShooting,
        PlannerKind::Cem,
        PlannerKind::Mppi,
        PlannerKind::PredictiveSampling,
        PlannerKind::Icem,
    ] {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            for physics in [Physics::default(), moon] {
                let mut pilot =
                    Pilot::new(config(planner, action), CartPoleProblem::from(physics)).unwrap();
                for decision in 0..3 {
                    let state = STATE.map(|value| value * f64::from(decision));
                    pilot.act(&state).unwrap();
                }
                let futures = pilot.trajectories(&STATE).unwrap();
                check(&mut pilot, &futures);
            }
        }
    }
}

#[test]
fn costs_are_those_of_the_decision_that_follows() {
    for_each_kind(|pilot, futures| {
        let again = pilot.trajectories(&STATE).unwrap();
        assert!(again.costs == futures.costs && again.actions == futures.actions);
        let diagnostics = pilot.act(&STATE).unwrap().diagnostics;
        let costs = || futures.costs.iter().map(|cost| f64::from(*cost));
        assert_eq!(diagnostics.best, costs().fold(f64::INFINITY, f64::min));
        let mean = costs().sum::<f64>() / 333.0;
        assert!((diagnostics.mean - mean).abs() < 1e-12 * mean);
        let dead = futures.lifetimes.iter().filter(|steps| **steps < 45).count();
        assert_eq!(diagnostics.dead_share, dead as f64 / 333.0);
        assert_eq!(Some(&diagnostics.longest), futures.lifetimes.iter().max());
    });
}

#[test]
fn costs_follow_from_the_states_by_their_definition() {
    for_each_kind(|pilot, futures| {
        let (physics, weights) = cart_pole(pilot);
        for particle in 0..futures.particles {
            let states = std::iter::once(STATE)
                .chain(futures.future::<4>(particle).iter().map(|state| state.map(f64::from)));
            let lives = |s: &[f64; 4]| {
                s[0].abs() <= physics.x_threshold && s[2].abs() <= physics.theta_threshold_radians
            };
            let lived: Vec<[f64; 4]> = states.take_while(lives).collect();
            let lifetime = lived.len() - 1;
            assert_eq!(lifetime as u32, futures.lifetimes[particle]);
            let running =
                |s: &[f64; 4]| weights.position * s[0] * s[0] + weights.angle * s[2] * s[2];
            let mut cost: f64 = lived.iter().map(running).sum();
            cost += weights.end * (futures.horizon - lifetime) as f64;
            if let (true, Some([x, x_dot, theta, theta_dot])) =
                (lifetime == futures.horizon, lived.last())
            {
                cost += weights.terminal_position * x * x
                    + weights.terminal_velocity * x_dot * x_dot
                    + weights.terminal_angle * theta * theta
                    + weights.terminal_rate * theta_dot * theta_dot;
            }
            let recorded = f64::from(futures.costs[particle]);
            assert!((recorded - cost).abs() < 1e-5 * cost, "{recorded} but {cost}");
        }
    });
}

#[test]
fn states_are_where_the_forces_lead_the_reference_environment() {
    for_each_kind(|pilot, futures| {
        let options = CartPoleOptions { max_episode_steps: None, ..CartPoleOptions::default() };
        let mut env = CartPole::new(cart_pole(pilot).0, options).unwrap();
        for particle in [0, 1, 166, 332] {
            env.reset_to(STATE).unwrap();
            let forces = &futures.actions[particle * futures.horizon..][..futures.horizon];
            for (state, force) in futures.future::<4>(particle).iter().zip(forces) {
                let step = env.step_force(f64::from(*force)).unwrap();
                if step.ended() {
                    break; // beyond the thresholds particles are less precise
                }
                for (value, reference) in state.iter().zip(step.state) {
                    assert!((f64::from(*value) - reference).abs() < 1e-3, "{value} {reference}");
                }
            }
        }
    });
}

#[test]
fn the_vote_of_random_futures_can_be_counted_again() {
    let (mut left, mut right) = (0, 0);
    for seed in 0..40 {
        let planner = config(PlannerKind::RandomShooting, ActionKind::Discrete);
        let mut pilot =
            Pilot::new(PilotConfig { seed, ..planner }, CartPoleProblem::default()).unwrap();
        let state = [0.0, 0.0, 0.002 * (seed as f64 - 20.0), 0.0];
        let futures = pilot.trajectories(&state).unwrap();
        let mut sums = [[0.0; 2]; 2]; // cost and number of the futures that begin to the left, to the right
        for (particle, cost) in futures.costs.iter().enumerate() {
            let side = &mut sums[usize::from(futures.actions[particle * futures.horizon] > 0.0)];
            side[0] += f64::from(*cost);
            side[1] += 1.0;
        }
        let [value_left, value_right] = sums.map(|[cost, count]| cost / count);
        let vote = u32::from(value_right < value_left);
        assert_eq!(pilot.act(&state).unwrap().action, Action::Discrete(vote), "seed {seed}");
        (left, right) = (left + 1 - vote, right + vote);
    }
    assert!(left > 5 && right > 5, "{left} to the left, {right} to the right");
}

#[test]
fn planners_whose_particles_replace_each_other_say_so() {
    for planner in [PlannerKind::Smc, PlannerKind::Fmc] {
        let mut pilot = Pilot::new(PilotConfig::of(planner), CartPoleProblem::default()).unwrap();
        let error = pilot.trajectories(&STATE).unwrap_err();
        assert!(
            matches!(&error, PilotError::Unsupported(why) if why.contains("replace each other"))
        );
        assert_eq!(pilot.plan(), None);
    }
}

#[test]
fn a_plan_goes_on_where_the_pole_leans() {
    for planner in
        [PlannerKind::Cem, PlannerKind::Mppi, PlannerKind::PredictiveSampling, PlannerKind::Icem]
    {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            let mut pilot =
                Pilot::new(config(planner, action), CartPoleProblem::default()).unwrap();
            assert!(pilot.plan().unwrap().iter().all(|force| *force == 0.0));
            pilot.act(&[0.0, 0.0, 0.15, 0.5]).unwrap();
            let plan = pilot.plan().unwrap();
            assert_eq!(plan.len(), 45);
            assert!(plan.iter().all(|force| force.abs() <= 10.0));
            assert!(plan[0] > 1.0, "{planner} {action}: {}", plan[0]);
        }
    }
}

#[test]
fn predictive_sampling_does_what_its_cheapest_future_does_and_goes_on_with_it() {
    for action in [ActionKind::Discrete, ActionKind::Continuous] {
        let config = config(PlannerKind::PredictiveSampling, action);
        let mut pilot = Pilot::new(config, CartPoleProblem::default()).unwrap();
        let mut plan = pilot.plan().unwrap();
        for step in 0..5 {
            let state = STATE.map(|value| value * (1.0 - 0.3 * f64::from(step)));
            let futures = pilot.trajectories(&state).unwrap();
            let controls =
                |particle| &futures.actions[particle * futures.horizon..][..futures.horizon];
            let as_done = |control: f64| match action {
                ActionKind::Discrete => 10.0f64.copysign(control),
                ActionKind::Continuous => control,
            };
            // The first two futures follow the plan as it is, to the left and to the right where it says nothing yet.
            for particle in [0, 1].into_iter().filter(|_| step > 0) {
                for (control, planned) in controls(particle).iter().zip(&plan) {
                    assert!((f64::from(*control) - as_done(*planned)).abs() < 1e-5, "{step}");
                }
            }
            let (best, cost) =
                futures.costs.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).unwrap();
            let decision = pilot.act(&state).unwrap();
            assert_eq!(decision.diagnostics.best, f64::from(*cost));
            let done = match decision.action {
                Action::Discrete(index) => [-10.0, 10.0][index as usize],
                Action::Continuous(force) => force[0],
            };
            assert!((done - f64::from(controls(best)[0])).abs() < 1e-5, "{action} {step}");
            plan = pilot.plan().unwrap();
            for (planned, control) in plan.iter().zip(&controls(best)[1..]) {
                assert!((as_done(*planned) - f64::from(*control)).abs() < 1e-5, "{action} {step}");
            }
        }
    }
}

/// With one iteration, the futures that are recorded are all that there are.
#[test]
fn icem_does_what_its_cheapest_future_does_and_follows_the_best_ones_again() {
    for action in [ActionKind::Discrete, ActionKind::Continuous] {
        let usual = config(PlannerKind::Icem, action);
        // 33 elites of 333, of which 10 are kept.
        let tuning = Tuning { iterations: 1, elite_share: 0.1, kept_share: 0.3, ..usual.tuning };
        let config = PilotConfig { tuning, ..usual };
        let mut pilot = Pilot::new(config, CartPoleProblem::default()).unwrap();
        let mut kept: Vec<Vec<f32>> = Vec::new();
        let mut plan = pilot.plan().unwrap();
        for step in 0..5 {
            let state = STATE.map(|value| value * (1.0 - 0.3 * f64::from(step)));
            let futures = pilot.trajectories(&state).unwrap();
            let controls =
                |particle| &futures.actions[particle * futures.horizon..][..futures.horizon];
            for (particle, expected) in kept.iter().enumerate() {
                assert_eq!(&controls(particle)[..44], &expected[1..], "{action} {step}");
            }
            // The next one follows the plan as it is.
            for (control, planned) in controls(kept.len()).iter().zip(&plan).filter(|_| step > 0) {
                let as_done = match action {
                    ActionKind::Discrete => 10.0f64.copysign(*planned),
                    ActionKind::Continuous => *planned,
                };
                assert!((f64::from(*control) - as_done).abs() < 1e-5, "{action} {step}");
            }
            let mut order: Vec<usize> = (0..futures.particles).collect();
            order.sort_by(|a, b| futures.costs[*a].total_cmp(&futures.costs[*b]));
            let done = match pilot.act(&state).unwrap().action {
                Action::Discrete(index) => [-10.0, 10.0][index as usize],
                Action::Continuous(force) => force[0],
            };
            assert!((done - f64::from(controls(order[0])[0])).abs() < 1e-5, "{action} {step}");
            kept = order[..10].iter().map(|particle| controls(*particle).to_vec()).collect();
            plan = pilot.plan().unwrap();
        }
    }
}

#[test]
fn icem_has_fewer_futures_in_each_iteration() {
    let usual = PilotConfig::of(PlannerKind::Icem);
    for (elite_share, futures) in [(0.1, 1000 + 500 + 250 + 200), (0.3, 1000 + 600 + 600 + 600)] {
        let tuning = Tuning { iterations: 4, elite_share, sample_decay: 2.0, ..usual.tuning };
        let config = PilotConfig { particles: 1000, tuning, ..usual.clone() };
        let mut pilot = Pilot::new(config, CartPoleProblem::default()).unwrap();
        let diagnostics = pilot.act(&STATE).unwrap().diagnostics;
        assert_eq!(diagnostics.particle_steps, futures * 30);
        assert_eq!(diagnostics.particles, 1000);
        assert_eq!(diagnostics.effective_samples, 1000.0 * elite_share);
    }
}
