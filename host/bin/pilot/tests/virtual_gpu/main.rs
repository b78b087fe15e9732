//! The program `pilot` on ptx-vm, whose driver can be told which call is to fail, and how.
#![cfg(all(feature = "cuda", target_os = "linux"))]

mod failures;
mod fallback;
mod interrupt;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// The program with these arguments on `device`, where an open one is the GPU; `fails` is `FUNCTION:NTH=CODE`, or nothing.
fn pilot(arguments: &[&str], device: &str, fails: &str) -> Command {
    let mut pilot = Command::new(env!("CARGO_BIN_EXE_pilot"));
    pilot.args(arguments).args(["--device", device]);
    let calibration = test_support::fast_gpu_in(Path::new(env!("CARGO_TARGET_TMPDIR")));
    pilot.env("PILOT_CALIBRATION", calibration);
    pilot.env("PILOT_CUDA_DRIVER", test_support::virtual_driver()).env("PTX_VM_FAIL", fails);
    pilot
}

/// Runs it to its end.
fn run(pilot: &mut Command) -> Output {
    pilot.output().expect("the program starts")
}

/// The report on standard output.
fn json(output: &Output) -> Value {
    let told = told(output);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

/// What it said on standard error.
fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
