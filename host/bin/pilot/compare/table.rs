//! What a comparison says, for people and for programs.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use particle_pilot::env::Push;
use particle_pilot::{
    Device, DeviceShare, Digest, EvaluationResult, PilotConfig, PilotError, PlannerKind, Problem,
};
use serde::Serialize;

use super::quality::{Qualities, Quality, cost_less};
use crate::evaluate::percent;
use crate::machine::Machine;
use crate::settings::Settings;
use crate::shared::text::{count, grouped, significant};
use crate::shared::usage::UsageError;

/// Decisions may take longer than the budget by this share.
const TOLERANCE: f64 = 0.2;

/// All rows, and on which terms they came about.
#[derive(Serialize)]
pub struct Comparison {
    version: &'static str,
    pub interrupted: bool,
    episodes: u32,
    steps: u32,
    seed: u64,
    horizon: u32,
    push: Option<Push>,
    /// The time of a decision in the `equal-time` rows.
    pub budget_us: f64,
    /// The one that the comparison began on.
    device: Device,
    /// Why not everything ran on a GPU, where the device was left open and a GPU was, or might have been, faster.
    pub fallback_reason: Option<String>,
    simd: &'static str,
    threads: usize,
    /// The device, as people are told.
    #[serde(skip)]
    machine: String,
    pub rows: Vec<Row>,
    /// Rows that could not be had.
    left_out: Vec<LeftOut>,
}

/// A row that could not be had.
#[derive(Serialize)]
struct LeftOut {
    terms: &'static str,
    planner: &'static str,
    /// In a sentence.
    reason: String,
}

/// One planner on one of the terms.
#[derive(Serialize)]
pub struct Row {
    /// `chance`, `equal-particle-steps` or `equal-time`.
    terms: &'static str,
    planner: &'static str,
    particles: u32,
    horizon: u32,
    particle_steps_per_decision: f64,
    /// The median over episodes of their median decisions; on a GPU, of its time divided by their decisions.
    decision_us: f64,
    /// Whether that is at most a fifth above the budget, where there is one.
    within_budget: Option<bool>,
    /// 1 plus the number of rows on the same terms that cost less, by more than chance explains; none where not all
    /// costs are known.
    rank: Option<usize>,
    #[serde(flatten)]
    qualities: Qualities,
    /// Of each episode, in the order of seeds.
    #[serde(skip)]
    each: Vec<Quality>,
    episodes: u32,
    survived: u32,
    success_rate: f64,
    success_interval: [f64; 2],
    mean_steps: f64,
    min_steps: u32,
    wall_s: f64,
    digest: Digest,
    /// What ran the episodes; nothing for chance.
    devices: Vec<DeviceShare>,
    /// How it was planned; nothing for chance.
    config: Option<PilotConfig>,
    /// For what.
    problem: Option<Problem>,
    #[serde(skip)]
    percent: String,
}

impl Comparison {
    /// Without rows yet.
    pub fn new(
        settings: &Settings,
        machine: &Machine,
        episodes: u32,
        reference: &PilotConfig,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            interrupted: false,
            episodes,
            steps: settings.steps(),
            seed: reference.seed,
            horizon: reference.horizon,
            push: settings.push(),
            budget_us: 0.0,
            device: machine.device,
            fallback_reason: None,
            simd: machine.simd.name(),
            threads: machine.threads,
            machine: machine.to_string(),
            rows: Vec::new(),
            left_out: Vec::new(),
        }
    }

    /// Takes a row, if there is one, or notes why there cannot be: of a size that a planner refuses.
    pub fn note(
        &mut self,
        terms: &'static str,
        planner: PlannerKind,
        row: Result<Option<Row>>,
    ) -> Result<()> {
        let refuses = |error: &anyhow::Error| {
            let refusal = error.downcast_ref::<PilotError>();
            error.is::<UsageError>()
                || matches!(refusal, Some(PilotError::Memory { .. } | PilotError::Setting(_)))
        };
        match row {
            Err(error) if refuses(&error) => {
                let (planner, reason) = (planner.name(), error.to_string());
                self.left_out.push(LeftOut { terms, planner, reason });
            }
            row => self.rows.extend(row?),
        }
        Ok(())
    }
}

