//! `pilot replay`: the same bits again?

use std::fmt;
use std::sync::Arc;

use anyhow::Result;
use particle_pilot::env::{CartPole, CartPoleOptions};
use particle_pilot::{Action, Device, Digest, Ending, Pilot, PilotError};
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
use crate::shared::usage::usage;
use crate::trace::{Row, Trace};

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
    let result = replay(&mut trace, options.quiet)?;
    report.write(&result.to_string(), &result)?;
    Ok(Outcome::of(result.interrupted, result.agrees))
}

/// How a trace and its repetition compare.
#[derive(Serialize)]
struct ReplayResult {
    version: &'static str,
    /// Whether every bit agrees.
    agrees: bool,
    interrupted: bool,
    /// Steps compared.
    steps: u64,
    environment: Check,
    planner: Check,
    /// As recorded; none if the end of the trace is missing.
    outcome_recorded: Option<String>,
    outcome: Ending,
    /// As recorded; none if the end of the trace is missing.
    digest_recorded: Option<Digest>,
    digest: Digest,
    /// What the trace says about itself, before and after its steps, and is not so.
    contradictions: Vec<String>,
}

/// One of the two comparisons.
#[derive(Default, Serialize)]
struct Check {
    /// Steps of which every bit agrees.
    agreeing: u64,
    first_disagreement: Option<Disagreement>,
}

/// A recorded value that did not come again.
#[derive(Clone, Debug, Serialize)]
struct Disagreement {
    step: u64,
    what: &'static str,
    recorded: f64,
    replayed: f64,
}

impl Check {
    /// Compares what a step recorded, bit for bit.
    fn step(&mut self, step: u64, values: impl IntoIterator<Item = (&'static str, f64, f64)>) {
        // One NaN is as good as another: text does not tell them apart.
        let differs = |(_, a, b): &(&str, f64, f64)| {
            a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan())
        };
        match values.into_iter().find(differs) {
            None => self.agreeing += 1,
            Some((what, recorded, replayed)) => {
                self.first_disagreement.get_or_insert(Disagreement {
                    step,
                    what,
                    recorded,
                    replayed,
                });
            }
        }
    }
}

fn replay(trace: &mut Trace, quiet: bool) -> Result<ReplayResult> {
    let (settings, planner) = (&trace.settings, trace.settings.planner());
    let (config, problem) = (settings.config(planner), settings.problem(planner));
    let (limit, push) = (settings.steps(), settings.push());
    let (seed, kind, physics) = (config.seed, config.action, problem.physics);
    let options = CartPoleOptions { max_episode_steps: Some(limit), ..CartPoleOptions::default() };
    let mut env = CartPole::new(physics, options)?;
    let mut pilot = Pilot::new(config, problem).map_err(refused)?;
    pilot.reset(seed);
    pilot.set_interrupt(Arc::clone(interrupt::watch()));
    let mut state = env.reset(Some(seed));

    let progress = Progress::new("steps", limit.into(), quiet);
    let (mut environment, mut planner) = (Check::default(), Check::default());
    let (mut digest, mut steps, mut interrupted) = (Digest::new(), 0, false);
    let mut ended = None;
    let mut contradictions = Vec::new();
    while let Some(row) = trace.row()? {
        if interrupt::stopped() {
            interrupted = true;
            break;
        }
        if let Some(ending) = ended.filter(|_| contradictions.is_empty()) {
            contradictions.push(format!("it goes on after the end: after {steps} steps, {ending}"));
        }
        let recorded = row.state();
        let action = row.action(kind).ok_or_else(|| {
            trace.is_none(format!("step {} has action {}, not {kind}", row.step, row.action))
        })?;
        let decision = match pilot.act(&recorded) {
            Err(PilotError::Interrupted) => {
                interrupted = true;
                break;
            }
            decision => decision?,
        };
        digest.state(&recorded);
        digest.action(action);
        let again = Row::from(&particle_pilot::StepRecord {
            step: row.step,
            state: &recorded,
            action: decision.action,
            reward: row.reward,
            decision_time: std::time::Duration::ZERO,
            diagnostics: decision.diagnostics,
        });
        let statistics = row.statistics().into_iter().zip(again.statistics());
        let planned = statistics.map(|((what, a), (_, b))| (what, a, b));
        planner.step(steps, [("action", row.action, again.action)].into_iter().chain(planned));

        let came = state;
        if steps == 0 && state != recorded {
            env.reset_to(recorded)?; // another start; what follows can still be checked
        }
        env.set_push(push.map_or(0.0, |push| push.force_at(seed, row.step)))?;
        let step = match action {
            Action::Discrete(index) => env.step(index)?,
            Action::Continuous(force) => env.step_force(force[0]).map_err(usage)?,
        };
        let others =
            [("step", f64::from(row.step), steps as f64), ("reward", row.reward, step.reward)];
        environment.step(steps, states(recorded, came).chain(others));
        ended = ended.or(Ending::of(&physics, &step));
        state = step.state;
        steps += 1;
        progress.tick();
    }
    progress.finish();
    digest.state(&state);

    let end = &mut trace.end;
    let outcome = ended.unwrap_or(Ending::Interrupted);
    let mut all = environment.agreeing == steps && planner.agreeing == steps;
    if !interrupted {
        contradictions.append(&mut end.oddities);
        match end.last {
            None => contradictions.push("the final state is missing".into()),
            Some((step, last)) => {
                let mut check = Check::default();
                let step = [("step", f64::from(step), steps as f64)];
                check.step(steps, states(last, state).chain(step));
                all &= check.agreeing == 1;
                let first = &mut environment.first_disagreement;
                *first = first.take().or(check.first_disagreement);
            }
        }
        match &end.outcome {
            None => contradictions.push("`outcome` is missing".into()),
            Some(recorded) if recorded == outcome.name() => {}
            Some(recorded) => contradictions.push(match outcome {
                Ending::Interrupted => format!(
                    "`outcome` is `{recorded}`, but nothing ends after {steps} steps of {limit}"
                ),
                _ => format!("`outcome` was `{recorded}`, now {outcome}"),
            }),
        }
    }
    let agrees = all && !interrupted && end.digest == Some(digest) && contradictions.is_empty();
    Ok(ReplayResult {
        version: env!("CARGO_PKG_VERSION"),
        agrees,
        interrupted,
        steps,
        environment,
        planner,
        outcome_recorded: end.outcome.clone(),
        outcome,
        digest_recorded: end.digest,
        digest,
        contradictions,
    })
}

