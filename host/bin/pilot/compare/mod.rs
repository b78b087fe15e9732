//! `pilot compare`: all planners on equal terms.

mod chance;
mod quality;
mod table;

use std::cell::OnceCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use particle_pilot::{
    Device, EpisodeResult, Evaluation, EvaluationResult, Pilot, PilotConfig, PilotError,
    PlannerKind,
};

use self::quality::Quality;
use self::table::{Comparison, Row};
use crate::machine::Machine;
use crate::options::Options;
use crate::settings::{Settings, Work, refused};
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::{Report, usage};
use crate::shared::progress::Progress;
use crate::shared::text::number;

/// Rounds in which a planner's particles are fitted to the time budget.
const FITS: usize = 5;
/// Good enough a fit: the time is within this share of the budget.
const FITTED: f64 = 0.05;
/// Steps of the short episodes by which decisions are timed.
const TRIAL_STEPS: u32 = 40;
/// More particles than this are not given to a planner, however fast.
const MOST_PARTICLES: f64 = (1 << 22) as f64;

pub fn run(options: Options) -> Result<Outcome> {
    // Refuses what any of the planners cannot do, before the first has begun.
    let Some(settings) = Settings::of(options, Work::Comparison)? else {
        return Ok(Outcome::Done);
    };
    settings.distinct_outputs()?;
    let budget = match settings.options().budget_us {
        Some(us) if !(0.01..=1e9).contains(&us) => {
            return Err(usage(format!("--budget-us is {}; it must be 0.01 to 1e9", number(us))));
        }
        given => given.map(|us| Duration::from_nanos((us * 1e3) as u64)),
    };
    let reference = settings.config(PlannerKind::RandomShooting);
    // Each row opens the device again: it has another planner, and other kernels.
    let prepared = Evaluation::new(reference.clone()).prepare().map_err(refused)?;
    let machine = Machine::of_evaluation(&prepared);
    drop(prepared);
    let match_ = Match {
        episodes: settings.episodes()?,
        threads: machine.threads,
        settings: &settings,
        reference: &reference,
        on_gpu: machine.device != Device::Cpu,
        setback: OnceCell::new(),
    };
    interrupt::watch();
    let report = Report::open(settings.options().json.as_deref(), settings.options().quiet)?;
    machine.tell(&report);

    let mut comparison = Comparison::new(&settings, &machine, match_.episodes, &reference);
    match match_.run(budget, &mut comparison) {
        Err(error) if error.downcast_ref() == Some(&PilotError::Interrupted) => {}
        ran => ran?,
    }
    comparison.interrupted = interrupt::stopped();
    comparison.rank();
    comparison.setback = match_.setback.into_inner();
    machine.warn(&report, comparison.setback.as_deref());
    report.write(&comparison.to_string(), &comparison)?;
    Ok(Outcome::of(comparison.interrupted, true))
}

/// The terms on which planners meet.
struct Match<'a> {
    episodes: u32,
    threads: usize,
    settings: &'a Settings,
    reference: &'a PilotConfig,
    on_gpu: bool,
    /// The first that any pilot or evaluation had.
    setback: OnceCell<String>,
}

