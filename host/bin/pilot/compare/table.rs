//! What a comparison says, for people and for programs.

use std::fmt;
use std::time::Duration;

use particle_pilot::{Device, DeviceShare, Digest, EvaluationResult, PilotConfig};
use serde::Serialize;

use crate::evaluate::percent;
use crate::machine::Machine;
use crate::settings::Settings;
use crate::shared::text::{grouped, significant};

/// All rows, and on which terms they came about.
#[derive(Serialize)]
pub struct Comparison {
    version: &'static str,
    pub interrupted: bool,
    episodes: u32,
    steps: u32,
    seed: u64,
    horizon: u32,
    /// The time of a decision in the `equal-time` rows.
    pub budget_us: f64,
    /// The one that the comparison began on.
    device: Device,
    /// Why not everything ran on a GPU, where the device was left open.
    pub setback: Option<String>,
    simd: &'static str,
    threads: usize,
    /// The device, as people are told.
    #[serde(skip)]
    machine: String,
    pub rows: Vec<Row>,
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
            budget_us: 0.0,
            device: machine.device,
            setback: None,
            simd: machine.simd.name(),
            threads: machine.threads,
            machine: machine.to_string(),
            rows: Vec::new(),
        }
    }
}

impl Row {
    /// A planner's row.
    pub fn of(
        terms: &'static str,
        config: &PilotConfig,
        result: &EvaluationResult,
        decision: Duration,
    ) -> Self {
        let decisions = (result.mean_steps * f64::from(result.episodes)).max(1.0);
        Self {
            planner: config.planner.name(),
            particles: config.particles,
            horizon: config.horizon,
            particle_steps_per_decision: result.particle_steps as f64 / decisions,
            decision_us: decision.as_nanos() as f64 / 1e3,
            ..Self::unplanned(terms, result)
        }
    }

    /// The row of random actions.
    pub fn chance(result: &EvaluationResult) -> Self {
        Self::unplanned("chance", result)
    }

    fn unplanned(terms: &'static str, result: &EvaluationResult) -> Self {
        Self {
            terms,
            planner: "random",
            particles: 0,
            horizon: 0,
            particle_steps_per_decision: 0.0,
            decision_us: 0.0,
            episodes: result.episodes,
            survived: result.survived,
            success_rate: result.success_rate,
            success_interval: result.success_interval,
            mean_steps: result.mean_steps,
            min_steps: result.min_steps,
            wall_s: result.wall.as_secs_f64(),
            digest: result.digest,
            devices: result.devices.clone(),
            percent: percent(result),
        }
    }

    /// Its name, if the CPU ran any of its episodes.
    fn on_cpu(&self) -> Option<String> {
        let of_cpu = |share: &DeviceShare| share.device == Device::Cpu;
        self.devices.iter().any(of_cpu).then(|| format!("{} {}", self.terms, self.planner))
    }

    /// The cells of a line.
    fn cells(&self) -> [String; 6] {
        let planned = self.particles > 0;
        let or_none = |text: String| if planned { text } else { "-".into() };
        [
            self.planner.into(),
            or_none(grouped(self.particles.into())),
            or_none(grouped(self.particle_steps_per_decision.round() as u64)),
            or_none(significant(self.decision_us)),
            format!("{:.1}", self.mean_steps),
            self.percent.clone(),
        ]
    }
}

const HEADINGS: [&str; 6] = [
    "planner",
    "particles",
    "steps/decision",
    "us/decision",
    "mean steps",
    "survived (95% interval)",
];

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (episodes, steps) = (grouped(self.episodes.into()), grouped(self.steps.into()));
        writeln!(
            f,
            "{episodes} episodes of {steps} steps from seed {}, horizon {}; {}",
            self.seed, self.horizon, self.machine,
        )?;
        let lines: Vec<[String; 6]> = self.rows.iter().map(Row::cells).collect();
        let width = |column: usize| {
            let cells = lines.iter().map(|line| line[column].len());
            cells.fold(HEADINGS[column].len(), usize::max)
        };
        let widths: [usize; 6] = std::array::from_fn(width);
        let mut terms = "";
        for (row, cells) in self.rows.iter().zip(&lines) {
            if row.terms != terms {
                terms = row.terms;
                writeln!(f, "\n{}", self.heading(terms))?;
                write_line(f, &widths, &HEADINGS)?;
            }
            write_line(f, &widths, &cells.each_ref().map(String::as_str))?;
        }
        if self.device != Device::Cpu && self.setback.is_some() {
            let planned = self.rows.iter().filter(|row| row.particles > 0).count();
            let on_cpu: Vec<String> = self.rows.iter().filter_map(Row::on_cpu).collect();
            let rows = match on_cpu.len() {
                0 => "none".into(),
                all if all == planned => "all".into(),
                _ => on_cpu.join(", "),
            };
            writeln!(f, "\nthe GPU failed on the way; rows of the CPU, wholly or partly: {rows}")?;
        }
        if self.interrupted {
            writeln!(f, "\ninterrupted; the last row may be of fewer episodes")?;
        }
        Ok(())
    }
}

impl Comparison {
    fn heading(&self, terms: &str) -> String {
        match terms {
            "equal-particle-steps" => "at equal particle-steps per decision:".into(),
            "equal-time" => {
                let budget = significant(self.budget_us);
                let of_what = match self.device {
                    Device::Cpu => "on one thread",
                    _ => "of the GPU's time",
                };
                format!("at equal time, {budget} us per decision {of_what}:")
            }
            _ => "by chance:".into(),
        }
    }
}

/// The first column to the left, the others to the right.
fn write_line(f: &mut fmt::Formatter<'_>, widths: &[usize; 6], cells: &[&str; 6]) -> fmt::Result {
    write!(f, "  {:<1$}", cells[0], widths[0])?;
    for (cell, width) in cells.iter().zip(widths).skip(1) {
        write!(f, "  {cell:>width$}")?;
    }
    writeln!(f)
}
