//! Episodes and evaluations of models of one's own.

use std::ops::ControlFlow;

use particle_pilot::env::{CartPole, EnvError, Environment, ModelEnvironment};
use particle_pilot::kernels::model::{Actions, BadActions, Kind, Model};
use particle_pilot::kernels::real::{Num, Real};
use particle_pilot::{
    Action, CartPoleProblem, Device, Digest, Ending, Episode, Evaluation, Pilot, PilotConfig,
    PilotError, PlannerKind,
};

/// A puck on ice, to be brought to rest at 0: place in m, speed in m/s, push in m/s^2. Beyond `edge` it is lost.
/// One of two pushes where there are `CHOICES`.
#[derive(Clone, Copy)]
struct Puck<const CHOICES: bool> {
    actions: Actions<1>,
    edge: f32,
}

const PUSHED: Puck<false> = Puck { actions: Actions::within([-2.0], [1.0]), edge: 3.0 };
const KICKED: Puck<true> = Puck { actions: Actions::choices(&[[-2.0], [1.0]]), edge: 3.0 };

impl<const CHOICES: bool> Model<2, 1> for Puck<CHOICES> {
    const KIND: Kind = if CHOICES { Kind::Choices(2) } else { Kind::Within };

    fn actions(&self) -> Actions<1> {
        self.actions
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x, speed]: [R; 2], [push]: [R; 1]) -> [R; 2] {
        let speed = speed + push * 0.1;
        [x + speed * 0.1, speed]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x, speed]: [R; 2], [push]: [R; 1]) -> R {
        x.square() + speed.square() + push.square() * 0.01
    }

    #[inline(always)]
    fn goes_on<R: Real>(&self, [x, _]: [R; 2]) -> R::Mask {
        x.abs().lt(self.edge)
    }

    fn end_cost(&self) -> f32 {
        20.0
    }
}

/// The same, where it is enough to come to `x >= 1`.
#[derive(Clone, Copy)]
struct Race(Puck<false>);

impl Model<2, 1> for Race {
    fn actions(&self) -> Actions<1> {
        self.0.actions
    }

    #[inline(always)]
    fn advance<R: Real>(&self, state: [R; 2], push: [R; 1]) -> [R; 2] {
        self.0.advance(state, push)
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x, _]: [R; 2], _: [R; 1]) -> R {
        x.constant(1.0)
    }

    #[inline(always)]
    fn goes_on<R: Real>(&self, [x, _]: [R; 2]) -> R::Mask {
        x.lt(1.0)
    }
}

fn config(planner: PlannerKind) -> PilotConfig {
    PilotConfig { particles: 200, horizon: 20, device: Device::Cpu, ..PilotConfig::of(planner) }
}

fn environment<T: Model<2, 1>>(model: T) -> ModelEnvironment<T, 2, 1> {
    ModelEnvironment::new(model, [-1.0, 0.25], [1.0, 0.25]).unwrap()
}

fn force(newton: f64) -> Action {
    Action::Continuous([newton].into())
}

#[test]
fn a_model_as_the_environment_does_what_its_functions_say() {
    does_what_its_functions_say(PUSHED);
    does_what_its_functions_say(KICKED);
}

fn does_what_its_functions_say(model: impl Model<2, 1>) {
    let mut pilot = Pilot::with_model(config(PlannerKind::Cem), model).unwrap();
    let (mut digest, mut total, mut last) = (Digest::new(), 0.0, None);
    let episode = Episode::new().seed(7).steps(40);
    let observe = |record: &particle_pilot::StepRecord<'_>| {
        let state = [record.state[0] as f32, record.state[1] as f32].map(Num);
        let push = match record.action {
            Action::Discrete(index) => [-2.0, 1.0][index as usize],
            Action::Continuous(push) => push[0] as f32,
        };
        if let Some(expected) = last.replace(model.advance(state, [Num(push)])) {
            assert_eq!(expected.map(|n: Num<f32>| n.0), state.map(|n| n.0));
        }
        digest.state(record.state);
        digest.action(record.action);
        let cost = model.cost(last.unwrap(), [Num(push)]).0;
        assert_eq!(record.reward, -f64::from(cost));
        total += record.reward;
        ControlFlow::Continue(())
    };
    let result = episode.run_in_with(&mut pilot, &mut environment(model), observe).unwrap();
    assert_eq!((result.ending, result.steps, result.survived), (Ending::Survived, 40, true));
    digest.state(result.final_state.as_deref().unwrap());
    assert_eq!((result.digest, result.total_reward), (digest, total));
    let [x, speed] = result.final_state.unwrap()[..] else { panic!("two numbers") };
    assert!(x.abs() < 0.3 && speed.abs() < 0.4, "{x} {speed}");
    assert!(result.state_rms.unwrap().iter().all(|rms| *rms < 1.0));
}

