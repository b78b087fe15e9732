//! Pilots and environments that are put by and go on later are those that were never put by.

use particle_pilot::env::{CartPole, CartPoleOptions, Physics};
use particle_pilot::kernels::model::{CartPoleModel as Model, CostWeights};
use particle_pilot::vector::{Autoreset, CartPoleVector, VectorError, VectorOptions, VectorState};
use particle_pilot::{
    ActionKind, BatchState, CartPoleProblem, Decision, Device, Noise, Pilot, PilotBatch,
    PilotConfig, PilotError, PilotState, PlannerKind, Tuning,
};

/// Every planner, for left and right and for continuous control.
fn configs() -> impl Iterator<Item = PilotConfig> {
    PlannerKind::ALL.iter().flat_map(|(planner, _)| {
        [ActionKind::Discrete, ActionKind::Continuous].map(|action| PilotConfig {
            action,
            particles: 200,
            seed: u64::MAX - 4,
            device: Device::Cpu,
            ..PilotConfig::of(*planner)
        })
    })
}

/// What a pilot decides in the states of an episode that it drives itself.
fn decide(pilot: &mut Pilot, env: &mut CartPole, steps: usize) -> Vec<Decision> {
    let step = |_| {
        let state = env.state().expect("it was reset");
        let decision = pilot.act(&state).expect("a finite state");
        let force = match decision.action {
            particle_pilot::Action::Discrete(index) => 20.0 * f64::from(index) - 10.0,
            particle_pilot::Action::Continuous(force) => force[0],
        };
        let _ = env.step_force(force).expect("a finite force");
        decision
    };
    (0..steps).map(step).collect()
}

#[test]
fn a_pilot_that_was_put_by_decides_on_with_the_same_bits() {
    for config in configs() {
        let case = format!("{} {}", config.planner, config.action);
        let mut env = CartPole::default();
        env.reset(Some(3));
        let mut pilot = Pilot::new(config.clone(), CartPoleProblem::default()).unwrap();
        decide(&mut pilot, &mut env, 7);

        let text = serde_json::to_string(&pilot.save().unwrap()).unwrap();
        let state: PilotState = serde_json::from_str(&text).unwrap();
        assert_eq!(state, pilot.save().unwrap(), "{case}");
        assert_eq!((state.carried.decision, state.carried.seed), (7, config.seed));

        let mut later = Pilot::resume(&state).unwrap();
        let mut elsewhere = env.clone();
        let expected = decide(&mut pilot, &mut env, 20);
        assert_eq!(decide(&mut later, &mut elsewhere, 20), expected, "{case}");

        // A pilot with other threads, another seed and a past of its own.
        let other = PilotConfig { threads: 3, seed: 1, ..config.clone() };
        let mut used = Pilot::new(other, CartPoleProblem::default()).unwrap();
        decide(&mut used, &mut elsewhere, 3);
        used.load(&state).unwrap();
        assert_eq!(used.config().seed, config.seed);
        assert_eq!(used.save().unwrap().carried, state.carried, "{case}");
        decide(&mut used, &mut env, 1);

        // Without what is carried, decisions differ: the test would notice.
        let mut forgetful = state.clone();
        forgetful.carried.plan.clear();
        let mut forgetful = Pilot::resume(&forgetful).unwrap();
        let differ = !state.carried.plan.is_empty();
        let first = forgetful.act(&elsewhere.state().unwrap()).unwrap();
        let mut remembers = Pilot::resume(&state).unwrap();
        let second = remembers.act(&elsewhere.state().unwrap()).unwrap();
        assert_eq!(first != second, differ, "{case}");
    }
}

#[test]
fn a_model_of_ones_own_goes_on_too() {
    let config = PilotConfig { particles: 200, device: Device::Cpu, ..PilotConfig::default() };
    let model = Model::<false>::new(&Physics::default(), &CostWeights::default()).unwrap();
    let mut pilot = Pilot::with_lane_model(config.clone(), model).unwrap();
    pilot.act(&[0.0, 0.0, 0.1, 0.3]).unwrap();
    let saved = pilot.save().unwrap();
    let Err(PilotError::State(why)) = Pilot::resume(&saved) else { panic!("by which model?") };
    assert!(why.contains("a model of one's own"), "{why}");
    let mut later = Pilot::with_lane_model(config, model).unwrap();
    later.load(&saved).unwrap();
    let state = [0.0, 0.2, 0.1, 0.0];
    assert_eq!(later.act(&state).unwrap(), pilot.act(&state).unwrap());
}

