//! Traces: one line of CSV for every step, and what is needed to do it again.
//!
//! ```text
//! # particle-pilot trace 2
//! # planner = "random-shooting"         every option in effect, as in a configuration file
//! # ...
//! step,x,x_dot,theta,theta_dot,action,reward,decision_us,best,mean,ess,spread,dead_share
//! 0,0.0136,...                          the state before the action; shortest decimals
//! 500,0.0211,...,,,,,,,,                the state that the last action led to, and nothing else
//! # outcome: survived                   or fell, left-track, interrupted
//! # digest: 0123456789abcdef            of states and actions
//! # lines: 0123456789abcdef             of all lines above, each with a line feed
//! ```

mod reader;

use std::io::{BufWriter, Write};

use anyhow::{Context, Result};
use particle_pilot::{Action, ActionKind, Digest, EpisodeResult, StepRecord};
use serde::{Serialize, Serializer};

pub use self::reader::Trace;
use crate::settings::Settings;
use crate::shared::output::Sink;

/// What a trace begins with, before the number of its format.
const MAGIC: &str = "# particle-pilot trace ";
/// Until 1, traces had no final state.
const FORMAT: u32 = 2;

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub step: u32,
    pub x: f64,
    pub x_dot: f64,
    pub theta: f64,
    pub theta_dot: f64,
    /// 0 or 1, or newtons.
    #[serde(serialize_with = "integers_without_point")]
    pub action: f64,
    pub reward: f64,
    pub decision_us: f64,
    pub best: f64,
    pub mean: f64,
    pub ess: f64,
    pub spread: f64,
    pub dead_share: f64,
}

const HEADER: [&str; 13] = [
    "step",
    "x",
    "x_dot",
    "theta",
    "theta_dot",
    "action",
    "reward",
    "decision_us",
    "best",
    "mean",
    "ess",
    "spread",
    "dead_share",
];

impl From<&StepRecord<'_>> for Row {
    fn from(record: &StepRecord<'_>) -> Self {
        let [x, x_dot, theta, theta_dot] = std::array::from_fn(|i| record.state[i]);
        let diagnostics = record.diagnostics;
        Self {
            step: record.step,
            x,
            x_dot,
            theta,
            theta_dot,
            action: match record.action {
                Action::Discrete(index) => f64::from(index),
                Action::Continuous(force) => force[0],
            },
            reward: record.reward,
            decision_us: record.decision_time.as_nanos() as f64 / 1e3,
            best: diagnostics.best,
            mean: diagnostics.mean,
            ess: diagnostics.effective_samples,
            spread: diagnostics.spread,
            dead_share: diagnostics.dead_share,
        }
    }
}

impl Row {
    pub fn state(&self) -> [f64; 4] {
        [self.x, self.x_dot, self.theta, self.theta_dot]
    }

    /// The action, if it is one of that kind.
    pub fn action(&self, kind: ActionKind) -> Option<Action> {
        match kind {
            ActionKind::Continuous => {
                self.action.is_finite().then_some(Action::Continuous([self.action].into()))
            }
            ActionKind::Discrete if self.action == 0.0 => Some(Action::Discrete(0)),
            ActionKind::Discrete if self.action == 1.0 => Some(Action::Discrete(1)),
            ActionKind::Discrete => None,
        }
    }

    /// The planner's statistics by name.
    pub fn statistics(&self) -> [(&'static str, f64); 5] {
        [
            ("best", self.best),
            ("mean", self.mean),
            ("ess", self.ess),
            ("spread", self.spread),
            ("dead_share", self.dead_share),
        ]
    }
}

fn integers_without_point<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let integer = *value as i64;
    // Not for -0, whose sign would be lost.
    if (integer as f64).to_bits() == value.to_bits() {
        serializer.serialize_i64(integer)
    } else {
        serializer.serialize_f64(*value)
    }
}

/// Writes a trace as it happens.
pub struct TraceWriter {
    rows: csv::Writer<Hashed>,
}

impl TraceWriter {
    /// Begins with the options.
    pub fn begin(sink: Sink, settings: &Settings) -> Result<Self> {
        let mut out = Hashed { out: BufWriter::new(sink), digest: Digest::new() };
        let mut head = format!("{MAGIC}{FORMAT}\n");
        for line in settings.problem_toml()?.lines() {
            head += &format!("# {line}\n");
        }
        out.write_all(head.as_bytes()).context("cannot write the trace")?;
        let mut rows = csv::WriterBuilder::new().has_headers(false).from_writer(out);
        rows.write_record(HEADER).context("cannot write the trace")?;
        Ok(Self { rows })
    }

    pub fn step(&mut self, record: &StepRecord<'_>) -> Result<()> {
        self.rows.serialize(Row::from(record)).context("cannot write the trace")
    }

    /// Ends with how it went.
    pub fn end(mut self, result: &EpisodeResult) -> Result<()> {
        let nothing = [None::<f64>; HEADER.len() - 5];
        let last = result.final_state.as_ref().map(|state| (result.steps, state, nothing));
        let written = last.map_or(Ok(()), |last| self.rows.serialize(last));
        written.context("cannot write the trace")?;
        let flushed = self.rows.into_inner().map_err(|error| error.into_error());
        let mut out = flushed.context("cannot write the trace")?;
        write!(out, "# outcome: {}\n# digest: {}\n", result.ending, result.digest)
            .and_then(|()| writeln!(out.out, "# lines: {}", out.digest))
            .and_then(|()| out.out.into_inner().map_err(|error| error.into_error()))
            .context("cannot write the trace")?
            .finish()
    }
}

/// Hashes what is written.
struct Hashed {
    out: BufWriter<Sink>,
    digest: Digest,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.bytes(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
