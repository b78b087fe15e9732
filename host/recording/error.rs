//! Why a recording cannot be read or replayed.

use super::{FORMAT, MAGIC};
use crate::error::PilotError;

/// Why something cannot be read as a recording.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The file, or whatever it comes from, fails.
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// It is something else.
    #[error("it does not begin with `{MAGIC}{FORMAT}`")]
    Other,
    /// It is of another version's format.
    #[error("it is of format {found}, this version reads {FORMAT}")]
    Format {
        /// The number of its format.
        found: u32,
    },
    /// Its columns are not those of the pilot that is to replay it.
    #[error("its columns are not {required}")]
    Columns {
        /// The pilot's columns, as the line that names them.
        required: String,
    },
    /// A line is none of a recording.
    #[error("line {line}: {reason}")]
    Line {
        /// Which line of the text, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a recording cannot be replayed. That it does not agree is no error: [`Replay::agrees`](super::Replay::agrees) tells.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The recording cannot be read, or is of no such pilot.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The pilot fails, or the episode is none that it can run.
    #[error(transparent)]
    Pilot(#[from] PilotError),
}
