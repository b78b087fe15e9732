use super::*;

fn upright() -> CartPole {
    let mut env = CartPole::default();
    env.reset_to([0.0; 4]).unwrap();
    env
}

#[test]
fn stepping_before_reset_is_an_error() {
    let mut env = CartPole::default();
    assert_eq!(env.step(0), Err(EnvError::NotReset));
    assert_eq!(env.step_force(1.0), Err(EnvError::NotReset));
    assert_eq!(env.observation(), None);
}

#[test]
fn a_refused_step_changes_nothing() {
    let mut env = upright();
    env.set_push(3.0).unwrap();
    let before = env.clone();
    assert_eq!(env.step(2), Err(EnvError::InvalidAction(2)));
    assert!(env.step_force(f64::INFINITY).is_err());
    assert!(env.set_push(f64::NAN).is_err());
    assert!(env.reset_to([0.0, f64::NAN, 0.0, 0.0]).is_err());
    assert!(env.reset_with_bounds(Some(9), 1.0, -1.0).is_err());
    assert_eq!(env, before);
}

#[test]
fn forces_that_overflow_together_are_an_error() {
    let mut env = upright();
    env.set_push(f64::MAX).unwrap();
    let refused = EnvError::Force { force_newton: f64::MAX, push_newton: f64::MAX };
    assert_eq!(env.step_force(f64::MAX), Err(refused));
}

#[test]
fn an_unseeded_environment_is_seeded_with_0() {
    let mut unseeded = CartPole::default();
    let mut seeded = CartPole::default();
    assert_eq!(unseeded.reset(None), seeded.reset(Some(0)));
    assert_eq!(unseeded.reset(None), seeded.reset(None));
}

#[test]
fn a_push_lasts_one_step_and_adds_to_the_force() {
    let (mut pushed, mut forced) = (upright(), upright());
    pushed.set_push(2.5).unwrap();
    assert_eq!(pushed.step(1), forced.step_force(12.5));
    assert_eq!(pushed.step(1), forced.step(1));
}

#[test]
fn a_reset_forgets_push_steps_and_failure() {
    let mut env = CartPole::default();
    env.reset_to([2.4, 1.0, 0.0, 0.0]).unwrap();
    assert!(env.step(1).unwrap().terminated);
    env.set_push(7.0).unwrap();
    env.reset_to([0.0; 4]).unwrap();
    assert_eq!((env.elapsed_steps(), env.steps_beyond_terminated()), (0, None));
    assert_eq!(env.step_force(0.0).unwrap().state, [0.0; 4]);
}

#[test]
fn bounds_that_numpy_refuses_are_refused() {
    let mut env = CartPole::default();
    for (low, high) in [
        (0.1, -0.1),
        (f64::NAN, 0.1),
        (0.0, f64::NAN),
        (f64::NEG_INFINITY, 0.0),
        (f64::INFINITY, f64::INFINITY),
        (-f64::MAX, f64::MAX),
    ] {
        let error = env.reset_with_bounds(Some(1), low, high).unwrap_err();
        assert!(matches!(error, EnvError::Bounds { .. }), "{low} {high}");
    }
    assert_eq!(env.reset_with_bounds(Some(1), 0.25, 0.25), Ok([0.25; 4]));
}

#[test]
fn truncation_is_not_termination() {
    let options = CartPoleOptions { max_episode_steps: Some(2), ..Default::default() };
    let mut env = CartPole::new(Physics::default(), options).unwrap();
    env.reset_to([0.0; 4]).unwrap();
    assert!(!env.step_force(0.0).unwrap().ended());
    let last = env.step_force(0.0).unwrap();
    assert_eq!((last.terminated, last.truncated, last.reward), (false, true, 1.0));
}

#[test]
fn an_episode_without_limit_goes_on() {
    let options = CartPoleOptions { max_episode_steps: None, ..Default::default() };
    let mut env = CartPole::new(Physics::default(), options).unwrap();
    env.reset_to([0.0; 4]).unwrap();
    for _ in 0..1000 {
        assert!(!env.step_force(0.0).unwrap().ended());
    }
}

#[test]
fn misconfiguration_is_explained() {
    let physics = Physics { masscart: -1.0, ..Physics::default() };
    let error = CartPole::new(physics, CartPoleOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "physical parameter masscart = -1; must be finite and > 0");
    let options = CartPoleOptions { max_episode_steps: Some(0), ..Default::default() };
    assert_eq!(CartPole::new(Physics::default(), options), Err(EnvError::NoSteps));
}

#[test]
fn options_come_from_text_with_defaults() {
    let text = r#"{"max_episode_steps": null}"#;
    let options: CartPoleOptions = serde_json::from_str(text).unwrap();
    assert_eq!(options, CartPoleOptions { max_episode_steps: None, ..Default::default() });
    assert!(serde_json::from_str::<CartPoleOptions>(r#"{"max_steps": 3}"#).is_err());
}
