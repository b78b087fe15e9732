//! Reads a trace, line by line, and notes what contradicts itself.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Error, Result};
use particle_pilot::Digest;

use super::{FORMAT, HEADER, MAGIC, Row};
use crate::config_file;
use crate::settings::Settings;
use crate::shared::input;
use crate::shared::usage::usage;

/// The first line is looked for in so many bytes: the file may be anything.
const LONGEST_MAGIC: u64 = 100;

/// A trace that is read.
pub struct Trace {
    name: String,
    input: Box<dyn BufRead>,
    /// Lines read.
    lines: usize,
    /// Of the lines read.
    digest: Digest,
    pub settings: Settings,
    /// What is known once there are no more rows.
    pub end: End,
}

/// What comes after the steps, and what is wrong about lines that can be read nevertheless.
#[derive(Default)]
pub struct End {
    /// The step and the state after the last action.
    pub last: Option<(u32, [f64; 4])>,
    pub outcome: Option<String>,
    pub digest: Option<Digest>,
    /// Whether the lines' own digest has come.
    has_lines: bool,
    pub oddities: Vec<String>,
}

impl Trace {
    /// Reads everything before the rows of a file; `-` is standard input.
    pub fn open(path: &Path) -> Result<Self> {
        let (name, input) = input::open(path)?;
        Self::read(name, BufReader::new(input))
    }

    /// As [`Trace::open`], from what messages call `name`.
    pub fn read(name: String, input: impl BufRead + 'static) -> Result<Self> {
        let mut trace = Self {
            name,
            input: Box::new(input),
            lines: 0,
            digest: Digest::new(),
            settings: Settings::default(),
            end: End::default(),
        };
        trace.magic()?;
        let mut options = String::new();
        let columns = loop {
            match trace.line()? {
                Some(line) if line.starts_with('#') => {
                    options.push_str(line[1..].trim());
                    options.push('\n');
                }
                columns => break columns.unwrap_or_default(),
            }
        };
        if columns.trim_end() != HEADER.join(",") {
            return Err(trace.is_none(format!("its columns are not {}", HEADER.join(","))));
        }
        let parsed = config_file::parse(&options)
            .map_err(|(line, reason)| trace.is_none(format!("line {}: {reason}", line + 1)))?;
        trace.settings = Settings::new(parsed)
            .map_err(|error| trace.is_none(format!("its options are wrong: {error}")))?;
        trace.end.oddities = trace.settings.differing_options(&options)?;
        Ok(trace)
    }

