//! Recordings of any model, and their replays.

mod agreement;
mod changes;
mod otherwise;
mod refusals;

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use particle_pilot::env::{
    Acrobot, EnvError, Environment, ModelEnvironment, Outcome, Pendulum, PendulumParameters,
    Physics, Push, PushedCartPole,
};
use particle_pilot::kernels::model::{Actions, Model};
use particle_pilot::kernels::problems;
use particle_pilot::kernels::real::Real;
use particle_pilot::recording::{Recorder, Recording, RecordingError, Replay, ReplayError};
use particle_pilot::{
    Action, CartPoleProblem, Decision, Device, Diagnostics, Ending, Episode, Pilot, PilotConfig,
    PilotError, PlannerKind,
};

/// A drone over a plain: where it is, and how high, moved by two motors.
#[derive(Clone, Copy)]
struct Drone;

impl Model<3, 2> for Drone {
    fn actions(&self) -> Actions<2> {
        Actions::within([-1.0, 0.0], [1.0, 2.0])
    }

    #[inline(always)]
    fn advance<R: Real>(&self, [x, y, rise]: [R; 3], [along, up]: [R; 2]) -> [R; 3] {
        let rise = rise + (up - 1.0) * 0.1;
        [x + along * 0.1, y + rise * 0.1, rise]
    }

    #[inline(always)]
    fn cost<R: Real>(&self, [x, y, rise]: [R; 3], [along, _]: [R; 2]) -> R {
        x.square() + y.square() + rise.square() * 0.1 + along.square() * 0.01
    }
}

/// Soon beyond any number.
#[derive(Clone, Copy)]
struct Growth;

impl Model<1, 1> for Growth {
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

const STEPS: u32 = 6;

fn config(planner: PlannerKind) -> PilotConfig {
    PilotConfig { particles: 32, horizon: 8, device: Device::Cpu, ..PilotConfig::of(planner) }
}

fn episode() -> Episode {
    Episode::new().seed(5).steps(STEPS)
}

/// A pilot and its world.
type Pair = (Pilot, Box<dyn Environment>);

fn drone(planner: PlannerKind) -> Pair {
    let env = ModelEnvironment::new(Drone, [-1.0; 3], [1.0; 3]).unwrap();
    (Pilot::with_model(config(planner), Drone).unwrap(), Box::new(env))
}

fn pendulum(planner: PlannerKind) -> Pair {
    let model = problems::Pendulum::default();
    (Pilot::with_model(config(planner), model).unwrap(), Box::new(Pendulum::default()))
}

fn acrobot(planner: PlannerKind) -> Pair {
    let model = problems::Acrobot::default();
    (Pilot::with_model(config(planner), model).unwrap(), Box::new(Acrobot::default()))
}

const PUSH: &str = "5:2:3";

fn cart(push: Option<&str>) -> PushedCartPole {
    let push: Option<Push> = push.map(|push| push.parse().unwrap());
    PushedCartPole::new(Physics::default(), push).unwrap()
}

fn cart_pole(planner: PlannerKind) -> Pair {
    let pilot = Pilot::new(config(planner), CartPoleProblem::default()).unwrap();
    (pilot, Box::new(cart(Some(PUSH))))
}

const PAIRS: [fn(PlannerKind) -> Pair; 4] = [drone, pendulum, acrobot, cart_pole];

/// The numbers of every step, by column but for the time, and of the final state.
type Seen = (Vec<Vec<f64>>, Vec<f64>);

fn record_and_see((mut pilot, mut env): Pair, episode: Episode) -> (String, Seen) {
    let mut recorder = Recorder::begin(Vec::new(), "some\n  notes: a\n", &pilot).unwrap();
    let mut rows = Vec::new();
    let result = episode.run_in_with(&mut pilot, &mut *env, |record| {
        recorder.step(record).unwrap();
        let mut row = vec![record.step.into()];
        row.extend(record.state);
        match record.action {
            Action::Discrete(index) => row.push(index.into()),
            Action::Continuous(control) => row.extend(control.iter()),
        }
        let d = record.diagnostics;
        row.extend([record.reward, d.best, d.mean, d.effective_samples, d.spread, d.dead_share]);
        rows.push(row);
        ControlFlow::Continue(())
    });
    let result = result.unwrap();
    let text = String::from_utf8(recorder.end(&result).unwrap()).unwrap();
    assert!(
        text.contains(&format!("\n# outcome: {}\n# digest: {}\n", result.ending, result.digest))
    );
    (text, (rows, result.final_state.unwrap()))
}

fn record(pair: Pair) -> String {
    record_and_see(pair, episode()).0
}

fn replay_of((mut pilot, mut env): Pair, text: &str) -> Result<Replay, ReplayError> {
    let mut recording = Recording::read(text.as_bytes())?;
    Replay::of(&mut recording, &episode(), &mut pilot, &mut *env)
}

/// The lines of a recording before the rows, the rows with the final one, and what comes after.
fn parts(text: &str) -> (Vec<&str>, Vec<&str>, Vec<&str>) {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("step,")).unwrap() + 1;
    let last = lines.iter().position(|line| line.starts_with("# outcome")).unwrap();
    (lines[..first].to_vec(), lines[first..last].to_vec(), lines[last..].to_vec())
}

fn joined(parts: &[Vec<&str>]) -> String {
    parts.concat().join("\n") + "\n"
}

/// What differs and where, as `environment` and `planner` say it.
fn first_of(replay: &Replay) -> [Option<(u64, &str)>; 2] {
    [&replay.environment, &replay.planner].map(|check| {
        check.first_disagreement.as_ref().map(|first| (first.step, first.what.as_str()))
    })
}
