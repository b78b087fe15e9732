//! `env::Pendulum` and `env::Acrobot` against recordings of Gymnasium's `Pendulum-v1` and `Acrobot-v1`.
//!
//! `tests/golden/make_classic.py` makes the recordings and describes them.

use std::f64::consts::PI;
use std::fs;
use std::path::Path;

use particle_pilot::env::{Acrobot, EnvError, Environment, Outcome, Pendulum, PendulumParameters};
use particle_pilot::{Action, Ending};
use serde::Deserialize;

/// A line of `classic.jsonl`.
#[derive(Deserialize)]
struct Recording {
    id: String,
    seed: u64,
    policy: String,
    start: Option<Vec<f64>>,
    g: Option<f64>,
    actions: Vec<f64>,
    rewards: Vec<f64>,
    arrived: Vec<usize>,
    states: Vec<(usize, Vec<f64>)>,
}

/// What the tests ask of either environment.
enum Env {
    Pendulum(Pendulum),
    Acrobot(Acrobot),
}

impl Env {
    fn set(&mut self, state: &[f64]) {
        match self {
            Self::Pendulum(env) => env.reset_to(state.try_into().unwrap()).unwrap(),
            Self::Acrobot(env) => env.reset_to(state.try_into().unwrap()).unwrap(),
        }
    }

    fn state(&self) -> &[f64] {
        match self {
            Self::Pendulum(env) => env.state(),
            Self::Acrobot(env) => env.state(),
        }
    }

    fn step(&mut self, action: f64) -> Outcome {
        match self {
            Self::Pendulum(env) => env.apply(Action::Continuous([action].into())).unwrap(),
            Self::Acrobot(env) => env.apply(Action::Discrete(action as u32)).unwrap(),
        }
    }
}

impl Recording {
    /// The environment where the recording begins.
    fn env(&self) -> Env {
        let mut env = match self.id.as_str() {
            "Pendulum-v1" => {
                let parameters = PendulumParameters { g: self.g.unwrap() };
                let mut env = Pendulum::new(parameters).unwrap();
                env.begin(self.seed);
                Env::Pendulum(env)
            }
            "Acrobot-v1" => {
                let mut env = Acrobot::default();
                env.begin(self.seed);
                Env::Acrobot(env)
            }
            other => panic!("no environment {other}"),
        };
        if let Some(start) = &self.start {
            env.set(start);
        }
        env
    }

    fn name(&self) -> String {
        format!("{}, policy {}, seed {}", self.id, self.policy, self.seed)
    }

    /// Checks that a step is as recorded, but for the state.
    fn check(&self, step: usize, Outcome { reward, ending }: Outcome, tolerance: f64) {
        let recorded = self.rewards[step - 1];
        let name = format!("step {step} of {}", self.name());
        assert!((reward - recorded).abs() <= tolerance, "{reward}, recorded {recorded}: {name}");
        let arrived = self.arrived.contains(&step).then_some(Ending::Arrived);
        assert_eq!(ending, arrived, "{name}");
    }

    /// How far off a state may be after `steps` steps of an episode, in rad and rad/s; none where nothing can be said.
    ///
    /// All arithmetic is in Gymnasium's order. What differs is the last bit of some sines and cosines, and of squares
    /// that it takes as powers; what matters is how the motion multiplies such a bit. The pendulum's is tame, as it
    /// passes the upright in moments. The acrobot's is chaotic: pumped up, errors grow tenfold in 12 to 20 steps, from
    /// 1e-15 to 1e-7 in 145, and once the links go round, tenfold in 8: after 200 steps nothing is left of the
    /// recording. At random it hardly swings, and 500 steps stay within 1e-12.
    fn tolerance(&self, steps: usize) -> Option<f64> {
        match self.policy.as_str() {
            "pump_acrobot" | "pump_acrobot_joint" => {
                (steps <= 160).then(|| 1e-14 * 10f64.powf(steps as f64 / 18.0))
            }
            _ => Some(TOLERANCE),
        }
    }
}

/// Largest deviation of a state in rad and rad/s, and of a reward, after one step.
const TOLERANCE: f64 = 1e-12;

fn recordings() -> Vec<Recording> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/classic.jsonl");
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Largest deviation of any number; infinite where one is NaN.
fn deviation(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let each = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    each.map(|d| if d.is_nan() { f64::INFINITY } else { d }).fold(0.0, f64::max)
}

#[test]
fn first_states_are_gymnasiums_to_the_last_bit() {
    let mut count = 0;
    for recording in recordings() {
        assert_eq!(recording.env().state(), recording.states[0].1, "{}", recording.name());
        count += u32::from(recording.start.is_none());
    }
    assert!(count > 50);
}

#[test]
fn a_step_from_any_recorded_state_is_gymnasiums() {
    let (mut compared, mut exact, mut worst) = (0, 0, 0.0f64);
    for recording in recordings() {
        let mut env = recording.env();
        for pair in recording.states.windows(2) {
            let [(step, before), (next, after)] = pair else { unreachable!() };
            if next - step != 1 {
                continue;
            }
            env.set(before);
            recording.check(*next, env.step(recording.actions[*step]), TOLERANCE);
            let deviation = deviation(env.state(), after);
            assert!(deviation <= TOLERANCE, "{deviation:e}, step {next} of {}", recording.name());
            compared += 1;
            exact += u32::from(deviation == 0.0);
            worst = worst.max(deviation);
        }
    }
    println!("{exact} of {compared} steps agree to the last bit; largest deviation {worst:e}");
    assert!(compared >= 400);
}

