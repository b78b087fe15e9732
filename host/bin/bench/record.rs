//! What was measured, and on which terms: the JSON that is written, and read again to compare.

use particle_pilot::Digest;
use serde::{Deserialize, Serialize};

use crate::contender::Contender;
use crate::doubt::Doubt;
use crate::figure::{Figure, Latency};
use crate::limits::Limit;
use crate::machine::Machine;
use crate::peak::Peak;
use crate::peers::About;
use crate::sampling::Sampling;
use crate::suites::{Case, Extent, Suite};

/// The version of the format; another one when a field changes its meaning or goes away.
pub const SCHEMA: u32 = 1;

/// Everything. Times are in seconds, memory in bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    pub program: String,
    pub schema: u32,
    /// Of particle-pilot.
    pub version: String,
    /// When it began, in seconds since 1970.
    pub unix_time: u64,
    /// Whether Ctrl-C ended it: the rows are those finished by then.
    pub interrupted: bool,
    pub machine: Machine,
    pub suites: Vec<Suite>,
    pub extent: Extent,
    pub sampling: Sampling,
    /// The CPU's multiply-adds, measured before and after everything else.
    pub peaks: Vec<Peak>,
    pub rows: Vec<Row>,
    /// Other software that took part, or why it did not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<About>,
}

/// One contender in one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub suite: Suite,
    pub case: String,
    pub about: String,
    /// What is planned with, where it is not the cart-pole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub contender: Contender,
    /// The contender's name.
    pub name: String,
    pub status: Status,
    /// Why it was not timed.
    pub reason: Option<String>,
    /// Of its answers to a smaller part of the work, which were compared.
    pub digest: Option<Digest>,
    /// Steps that particles take in a run.
    pub particle_steps: Option<u64>,
    /// Episodes that a run consists of.
    pub episodes: Option<u32>,
    /// From call to answer.
    pub host: Option<Figure>,
    /// By the GPU's own clock.
    pub device: Option<Figure>,
    /// Of single runs, in the suites `latency` and `models`.
    pub latency: Option<Latency>,
    /// How many times as fast as all threads of the CPU.
    pub ratio: Option<f64>,
    /// What the inner loop's instructions alone allow.
    pub limit: Option<Limit>,
    /// How far the process's memory rose at most above where it was before this contender was made ready.
    pub memory_bytes: Option<u64>,
    /// The share of the machine that others used while the case was timed, 0 to 1.
    pub others: Option<f64>,
    /// Why its figures are to be doubted.
    #[serde(default)]
    pub doubts: Vec<Doubt>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Its answers are right, and it was timed.
    Timed,
    /// Its answers are not the reference's.
    Wrong,
    /// It would take too long.
    Skipped,
    /// It could not do the work.
    Failed,
}

impl Row {
    /// Before anything was measured.
    pub fn new(case: &Case, contender: &Contender) -> Self {
        Self {
            suite: case.suite,
            case: case.name.clone(),
            about: case.work.about(),
            model: case.work.model().map(|model| model.to_string()),
            contender: contender.clone(),
            name: contender.to_string(),
            status: Status::Timed,
            reason: None,
            digest: None,
            particle_steps: None,
            episodes: case.work.episodes(),
            host: None,
            device: None,
            latency: None,
            ratio: None,
            limit: None,
            memory_bytes: None,
            others: None,
            doubts: Vec::new(),
        }
    }

    pub fn mark_wrong(&mut self, reason: String) {
        self.status = Status::Wrong;
        self.reason = Some(reason);
    }

    pub fn fail(&mut self, error: &anyhow::Error) {
        self.status = Status::Failed;
        self.reason = Some(format!("{error:#}"));
    }

    /// Leaves it out, since a run takes `run_s` seconds.
    pub fn skip(&mut self, sampling: &Sampling, run_s: f64) {
        self.status = Status::Skipped;
        let whole = sampling.whole_s(run_s);
        self.reason = Some(format!("{} samples would take about {whole:.1} s", sampling.samples));
    }

    /// The median from call to answer.
    pub fn median_s(&self) -> Option<f64> {
        self.host.as_ref().map(|figure| figure.median_s)
    }

    /// Particle-steps a second at that median.
    pub fn particle_steps_per_s(&self) -> Option<f64> {
        let steps = self.particle_steps.filter(|steps| *steps > 0)?;
        Some(steps as f64 / self.median_s().filter(|time| *time > 0.0)?)
    }
}

/// Whether a row was wrong or failed. Other software may fail: that is said, but it is not our fault.
pub fn is_bad(rows: &[Row]) -> bool {
    let is_bad = |row: &Row| match row.status {
        Status::Wrong => true,
        Status::Failed => !row.contender.is_peer(),
        Status::Timed | Status::Skipped => false,
    };
    rows.iter().any(is_bad)
}

/// Notes in each row of a case how it compares with `whole_cpu`.
pub fn compare(rows: &mut [Row], whole_cpu: &Contender) {
    let reference = rows.iter().find(|row| row.contender == *whole_cpu).and_then(Row::median_s);
    for row in rows {
        let times = reference.zip(row.median_s()).filter(|(_, own)| *own > 0.0);
        row.ratio = times.map(|(reference, own)| reference / own);
    }
}
