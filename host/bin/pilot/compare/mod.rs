//! `pilot compare`: all planners on equal terms.

mod chance;
mod quality;
mod table;

use std::cell::OnceCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use particle_pilot::choice::DeviceChoice;
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
use crate::shared::output::Report;
use crate::shared::progress::Progress;
use crate::shared::text::number;
use crate::shared::usage::usage;

/// The planner by whose particle-steps, time and weights all are measured.
const REFERENCE: PlannerKind = PlannerKind::RandomShooting;
/// Rounds in which a planner's particles are fitted to the time budget.
const FITS: usize = 5;
/// Good enough a fit: the time is within this share of the budget.
const FITTED: f64 = 0.05;
/// Steps of the short episodes by which decisions are timed.
const TRIAL_STEPS: u32 = 40;
/// For how long single decisions are repeated to time them.
const TIMED: Duration = Duration::from_millis(5);
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
    let reference = settings.config(REFERENCE);
    // Each row opens the device again: it has another planner, and other kernels. But all have the same, which is that of the
    // reference's row, so that none is held against a row of another.
    let prepared = Evaluation::new(reference.clone(), settings.problem(REFERENCE))
        .episodes(settings.episodes()?)
        .steps(settings.steps());
    let prepared = prepared.prepare().map_err(refused)?;
    let machine = Machine::of_evaluation(&prepared);
    drop(prepared);
    let match_ = Match {
        episodes: settings.episodes()?,
        threads: machine.threads,
        settings: &settings,
        reference: &reference,
        on_gpu: machine.device != Device::Cpu,
        choice: machine.choice(),
        fallback_reason: OnceCell::new(),
    };
    interrupt::watch();
    let report = Report::open(settings.options().json.as_deref(), settings.options().quiet)?;
    machine.tell(&report, settings.options().verbose);

    let mut comparison = Comparison::new(&settings, &machine, match_.episodes, &reference);
    match match_.run(budget, &mut comparison) {
        Err(error) if error.downcast_ref() == Some(&PilotError::Interrupted) => {}
        ran => ran?,
    }
    comparison.interrupted = interrupt::stopped();
    comparison.rank();
    comparison.fallback_reason = match_.fallback_reason.into_inner();
    machine.warn(&report, comparison.fallback_reason.as_deref());
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
    choice: &'a DeviceChoice,
    /// The first that any pilot or evaluation had.
    fallback_reason: OnceCell<String>,
}

/// What a decision costs.
struct Cost {
    particle_steps: f64,
    /// Told nobody: by it the time that is left is estimated.
    time: Duration,
}

