//! `pilot evaluate`: many episodes.

use anyhow::Result;
use particle_pilot::{Digest, Evaluation, EvaluationResult, Failure, Pilot, PilotConfig, Simd};
use serde::Serialize;

use crate::Outcome;
use crate::commands::EvaluateOptions;
use crate::interrupt;
use crate::options::Options;
use crate::output::{Report, say};
use crate::progress::Progress;
use crate::settings::{Settings, refused};
use crate::solve::device_line;
use crate::text::{duration, grouped, per_second, rate};

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
    let machine = Machine::of(&config, &settings)?;
    let quiet = settings.options().quiet;
    let report = Report::open(settings.options().json.as_deref(), quiet)?;
    if !report.silent() {
        machine.tell();
    }

    let evaluation = Evaluation::new(config.clone())
        .episodes(episodes)
        .steps(settings.steps())
        .push(settings.push());
    let progress = Progress::new("episodes", episodes.into(), quiet);
    let result = evaluation.run_with(interrupt::watch(), |_| progress.tick());
    progress.finish();
    let result = result?;

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
        device: &machine.device,
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

/// What episodes run on.
pub struct Machine {
    pub device: String,
    pub simd: Simd,
    pub threads: usize,
    line: String,
    note: Option<String>,
}

impl Machine {
    /// What pilots of this configuration will run on; refuses what they would refuse.
    pub fn of(config: &PilotConfig, settings: &Settings) -> Result<Self> {
        let single = PilotConfig { threads: 1, ..config.clone() };
        let pilot = Pilot::new(single).map_err(refused)?;
        let threads = config.resolved_threads();
        Ok(Self {
            device: pilot.device().to_string(),
            simd: pilot.simd(),
            threads,
            line: device_line(&pilot, threads),
            note: settings.device_note(&pilot, threads),
        })
    }

    /// Says once if a GPU would have been used.
    pub fn tell(&self) {
        if let Some(note) = &self.note {
            say(note);
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)
    }
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
             device     {machine}\n\
             time       {}: {} decisions/s\n\
             simulated  {} particle-steps, {}/s\n",
            percent(result),
            result.mean_steps,
            result.min_steps,
            settings.steps(),
            config.planner,
            config.particles,
            config.horizon,
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
    device: &'a str,
    simd: &'static str,
    threads: usize,
    wall_s: f64,
    particle_steps: u64,
    particle_steps_per_s: f64,
    digest: Digest,
    failures: &'a [Failure],
}
