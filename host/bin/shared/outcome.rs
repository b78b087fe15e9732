//! How a program ends, and what it tells its caller.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;

use super::interrupt::INTERRUPTED;
use super::output::{is_broken_pipe, say};
use super::usage::UsageError;

/// What was asked for cannot be done; nothing was begun.
const USAGE: u8 = 2;
/// It ran and was not as required, or it failed half-way.
const FAILED: u8 = 1;

/// How a command ended that ran.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// As it should.
    Done,
    /// Not as it was required to.
    Unmet,
    /// By Ctrl-C, with what was finished written.
    Interrupted,
}

impl Outcome {
    /// Interrupted or not, and if not, as required or not.
    pub fn of(interrupted: bool, met: bool) -> Self {
        match (interrupted, met) {
            (true, _) => Self::Interrupted,
            (false, true) => Self::Done,
            (false, false) => Self::Unmet,
        }
    }
}

/// "error:", in red where people see colours.
fn error_word() -> &'static str {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_none_or(|name| name == "dumb");
    match std::io::stderr().is_terminal() && !plain {
        true => "\x1b[1m\x1b[31merror:\x1b[0m",
        false => "error:",
    }
}

/// The exit code of a program whose command ended so; says what went wrong.
pub fn exit_code(outcome: Result<Outcome>) -> ExitCode {
    ExitCode::from(match outcome {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::Unmet) => FAILED,
        Ok(Outcome::Interrupted) => INTERRUPTED,
        Err(error) if is_broken_pipe(&error) => 0, // the reader has enough
        Err(error) => {
            say(&format!("{} {error:#}", error_word()));
            let usage = error.chain().any(|cause| cause.is::<UsageError>());
            if usage { USAGE } else { FAILED }
        }
    })
}
