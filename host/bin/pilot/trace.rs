//! Traces: recordings whose notes are every option in effect, as in a configuration file.

use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Error, Result};
use particle_pilot::recording::{FORMAT, Recorder, Recording, RecordingError};
use particle_pilot::{EpisodeResult, Pilot, StepRecord};

use crate::config_file;
use crate::settings::Settings;
use crate::shared::input;
use crate::shared::output::Sink;
use crate::shared::usage::usage;

/// Writes a trace as it happens.
pub struct TraceWriter(Recorder<Sink>);

impl TraceWriter {
    /// Begins with the options.
    pub fn begin(sink: Sink, settings: &Settings, pilot: &Pilot) -> Result<Self> {
        let recorder = Recorder::begin(sink, &settings.problem_toml()?, pilot);
        Ok(Self(recorder.context("cannot write the trace")?))
    }

    pub fn step(&mut self, record: &StepRecord<'_>) -> Result<()> {
        self.0.step(record).context("cannot write the trace")
    }

    /// Ends with how it went.
    pub fn end(self, result: &EpisodeResult) -> Result<()> {
        self.0.end(result).context("cannot write the trace")?.finish()
    }
}

/// A trace that is read.
pub struct Trace {
    name: String,
    pub settings: Settings,
    pub recording: Recording<Box<dyn BufRead>>,
}

impl Trace {
    /// Reads everything before the rows of a file; `-` is standard input.
    pub fn open(path: &Path) -> Result<Self> {
        let (name, input) = input::open(path)?;
        Self::read(name, BufReader::new(input))
    }

    /// As [`Trace::open`], from what messages call `name`.
    pub fn read(name: String, input: impl BufRead + 'static) -> Result<Self> {
        let input: Box<dyn BufRead> = Box::new(input);
        let mut recording = Recording::read(input).map_err(|error| refused(&name, error))?;
        let options = config_file::parse(recording.notes()).map_err(|(line, reason)| {
            is_none(&name, format!("line {}: {reason}", line + 1)) // after the first
        })?;
        let settings = Settings::new(options)
            .map_err(|error| is_none(&name, format!("its options are wrong: {error}")))?;
        for oddity in settings.differing_options(recording.notes())? {
            recording.add_oddity(oddity);
        }
        Ok(Self { name, settings, recording })
    }

    /// Reads the rows that are left, and counts them.
    pub fn count_rows(&mut self) -> Result<usize> {
        let mut rows = 0;
        while self.recording.row().map_err(|error| self.refused(error))?.is_some() {
            rows += 1;
        }
        Ok(rows)
    }

    /// It cannot be read.
    pub fn refused(&self, error: RecordingError) -> Error {
        refused(&self.name, error)
    }
}

fn refused(name: &str, error: RecordingError) -> Error {
    match error {
        RecordingError::Io(error) => input::unreadable(name, &error),
        RecordingError::Format { found } => {
            usage(format!("{name} is a trace of format {found}, this program reads {FORMAT}"))
        }
        other => is_none(name, other),
    }
}

fn is_none(name: &str, reason: impl std::fmt::Display) -> Error {
    usage(format!("{name} is no trace: {reason}"))
}
