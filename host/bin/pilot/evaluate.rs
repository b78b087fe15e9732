//! `pilot evaluate`: many episodes.

use anyhow::Result;
use particle_pilot::report::{EvaluationReport, Machine as Begun, per_second};
use particle_pilot::{
    Ending, Evaluation, EvaluationResult, Failure, PilotConfig, Warning, WarningSummary,
};

use crate::advice::advised;
use crate::machine::Machine;
use crate::options::Options;
use crate::settings::{Settings, Work, failed, refused};
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::{Report, say};
use crate::shared::progress::Progress;
use crate::shared::text::{self, count, duration, grouped, rate};
use crate::wording::extent;

/// Failures that people are shown.
const SHOWN: usize = 5;

pub fn run(options: Options) -> Result<Outcome> {
    let Some(settings) = Settings::of(options, Work::Evaluation)? else {
        return Ok(Outcome::Done);
    };
    settings.distinct_outputs()?;
    let episodes = settings.episodes()?;
    let config = settings.config(settings.planner());
    let evaluation = Evaluation::new(config.clone(), settings.problem(config.planner))
        .episodes(episodes)
        .steps(settings.steps())
        .push(settings.push());
    let prepared = evaluation.prepare().map_err(refused)?;
    let machine = Machine::of_evaluation(&prepared);
    let begun = Begun::of(&prepared);
    let stop = interrupt::watch();
    let quiet = settings.options().quiet;
    let report = Report::open(settings.options().json.as_deref(), quiet)?;
    machine.tell(&report, settings.options().verbose);

    let progress = Progress::new("episodes", episodes.into(), quiet);
    let result = prepared.run_with(stop, |_| progress.tick());
    progress.finish();
    let result = result.map_err(failed)?;
    machine.warn(&report, result.fallback_reason.as_deref());
    if !quiet && report.for_people() {
        result.warnings.iter().for_each(|summary| say(&warning(summary, &result, &config)));
    }

    let words = |warning: &Warning| advised(warning, &config);
    let json = EvaluationReport::of(&result, &evaluation, begun, words);
    let interrupted = json.interrupted;
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
    let kinds: Vec<_> = result.endings.iter().filter(|(ending, _)| !ending.is_success()).collect();
    if kinds.is_empty() {
        return String::new();
    }
    let counts = kinds
        .iter()
        .map(|(ending, count)| format!("{} {}", grouped(u64::from(**count)), briefly(**ending)));
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
