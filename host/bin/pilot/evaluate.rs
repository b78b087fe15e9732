//! `pilot evaluate`: many episodes.

use std::collections::BTreeMap;

use anyhow::Result;
use particle_pilot::env::Push;
use particle_pilot::{
    Device, DeviceShare, Digest, Ending, Evaluation, EvaluationResult, Failure, PilotConfig,
    WarningSummary,
};
use serde::Serialize;

use crate::advice::advised;
use crate::machine::Machine;
use crate::options::Options;
use crate::settings::{Settings, Work, failed, refused};
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::{Report, say};
use crate::shared::progress::Progress;
use crate::shared::text::{self, count, duration, grouped, per_second, rate};
use crate::solve::extent;

/// How episodes of an evaluation end.
const ENDINGS: [Ending; 3] = [Ending::Survived, Ending::Fell, Ending::LeftTrack];
/// Failures that people are shown.
const SHOWN: usize = 5;

pub fn run(options: Options) -> Result<Outcome> {
    let Some(settings) = Settings::of(options, Work::Evaluation)? else {
        return Ok(Outcome::Done);
    };
    settings.distinct_outputs()?;
    let episodes = settings.episodes()?;
    let config = settings.config(settings.planner());
    let evaluation = Evaluation::new(config.clone())
        .episodes(episodes)
        .steps(settings.steps())
        .push(settings.push())
        .prepare()
        .map_err(refused)?;
    let machine = Machine::of_evaluation(&evaluation);
    let stop = interrupt::watch();
    let quiet = settings.options().quiet;
    let report = Report::open(settings.options().json.as_deref(), quiet)?;
    machine.tell(&report);

    let progress = Progress::new("episodes", episodes.into(), quiet);
    let result = evaluation.run_with(stop, |_| progress.tick());
    progress.finish();
    let result = result.map_err(failed)?;
    machine.warn(&report, result.setback.as_deref());
    if !quiet && report.for_people() {
        result.warnings.iter().for_each(|summary| say(&warning(summary, &result, &config)));
    }

    let interrupted = result.episodes < episodes;
    let json = EvaluateResult {
        version: env!("CARGO_PKG_VERSION"),
        episodes: result.episodes,
        survived: result.survived,
        interrupted,
        success_rate: result.success_rate,
        success_interval: result.success_interval,
        endings: ENDINGS.map(|ending| (ending.name(), result.ended(ending))).into(),
        steps: settings.steps(),
        step_limit: settings.steps(),
        mean_steps: result.mean_steps,
        min_steps: result.min_steps,
        planner: config.planner.name(),
        particles: config.particles,
        horizon: config.horizon,
        seed: config.seed,
        device: machine.last(&result),
        devices: &result.devices,
        setback: result.setback.as_deref(),
        simd: machine.simd.name(),
        threads: machine.threads,
        push: settings.push(),
        config: &config,
        wall_s: result.wall.as_secs_f64(),
        particle_steps: result.particle_steps,
        particle_steps_per_s: per_second(result.particle_steps, result.wall),
        digest: result.digest,
        failures: &result.failures,
        warnings: result.warnings.iter().map(|summary| WarningJson::of(summary, &config)).collect(),
    };
    report.write(&text(&result, &config, &settings, &machine, interrupted), &json)?;
    let met = result.failures.is_empty() || !settings.options().require_success;
    Ok(Outcome::of(interrupted, met))
}

/// `98.0% (93.0% to 99.4%)`.
pub fn percent(result: &EvaluationResult) -> String {
    let [low, high] = result.success_interval.map(text::percent);
    format!("{} ({low} to {high})", text::percent(result.success_rate))
}