impl Match<'_> {
    /// Fills in all rows, or those before an interruption.
    fn run(&self, budget: Option<Duration>, comparison: &mut Comparison) -> Result<()> {
        let reference = self.reference;
        let planners = || PlannerKind::ALL.iter().map(|(planner, _)| *planner);
        let (result, qualities) = chance::evaluate(reference, self.settings, self.episodes)?;
        comparison.rows.push(Row::chance(&result, &qualities));

        let usual = self.decide(reference)?;
        let equals: Vec<_> = planners()
            .map(|planner| self.with_equal_steps(planner, usual.particle_steps))
            .collect();
        // An episode's share of all the time that is still to come: what its decisions take.
        let own =
            |equal: &Result<(PilotConfig, Duration)>| equal.as_ref().map_or(0, |c| share(c.1));
        let common = share(match budget {
            Some(budget) if !self.on_gpu => budget,
            _ => usual.time,
        });
        let rows = equals.iter().filter(|equal| equal.is_ok()).count() + planners().count();
        let work = equals.iter().map(own).sum::<u64>() + common * planners().count() as u64;
        let [rows, work] = [rows as u64, work].map(|each| each * u64::from(self.episodes));
        let progress = Progress::weighed("episodes", rows, work, self.settings.options().quiet);

        for (planner, equal) in planners().zip(equals) {
            let tick = || progress.tick_of(own(&equal));
            let row = match &equal {
                Ok((config, _)) => self.row("equal-particle-steps", config, None, &tick),
                Err(_) => equal.map(|_| None),
            };
            comparison.note("equal-particle-steps", planner, row)?;
        }
        let budget = match budget {
            Some(budget) => budget,
            None => self.trial(reference)?,
        };
        comparison.budget_us = budget.as_nanos() as f64 / 1e3;
        for planner in planners() {
            let tick = || progress.tick_of(common);
            let row = self.with_equal_time(planner, budget);
            let row = row.and_then(|config| self.row("equal-time", &config, Some(budget), &tick));
            comparison.note("equal-time", planner, row)?;
        }
        progress.finish();
        Ok(())
    }

    /// As many particles as make a decision cost `target` simulated steps, and about how long one then takes.
    fn with_equal_steps(
        &self,
        planner: PlannerKind,
        target: f64,
    ) -> Result<(PilotConfig, Duration)> {
        let (mut config, mut time) = (self.settings.config(planner), Duration::ZERO);
        for _ in 0..2 {
            let decision = self.decide(&config)?;
            let ratio = target / decision.particle_steps;
            config = scaled(&config, ratio);
            time = decision.time.mul_f64(ratio);
        }
        Ok((config, time))
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
        tick: &(dyn Fn() + Sync),
    ) -> Result<Option<Row>> {
        if interrupt::stopped() {
            return Ok(None);
        }
        let steps = self.settings.steps();
        let (result, time, qualities) = self.evaluate(config, self.episodes, steps, tick)?;
        let problem = self.settings.problem(config.planner).into();
        let row = || Row::of(terms, config, problem, &result, time, budget, &qualities);
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
        let evaluation = Evaluation::new(config.clone(), self.settings.problem(config.planner))
            .episodes(episodes)
            .steps(steps)
            .push(self.settings.push())
            .begin_on(self.choice.clone());
        let result = evaluation.run_with(interrupt::watch(), |episode| {
            let quality = Quality::of(episode, self.settings);
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
        self.note(result.fallback_reason.as_deref());
        Ok((result, median, qualities.into_iter().map(|(_, quality)| quality).collect()))
    }

    /// What decisions cost, on one thread as in an evaluation.
    fn decide(&self, config: &PilotConfig) -> Result<Cost> {
        // Where the comparison runs, not where one decision alone would be fastest.
        let device = if self.on_gpu { config.device } else { Device::Cpu };
        let single = PilotConfig { threads: 1, device, ..config.clone() };
        let pilot = Pilot::new(single, self.settings.problem(config.planner));
        let mut pilot = pilot.map_err(refused)?;
        pilot.set_interrupt(Arc::clone(interrupt::watch()));
        let began = Instant::now();
        let mut act = || {
            let asked = Instant::now();
            pilot.act(&[0.0; 4]).map(|decision| (decision, asked.elapsed()))
        };
        // The second tells, since the first has no plan to start from; a short one's time is told by a few more.
        act()?;
        let (decision, mut time) = act()?;
        while began.elapsed() < TIMED {
            time = time.min(act()?.1);
        }
        self.note(pilot.fallback_reason().map(ToString::to_string).as_deref());
        let particle_steps = (decision.diagnostics.particle_steps as f64).max(1.0);
        Ok(Cost { particle_steps, time })
    }

    fn note(&self, fallback_reason: Option<&str>) {
        if let Some(error) = fallback_reason {
            self.fallback_reason.get_or_init(|| error.into());
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

/// The work of an episode whose decisions take so long, as progress counts it.
fn share(time: Duration) -> u64 {
    (time.as_nanos() as u64).max(1)
}

fn scaled(config: &PilotConfig, ratio: f64) -> PilotConfig {
    let particles = (f64::from(config.particles) * ratio).round();
    PilotConfig {
        particles: particles.clamp(1.0, MOST_PARTICLES.max(config.particles.into())) as u32,
        ..config.clone()
    }
}
