//! `pilot solve`: one episode.

use std::mem::{Discriminant, discriminant};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use particle_pilot::{DecisionTimes, Diagnostics, Digest, Episode, EpisodeResult, Pilot, Warning};
use serde::Serialize;

use crate::commands::SolveOptions;
use crate::machine::Machine;
use crate::options::Options;
use crate::plot::{Played, Series};
use crate::settings::{Settings, refused};
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::{Report, Sink, distinct, say};
use crate::shared::picture::Picture;
use crate::shared::progress::Progress;
use crate::shared::text::{count, duration, grouped, per_second, rate};
use crate::trace::TraceWriter;

pub fn run(options: SolveOptions) -> Result<Outcome> {
    let options = Options {
        planner: options.planner.planner,
        trace: options.trace,
        plot: options.plot,
        require_success: options.require_success,
        ..options.common
    };
    let Some(settings) = Settings::of(options)? else {
        return Ok(Outcome::Done);
    };
    let options = settings.options();
    let paths = [&options.json, &options.trace, &options.plot].map(|path| path.as_deref());
    distinct(&paths)?;
    let mut pilot = Pilot::new(settings.config(settings.planner())).map_err(refused)?;
    let report = Report::open(paths[0], options.quiet)?;
    let trace_sink = paths[1].map(Sink::file).transpose()?;
    let plot = paths[2].map(Picture::open).transpose()?;
    let machine = Machine::of_pilot(&pilot);
    machine.tell(&report);

    let stop = interrupt::watch();
    pilot.set_interrupt(Arc::clone(stop));
    let progress = Progress::new("steps", settings.steps().into(), options.quiet);
    let begin = |sink| TraceWriter::begin(sink, &settings);
    let mut trace = trace_sink.map(begin).transpose()?;
    let mut trace_error = None;
    let mut series = plot.is_some().then(Series::default);
    let mut warnings = Warnings::default();
    let episode =
        Episode::new().seed(pilot.config().seed).steps(settings.steps()).push(settings.push());
    let result = episode.run_with(&mut pilot, |record| {
        progress.tick();
        warnings.note(&record.diagnostics, record.step);
        if let Some(series) = &mut series {
            series.note(record);
        }
        let written = trace.as_mut().map_or(Ok(()), |trace| trace.step(record));
        trace_error = written.err();
        let stopped = trace_error.is_some() || stop.load(Ordering::Relaxed);
        match stopped {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    progress.finish();
    let result = result?;
    if let Some(error) = trace_error {
        return Err(error);
    }

    if let Some(trace) = trace {
        trace.end(outcome(&result), result.digest)?;
    }
    if let (Some(plot), Some(series)) = (plot, series) {
        plot.draw(&Played {
            series: &series,
            pilot: &pilot,
            settings: &settings,
            result: &result,
        })?;
    }
    if !settings.options().quiet && report.for_people() {
        warnings.lines(result.steps).iter().for_each(|line| say(line));
    }
    let setback = pilot.setback().map(ToString::to_string);
    machine.warn(&report, setback.as_deref());
    let json = SolveResult::of(&result, &pilot, &warnings, setback);
    report.write(&text(&result, &pilot), &json)?;
    let met = result.survived || !settings.options().require_success;
    Ok(Outcome::of(result.interrupted, met))
}

/// How it ended, in one word.
pub fn outcome(result: &EpisodeResult) -> &'static str {
    match (result.survived, result.interrupted) {
        (_, true) => "interrupted",
        (true, false) => "survived",
        (false, false) => "fell",
    }
}

/// The first line of the report.
pub fn headline(result: &EpisodeResult) -> String {
    let (steps, seed) = (count(result.steps.into(), "step"), result.seed);
    match outcome(result) {
        "survived" => format!("survived all {steps} (seed {seed})"),
        "interrupted" => format!("interrupted after {steps}, still up (seed {seed})"),
        _ => format!("fell after {steps} (seed {seed})"),
    }
}

fn text(result: &EpisodeResult, pilot: &Pilot) -> String {
    let (config, times) = (pilot.config(), result.decision_times);
    let decisions = per_second(result.steps.into(), result.wall);
    let simulated = per_second(result.particle_steps, result.wall);
    format!(
        "{}\n\
         planner    {}, {} particles x {} steps\n\
         device     {}\n\
         time       {}: {} decisions/s, p50 {}, p99 {}\n\
         simulated  {} particle-steps, {}/s\n\
         digest     {}\n",
        headline(result),
        config.planner,
        config.particles,
        config.horizon,
        Machine::of_pilot(pilot),
        duration(result.wall),
        rate(decisions),
        duration(times.p50),
        duration(times.p99),
        grouped(result.particle_steps),
        rate(simulated),
        result.digest,
    )
}

/// Warnings of all decisions, by kind.
#[derive(Default)]
struct Warnings {
    kinds: Vec<(Discriminant<Warning>, WarningSummary)>,
}

/// One kind of warning.
#[derive(Clone, Debug, Serialize)]
struct WarningSummary {
    /// In how many decisions it came.
    decisions: u32,
    /// The step of the first.
    first_step: u32,
    /// What that one said.
    text: String,
}

impl Warnings {
    fn note(&mut self, diagnostics: &Diagnostics, step: u32) {
        for warning in diagnostics.warnings() {
            let kind = discriminant(&warning);
            match self.kinds.iter_mut().find(|(other, _)| *other == kind) {
                Some((_, summary)) => summary.decisions += 1,
                None => {
                    let summary = WarningSummary {
                        decisions: 1,
                        first_step: step,
                        text: warning.to_string(),
                    };
                    self.kinds.push((kind, summary));
                }
            }
        }
    }

    fn lines(&self, steps: u32) -> Vec<String> {
        let line = |(_, summary): &(_, WarningSummary)| {
            let WarningSummary { decisions, first_step, text } = summary;
            format!(
                "warning: in {decisions} of {steps} decisions, first at step {first_step}: {text}"
            )
        };
        self.kinds.iter().map(line).collect()
    }
}

#[derive(Serialize)]
struct SolveResult {
    version: &'static str,
    survived: bool,
    interrupted: bool,
    steps: u32,
    total_reward: f64,
    planner: &'static str,
    particles: u32,
    horizon: u32,
    seed: u64,
    device: String,
    /// Why it is not, or no longer, a GPU, where the device was left open.
    setback: Option<String>,
    simd: &'static str,
    threads: usize,
    wall_s: f64,
    decision_us: Microseconds,
    particle_steps: u64,
    particle_steps_per_s: f64,
    digest: Digest,
    warnings: Vec<WarningSummary>,
}

/// [`DecisionTimes`] in microseconds.
#[derive(Serialize)]
struct Microseconds {
    p50: f64,
    p90: f64,
    p99: f64,
    max: f64,
}

impl From<DecisionTimes> for Microseconds {
    fn from(times: DecisionTimes) -> Self {
        let [p50, p90, p99, max] =
            [times.p50, times.p90, times.p99, times.max].map(|time| time.as_nanos() as f64 / 1e3);
        Self { p50, p90, p99, max }
    }
}

impl SolveResult {
    fn of(
        result: &EpisodeResult,
        pilot: &Pilot,
        warnings: &Warnings,
        setback: Option<String>,
    ) -> Self {
        let config = pilot.config();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            survived: result.survived,
            interrupted: result.interrupted,
            steps: result.steps,
            total_reward: result.total_reward,
            planner: config.planner.name(),
            particles: config.particles,
            horizon: config.horizon,
            seed: result.seed,
            device: pilot.device().to_string(),
            setback,
            simd: pilot.simd().name(),
            threads: pilot.threads(),
            wall_s: result.wall.as_secs_f64(),
            decision_us: result.decision_times.into(),
            particle_steps: result.particle_steps,
            particle_steps_per_s: per_second(result.particle_steps, result.wall),
            digest: result.digest,
            warnings: warnings.kinds.iter().map(|(_, w)| w.clone()).collect(),
        }
    }
}
