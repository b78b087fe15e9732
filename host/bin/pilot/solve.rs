//! `pilot solve`: one episode.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use particle_pilot::env::Physics;
use particle_pilot::report::{EpisodeReport, per_second};
use particle_pilot::{Episode, EpisodeResult, Pilot, PilotConfig, Warning, WarningNote};

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
use crate::shared::text::{count, duration, grouped, number, rate, significant};
use crate::trace::TraceWriter;
use crate::wording::{degrees, extent, headline};

pub fn run(options: Options) -> Result<Outcome> {
    let Some(settings) = Settings::of(options, Work::Episode)? else {
        return Ok(Outcome::Done);
    };
    let options = settings.options();
    settings.distinct_outputs()?;
    let planner = settings.planner();
    let pilot = Pilot::new(settings.config(planner), settings.problem(planner));
    let mut pilot = pilot.map_err(refused)?;
    let stop = interrupt::watch();
    pilot.set_interrupt(Arc::clone(stop));
    let report = Report::open(options.json.as_deref(), options.quiet)?;
    let trace_sink = options.trace.as_deref().map(Sink::file).transpose()?;
    let plot = options.plot.as_deref().map(Picture::open).transpose()?;
    let machine = Machine::of_pilot(&pilot);
    machine.tell(&report, options.verbose);

    let progress = Progress::new("steps", settings.steps().into(), options.quiet);
    let begin = |sink| TraceWriter::begin(sink, &settings, &pilot);
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
    let words = |warning: &Warning| advised(warning, pilot.config());
    let json = EpisodeReport::of(&result, &episode, &pilot, words);
    machine.warn(&report, json.fallback_reason.as_deref());
    report.write(&text(&result, &pilot, &settings.physics()), &json)?;
    let met = result.survived || !settings.options().require_success;
    Ok(Outcome::of(result.interrupted, met))
}

fn text(result: &EpisodeResult, pilot: &Pilot, physics: &Physics) -> String {
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
        last_state(result, physics),
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
fn last_state(result: &EpisodeResult, physics: &Physics) -> String {
    let (false, false, Some([x, _, theta, _])) =
        (result.survived, result.interrupted, result.final_state.as_deref())
    else {
        return String::new();
    };
    let signed = |value: f64| {
        let sign = if value < 0.0 { "-" } else { "" };
        format!("{sign}{}", significant(value.abs()))
    };
    format!(
        "ended      cart at {} m, pole at {}°; limits {} m, {}°\n",
        signed(*x),
        signed(theta.to_degrees()),
        number(physics.x_threshold),
        number(degrees(physics.theta_threshold_radians)),
    )
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
