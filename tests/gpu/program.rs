//! The program `pilot` on ptx-vm, whose driver can be told which call is to fail, and how.

use std::process::{Command, Output};

use serde_json::Value;

/// The program with these arguments on `device`; `fails` is `FUNCTION:NTH=CODE`, or nothing.
pub fn pilot(arguments: &[&str], device: &str, fails: &str) -> Command {
    let mut pilot = Command::new(env!("CARGO_BIN_EXE_pilot"));
    pilot.args(arguments).args(["--device", device]);
    pilot.env("PILOT_CUDA_DRIVER", test_support::virtual_driver()).env("PTX_VM_FAIL", fails);
    pilot
}

/// Runs it to its end.
pub fn run(pilot: &mut Command) -> Output {
    pilot.output().expect("the program starts")
}

/// The report on standard output.
pub fn json(output: &Output) -> Value {
    let told = told(output);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// What it said on standard error.
pub fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