impl Match<'_> {
    /// Fills in all rows, or those before an interruption.
    fn run(&self, budget: Option<Duration>, comparison: &mut Comparison) -> Result<()> {
        let reference = self.reference;
        let planners = PlannerKind::ALL.iter().map(|(planner, _)| *planner);
        let rows = 1 + 2 * PlannerKind::ALL.len() as u64;
        let work = rows * u64::from(self.episodes);
        let progress = Progress::new("episodes", work, self.settings.options().quiet);

        let (result, qualities) =
            chance::evaluate(reference, self.settings, self.episodes, &progress)?;
        comparison.rows.push(Row::chance(&result, &qualities));

        let target = self.particle_steps(reference)?;
        for planner in planners.clone() {
            let row = self.with_equal_steps(planner, target);
            let row = row.and_then(|c| self.row("equal-particle-steps", &c, None, &progress));
            comparison.note("equal-particle-steps", planner, row)?;
        }
        let budget = match budget {
            Some(budget) => budget,
            None => self.trial(reference)?,
        };
        comparison.budget_us = budget.as_nanos() as f64 / 1e3;
        for planner in planners {
            let row = self.with_equal_time(planner, budget);
            let row = row.and_then(|c| self.row("equal-time", &c, Some(budget), &progress));
            comparison.note("equal-time", planner, row)?;
        }
        progress.finish();
        Ok(())
    }

    /// As many particles as make a decision cost `target` simulated steps.
    fn with_equal_steps(&self, planner: PlannerKind, target: f64) -> Result<PilotConfig> {
        let mut config = self.settings.config(planner);
        for _ in 0..2 {
            let ratio = target / self.particle_steps(&config)?;
            config = scaled(&config, ratio);
        }
        Ok(config)
    }

    /// As many particles as make the median decision take `budget`.
    fn with_equal_time(&self, planner: PlannerKind, budget: Duration) -> Result<PilotConfig> {
        let mut config = self.settings.config(planner);
        for _ in 0..FITS {
            if interrupt::stopped() {
                break;
            }
            let time = self.trial(&config)?;
            let ratio = budget.as_secs_f64() / time.as_secs_f64().max(1e-9);
            if (ratio - 1.0).abs() <= FITTED {
                break;
            }
            config = scaled(&config, ratio.clamp(1.0 / 16.0, 16.0));
        }
        Ok(config)
    }

    /// The median decision's time, with all threads at work on episodes of their own, or a GPU on as many as it
    /// will get.
    fn trial(&self, config: &PilotConfig) -> Result<Duration> {
        let episodes = if self.on_gpu { self.episodes } else { (2 * self.threads as u32).max(4) };
        let steps = TRIAL_STEPS.min(self.settings.steps());
        Ok(self.evaluate(config, episodes, steps, &|| ())?.1)
    }

    /// The row of a pilot; none if no episode was finished.
    fn row(
        &self,
        terms: &'static str,
        config: &PilotConfig,
        budget: Option<Duration>,
        progress: &Progress,
    ) -> Result<Option<Row>> {
        if interrupt::stopped() {
            return Ok(None);
        }
        let steps = self.settings.steps();
        let tick = || progress.tick();
        let (result, time, qualities) = self.evaluate(config, self.episodes, steps, &tick)?;
        let row = || Row::of(terms, config, &result, time, budget, &qualities);
        Ok((result.episodes > 0).then(row))
    }

    /// The result, the median over episodes of their median decision times, and how well each went.
    fn evaluate(
        &self,
        config: &PilotConfig,
        episodes: u32,
        steps: u32,
        tick: &(dyn Fn() + Sync),
    ) -> Result<(EvaluationResult, Duration, Vec<Quality>)> {
        let seen = Mutex::new((Vec::new(), Vec::new()));
        let evaluation = Evaluation::new(config.clone())
            .episodes(episodes)
            .steps(steps)
            .push(self.settings.push());
        let result = evaluation.run_with(interrupt::watch(), |episode| {
            let quality = Quality::of(episode, self.reference, self.settings);
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.0.push(decision_time(episode));
            seen.1.extend(quality.map(|quality| (episode.seed, quality)));
            tick();
        });
        let (mut times, mut qualities) = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        // They came in any order, which sums would show in their last bits.
        qualities.sort_unstable_by_key(|(seed, _)| *seed);
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        let result = result?;
        self.note(result.setback.as_deref());
        Ok((result, median, qualities.into_iter().map(|(_, quality)| quality).collect()))
    }

    /// Simulated steps of a decision: the second, since the first has no plan to start from.
    fn particle_steps(&self, config: &PilotConfig) -> Result<f64> {
        let mut pilot = Pilot::new(config.clone()).map_err(refused)?;
        pilot.set_interrupt(Arc::clone(interrupt::watch()));
        pilot.act(&[0.0; 4])?;
        let decision = pilot.act(&[0.0; 4])?;
        self.note(pilot.setback().map(ToString::to_string).as_deref());
        Ok((decision.diagnostics.particle_steps as f64).max(1.0))
    }

    fn note(&self, setback: Option<&str>) {
        if let Some(error) = setback {
            self.setback.get_or_init(|| error.into());
        }
    }
}

/// The time of an episode's median decision. A GPU that runs whole episodes times none of them: its time, shared out.
fn decision_time(episode: &EpisodeResult) -> Duration {
    match episode.decision_times.p50 {
        Duration::ZERO => episode.wall / episode.steps.max(1),
        median => median,
    }
}

fn scaled(config: &PilotConfig, ratio: f64) -> PilotConfig {
    let particles = (f64::from(config.particles) * ratio).round();
    PilotConfig {
        particles: particles.clamp(1.0, MOST_PARTICLES.max(config.particles.into())) as u32,
        ..config.clone()
    }
}
