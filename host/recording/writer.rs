//! Writes a recording as it happens.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};

use super::columns::Columns;
use super::{FORMAT, MAGIC, Row};
use crate::episode::{Digest, EpisodeResult, StepRecord};
use crate::pilot::Pilot;

/// Writes a recording, line by line, while an episode runs: see the [module](super).
///
/// What is written arrives in blocks; without [`Recorder::end`], the recording is one that was cut off.
pub struct Recorder<W: Write> {
    out: BufWriter<W>,
    /// Of what was written.
    digest: Digest,
    columns: Columns,
    /// The line that is being put together.
    line: String,
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
        let line = head + &columns.line() + "\n";
        let mut recorder = Self { out: BufWriter::new(out), digest: Digest::new(), columns, line };
        recorder.write_line()?;
        // An output that takes nothing is told of before the episode.
        recorder.out.flush()?;
        Ok(recorder)
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
        self.begin_row(row.step, &row.state);
        row.action.iter().for_each(|number| add_action(&mut self.line, *number));
        last.iter().for_each(|number| add(&mut self.line, *number));
        self.line.push('\n');
        self.write_line()
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
            self.begin_row(result.steps, state);
            self.line.extend((1 + state.len()..self.columns.names().len()).map(|_| ','));
            self.line.push('\n');
        }
        self.line += &format!("# outcome: {}\n# digest: {}\n", result.ending, result.digest);
        self.write_line()?;
        writeln!(self.out, "# lines: {}", self.digest)?;
        let mut out = self.out.into_inner().map_err(|error| error.into_error())?;
        out.flush()?;
        Ok(out)
    }

    fn begin_row(&mut self, step: u32, state: &[f64]) {
        self.line += &step.to_string();
        state.iter().for_each(|number| add(&mut self.line, *number));
    }

    /// Writes and hashes what was put together.
    fn write_line(&mut self) -> io::Result<()> {
        self.digest.bytes(self.line.as_bytes());
        let written = self.out.write_all(self.line.as_bytes());
        self.line.clear();
        written
    }
}

/// The shortest decimals that are read as this number.
fn add(line: &mut String, number: f64) {
    let _ = write!(line, ",{number:?}"); // which a string takes
}

/// As [`add`], where whole numbers look like indices.
fn add_action(line: &mut String, number: f64) {
    let integer = number as i64;
    // Not for -0, whose sign would be lost.
    if (integer as f64).to_bits() == number.to_bits() {
        let _ = write!(line, ",{integer}");
    } else {
        add(line, number);
    }
}
