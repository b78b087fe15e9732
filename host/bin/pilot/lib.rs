//! `pilot`: plays, evaluates, compares and replays from the command line.

mod advice;
mod commands;
mod compare;
mod completions;
mod config_file;
mod evaluate;
pub mod formats;
mod info;
mod machine;
mod options;
mod plot;
mod relevance;
mod replay;
mod settings;
mod solve;
mod trace;
mod wording;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, FromArgMatches};
use particle_pilot_programs as shared;

use crate::commands::{Cli, Command, SolveOptions};
use crate::options::Options;
use crate::shared::outcome::{Outcome, exit_code};
use crate::shared::usage::usage;
use crate::shared::{command_line, output};

/// The program: reads the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let program = Cli::command();
    let matches = command_line::matches(&program, std::env::args_os());
    let matches = matches.unwrap_or_else(|error| error.exit());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let before = command_line::given(&program, &matches);
    exit_code(run(cli, |command, all| belong(&program, command, all, &before)))
}

fn run(cli: Cli, belong: impl Fn(&str, bool) -> Result<()>) -> Result<Outcome> {
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

/// Options may come before the name of a command, if it has them; `all` says whether those given `before` do.
fn belong(program: &clap::Command, command: &str, all: bool, before: &[String]) -> Result<()> {
    if all {
        return Ok(());
    }
    let own = program.find_subcommand(command);
    let has = |option: &&String| own.is_some_and(|own| command_line::has(own, option));
    let reason = match before.iter().find(|option| !has(option)) {
        Some(option) => {
            let owners = command_line::owners(program, option).unwrap_or_default();
            format!("has no {option}, {owners}")
        }
        None => format!("takes {} after its name", before.join(", ")),
    };
    Err(usage(format!("`pilot {command}` {reason}; see `pilot {command} --help`")))
}
