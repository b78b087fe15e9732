//! `pilot replay`: the same bits again?

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::Result;
use particle_pilot::env::PushedCartPole;
use particle_pilot::recording::{Disagreement, Replay, ReplayError};
use particle_pilot::{Device, Episode, Pilot};
use serde::Serialize;

use crate::commands::ReplayOptions;
use crate::options::Options;
use crate::settings::{Settings, refused};
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::Report;
use crate::shared::places::distinct;
use crate::shared::progress::Progress;
use crate::shared::text::{count, grouped};
use crate::trace::Trace;

pub fn run(options: &ReplayOptions) -> Result<Outcome> {
    let mut trace = Trace::open(&options.trace)?;
    // Neither device nor threads change a bit, and this may be another machine.
    trace.settings = Settings::new(Options {
        device: Some(options.device.unwrap_or(Device::Auto)),
        threads: Some(options.threads.unwrap_or(0)),
        ..trace.settings.options().clone()
    })?;
    let outputs = [("--json", options.json.as_deref())];
    distinct(&[("the trace", Some(&options.trace))], &outputs)?;
    let report = Report::open(options.json.as_deref(), options.quiet)?;
    let result = ReplayResult {
        version: env!("CARGO_PKG_VERSION"),
        replay: replay(&mut trace, options.quiet)?,
    };
    report.write(&result.to_string(), &result)?;
    Ok(Outcome::of(result.replay.interrupted, result.replay.agrees))
}

/// How a trace and its repetition compare.
#[derive(Serialize)]
struct ReplayResult {
    version: &'static str,
    #[serde(flatten)]
    replay: Replay,
}

fn replay(trace: &mut Trace, quiet: bool) -> Result<Replay> {
    let (settings, planner) = (&trace.settings, trace.settings.planner());
    let (config, problem) = (settings.config(planner), settings.problem(planner));
    let episode = Episode::new().seed(config.seed).steps(settings.steps());
    let mut env = PushedCartPole::new(problem.physics, settings.push())?;
    let mut pilot = Pilot::new(config, problem).map_err(refused)?;
    pilot.set_interrupt(Arc::clone(interrupt::watch()));
    let progress = Progress::new("steps", settings.steps().into(), quiet);
    let observe = |_: &_| {
        progress.tick();
        match interrupt::stopped() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let recording = &mut trace.recording;
    let replay = Replay::of_with(recording, &episode, &mut pilot, &mut env, observe);
    progress.finish();
    replay.map_err(|error| match error {
        ReplayError::Recording(error) => trace.refused(error),
        other => other.into(),
    })
}

impl fmt::Display for ReplayResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replay = &self.replay;
        let (steps, counted) = (grouped(replay.steps), count(replay.steps, "step"));
        match (replay.interrupted, replay.agrees) {
            (true, _) => writeln!(f, "interrupted after {counted}")?,
            (false, true) => writeln!(f, "every bit agrees: {counted}, {}", replay.outcome)?,
            (false, false) => writeln!(f, "the trace and its replay differ")?,
        }
        for (name, check) in [("environment", &replay.environment), ("planner", &replay.planner)] {
            write!(f, "{name:<12} {} of {steps} steps agree", grouped(check.agreeing))?;
            match &check.first_disagreement {
                None => writeln!(f)?,
                Some(Disagreement { step, what, recorded, replayed, .. }) => writeln!(
                    f,
                    "; first at step {step}: {what} was {recorded:?}, now {replayed:?}"
                )?,
            }
        }
        for contradiction in &replay.contradictions {
            writeln!(f, "{:<12} {contradiction}", "trace")?;
        }
        match replay.digest_recorded {
            _ if replay.interrupted => Ok(()),
            None => writeln!(f, "{:<12} missing: the end of the trace is cut off", "digest"),
            Some(recorded) if recorded == replay.digest => {
                writeln!(f, "{:<12} {recorded} agrees", "digest")
            }
            Some(recorded) => {
                let now = replay.digest;
                writeln!(f, "{:<12} was {recorded}, now {now}", "digest")
            }
        }
    }
}
