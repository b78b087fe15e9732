//! The lines of a recording, counted and hashed.

use std::io::{self, BufRead, Read};

use super::{FORMAT, MAGIC, RecordingError};
use crate::episode::Digest;

/// The first line is looked for in so many bytes: the file may be anything.
const LONGEST_MAGIC: u64 = 100;

/// Reads lines.
pub(super) struct Lines<R> {
    input: R,
    /// How many were read.
    count: usize,
    /// Of those that were noted.
    digest: Digest,
}

impl<R: BufRead> Lines<R> {
    /// Reads the first line.
    pub fn begin(input: R) -> Result<Self, RecordingError> {
        let mut lines = Self { input, count: 0, digest: Digest::new() };
        let mut line = Vec::new();
        (&mut lines.input).take(LONGEST_MAGIC).read_until(b'\n', &mut line)?;
        let text = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line).trim_ascii_end();
        let text = String::from_utf8_lossy(text);
        match text.strip_prefix(MAGIC).map(str::parse) {
            Some(Ok(FORMAT)) => {}
            Some(Ok(found)) => return Err(RecordingError::Format { found }),
            _ => return Err(RecordingError::Other),
        }
        lines.count = 1;
        lines.note(&text);
        Ok(lines)
    }

    /// The next line; with its end, unless that is missing.
    pub fn next(&mut self) -> Result<Option<String>, RecordingError> {
        let mut line = String::new();
        let read = self.input.read_line(&mut line);
        self.count += 1;
        match read {
            Ok(0) => {
                self.count -= 1;
                Ok(None)
            }
            Ok(_) => Ok(Some(line)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(self.wrong("it is not text"))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Has a line count for the digest.
    pub fn note(&mut self, line: &str) {
        self.digest.bytes(without_end(line).as_bytes());
        self.digest.bytes(b"\n");
    }

    /// How many lines were read.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Of the lines that were noted, each with a line feed.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What is wrong with the last line.
    pub fn wrong(&self, reason: impl Into<String>) -> RecordingError {
        RecordingError::Line { line: self.count, reason: reason.into() }
    }
}

/// A line without its end.
pub(super) fn without_end(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}
