//! Another pilot, another environment, another start, an early end.

use super::*;

#[test]
fn another_pilot_disagrees_in_the_planner_only() {
    let still = || -> Box<dyn Environment> {
        Box::new(ModelEnvironment::new(Drone, [0.5; 3], [0.5; 3]).unwrap())
    };
    let pilot = |horizon| {
        let config = PilotConfig { horizon, ..config(PlannerKind::Cem) };
        Pilot::with_model(config, Drone).unwrap()
    };
    let text = record((pilot(8), still()));
    for (horizon, seed) in [(9, 5), (8, 6)] {
        let mut recording = Recording::read(text.as_bytes()).unwrap();
        let episode = episode().seed(seed);
        let replay =
            Replay::of(&mut recording, &episode, &mut pilot(horizon), &mut *still()).unwrap();
        let [environment, planner] = first_of(&replay);
        assert_eq!((environment, replay.environment.agreeing), (None, 6));
        assert!(!replay.agrees && planner.is_some_and(|(step, _)| step == 0), "{replay:?}");
        assert_eq!(replay.digest_recorded, Some(replay.digest));
    }
}

#[test]
fn another_environment_disagrees_in_the_environment_only() {
    let text = record(pendulum(PlannerKind::Cem));
    let (pilot, _) = pendulum(PlannerKind::Cem);
    let moon = Pendulum::new(PendulumParameters { g: 1.62 }).unwrap();
    let replay = replay_of((pilot, Box::new(moon)), &text).unwrap();
    assert_eq!(first_of(&replay), [Some((1, "state_0")), None]);
    assert_eq!((replay.planner.agreeing, replay.agrees), (6, false));

    let text = record(cart_pole(PlannerKind::Cem));
    let (pilot, _) = cart_pole(PlannerKind::Cem);
    let replay = replay_of((pilot, Box::new(cart(None))), &text).unwrap();
    let [environment, planner] = first_of(&replay);
    assert!(environment.is_some() && planner.is_none() && !replay.agrees, "{replay:?}");
}

/// The pushed cart, where every episode begins in one state.
struct Elsewhere(PushedCartPole);

impl Environment for Elsewhere {
    fn begin(&mut self, seed: u64) {
        self.0.begin(seed);
        self.0.start_from(&[0.5, 0.0, 0.05, 0.0]).unwrap();
    }

    fn state(&self) -> &[f64] {
        self.0.state()
    }

    fn apply(&mut self, action: Action) -> Result<Outcome, EnvError> {
        self.0.apply(action)
    }
}

#[test]
fn another_start_than_the_seeds_is_told_and_what_follows_is_checked_from_there() {
    let (pilot, _) = cart_pole(PlannerKind::Cem);
    let text = record((pilot, Box::new(Elsewhere(cart(Some(PUSH))))));
    let replay = replay_of(cart_pole(PlannerKind::Cem), &text).unwrap();
    assert_eq!(first_of(&replay), [Some((0, "x")), None]);
    assert_eq!((replay.environment.agreeing, replay.agrees), (5, false));
    assert_eq!(replay.contradictions, [""; 0]);

    // This one can begin nowhere else.
    let (pilot, _) = cart_pole(PlannerKind::Cem);
    let text = record(cart_pole(PlannerKind::Cem));
    let replay = replay_of((pilot, Box::new(Elsewhere(cart(Some(PUSH))))), &text).unwrap();
    assert_eq!((replay.environment.agreeing, replay.planner.agreeing), (0, 6));
    let said = "it cannot be followed from its start: the environment begins in its seed's first state only, not [";
    assert!(replay.contradictions[0].starts_with(said), "{replay:?}");
}

#[test]
fn environments_start_from_what_a_recording_can_begin_with() {
    let single = f64::from(0.1f32);
    let mut model = ModelEnvironment::new(Drone, [-1.0; 3], [1.0; 3]).unwrap();
    model.begin(1);
    let before = model.state().to_vec();
    for refused in [&[0.1, 0.0, 0.0][..], &[0.0, f64::NAN, 0.0], &[f64::INFINITY; 3], &[0.0; 2]] {
        let error = model.start_from(refused).unwrap_err();
        assert!(matches!(error, EnvError::OtherState { .. }), "{error}");
        assert_eq!(model.state(), before);
    }
    model.start_from(&[single, -0.0, 3.0]).unwrap();
    assert!(model.state()[1].is_sign_negative() && model.state()[0] == single);
    let mut cart = cart(None);
    cart.begin(1);
    assert!(cart.start_from(&[0.0; 3]).is_err() && cart.start_from(&[f64::NAN; 4]).is_err());
    assert!(cart.start_from(&[0.25; 4]).is_ok() && cart.state() == [0.25; 4]);
    let mut pendulum = Pendulum::default();
    assert!(pendulum.start_from(&[0.0, 9.0]).is_err() && pendulum.start_from(&[9.0, 0.0]).is_ok());
}

#[test]
fn a_replay_can_be_ended_before_the_recording_is() {
    let text = record(drone(PlannerKind::Cem));
    let replayed = |stop_after: u32, flag: bool| {
        let (mut pilot, mut env) = drone(PlannerKind::Cem);
        pilot.set_interrupt(Arc::new(AtomicBool::new(flag)));
        let mut recording = Recording::read(text.as_bytes()).unwrap();
        let observe = |row: &particle_pilot::recording::Row| match row.step + 1 == stop_after {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        Replay::of_with(&mut recording, &episode(), &mut pilot, &mut *env, observe).unwrap()
    };
    for (stop_after, flag, steps) in [(3, false, 3), (99, true, 0)] {
        let replay = replayed(stop_after, flag);
        assert_eq!((replay.interrupted, replay.agrees, replay.steps), (true, false, steps));
        assert_eq!((first_of(&replay), &replay.contradictions[..]), ([None, None], &[][..]));
    }
    let replay = replayed(6, false);
    assert!(replay.agrees && !replay.interrupted, "there was nothing left to end");
}