#[test]
fn weights_left_open_are_those_that_the_planner_has_by_default() {
    for (planner, _) in PlannerKind::ALL {
        let config = PilotConfig { device: Device::Cpu, ..PilotConfig::of(*planner) };
        let open = CartPoleProblem::default();
        let said = CartPoleProblem { cost: Some(open.weights(*planner)), ..open };
        let saved = Pilot::new(config.clone(), open).unwrap().save().unwrap();
        assert_eq!(saved.problem, Some(said.into()), "{planner}");
        Pilot::new(config, said).unwrap().load(&saved).unwrap();
        let unsaid = PilotState { problem: Some(open.into()), ..saved };
        assert_eq!(Pilot::resume(&unsaid).unwrap().problem(), Some(&said.into()), "{planner}");
    }
}

#[test]
fn what_is_no_state_of_the_pilot_is_refused_and_changes_nothing() {
    let config = PilotConfig { particles: 64, device: Device::Cpu, ..PilotConfig::default() };
    let mut pilot = Pilot::new(config.clone(), CartPoleProblem::default()).unwrap();
    pilot.act(&[0.0, 0.0, 0.1, 0.3]).unwrap();
    let saved = pilot.save().unwrap();
    let refused = |change: &dyn Fn(&mut PilotState)| {
        let mut state = saved.clone();
        change(&mut state);
        let mut pilot = Pilot::new(config.clone(), CartPoleProblem::default()).unwrap();
        pilot.act(&[0.0, 0.0, 0.1, 0.3]).unwrap();
        let Err(PilotError::State(why)) = pilot.load(&state) else { panic!("{state:?}") };
        assert_eq!(pilot.save().unwrap(), saved);
        why
    };
    assert!(refused(&|state| state.version = 7).contains("version 7"));
    assert!(refused(&|state| state.config.particles = 65).contains("another configuration"));
    assert!(refused(&|state| state.config.tuning.floor = 0.1).contains("another configuration"));
    assert!(refused(&|state| state.carried.plan = vec![0.5; 29]).contains("30 numbers"));
    assert!(refused(&|state| state.carried.plan[3] = 1.5).contains("within"));
    assert!(refused(&|state| state.carried.plan[0] = f64::NAN).contains("within"));
    let heavy = Physics { masspole: 0.2, ..Physics::default() };
    let heavy = CartPoleProblem { physics: heavy, ..CartPoleProblem::default() };
    assert!(refused(&|state| state.problem = Some(heavy.into())).contains("another problem"));
    assert!(refused(&|state| state.problem = None).contains("another problem"));
    // What the version says comes first: nothing else of another one's need be as here.
    let older = PilotState { version: 1, problem: None, ..saved.clone() };
    let Err(PilotError::State(why)) = Pilot::resume(&older) else { panic!("another version's") };
    assert!(why.contains("version 1"), "{why}");
    // Planners that keep no plan have none to take.
    let config = PilotConfig::of(PlannerKind::Smc);
    let mut state = Pilot::new(config, CartPoleProblem::default()).unwrap().save().unwrap();
    state.carried.plan = vec![0.0; 30];
    assert!(matches!(Pilot::resume(&state), Err(PilotError::State(_))));
    // The plan of coloured noise is a plan of forces.
    let tuning = Tuning { noise: Noise::Coloured, ..Tuning::of(PlannerKind::Mppi) };
    let config = PilotConfig { tuning, ..PilotConfig::of(PlannerKind::Mppi) };
    let mut state = Pilot::new(config, CartPoleProblem::default()).unwrap().save().unwrap();
    state.carried.plan[2] = f64::INFINITY;
    assert!(matches!(Pilot::resume(&state), Err(PilotError::State(_))));
}

#[test]
fn a_batch_that_was_put_by_decides_on_with_the_same_bits() {
    for config in configs() {
        let mut batch = PilotBatch::new(&config, CartPoleProblem::default(), &[1, 2, 2]).unwrap();
        let states = [[0.0, 0.0, 0.1, 0.3], [0.1, 0.0, -0.1, 0.3], [0.0, 0.2, 0.01, 0.3]];
        batch.act(&states).unwrap();
        batch.reset(1, 77).unwrap();
        let saved = batch.save().unwrap();
        let text = serde_json::to_string(&saved).unwrap();
        let saved: BatchState = serde_json::from_str(&text).unwrap();
        let mut later = PilotBatch::resume(&saved).unwrap();
        for _ in 0..3 {
            assert_eq!(later.act(&states).unwrap(), batch.act(&states).unwrap());
        }
        let foreign = BatchState { version: 0, ..saved };
        assert!(matches!(PilotBatch::resume(&foreign), Err(PilotError::State(_))));
    }
}