#[test]
fn first_states_are_those_of_numpy() {
    // numpy.random.Generator(numpy.random.PCG64(numpy.random.SeedSequence(42))).uniform([-1, .25], [1, .25]), rounded
    // to single precision; the first four of [0, 1) are 0.7739560485559633, 0.4388784397520523, ..
    let mut env = environment(PUSHED);
    assert_eq!(env.apply(force(0.0)), Err(EnvError::NotReset));
    env.begin(42);
    assert_eq!(env.state(), [f64::from((2.0 * 0.773_956_048_555_963_3 - 1.0) as f32), 0.25]);
    for (low, high) in [(1.0, 0.0), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
        let refused = ModelEnvironment::new(PUSHED, [0.0, low], [1.0, high]).unwrap_err();
        assert!(matches!(refused, EnvError::Bounds { .. }));
    }
}

#[test]
fn an_end_that_costs_is_a_failure_and_one_that_does_not_is_an_arrival() {
    let mut env = environment(PUSHED);
    env.begin(1);
    let mut last = env.apply(force(1.0)).unwrap();
    for _ in 0..100 {
        if last.ending.is_some() {
            break;
        }
        last = env.apply(force(1.0)).unwrap();
    }
    assert_eq!((last.ending, last.reward), (Some(Ending::Failed), -20.0));

    let mut pilot = Pilot::with_model(config(PlannerKind::Cem), Race(PUSHED)).unwrap();
    let mut env = environment(Race(PUSHED)).must_arrive();
    let result = Episode::new().steps(100).run_in(&mut pilot, &mut env).unwrap();
    assert_eq!((result.ending, result.survived), (Ending::Arrived, true));
    assert_eq!(result.total_reward, 1.0 - f64::from(result.steps));
    let result = Episode::new().steps(3).run_in(&mut pilot, &mut env).unwrap();
    assert_eq!((result.ending, result.survived, result.steps), (Ending::OutOfTime, false, 3));
}

/// Without a bound, 3.4e38 is soon passed.
#[derive(Clone, Copy)]
struct Doubling;

impl Model<1, 1> for Doubling {
    fn actions(&self) -> Actions<1> {
        Actions::within([-1.0], [1.0])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x]: [R; 1], _: [R; 1]) -> [R; 1] {
        [x * 1e10]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x]: [R; 1], _: [R; 1]) -> R {
        x.abs()
    }
}

#[test]
fn a_state_that_is_no_number_is_a_failure_as_dear_as_planners_have_it() {
    let mut env = ModelEnvironment::new(Doubling, [1.0], [1.0]).unwrap();
    env.begin(0);
    let outcomes: Vec<_> = (0..4).map(|_| env.apply(force(0.0)).unwrap()).collect();
    assert!(outcomes[..3].iter().all(|outcome| outcome.ending.is_none()));
    assert_eq!((outcomes[3].ending, outcomes[3].reward), (Some(Ending::Failed), -1e30));
}

#[test]
fn actions_of_another_kind_are_refused_in_words() {
    let mut env = environment(PUSHED);
    env.begin(0);
    let before = env.state().to_vec();
    for action in [Action::Discrete(0), Action::Continuous([1.0, 1.0].into()), force(f64::NAN)] {
        let error = env.apply(action).unwrap_err().to_string();
        let expected = format!("the environment takes 1 finite number, not {action}");
        assert_eq!((error, env.state()), (expected, &before[..]));
    }
    // Rounding may lead out of the box; what is farther away is brought back to its end.
    let _ = env.apply(force(100.0)).unwrap();
    assert_eq!(env.state()[1], f64::from(0.25 + 0.1f32));

    let mut env = environment(KICKED);
    env.begin(0);
    for action in [Action::Discrete(2), force(1.0)] {
        let error = env.apply(action).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("the environment takes the index of one of 2 choices, not {action}")
        );
    }
    let mut env = CartPole::default();
    env.reset(Some(0));
    let error = env.apply(Action::Continuous([1.0, 1.0].into())).unwrap_err().to_string();
    assert_eq!(error, "the environment takes 1 finite number, not 1, 1");
    let error = env.apply(Action::Discrete(2)).unwrap_err().to_string();
    assert_eq!(error, "the environment takes the index of one of 2 choices, not 2");
}

