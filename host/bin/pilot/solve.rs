//! `pilot solve`: one episode.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use particle_pilot::env::Push;
use particle_pilot::{
    DecisionTimes, Digest, Ending, Episode, EpisodeResult, Pilot, PilotConfig, WarningNote,
};
use serde::Serialize;

use crate::advice::advised;
use crate::machine::Machine;
use crate::options::Options;
use crate::plot::{Played, Series};
use crate::settings::{Settings, Work, failed, refused};
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::{Report, Sink, say};
use crate::shared::picture::Picture;
use crate::shared::progress::Progress;
use crate::shared::text::{count, duration, grouped, number, per_second, rate, significant};
use crate::trace::TraceWriter;

pub fn run(options: Options) -> Result<Outcome> {
    let Some(settings) = Settings::of(options, Work::Episode)? else {
        return Ok(Outcome::Done);
    };
    let options = settings.options();
    settings.distinct_outputs()?;
    let mut pilot = Pilot::new(settings.config(settings.planner())).map_err(refused)?;
    let stop = interrupt::watch();
    pilot.set_interrupt(Arc::clone(stop));
    let report = Report::open(options.json.as_deref(), options.quiet)?;
    let trace_sink = options.trace.as_deref().map(Sink::file).transpose()?;
    let plot = options.plot.as_deref().map(Picture::open).transpose()?;
    let machine = Machine::of_pilot(&pilot);
    machine.tell(&report);

    let progress = Progress::new("steps", settings.steps().into(), options.quiet);
    let begin = |sink| TraceWriter::begin(sink, &settings);
    let mut trace = trace_sink.map(begin).transpose()?;
    let mut trace_error = None;
    let mut series = plot.is_some().then(Series::default);
    let episode =
        Episode::new().seed(pilot.config().seed).steps(settings.steps()).push(settings.push());
    let result = episode.run_with(&mut pilot, |record| {
        progress.tick();
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
    let result = result.map_err(failed)?;
    if let Some(error) = trace_error {
        return Err(error);
    }

    if let Some(trace) = trace {
        trace.end(&result)?;
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
        let warnings = result.warnings.iter();
        warnings.for_each(|note| say(&warning(note, &result, pilot.config())));
    }
    let setback = pilot.setback().map(ToString::to_string);
    machine.warn(&report, setback.as_deref());
    let json = SolveResult::of(&result, &pilot, &settings, setback);
    report.write(&text(&result, &pilot), &json)?;
    let met = result.survived || !settings.options().require_success;
    Ok(Outcome::of(result.interrupted, met))
}

/// The first line of the report.
pub fn headline(result: &EpisodeResult) -> String {
    let (steps, seed) = (count(result.steps.into(), "step"), result.seed);
    match result.ending {
        Ending::Survived if result.steps == 1 => format!("survived the only step (seed {seed})"),
        Ending::Survived => format!("survived all {steps} (seed {seed})"),
        Ending::Interrupted => format!("interrupted after {steps}, still up (seed {seed})"),
        Ending::LeftTrack => format!("left the track after {steps} (seed {seed})"),
        _ => format!("fell after {steps} (seed {seed})"),
    }
}

/// `1,024 particles x 30 steps`, by a sign of one's own.
pub fn extent(config: &PilotConfig, times: char) -> String {
    let particles = match config.particles {
        1 => "1 particle".into(),
        other => format!("{other} particles"),
    };
    format!("{particles} {times} {}", count(config.horizon.into(), "step"))
}

fn text(result: &EpisodeResult, pilot: &Pilot) -> String {
    let (config, times) = (pilot.config(), result.decision_times);
    let decisions = per_second(result.steps.into(), result.wall);
    let simulated = per_second(result.particle_steps, result.wall);
    format!(
        "{}\n\
         {}\
         planner    {}, {}\n\
         device     {}\n\
         time       {}: {} decisions/s, p50 {}, p99 {}\n\
         simulated  {} particle-steps, {}/s\n\
         digest     {}\n",
        headline(result),
        last_state(result, config),
        config.planner,
        extent(config, 'x'),
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

/// Where a failure ended, and what the limits were.
fn last_state(result: &EpisodeResult, config: &PilotConfig) -> String {
    let (false, false, Some([x, _, theta, _])) =
        (result.survived, result.interrupted, result.final_state)
    else {
        return String::new();
    };
    let physics = &config.physics;
    let signed = |value: f64| {
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}{}", significant(value.abs()))
    };
    format!(
        "ended      cart at {} m, pole at {}°; limits {} m, {}°\n",
        signed(x),
        signed(theta.to_degrees()),
        number(physics.x_threshold),
        number(degrees(physics.theta_threshold_radians)),
    )
}

/// Degrees as they were given, in spite of the way through radians.
pub fn degrees(radians: f64) -> f64 {
    let degrees = radians.to_degrees();
    if degrees < 1e-6 { degrees } else { (degrees * 1e9).round() / 1e9 }
}

fn warning(note: &WarningNote, result: &EpisodeResult, config: &PilotConfig) -> String {
    format!(
        "warning: in {} of {}, first at step {}: {}",
        grouped(note.decisions.into()),
        count(result.steps.into(), "decision"),
        note.first_step,
        advised(&note.warning, config)
    )
}

/// One kind of warning.
#[derive(Clone, Debug, Serialize)]
struct WarningJson {
    /// In how many decisions it came.
    decisions: u32,
    /// The step of the first.
    first_step: u32,
    /// What that one said.
    text: String,
}

#[derive(Serialize)]
struct SolveResult<'a> {
    version: &'static str,
    survived: bool,
    interrupted: bool,
    ending: Ending,
    /// Steps taken.
    steps: u32,
    /// Steps after which the episode is won.
    step_limit: u32,
    /// The state after the last step.
    final_state: Option<[f64; 4]>,
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
    push: Option<Push>,
    /// Everything that determines the decisions; no limit is null.
    config: &'a PilotConfig,
    wall_s: f64,
    decision_us: Microseconds,
    particle_steps: u64,
    particle_steps_per_s: f64,
    digest: Digest,
    warnings: Vec<WarningJson>,
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

impl<'a> SolveResult<'a> {
    fn of(
        result: &EpisodeResult,
        pilot: &'a Pilot,
        settings: &Settings,
        setback: Option<String>,
    ) -> Self {
        let config = pilot.config();
        let warning = |note: &WarningNote| WarningJson {
            decisions: note.decisions,
            first_step: note.first_step,
            text: advised(&note.warning, config),
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            survived: result.survived,
            interrupted: result.interrupted,
            ending: result.ending,
            steps: result.steps,
            step_limit: settings.steps(),
            final_state: result.final_state,
            total_reward: result.total_reward,
            planner: config.planner.name(),
            particles: config.particles,
            horizon: config.horizon,
            seed: result.seed,
            device: pilot.device().to_string(),
            setback,
            simd: pilot.simd().name(),
            threads: pilot.threads(),
            push: settings.push(),
            config,
            wall_s: result.wall.as_secs_f64(),
            decision_us: result.decision_times.into(),
            particle_steps: result.particle_steps,
            particle_steps_per_s: per_second(result.particle_steps, result.wall),
            digest: result.digest,
            warnings: result.warnings.iter().map(warning).collect(),
        }
    }
}
