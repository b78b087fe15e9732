//! `cargo xtask TASK`: the development tasks of particle-pilot.
//!
//! `cargo xtask test` is what continuous integration runs. A new check is one entry in
//! [`checks::CHECKS`].

mod check;
mod checks;
mod command;
mod inlined;
mod msrv;
mod neon;
mod source;

use std::process::ExitCode;

use clap::Parser;
use clap::builder::PossibleValuesParser;

/// Development tasks of particle-pilot.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Run every check that this machine can run, and say which ones it cannot.
    #[command(after_help = "Example: cargo xtask test --only fmt --only clippy")]
    Test {
        /// Run only this check; may be given several times.
        #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(checks::names()))]
        only: Vec<String>,
        /// List the checks and run none.
        #[arg(long)]
        list: bool,
    },
}

fn main() -> ExitCode {
    let Task::Test { only, list } = Task::parse();
    if !list {
        return check::run_all(checks::CHECKS, &only);
    }
    for check in checks::CHECKS {
        println!("{:8} {}", check.name, check.about);
    }
    ExitCode::SUCCESS
}
