//! `pilot`: plays, evaluates, compares and replays from the command line.

mod commands;
mod compare;
mod config_file;
mod evaluate;
mod info;
mod interrupt;
mod machine;
mod options;
mod output;
mod plot;
mod processor;
mod progress;
mod replay;
mod settings;
mod solve;
mod text;
mod trace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

use crate::commands::{Cli, Command};
use crate::output::{UsageError, say};

/// Like a shell's for a program that ended by Ctrl-C.
const INTERRUPTED: u8 = 130;
/// What was asked for cannot be done; nothing was begun.
const USAGE: u8 = 2;
/// It ran and was not as required, or it failed half-way.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(outcome) => outcome.into(),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS, // the reader has enough
        Err(error) => {
            say(&format!("error: {error:#}"));
            let usage = error.chain().any(|cause| cause.is::<UsageError>());
            ExitCode::from(if usage { USAGE } else { FAILED })
        }
    }
}

fn run(cli: Cli) -> Result<Outcome> {
    match cli.command.unwrap_or(Command::Solve(cli.solve)) {
        Command::Solve(options) => solve::run(options),
        Command::Evaluate(options) => evaluate::run(options),
        Command::Compare(options) => compare::run(options),
        Command::Replay(options) => replay::run(&options),
        Command::Info(options) => info::run(&options),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "pilot", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
            Ok(Outcome::Done)
        }
    }
}

/// How a command ended that ran.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// As it should.
    Done,
    /// Not as it was required to.
    Unmet,
    /// By Ctrl-C, with what was finished written.
    Interrupted,
}

impl Outcome {
    /// Interrupted or not, and if not, as required or not.
    fn of(interrupted: bool, met: bool) -> Self {
        match (interrupted, met) {
            (true, _) => Self::Interrupted,
            (false, true) => Self::Done,
            (false, false) => Self::Unmet,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Unmet => FAILED,
            Outcome::Interrupted => INTERRUPTED,
        })
    }
}