#[test]
fn whole_episodes_are_gymnasiums_for_as_long_as_anything_can_be_said() {
    for recording in recordings() {
        let mut env = recording.env();
        let mut states = recording.states[1..].iter().peekable();
        let (mut steps, mut worst) = (0, 0.0f64);
        for &action in &recording.actions {
            let Some(tolerance) = recording.tolerance(steps + 1) else { break };
            steps += 1;
            // The pendulum's reward changes by up to 2 pi for each rad of its angle.
            recording.check(steps, env.step(action), 10.0 * TOLERANCE);
            if let Some((_, recorded)) = states.next_if(|(step, _)| *step == steps) {
                let deviation = deviation(env.state(), recorded);
                let name = recording.name();
                assert!(deviation <= tolerance, "{deviation:e} after {steps} steps: {name}");
                worst = worst.max(deviation);
            }
        }
        if steps > 2 {
            println!("off by {worst:e} at most in {steps} steps: {}", recording.name());
        }
    }
}

#[test]
fn the_recordings_cover_what_they_should() {
    let recordings = recordings();
    let any = |what: &str, found: &dyn Fn(&Recording, &[f64]) -> bool| {
        let is_found = |one: &Recording| one.states[1..].iter().any(|(_, state)| found(one, state));
        assert!(recordings.iter().any(is_found), "no state with {what}");
    };
    let acrobot = |one: &Recording| one.id == "Acrobot-v1";
    any("a pendulum at its bound", &|one, state| !acrobot(one) && state[1].abs() == 8.0);
    any("other gravity", &|one, _| one.g.is_some_and(|g| g != 10.0));
    any("more torque than there is", &|one, _| one.actions.iter().any(|torque| *torque > 2.0));
    any("many turns", &|one, state| !acrobot(one) && state[0].abs() > 50.0);
    for (i, bound) in [(2, 4.0 * PI), (3, 9.0 * PI)] {
        any("a link at its bound", &|one, state| acrobot(one) && state[i].abs() == bound);
    }
    for i in [0, 1] {
        any("a link gone round", &|one, _| {
            let [(_, before), (_, after)] = &one.states[..2] else { return false };
            let jump = after[i] - before[i];
            acrobot(one) && jump.abs() > 3.0 && jump * before[i + 2] < 0.0 // against the motion
        });
    }
    any("an arrival", &|one, _| one.arrived.len() > 1);
    any("an arrival that does not last", &|one, _| {
        one.arrived.first().is_some_and(|first| !one.arrived.contains(&(first + 4)))
    });
}

#[test]
fn what_is_no_action_or_no_state_is_refused_and_changes_nothing() {
    let (mut pendulum, mut acrobot) = (Pendulum::default(), Acrobot::default());
    let torque = |newton_metre: f64| Action::Continuous([newton_metre].into());
    assert_eq!(pendulum.apply(torque(0.0)), Err(EnvError::NotReset));
    assert_eq!(acrobot.apply(Action::Discrete(0)), Err(EnvError::NotReset));
    pendulum.begin(1);
    acrobot.begin(1);
    let before = (pendulum.clone(), acrobot.clone());
    let two = Action::Continuous([0.0, 0.0].into());
    for action in [torque(f64::NAN), torque(f64::INFINITY), two, Action::Discrete(0)] {
        let error = pendulum.apply(action).unwrap_err().to_string();
        assert_eq!(error, format!("the environment takes 1 finite number, not {action}"));
    }
    for action in [Action::Discrete(3), torque(0.0)] {
        let error = acrobot.apply(action).unwrap_err().to_string();
        let expected = "the environment takes the index of one of 3 choices";
        assert_eq!(error, format!("{expected}, not {action}"));
    }
    let required = "a finite angle and a speed of at most 8 rad/s";
    for state in [[f64::NAN, 0.0], [f64::INFINITY, 0.0], [0.0, f64::NAN], [0.0, 8.5]] {
        let error = pendulum.reset_to(state).unwrap_err().to_string();
        assert_eq!(error, format!("the environment begins in {required}, not {state:?}"));
    }
    for (i, bound) in [PI, PI, 4.0 * PI, 9.0 * PI].into_iter().enumerate() {
        for number in [bound.next_up(), -bound.next_up(), f64::NAN] {
            let mut state = [0.0; 4];
            state[i] = number;
            let refused = acrobot.reset_to(state);
            assert!(matches!(refused, Err(EnvError::OtherState { .. })), "{refused:?}");
        }
    }
    assert_eq!((pendulum, acrobot), before);
    for g in [f64::NAN, f64::INFINITY, 1e301] {
        assert!(matches!(Pendulum::new(PendulumParameters { g }), Err(EnvError::Physics(_))));
    }
}

#[test]
fn reaching_the_step_limit_is_a_success_for_the_pendulum_only() {
    assert_eq!(Pendulum::default().at_step_limit(), Ending::Survived);
    assert_eq!(Acrobot::default().at_step_limit(), Ending::OutOfTime);
}
