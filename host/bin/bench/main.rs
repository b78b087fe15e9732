//! `bench`: compares the CPU and the GPUs of this machine, correct before fast.

use std::process::ExitCode;

fn main() -> ExitCode {
    particle_pilot_bench::main()
}