#[test]
fn a_batch_names_the_row_that_it_refuses_and_no_row_has_decided() {
    for threads in [1, 3] {
        let config = PilotConfig { particles: 64, threads, ..PilotConfig::default() };
        let mut batch = PilotBatch::new(&config, CartPoleProblem::default(), &[1, 2, 3]).unwrap();
        let before = batch.save().unwrap();
        let error = batch.act(&[[0.0; 4], [0.0; 4], [0.0, f64::INFINITY, 0.0, 0.0]]).unwrap_err();
        let words = "row 2: number 1 of the state is inf; it must be finite, and at most 3.4e38";
        assert_eq!(error.to_string(), words);
        assert_eq!(batch.save().unwrap(), before);
    }
}

/// Environments in the middle of things: some episodes have just ended.
fn vector(autoreset: Autoreset) -> CartPoleVector {
    let episode = CartPoleOptions { max_episode_steps: Some(25), sutton_barto_reward: true };
    let options =
        VectorOptions { autoreset, episode, device: Device::Cpu, ..VectorOptions::default() };
    CartPoleVector::new(1500, options).unwrap()
}

#[test]
fn environments_that_were_put_by_go_on_with_the_same_bits() {
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled] {
        let mut envs = vector(autoreset);
        let fresh = envs.save().unwrap();
        envs.reset(3).unwrap();
        envs.seed_actions(5);
        envs.step_random(40).unwrap();
        let saved = envs.save().unwrap();
        assert!(autoreset == Autoreset::Disabled || saved.arrays.terminated.contains(&true));
        let text = serde_json::to_string(&saved).unwrap();
        let read: VectorState = serde_json::from_str(&text).unwrap();
        assert_eq!(read, saved);
        let mut later = vector(autoreset);
        later.load(&read).unwrap();
        assert_eq!(later.last().unwrap(), envs.last().unwrap());
        for envs in [&mut later, &mut envs] {
            envs.step_random(33).unwrap();
            envs.reset(None).unwrap();
            envs.step(&vec![1; 1500]).unwrap();
        }
        assert_eq!(later.save().unwrap(), envs.save().unwrap(), "{autoreset:?}");
        later.load(&fresh).unwrap();
        assert_eq!(later.step(&vec![1; 1500]).unwrap_err(), VectorError::NotReset);
    }
}

#[test]
fn states_can_be_set_and_episodes_go_on_from_there() {
    for autoreset in [Autoreset::NextStep, Autoreset::SameStep, Autoreset::Disabled] {
        let mut envs = vector(autoreset);
        assert_eq!(envs.set_states(&[[0.0; 4]; 1500]).unwrap_err(), VectorError::NotReset);
        envs.reset(3).unwrap();
        let mut ended = false;
        for _ in 0..40 {
            if envs.step(&vec![1; 1500]).unwrap().terminated.contains(&true) {
                ended = true;
                break;
            }
        }
        assert!(ended);
        let states: Vec<[f64; 4]> =
            (0..1500).map(|i| [1e-3 * f64::from(i), 0.1, 0.05, -0.1]).collect();
        let observations = envs.set_states(&states).unwrap().to_vec();
        assert_eq!(observations[7], states[7].map(|value| value as f32));
        assert_eq!(envs.states().unwrap(), states);
        // All move, as a cart-pole of its own would, whatever had ended.
        let next = envs.step(&vec![0; 1500]).unwrap().observations.to_vec();
        let physics = envs.options().physics;
        let moved = |state| particle_pilot::kernels::env::step(&physics, state, -10.0);
        let expected: Vec<_> = states.iter().map(|s| moved(*s).map(|value| value as f32)).collect();
        assert_eq!(next, expected, "{autoreset:?}");

        let before = envs.save().unwrap();
        let mut wrong = states.clone();
        wrong[3][2] = f64::NAN;
        let error = envs.set_states(&wrong).unwrap_err();
        assert!(error.to_string().contains("environment 3"), "{error}");
        assert!(matches!(envs.set_states(&states[1..]), Err(VectorError::Length { .. })));
        assert_eq!(envs.save().unwrap(), before);
    }
}

#[test]
fn a_saved_state_of_other_environments_is_refused() {
    let mut envs = vector(Autoreset::NextStep);
    let saved = envs.save().unwrap();
    let other = VectorState { version: 2, ..saved.clone() };
    assert_eq!(envs.load(&other).unwrap_err(), VectorError::Version { given: 2 });
    let mut same_step = vector(Autoreset::SameStep);
    assert!(matches!(same_step.load(&saved), Err(VectorError::Length { given: 0, .. })));
}
