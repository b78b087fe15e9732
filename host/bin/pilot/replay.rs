//! `pilot replay`: the same bits again?

use std::fmt;

use anyhow::Result;
use particle_pilot::env::{CartPole, CartPoleOptions};
use particle_pilot::{Action, Device, Digest, Pilot};
use serde::Serialize;

use crate::commands::ReplayOptions;
use crate::options::Options;
use crate::settings::{Settings, refused};
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::{Report, usage};
use crate::shared::progress::Progress;
use crate::shared::text::grouped;
use crate::trace::{Row, Trace};

pub fn run(options: &ReplayOptions) -> Result<Outcome> {
    let mut trace = Trace::open(&options.trace)?;
    // Neither device nor threads change a bit, and this may be another machine.
    trace.settings = Settings::new(Options {
        device: Some(options.device.unwrap_or(Device::Auto)),
        threads: Some(options.threads.unwrap_or(0)),
        ..trace.settings.options().clone()
    })?;
    let report = Report::open(options.json.as_deref(), options.quiet)?;
    interrupt::watch();
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
    digest_recorded: Option<Digest>,
    digest: Digest,
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
        let differs = |(_, a, b): &(&str, f64, f64)| a.to_bits() != b.to_bits();
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
    let config = trace.settings.config(trace.settings.planner());
    let (limit, push) = (trace.settings.steps(), trace.settings.push());
    let (seed, kind) = (config.seed, config.action);
    let recorded_digest = trace.digest;
    let options = CartPoleOptions { max_episode_steps: Some(limit), ..CartPoleOptions::default() };
    let mut env = CartPole::new(config.physics, options)?;
    let mut pilot = Pilot::new(config).map_err(refused)?;
    pilot.reset(seed);
    let mut state = env.reset(Some(seed));

    let progress = Progress::new("steps", limit.into(), quiet);
    let (mut environment, mut planner) = (Check::default(), Check::default());
    let (mut digest, mut steps, mut interrupted) = (Digest::new(), 0, false);
    for row in trace.rows() {
        let row = row?;
        if interrupt::stopped() {
            interrupted = true;
            break;
        }
        let recorded = row.state();
        let action = row.action(kind)?;
        digest.state(&recorded);
        digest.action(action);

        let decision = pilot.act(&recorded).map_err(usage)?;
        let again = Row::from(&particle_pilot::StepRecord {
            step: row.step,
            state: recorded,
            action: decision.action,
            reward: row.reward,
            decision_time: std::time::Duration::ZERO,
            diagnostics: decision.diagnostics,
        });
        let statistics = row.statistics().into_iter().zip(again.statistics());
        let planned = statistics.map(|((what, a), (_, b))| (what, a, b));
        planner.step(steps, [("action", row.action, again.action)].into_iter().chain(planned));

        if steps == 0 && state != recorded {
            env.reset_to(recorded).map_err(usage)?; // another start; what follows can still be checked
        }
        let came = state;
        env.set_push(push.map_or(0.0, |push| push.force_at(seed, row.step)))?;
        let step = match action {
            Action::Discrete(index) => env.step(index)?,
            Action::Force(newton) => env.step_force(newton).map_err(usage)?,
        };
        let names = ["x", "x_dot", "theta", "theta_dot"];
        let states = (0..4).map(|i| (names[i], recorded[i], came[i]));
        let others =
            [("step", f64::from(row.step), steps as f64), ("reward", row.reward, step.reward)];
        environment.step(steps, states.chain(others));
        state = step.state;
        steps += 1;
        progress.tick();
    }
    progress.finish();
    digest.state(&state);

    let all = environment.agreeing == steps && planner.agreeing == steps;
    let agrees = all && steps > 0 && recorded_digest == Some(digest);
    Ok(ReplayResult {
        version: env!("CARGO_PKG_VERSION"),
        agrees,
        interrupted,
        steps,
        environment,
        planner,
        digest_recorded: recorded_digest,
        digest,
    })
}

impl fmt::Display for ReplayResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = grouped(self.steps);
        match (self.interrupted, self.agrees) {
            (true, _) => writeln!(f, "interrupted after {steps} steps")?,
            (false, true) => writeln!(f, "every bit agrees: {steps} steps")?,
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
