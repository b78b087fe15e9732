//! `bench`: compares the CPU and the GPUs of this machine, correct before fast.
//!
//! A suite ([`suites`]) is a list of cases; a case is one piece of [`work`] for several contenders
//! ([`contender`]), each of which gets a [`runner`]. [`measure`] compares their answers, then times them in turns;
//! [`record`] keeps what came of it, [`report`] shows it, [`diff`] compares two records.

mod contender;
mod diff;
mod figure;
#[path = "../../../benches/gpu_timings/limits.rs"]
mod gpu_limits;
#[allow(dead_code)] // `pilot` uses more of it
#[path = "../pilot/interrupt.rs"]
mod interrupt;
mod limits;
mod machine;
mod measure;
mod options;
#[allow(dead_code)] // `pilot` uses more of it
#[path = "../pilot/output.rs"]
mod output;
mod peak;
#[path = "../pilot/processor.rs"]
mod processor;
#[path = "../pilot/progress.rs"]
mod progress;
mod quantile;
mod record;
mod report;
mod run;
mod runner;
mod sampling;
mod start;
mod suites;
mod system;
#[allow(dead_code)] // `pilot` uses more of it
#[path = "../pilot/text.rs"]
mod text;
mod work;

use std::process::ExitCode;

use clap::Parser;

use crate::options::{Cli, Command};
use crate::output::{UsageError, say};

/// Like a shell's for a program that ended by Ctrl-C.
const INTERRUPTED: u8 = 130;
/// What was asked for cannot be done; nothing was begun.
const USAGE: u8 = 2;
/// A contender was wrong or failed, or something became slower.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match &cli.command {
        Some(Command::Diff(options)) => diff::run(options),
        None => run::run(&cli.run),
    };
    match outcome {
        Ok(outcome) => outcome.into(),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS, // the reader has enough
        Err(error) => {
            say(&format!("error: {error:#}"));
            let usage = error.chain().any(|cause| cause.is::<UsageError>());
            ExitCode::from(if usage { USAGE } else { FAILED })
        }
    }
}

/// How a command ended that ran.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// As it should.
    Done,
    /// Something is wrong or slower.
    Bad,
    /// By Ctrl-C, with what was finished written.
    Interrupted,
}

impl Outcome {
    fn of(interrupted: bool, good: bool) -> Self {
        match (interrupted, good) {
            (true, _) => Self::Interrupted,
            (false, true) => Self::Done,
            (false, false) => Self::Bad,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Bad => FAILED,
            Outcome::Interrupted => INTERRUPTED,
        })
    }
}