impl Row {
    /// A planner's row.
    pub fn of(
        terms: &'static str,
        config: &PilotConfig,
        problem: Problem,
        result: &EvaluationResult,
        decision: Duration,
        budget: Option<Duration>,
        qualities: &[Quality],
    ) -> Self {
        let decisions = (result.mean_steps * f64::from(result.episodes)).max(1.0);
        Self {
            planner: config.planner.name(),
            particles: config.particles,
            horizon: config.horizon,
            particle_steps_per_decision: result.particle_steps as f64 / decisions,
            decision_us: decision.as_nanos() as f64 / 1e3,
            within_budget: budget.map(|budget| decision <= budget.mul_f64(1.0 + TOLERANCE)),
            config: Some(config.clone()),
            problem: Some(problem),
            ..Self::unplanned(terms, result, qualities)
        }
    }

    /// The row of random actions.
    pub fn chance(result: &EvaluationResult, qualities: &[Quality]) -> Self {
        Self::unplanned("chance", result, qualities)
    }

    fn unplanned(terms: &'static str, result: &EvaluationResult, qualities: &[Quality]) -> Self {
        Self {
            terms,
            planner: "random",
            particles: 0,
            horizon: 0,
            particle_steps_per_decision: 0.0,
            decision_us: 0.0,
            within_budget: None,
            rank: None,
            each: qualities.to_vec(),
            // Of all episodes, or none: a GPU that failed on the way leaves those of the rest.
            qualities: match qualities.len() == result.episodes as usize {
                true => Qualities::of(qualities),
                false => Qualities::default(),
            },
            episodes: result.episodes,
            survived: result.survived,
            success_rate: result.success_rate,
            success_interval: result.success_interval,
            mean_steps: result.mean_steps,
            min_steps: result.min_steps,
            wall_s: result.wall.as_secs_f64(),
            digest: result.digest,
            devices: result.devices.clone(),
            config: None,
            problem: None,
            percent: percent(result),
        }
    }

    /// Its name, if the CPU ran any of its episodes.
    fn on_cpu(&self) -> Option<String> {
        let of_cpu = |share: &DeviceShare| share.device == Device::Cpu;
        self.devices.iter().any(of_cpu).then(|| format!("{} {}", self.terms, self.planner))
    }

    /// The cells of a line.
    fn cells(&self) -> [String; COLUMNS] {
        let planned = self.particles > 0;
        let or_none = |text: String| if planned { text } else { "-".into() };
        let mark = if self.within_budget == Some(false) { "!" } else { "" };
        let [position, angle, cost] = self.qualities.cells();
        [
            self.planner.into(),
            self.rank.filter(|_| planned).map_or("-".into(), |rank| rank.to_string()),
            or_none(grouped(self.particles.into())),
            or_none(grouped(self.particle_steps_per_decision.round() as u64)),
            or_none(format!("{mark}{}", significant(self.decision_us))),
            format!("{:.1}", self.mean_steps),
            self.percent.clone(),
            position,
            angle,
            cost,
        ]
    }
}

