//! Writes a recording as it happens.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::columns::Columns;
use super::{FORMAT, MAGIC, Row};
use crate::episode::{Digest, EpisodeResult, StepRecord};
use crate::pilot::Pilot;

/// Writes a recording, line by line, while an episode runs: see the [module](super).
///
/// What is written arrives in blocks; without [`Recorder::end`], the recording is one that was cut off.
pub struct Recorder<W: Write> {
    rows: csv::Writer<Hashed<W>>,
    columns: Columns,
}

impl<W: Write> Recorder<W> {
    /// Begins the recording of an episode that `pilot` is to run.
    ///
    /// * `notes`: any lines of text, which come before the rows and are given back by
    ///   [`Recording::notes`](super::Recording::notes).
    ///
    /// # Errors
    /// Those of `out`.
    pub fn begin(out: W, notes: &str, pilot: &Pilot) -> io::Result<Self> {
        let columns = Columns::of(pilot);
        let mut head = format!("{MAGIC}{FORMAT}\n");
        for line in notes.lines() {
            // Readers take returns at the end of a line for a part of its end.
            head += &format!("# {}\n", line.trim_end_matches('\r'));
        }
        let mut out = Hashed { out, digest: Digest::new() };
        out.write_all(head.as_bytes())?;
        let mut rows = csv::WriterBuilder::new().has_headers(false).from_writer(out);
        rows.write_record(columns.names()).map_err(plain)?;
        Ok(Self { rows, columns })
    }

    /// Writes a step, as [`Episode::run_in_with`](crate::Episode::run_in_with) and its like show it.
    ///
    /// # Errors
    /// Those of the output; of the kind [`io::ErrorKind::InvalidInput`] for a step of another pilot, whose state or action has
    /// another number of numbers.
    pub fn step(&mut self, record: &StepRecord<'_>) -> io::Result<()> {
        let row = Row::from(record);
        let (states, actions) = (self.columns.states().len(), self.columns.actions().len());
        if (row.state.len(), row.action.len()) != (states, actions) {
            let reason = format!(
                "a state of {} and an action of {} numbers do not belong in a recording of {states} and {actions}",
                row.state.len(),
                row.action.len()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        let Row { reward, decision_us, best, mean, ess, spread, dead_share, .. } = row;
        let last = [reward, decision_us, best, mean, ess, spread, dead_share];
        let line = (row.step, &row.state, IntegersWithoutPoint(&row.action), last);
        self.rows.serialize(line).map_err(plain)
    }

    /// Ends with how it went, and gives back the output, flushed.
    ///
    /// # Errors
    /// Those of the output; of the kind [`io::ErrorKind::InvalidInput`] for the result of another pilot's episode.
    pub fn end(mut self, result: &EpisodeResult) -> io::Result<W> {
        if let Some(state) = &result.final_state {
            if state.len() != self.columns.states().len() {
                let reason = "this episode's last state is of another model";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
            }
            let nothing = vec![None::<f64>; self.columns.names().len() - 1 - state.len()];
            self.rows.serialize((result.steps, state, nothing)).map_err(plain)?;
        }
        let mut out = self.rows.into_inner().map_err(|error| error.into_error())?;
        write!(out, "# outcome: {}\n# digest: {}\n", result.ending, result.digest)?;
        let Hashed { mut out, digest } = out;
        writeln!(out, "# lines: {digest}")?;
        out.flush()?;
        Ok(out)
    }
}

/// The output's own error.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Hashes what is written.
struct Hashed<W> {
    out: W,
    digest: Digest,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.bytes(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Numbers of which whole ones look like indices.
struct IntegersWithoutPoint<'a>(&'a [f64]);

#[derive(Serialize)]
#[serde(untagged)]
enum Number {
    Integer(i64),
    Other(f64),
}

impl Serialize for IntegersWithoutPoint<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|number| {
            let integer = *number as i64;
            // Not for -0, whose sign would be lost.
            match (integer as f64).to_bits() == number.to_bits() {
                true => Number::Integer(integer),
                false => Number::Other(*number),
            }
        }))
    }
}
