//! Traces: one line of CSV for every step, and what is needed to do it again.
//!
//! ```text
//! # particle-pilot trace 1
//! # planner = "random-shooting"         every option in effect, as in a configuration file
//! # ...
//! step,x,x_dot,theta,theta_dot,action,reward,decision_us,best,mean,ess,spread,dead_share
//! 0,0.0136,...                          the state before the action; shortest decimals
//! # outcome: survived                   or fell, or interrupted
//! # digest: 0123456789abcdef
//! ```

use std::io::{BufRead, BufReader, BufWriter, Chain, Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, Result};
use particle_pilot::{Action, ActionKind, Digest, StepRecord};
use serde::{Deserialize, Serialize, Serializer};

use crate::config_file;
use crate::options::Options;
use crate::settings::Settings;
use crate::shared::output::{Sink, usage};

const MAGIC: &str = "# particle-pilot trace 1";

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

impl From<&StepRecord> for Row {
    fn from(record: &StepRecord) -> Self {
        let ([x, x_dot, theta, theta_dot], diagnostics) = (record.state, record.diagnostics);
        Self {
            step: record.step,
            x,
            x_dot,
            theta,
            theta_dot,
            action: match record.action {
                Action::Discrete(index) => f64::from(index),
                Action::Force(newton) => newton,
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

    /// The action, which must be one of that kind.
    pub fn action(&self, kind: ActionKind) -> Result<Action> {
        match kind {
            ActionKind::Continuous => Ok(Action::Force(self.action)),
            ActionKind::Discrete if self.action == 0.0 => Ok(Action::Discrete(0)),
            ActionKind::Discrete if self.action == 1.0 => Ok(Action::Discrete(1)),
            ActionKind::Discrete => Err(usage(format!(
                "step {} has action {}; discrete actions are 0 and 1",
                self.step, self.action
            ))),
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
    rows: csv::Writer<BufWriter<Sink>>,
}

impl TraceWriter {
    /// Begins with the options.
    pub fn begin(sink: Sink, settings: &Settings) -> Result<Self> {
        let mut out = BufWriter::new(sink);
        writeln!(out, "{MAGIC}").context("cannot write the trace")?;
        for line in settings.problem_toml()?.lines() {
            writeln!(out, "# {line}").context("cannot write the trace")?;
        }
        let mut rows = csv::WriterBuilder::new().has_headers(false).from_writer(out);
        rows.write_record(HEADER).context("cannot write the trace")?;
        Ok(Self { rows })
    }

    pub fn step(&mut self, record: &StepRecord) -> Result<()> {
        self.rows.serialize(Row::from(record)).context("cannot write the trace")
    }

    /// Ends with how it went.
    pub fn end(self, outcome: &str, digest: Digest) -> Result<()> {
        let flushed = self.rows.into_inner().map_err(|error| error.into_error());
        let mut out = flushed.context("cannot write the trace")?;
        write!(out, "# outcome: {outcome}\n# digest: {digest}\n")
            .and_then(|()| out.into_inner().map_err(|error| error.into_error()))
            .context("cannot write the trace")?
            .finish()
    }
}

/// A trace to be read.
pub struct Trace {
    pub settings: Settings,
    /// `None` if the end is missing.
    pub digest: Option<Digest>,
    rows: csv::Reader<Chain<BufReader<std::fs::File>, &'static [u8]>>,
}

impl Trace {
    /// Reads everything but the rows.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display();
        let cannot_read = |error: std::io::Error| usage(format!("cannot read {name}: {error}"));
        let no_trace = |reason: &str| usage(format!("{name} is no trace: {reason}"));

        let mut file = BufReader::new(std::fs::File::open(path).map_err(cannot_read)?);
        let mut magic = Vec::new();
        let longest = MAGIC.len() as u64 + 2; // of a file that may be anything
        (&mut file).take(longest).read_until(b'\n', &mut magic).map_err(cannot_read)?;
        if magic.trim_ascii_end() != MAGIC.as_bytes() {
            return Err(no_trace(&format!("it does not begin with `{MAGIC}`")));
        }
        let (mut options, mut digest, mut in_rows) = (String::new(), None, false);
        for line in (&mut file).lines() {
            let line = line.map_err(|_| no_trace("it is not text"))?;
            let Some(comment) = line.strip_prefix('#') else {
                in_rows = true;
                continue;
            };
            let comment = comment.trim();
            if let Some(text) = comment.strip_prefix("digest:").filter(|_| in_rows) {
                let parsed = Digest::try_from(text.trim().to_owned());
                digest = Some(parsed.map_err(|_| no_trace("its digest is not hexadecimal"))?);
            } else if !in_rows {
                options.push_str(comment);
                options.push('\n');
            }
        }
        let options: Options = config_file::parse(&options)
            .map_err(|(line, reason)| no_trace(&format!("line {}: {reason}", line + 1)))?;
        let settings = Settings::new(options)
            .map_err(|error| no_trace(&format!("its options are wrong: {error}")))?;

        file.rewind().map_err(cannot_read)?;
        let mut rows =
            csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(file.chain(&b"\n"[..])); // a comment without a line end would be a row
        let header = rows.headers().map_err(|_| no_trace("it is not CSV"))?;
        if header != HEADER.as_slice() {
            return Err(no_trace(&format!("its columns are not {}", HEADER.join(","))));
        }
        Ok(Self { settings, digest, rows })
    }

    /// The rows, to be read once.
    pub fn rows(&mut self) -> impl Iterator<Item = Result<Row>> + '_ {
        self.rows.deserialize().map(|row| {
            row.map_err(|error: csv::Error| {
                let line = error.position().map_or(0, csv::Position::line);
                usage(format!("no trace: line {line} is not a step ({error})"))
            })
        })
    }
}