const COLUMNS: usize = 10;
const HEADINGS: [&str; COLUMNS] = [
    "planner",
    "rank",
    "particles",
    "steps/decision",
    "µs/decision",
    "mean steps",
    "survived (95% interval)",
    "RMS m",
    "RMS °",
    "cost per step",
];

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (episodes, steps) =
            (count(self.episodes.into(), "episode"), count(self.steps.into(), "step"));
        writeln!(
            f,
            "{episodes} of {steps} from seed {}, horizon {}; {}",
            self.seed, self.horizon, self.machine,
        )?;
        let lines: Vec<[String; COLUMNS]> = self.rows.iter().map(Row::cells).collect();
        let width = |column: usize| {
            let cells = lines.iter().map(|line| line[column].chars().count());
            cells.fold(HEADINGS[column].chars().count(), usize::max)
        };
        let widths: [usize; COLUMNS] = std::array::from_fn(width);
        let mut terms = "";
        for (row, cells) in self.rows.iter().zip(&lines) {
            if row.terms != terms {
                terms = row.terms;
                writeln!(f, "\n{}", self.heading(terms))?;
                write_line(f, &widths, &HEADINGS)?;
            }
            write_line(f, &widths, &cells.each_ref().map(String::as_str))?;
        }
        if self.device != Device::Cpu && self.fallback_reason.is_some() {
            let planned = self.rows.iter().filter(|row| row.particles > 0).count();
            let on_cpu: Vec<String> = self.rows.iter().filter_map(Row::on_cpu).collect();
            let rows = match on_cpu.len() {
                0 => "none".into(),
                all if all == planned => "all".into(),
                _ => on_cpu.join(", "),
            };
            writeln!(f, "\nthe GPU failed on the way; rows of the CPU, wholly or partly: {rows}")?;
        }
        if self.rows.iter().any(|row| row.within_budget == Some(false)) {
            writeln!(f, "\n! misses the budget by more than a fifth")?;
        }
        let is_blind = |row: &Row| row.particles > 0 && row.qualities.mean_cost().is_none();
        if self.rows.iter().any(is_blind) {
            writeln!(
                f,
                "\nno cost, no rank: a GPU that runs whole episodes does not tell their states; --device cpu does"
            )?;
        }
        for LeftOut { terms, planner, reason } in &self.left_out {
            writeln!(f, "\nno {terms} row of {planner}: {reason}")?;
        }
        if self.interrupted {
            let finished = self.rows.last().map_or(0, |row| row.episodes);
            let of = grouped(self.episodes.into());
            writeln!(
                f,
                "\ninterrupted; the last row is of {} of {of} episodes",
                grouped(finished.into())
            )?;
        }
        Ok(())
    }
}

impl Comparison {
    /// Ranks the rows of all episodes on each of the terms.
    pub fn rank(&mut self) {
        let all = self.episodes as usize;
        let whole: Vec<&Row> = self.rows.iter().filter(|row| row.each.len() == all).collect();
        let is_better =
            |other: &Row, row: &Row| other.terms == row.terms && cost_less(&other.each, &row.each);
        let raw = |row: &Row| 1 + whole.iter().filter(|other| is_better(other, row)).count();
        // A row that costs more on average is not ranked better, whatever chance explains of each.
        let cost = |row: &Row| row.qualities.mean_cost();
        let is_cheaper =
            |other: &Row, row: &Row| other.terms == row.terms && cost(other) <= cost(row);
        let rank = |row: &Row| {
            whole.iter().filter(|other| is_cheaper(other, row)).map(|other| raw(other)).max()
        };
        let ranks: Vec<_> =
            self.rows.iter().map(|row| rank(row).filter(|_| row.each.len() == all)).collect();
        for (row, rank) in self.rows.iter_mut().zip(ranks) {
            row.rank = rank;
        }
    }

    fn heading(&self, terms: &str) -> String {
        match terms {
            "equal-particle-steps" => "at equal particle-steps per decision:".into(),
            "equal-time" => {
                let budget = significant(self.budget_us);
                let of_what = match self.device {
                    Device::Cpu => "on one thread",
                    _ => "of the GPU's time",
                };
                format!("at equal time, {budget} µs per decision {of_what}:")
            }
            _ => "by chance:".into(),
        }
    }
}

/// The first column to the left, the others to the right.
fn write_line(
    f: &mut fmt::Formatter<'_>,
    widths: &[usize; COLUMNS],
    cells: &[&str; COLUMNS],
) -> fmt::Result {
    write!(f, "  {:<1$}", cells[0], widths[0])?;
    for (cell, width) in cells.iter().zip(widths).skip(1) {
        write!(f, "  {cell:>width$}")?;
    }
    writeln!(f)
}
