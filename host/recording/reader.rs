//! Reads a recording, row by row, and notes what contradicts itself.

use std::io::BufRead;

use super::columns::Columns;
use super::lines::{Lines, without_end};
use super::{RecordingError, Row};
use crate::episode::Digest;

/// What the line with the lines' digest begins with; it is not part of that.
const LINES: &str = "# lines:";

/// A recording that is read, row by row: however many it has, they take no more memory than one. (Its notes, and what is odd about
/// it, are kept.)
pub struct Recording<R> {
    lines: Lines<R>,
    notes: String,
    columns: Columns,
    end: End,
    /// Whether there are no more lines.
    is_over: bool,
}

/// What comes after the steps, and what is wrong about lines that can be read nevertheless.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct End {
    /// The step and the state after the last action. These numbers may be anything: what is no number can be what ended the
    /// episode.
    pub last: Option<(u32, Vec<f64>)>,
    /// The name of an [`Ending`](crate::Ending), or whatever else is there.
    pub outcome: Option<String>,
    /// Of states and actions.
    pub digest: Option<Digest>,
    /// Whether the lines' own digest has come.
    has_lines: bool,
    /// What is missing, cut off, there twice, out of place, or changed since it was written, in words.
    pub oddities: Vec<String>,
}

impl<R: BufRead> Recording<R> {
    /// Reads everything before the rows.
    ///
    /// A byte-order mark and lines that end in `\r\n`, as other editors leave them, are no part of the text.
    ///
    /// # Errors
    /// [`RecordingError`] if `input` fails or is no recording that this version can read.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::recording::{Recording, RecordingError};
    /// let old = Recording::read(&b"# particle-pilot trace 1\n"[..]);
    /// assert!(matches!(old, Err(RecordingError::Format { found: 1 })));
    /// ```
    pub fn read(input: R) -> Result<Self, RecordingError> {
        let mut lines = Lines::begin(input)?;
        let mut notes = String::new();
        let columns = loop {
            let line = lines.next()?.unwrap_or_default();
            lines.note(&line);
            let Some(note) = line.strip_prefix('#') else { break Columns::read(line.trim_end()) };
            notes += without_end(note.strip_prefix(' ').unwrap_or(note));
            notes.push('\n');
        };
        let reason = "its columns are not `step`, the state's, `action` or `action_0`, `action_1` .., `reward` ..";
        let columns = columns.ok_or_else(|| lines.wrong(reason))?;
        Ok(Self { lines, notes, columns, end: End::default(), is_over: false })
    }

    /// The text that [`Recorder::begin`](super::Recorder::begin) was given, each line with a line feed.
    #[must_use]
    pub fn notes(&self) -> &str {
        &self.notes
    }

    /// What the numbers of a state are called: as many as a state has.
    #[must_use]
    pub fn state_names(&self) -> &[String] {
        self.columns.states()
    }

    /// What the numbers of an action are called: `action` where there is one, else `action_0` and so on.
    #[must_use]
    pub fn action_names(&self) -> &[String] {
        self.columns.actions()
    }

    /// What is known of the end so far: all of it once there are no more rows.
    #[must_use]
    pub fn end(&self) -> &End {
        &self.end
    }

    /// Adds to the oddities, for whoever knows what the notes should say: a replay then does not agree.
    pub fn add_oddity(&mut self, oddity: String) {
        self.end.oddities.push(oddity);
    }

    /// The next step; none after the last, and then [`Recording::end`] is complete.
    ///
    /// # Errors
    /// [`RecordingError`] if the input fails or a line is none of a recording.
    pub fn row(&mut self) -> Result<Option<Row>, RecordingError> {
        while !self.is_over {
            let Some(line) = self.lines.next()? else { break };
            if !line.starts_with(LINES) {
                self.lines.note(&line);
            }
            let text = line.trim();
            if text.starts_with('#') {
                self.footer(text);
            } else if !line.ends_with('\n') {
                self.end.oddities.push(format!("line {} is cut off", self.lines.count()));
            } else if let Some(row) =
                self.fields(text).map_err(|reason| self.lines.wrong(reason))?
            {
                return Ok(Some(row));
            }
        }
        if !std::mem::replace(&mut self.is_over, true) && !self.end.has_lines {
            self.end.oddities.push("`lines` is missing".into());
        }
        Ok(None)
    }

    /// A line of values: a row, or else the final state, which is kept.
    fn fields(&mut self, text: &str) -> Result<Option<Row>, String> {
        let columns = &self.columns;
        let fields: Vec<&str> = text.split(',').collect();
        let (found, all) = (fields.len(), columns.names().len());
        if found != all {
            return Err(format!("a step has {all} values, this line has {found}"));
        }
        if self.end.last.is_some() {
            return Err("nothing comes after the final state".into());
        }
        let step = fields[0];
        let step = step.parse().map_err(|_| format!("`step` is `{step}`, which is no step"))?;
        let number = |index: usize| -> Result<f64, String> {
            let (name, text) = (&columns.names()[index], fields[index]);
            text.parse().map_err(|_| format!("`{name}` is `{text}`, which is no number"))
        };
        let numbers = |from, to| (from..to).map(number).collect::<Result<Vec<f64>, String>>();
        let (action, last) = (columns.first_action(), columns.first_of_last());
        let state = numbers(1, action)?;
        if fields[action..].iter().all(|field| field.is_empty()) {
            self.end.last = Some((step, state));
            return Ok(None);
        }
        let is_beyond = |value: &f64| !(*value as f32).is_finite();
        if let Some(index) = state.iter().position(is_beyond) {
            let (name, value) = (&columns.states()[index], state[index]);
            return Err(format!("`{name}` is {value:e}; states are finite, and at most 3.4e38"));
        }
        Ok(Some(Row {
            step,
            state,
            action: numbers(action, last)?,
            reward: number(last)?,
            decision_us: number(last + 1)?,
            best: number(last + 2)?,
            mean: number(last + 3)?,
            ess: number(last + 4)?,
            spread: number(last + 5)?,
            dead_share: number(last + 6)?,
        }))
    }

    /// A line after the rows.
    fn footer(&mut self, line: &str) {
        let (number, text) = (self.lines.count(), line[1..].trim());
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
                if digest() != Some(self.lines.digest()) {
                    end.oddities.push("lines were changed after they were written".into());
                }
            }
            _ => end.oddities.push(format!("line {number} does not belong there: {line}")),
        }
        if !is_new {
            end.oddities.push(format!("`{name}` is there twice"));
        }
    }

    /// Refuses a recording that is of no pilot with these columns.
    pub(super) fn require(&self, columns: &Columns) -> Result<(), RecordingError> {
        match self.columns == *columns {
            true => Ok(()),
            false => Err(RecordingError::Columns { required: columns.line() }),
        }
    }

    /// What is wrong with the last line.
    pub(super) fn wrong(&self, reason: String) -> RecordingError {
        self.lines.wrong(reason)
    }
}