fn text(
    result: &EvaluationResult,
    config: &PilotConfig,
    settings: &Settings,
    machine: &Machine,
    interrupted: bool,
) -> String {
    let (survived, episodes) =
        (grouped(result.survived.into()), count(result.episodes.into(), "episode"));
    let mut text = String::new();
    if interrupted {
        text += "interrupted; of the episodes that were finished:\n";
    }
    text += &format!("survived {survived} of {episodes}");
    if result.episodes > 0 {
        let steps = result.mean_steps * f64::from(result.episodes);
        let decisions = per_second(steps as u64, result.wall);
        text += &format!(
            ": {}, 95% interval\n\
             steps      mean {:.1}, least {}, of {}\n\
             planner    {}, {}\n\
             device     {}\n\
             time       {}: {} decisions/s\n\
             simulated  {} particle-steps, {}/s\n",
            percent(result),
            result.mean_steps,
            result.min_steps,
            settings.steps(),
            config.planner,
            extent(config, 'x'),
            machine.of_all(result),
            duration(result.wall),
            rate(decisions),
            grouped(result.particle_steps),
            rate(per_second(result.particle_steps, result.wall)),
        );
        text += &failures(result);
        text += &format!("digest     {}", result.digest);
    }
    text + "\n"
}

/// How many failed how, and the first of them.
fn failures(result: &EvaluationResult) -> String {
    let failures = &result.failures;
    let kinds: Vec<Ending> =
        ENDINGS[1..].iter().copied().filter(|ending| result.ended(*ending) > 0).collect();
    if kinds.is_empty() {
        return String::new();
    }
    let counts = kinds
        .iter()
        .map(|ending| format!("{} {}", grouped(result.ended(*ending).into()), briefly(*ending)));
    let name = |Failure { seed, steps, ending }: &Failure| match kinds.len() {
        1 => format!("seed {seed} after {steps}"),
        _ => format!("seed {seed} after {steps} ({})", briefly(*ending)),
    };
    let mut names: Vec<String> = failures.iter().take(SHOWN).map(name).collect();
    if failures.len() > SHOWN {
        names.push(format!("{} more", grouped((failures.len() - SHOWN) as u64)));
    }
    let counts = counts.collect::<Vec<_>>().join(", ");
    format!("failed     {counts}: {}\n", names.join(", "))
}

fn briefly(ending: Ending) -> &'static str {
    match ending {
        Ending::Fell => "fell",
        Ending::LeftTrack => "left the track",
        _ => "fell or left the track",
    }
}

fn warning(summary: &WarningSummary, result: &EvaluationResult, config: &PilotConfig) -> String {
    let decisions = result.mean_steps * f64::from(result.episodes);
    format!(
        "warning: in {} of {} of {} of {}, first at step {} of seed {}: {}",
        grouped(summary.decisions),
        count(decisions.round() as u64, "decision"),
        grouped(summary.episodes.into()),
        count(result.episodes.into(), "episode"),
        summary.first_step,
        summary.first_seed,
        advised(&summary.warning, config)
    )
}

/// One kind of warning.
#[derive(Serialize)]
struct WarningJson {
    /// In how many decisions it came, and in how many episodes.
    decisions: u64,
    episodes: u32,
    /// Where it came first.
    first_seed: u64,
    first_step: u32,
    /// What that one said.
    text: String,
}

impl WarningJson {
    fn of(summary: &WarningSummary, config: &PilotConfig) -> Self {
        let WarningSummary { warning, decisions, episodes, first_seed, first_step } = *summary;
        Self { decisions, episodes, first_seed, first_step, text: advised(&warning, config) }
    }
}

#[derive(Serialize)]
struct EvaluateResult<'a> {
    version: &'static str,
    episodes: u32,
    survived: u32,
    interrupted: bool,
    success_rate: f64,
    success_interval: [f64; 2],
    /// How many episodes ended how.
    endings: BTreeMap<&'static str, u32>,
    /// After how many steps an episode is won; `step_limit` is the same by a clearer name.
    steps: u32,
    step_limit: u32,
    mean_steps: f64,
    min_steps: u32,
    planner: &'static str,
    particles: u32,
    horizon: u32,
    seed: u64,
    /// The one that the last episodes ran on.
    device: Device,
    /// All, in the order of seeds, and how many episodes each ran.
    devices: &'a [DeviceShare],
    /// Why not all episodes ran on a GPU, where the device was left open.
    setback: Option<&'a str>,
    simd: &'static str,
    threads: usize,
    push: Option<Push>,
    /// Everything that determines the decisions; no limit is null.
    config: &'a PilotConfig,
    wall_s: f64,
    particle_steps: u64,
    particle_steps_per_s: f64,
    digest: Digest,
    failures: &'a [Failure],
    /// Of decisions; a GPU that runs whole episodes tells nothing of them.
    warnings: Vec<WarningJson>,
}
