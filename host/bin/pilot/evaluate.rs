//! `pilot evaluate`: many episodes.

use anyhow::Result;
use particle_pilot::{
    Device, DeviceShare, Digest, Evaluation, EvaluationResult, Failure, PilotConfig,
};
use serde::Serialize;

use crate::commands::EvaluateOptions;
use crate::machine::Machine;
use crate::options::Options;
use crate::settings::{Settings, refused};
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::Report;
use crate::shared::progress::Progress;
use crate::shared::text::{duration, grouped, per_second, rate};

/// Failures that people are shown.
const SHOWN: usize = 5;

pub fn run(options: EvaluateOptions) -> Result<Outcome> {
    let options = Options {
        planner: options.planner.planner,
        episodes: options.episodes,
        require_success: options.require_success,
        ..options.common
    };
    let Some(settings) = Settings::of(options)? else {
        return Ok(Outcome::Done);
    };
    let episodes = settings.episodes()?;
    let config = settings.config(settings.planner());
    let evaluation = Evaluation::new(config.clone())
        .episodes(episodes)
        .steps(settings.steps())
        .push(settings.push())
        .prepare()
        .map_err(refused)?;
    let machine = Machine::of_evaluation(&evaluation);
    let quiet = settings.options().quiet;
    let report = Report::open(settings.options().json.as_deref(), quiet)?;
    machine.tell(&report);

    let progress = Progress::new("episodes", episodes.into(), quiet);
    let result = evaluation.run_with(interrupt::watch(), |_| progress.tick());
    progress.finish();
    let result = result?;
    machine.warn(&report, result.setback.as_deref());

    let interrupted = result.episodes < episodes;
    let json = EvaluateResult {
        version: env!("CARGO_PKG_VERSION"),
        episodes: result.episodes,
        survived: result.survived,
        interrupted,
        success_rate: result.success_rate,
        success_interval: result.success_interval,
        steps: settings.steps(),
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
        wall_s: result.wall.as_secs_f64(),
        particle_steps: result.particle_steps,
        particle_steps_per_s: per_second(result.particle_steps, result.wall),
        digest: result.digest,
        failures: &result.failures,
    };
    report.write(&text(&result, &config, &settings, &machine, interrupted), &json)?;
    let met = result.failures.is_empty() || !settings.options().require_success;
    Ok(Outcome::of(interrupted, met))
}

/// `98.0% (93.0% to 99.4%)`.
pub fn percent(result: &EvaluationResult) -> String {
    let [low, high] = result.success_interval.map(|share| share * 100.0);
    let rate = result.success_rate * 100.0;
    format!("{rate:.1}% ({low:.1}% to {high:.1}%)")
}

fn text(
    result: &EvaluationResult,
    config: &PilotConfig,
    settings: &Settings,
    machine: &Machine,
    interrupted: bool,
) -> String {
    let (survived, episodes) = (grouped(result.survived.into()), grouped(result.episodes.into()));
    let mut text = String::new();
    if interrupted {
        text += "interrupted; of the episodes that were finished:\n";
    }
    text += &format!("survived {survived} of {episodes} episodes");
    if result.episodes > 0 {
        let steps = result.mean_steps * f64::from(result.episodes);
        let decisions = per_second(steps as u64, result.wall);
        text += &format!(
            ": {}, 95% interval\n\
             steps      mean {:.1}, least {}, of {}\n\
             planner    {}, {} particles x {} steps\n\
             device     {}\n\
             time       {}: {} decisions/s\n\
             simulated  {} particle-steps, {}/s\n",
            percent(result),
            result.mean_steps,
            result.min_steps,
            settings.steps(),
            config.planner,
            config.particles,
            config.horizon,
            machine.of_all(result),
            duration(result.wall),
            rate(decisions),
            grouped(result.particle_steps),
            rate(per_second(result.particle_steps, result.wall)),
        );
        text += &failures(&result.failures);
        text += &format!("digest     {}", result.digest);
    }
    text + "\n"
}

fn failures(failures: &[Failure]) -> String {
    if failures.is_empty() {
        return String::new();
    }
    let shown = failures.iter().take(SHOWN);
    let mut names: Vec<String> =
        shown.map(|failure| format!("seed {} after {}", failure.seed, failure.steps)).collect();
    if failures.len() > SHOWN {
        names.push(format!("{} more", failures.len() - SHOWN));
    }
    format!("fell       {}\n", names.join(", "))
}

#[derive(Serialize)]
struct EvaluateResult<'a> {
    version: &'static str,
    episodes: u32,
    survived: u32,
    interrupted: bool,
    success_rate: f64,
    success_interval: [f64; 2],
    steps: u32,
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
    wall_s: f64,
    particle_steps: u64,
    particle_steps_per_s: f64,
    digest: Digest,
    failures: &'a [Failure],
}
