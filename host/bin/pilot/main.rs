//! `pilot`: plays, evaluates, compares and replays from the command line.

mod commands;
mod compare;
mod config_file;
mod evaluate;
mod info;
mod machine;
mod options;
mod plot;
mod replay;
mod settings;
#[path = "../shared/mod.rs"]
mod shared;
mod solve;
mod trace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};

use crate::commands::{Cli, Command};
use crate::shared::outcome::{Outcome, exit_code};
use crate::shared::output;

fn main() -> ExitCode {
    exit_code(run(Cli::parse()))
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
