//! `pilot`: plays, evaluates, compares and replays from the command line.

mod advice;
mod commands;
mod compare;
mod completions;
mod config_file;
mod evaluate;
mod info;
mod machine;
mod options;
mod plot;
mod relevance;
mod replay;
mod settings;
#[path = "../shared/mod.rs"]
mod shared;
mod solve;
mod trace;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::commands::{Cli, Command, SolveOptions};
use crate::options::Options;
use crate::shared::outcome::{Outcome, exit_code};
use crate::shared::output;

fn main() -> ExitCode {
    exit_code(run(Cli::parse()))
}

fn run(cli: Cli) -> Result<Outcome> {
    let before = cli.solve;
    match cli.command {
        None => solve::run(before.into()),
        Some(Command::Solve(options)) => solve::run(Options::from(options).over(before.into())),
        Some(Command::Evaluate(options)) => {
            let rest = SolveOptions { trace: None, plot: None, ..before.clone() };
            belong("evaluate", before == rest)?;
            evaluate::run(Options::from(options).over(rest.into()))
        }
        Some(Command::Compare(options)) => {
            let rest = SolveOptions { common: before.common.clone(), ..SolveOptions::default() };
            belong("compare", before == rest)?;
            compare::run(Options::from(options).over(rest.into()))
        }
        Some(Command::Replay(options)) => {
            belong("replay", before == SolveOptions::default())?;
            replay::run(&options)
        }
        Some(Command::Info(options)) => {
            belong("info", before == SolveOptions::default())?;
            info::run(&options)
        }
        Some(Command::Completions { shell }) => {
            belong("completions", before == SolveOptions::default())?;
            output::print(&completions::script(shell))?;
            Ok(Outcome::Done)
        }
    }
}

/// Options may come before the name of a command, if it has them.
fn belong(command: &str, all: bool) -> Result<()> {
    match all {
        true => Ok(()),
        false => Err(output::usage(format!(
            "`pilot {command}` lacks some of the options before its name; its own come after it, see `pilot {command} --help`"
        ))),
    }
}