    /// Reads the first line.
    fn magic(&mut self) -> Result<()> {
        let mut line = Vec::new();
        let read = (&mut self.input).take(LONGEST_MAGIC).read_until(b'\n', &mut line);
        read.map_err(|error| input::unreadable(&self.name, &error))?;
        let text = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line).trim_ascii_end();
        let text = String::from_utf8_lossy(text);
        match text.strip_prefix(MAGIC).map(str::parse) {
            Some(Ok(FORMAT)) => {}
            Some(Ok(other)) => {
                let other: u32 = other;
                return Err(usage(format!(
                    "{} is a trace of format {other}, this program reads {FORMAT}",
                    self.name
                )));
            }
            _ => return Err(self.is_none(format!("it does not begin with `{MAGIC}{FORMAT}`"))),
        }
        self.note(&text);
        Ok(())
    }

    /// The next line; with its end, unless that is missing.
    fn line(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let read = self.input.read_line(&mut line).map_err(|error| match error.kind() {
            std::io::ErrorKind::InvalidData => {
                self.is_none(format!("line {} is not text", self.lines + 1))
            }
            _ => input::unreadable(&self.name, &error),
        })?;
        if read == 0 {
            return Ok(None);
        }
        if !line.starts_with(LINES) {
            self.note(line.trim_end_matches(['\n', '\r']));
        } else {
            self.lines += 1;
        }
        Ok(Some(line))
    }

    fn note(&mut self, line: &str) {
        self.lines += 1;
        self.digest.bytes(line.as_bytes());
        self.digest.bytes(b"\n");
    }

    /// The next step; none after the last, and then [`Trace::end`] is complete.
    pub fn row(&mut self) -> Result<Option<Row>> {
        while let Some(line) = self.line()? {
            let text = line.trim();
            if text.starts_with('#') {
                self.footer(text);
                continue;
            }
            let number = self.lines;
            if !line.ends_with('\n') {
                self.end.oddities.push(format!("line {number} is cut off"));
                continue;
            }
            let wrong = |reason| self.is_none(format!("line {number}: {reason}"));
            let fields: Vec<&str> = text.split(',').collect();
            if fields.len() != HEADER.len() {
                let (found, all) = (fields.len(), HEADER.len());
                return Err(wrong(format!("a step has {all} values, this line has {found}")));
            }
            if self.end.last.is_some() {
                return Err(wrong("nothing comes after the final state".into()));
            }
            if fields[5..].iter().all(|field| field.is_empty()) {
                self.end.last = Some(state_of(&fields).map_err(wrong)?);
                continue;
            }
            return Ok(Some(row_of(&fields).map_err(wrong)?));
        }
        if !self.end.has_lines {
            self.end.oddities.push("`lines` is missing".into());
        }
        Ok(None)
    }

    /// A line after the rows.
    fn footer(&mut self, line: &str) {
        let (number, text) = (self.lines, line[1..].trim());
        let end = &mut self.end;
        let (name, value) = text.split_once(':').unwrap_or((text, ""));
        let (value, mut is_new) = (value.trim(), true);
        let digest = || Digest::try_from(value.to_owned()).ok();
        match name {
            "outcome" => is_new = end.outcome.replace(value.to_owned()).is_none(),
            "digest" => match digest() {
                Some(digest) => is_new = end.digest.replace(digest).is_none(),
                None => end.oddities.push(format!("`digest` is `{value}`, no 16 digits")),
            },
            "lines" => {
                is_new = !std::mem::replace(&mut end.has_lines, true);
                if digest() != Some(self.digest) {
                    end.oddities.push("lines were changed after they were written".into());
                }
            }
            _ => end.oddities.push(format!("line {number} does not belong there: {line}")),
        }
        if !is_new {
            end.oddities.push(format!("`{name}` is there twice"));
        }
    }

    /// It cannot be read as a trace.
    pub fn is_none(&self, reason: String) -> Error {
        usage(format!("{} is no trace: {reason}", self.name))
    }
}

/// What the line with the lines' digest begins with; it is not part of that.
const LINES: &str = "# lines:";

fn number(fields: &[&str], index: usize) -> Result<f64, String> {
    let (name, text) = (HEADER[index], fields[index]);
    text.parse().map_err(|_| format!("`{name}` is `{text}`, which is no number"))
}

/// The step and the state.
fn state_of(fields: &[&str]) -> Result<(u32, [f64; 4]), String> {
    let text = fields[0];
    let step = text.parse().map_err(|_| format!("`step` is `{text}`, which is no step"))?;
    let mut state = [0.0; 4];
    for (index, value) in (1..).zip(&mut state) {
        *value = number(fields, index)?;
        if !(*value as f32).is_finite() {
            let name = HEADER[index];
            return Err(format!("`{name}` is {value:e}; states are finite, and at most 3.4e38"));
        }
    }
    Ok((step, state))
}

fn row_of(fields: &[&str]) -> Result<Row, String> {
    let (step, [x, x_dot, theta, theta_dot]) = state_of(fields)?;
    Ok(Row {
        step,
        x,
        x_dot,
        theta,
        theta_dot,
        action: number(fields, 5)?,
        reward: number(fields, 6)?,
        decision_us: number(fields, 7)?,
        best: number(fields, 8)?,
        mean: number(fields, 9)?,
        ess: number(fields, 10)?,
        spread: number(fields, 11)?,
        dead_share: number(fields, 12)?,
    })
}