/// The numbers of a state by name, recorded and replayed.
fn states(recorded: [f64; 4], came: [f64; 4]) -> impl Iterator<Item = (&'static str, f64, f64)> {
    let names = ["x", "x_dot", "theta", "theta_dot"];
    (0..4).map(move |i| (names[i], recorded[i], came[i]))
}

impl fmt::Display for ReplayResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (steps, counted) = (grouped(self.steps), count(self.steps, "step"));
        match (self.interrupted, self.agrees) {
            (true, _) => writeln!(f, "interrupted after {counted}")?,
            (false, true) => writeln!(f, "every bit agrees: {counted}, {}", self.outcome)?,
            (false, false) => writeln!(f, "the trace and its replay differ")?,
        }
        for (name, check) in [("environment", &self.environment), ("planner", &self.planner)] {
            write!(f, "{name:<12} {} of {steps} steps agree", grouped(check.agreeing))?;
            match &check.first_disagreement {
                None => writeln!(f)?,
                Some(Disagreement { step, what, recorded, replayed }) => writeln!(
                    f,
                    "; first at step {step}: {what} was {recorded:?}, now {replayed:?}"
                )?,
            }
        }
        for contradiction in &self.contradictions {
            writeln!(f, "{:<12} {contradiction}", "trace")?;
        }
        match self.digest_recorded {
            _ if self.interrupted => Ok(()),
            None => writeln!(f, "{:<12} missing: the end of the trace is cut off", "digest"),
            Some(recorded) if recorded == self.digest => {
                writeln!(f, "{:<12} {recorded} agrees", "digest")
            }
            Some(recorded) => {
                let now = self.digest;
                writeln!(f, "{:<12} was {recorded}, now {now}", "digest")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_counts_but_those_of_nan() {
        let agrees = |a: f64, b: f64| {
            let mut check = Check::default();
            check.step(0, [("x", a, b)]);
            check.agreeing == 1
        };
        assert!(agrees(0.1, 0.1) && agrees(f64::NAN, -f64::NAN));
        assert!(!agrees(0.0, -0.0) && !agrees(1.0, 1.0f64.next_up()));
        assert!(!agrees(f64::NAN, 1.0) && !agrees(1.0, f64::NAN));
    }
}
