//! From text to syntax tree.

mod body;
pub(crate) mod lexer;
mod module;
pub(crate) mod tree;
pub(crate) mod types;

pub(crate) use module::parse;

/// A parse error: why a text is not a module that can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PTX line {line}: {message}")]
#[non_exhaustive]
pub struct ParseError {
    /// Line of the text, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl ParseError {
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}