#[test]
fn what_cannot_be_run_is_refused_before_anything_runs() {
    let refused = |evaluation: Evaluation| evaluation.prepare().map(|_| ()).unwrap_err();
    let of = |planner, env| Evaluation::with_model(config(planner), PUSHED, env);
    let no_steps = PilotError::Env(EnvError::NoSteps);
    assert_eq!(refused(of(PlannerKind::Cem, environment(PUSHED)).steps(0)), no_steps);
    assert_eq!(
        refused(Evaluation::new(config(PlannerKind::Cem), CartPoleProblem::default()).steps(0)),
        no_steps
    );
    let other = ModelEnvironment::new(Doubling, [1.0], [1.0]).unwrap();
    let evaluation = Evaluation::with_model(config(PlannerKind::Cem), PUSHED, other);
    assert_eq!(refused(evaluation), PilotError::StateLength { given: 1, required: 2 });

    let empty = Puck { actions: Actions::within([1.0], [-1.0]), ..PUSHED };
    let error = ModelEnvironment::new(empty, [0.0; 2], [1.0; 2]).map(|_| ()).unwrap_err();
    assert_eq!(error, EnvError::Actions(BadActions::Empty));
    assert!(ModelEnvironment::new(PUSHED, [0.0; 2], [1.0, 1e300]).is_err());
}

#[test]
fn pushes_are_the_cart_poles_only() {
    let push = Some("5:10:100".parse().unwrap());
    let mut pilot = Pilot::with_model(config(PlannerKind::Cem), PUSHED).unwrap();
    let error = Episode::new().push(push).run_in(&mut pilot, &mut environment(PUSHED));
    assert!(matches!(error, Err(PilotError::Unsupported(_))), "{error:?}");
    let evaluation =
        Evaluation::with_model(config(PlannerKind::Cem), PUSHED, environment(PUSHED)).push(push);
    assert!(matches!(evaluation.prepare().err(), Some(PilotError::Unsupported(_))));
}

#[test]
fn a_pilot_in_the_cart_pole_as_any_environment_does_what_it_does_in_its_own() {
    let mut pilot = Pilot::new(config(PlannerKind::Mppi), CartPoleProblem::default()).unwrap();
    let episode = Episode::new().seed(3).steps(60);
    let own = episode.run(&mut pilot).unwrap();
    let mut env = CartPole::default();
    let result = episode.run_in(&mut pilot, &mut env).unwrap();
    assert_eq!((result.digest, result.ending), (own.digest, own.ending));
}

#[test]
fn a_pilot_with_a_model_of_ones_own_is_to_be_given_an_environment() {
    let mut pilot = Pilot::with_model(config(PlannerKind::Cem), PUSHED).unwrap();
    let error = Episode::new().run(&mut pilot).unwrap_err();
    assert!(matches!(error, PilotError::Unsupported(_)) && error.to_string().contains("run_in"));
}

#[test]
fn an_evaluation_is_its_episodes_whatever_the_threads() {
    for planner in [PlannerKind::RandomShooting, PlannerKind::Cem, PlannerKind::Smc] {
        let mut digest = Digest::new();
        let mut total = 0.0;
        for seed in 5..11 {
            let mut pilot = Pilot::with_model(config(planner), PUSHED).unwrap();
            let episode = Episode::new().seed(seed).steps(25);
            let result = episode.run_in(&mut pilot, &mut environment(PUSHED)).unwrap();
            digest.digest(result.digest);
            total += result.total_reward;
        }
        for threads in [1, 3] {
            let config = PilotConfig { threads, ..config(planner) };
            let evaluation = Evaluation::with_model(config, PUSHED, environment(PUSHED));
            let result = evaluation.episodes(6).first_seed(5).steps(25).run().unwrap();
            assert_eq!((result.digest, result.episodes), (digest, 6), "{planner}");
            assert!((result.mean_reward - total / 6.0).abs() < 1e-12 * total.abs());
            assert_eq!(result.ended(Ending::Survived), result.survived);
        }
    }
}
