//! `bench`: compares the CPU and the GPUs of this machine, correct before fast.
//!
//! A suite (`suites`) is a list of cases; a case is one piece of `work` for several contenders
//! (`contender`), each of which gets a `runner`. `measure` compares their answers, then times them in turns;
//! `peers` are other software that does the same; `record` keeps what came of it and `load` reads it back,
//! `judge` marks what is to be doubted, `report` and `plots` show it, `diff` compares two records.

mod calibrate;
mod contender;
mod diff;
mod doubt;
mod figure;
pub mod formats;
mod gpu_clocks;
pub mod gpu_limits;
mod judge;
mod limits;
mod load;
mod machine;
mod measure;
mod model_limits;
mod models;
mod options;
mod outputs;
mod peak;
mod peers;
mod plots;
pub mod quantile;
mod record;
mod report;
mod run;
mod runner;
mod runners;
mod sampling;
mod show;
pub mod start;
mod steps;
mod suites;
mod system;
mod work;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use particle_pilot_programs as shared;

use crate::options::{Cli, Command};
use crate::shared::command_line;
use crate::shared::outcome::exit_code;

/// The program: reads the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = command_line::matches(&Cli::command(), std::env::args_os())
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .unwrap_or_else(|error| error.exit());
    let outcome = match &cli.command {
        Some(Command::Diff(options)) => diff::run(options),
        Some(Command::Show(options)) => show::run(options),
        None if cli.run.calibrate => calibrate::run(&cli.run),
        None => run::run(&cli.run),
    };
    exit_code(outcome)
}
