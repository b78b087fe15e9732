//! Errors that are the user's to correct.

/// What was asked for cannot be done; found out before anything was begun.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// An error that is the user's to correct.
pub fn usage(error: impl std::fmt::Display) -> anyhow::Error {
    UsageError(error.to_string()).into()
}
