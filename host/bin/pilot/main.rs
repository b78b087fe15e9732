//! `pilot`: plays, evaluates, compares and replays from the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    particle_pilot_cli::main()
}
