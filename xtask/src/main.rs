//! `cargo xtask TASK`: the development tasks of particle-pilot.
//!
//! `cargo xtask test` is what continuous integration runs. A new check is one entry in
//! [`checks::CHECKS`].

mod check;
mod checks;
mod command;
mod compiler;
mod cust;
mod dependents;
mod foreign;
mod fuzz;
mod gpu_bundle;
mod inlined;
mod kernels;
mod layers;
mod msrv;
mod neon;
mod pages;
mod platforms;
mod programs;
#[path = "../../build/ptx_hash.rs"]
mod ptx_hash;
mod ptxas;
mod python;
mod rust_cuda;
mod source;
mod unsafe_code;
mod wheels;
mod zig;

use std::path::PathBuf;
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
        /// How many checks to run at a time.
        #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
        jobs: u8,
    },
    /// Compile the GPU kernels to kernels/particle_pilot.ptx.
    Kernels {
        /// Write nothing: compare what is checked in with what the compiler makes now.
        #[arg(long)]
        check: bool,
    },
    /// Assemble that file for several GPUs, and hold what it takes against kernels/budgets.toml and against the counts in docs/gpu.md
    /// and in `bench`.
    Ptxas {
        /// Replace those counts by what is counted now.
        #[arg(long)]
        write: bool,
    },
    /// Build the Python package's wheels in target/wheels: Linux on x86-64 and ARM, old C libraries, and musl.
    Wheels,
    /// Make a folder that tests and times this project on a machine with a GPU and nothing else.
    ///
    /// Linux on x86-64 and an NVIDIA driver are all that `sh run.sh` needs there: see docs/gpu.md.
    GpuBundle {
        /// Where to [default: target/gpu-bundle].
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    match Task::parse() {
        Task::Test { only, list: false, jobs } => {
            check::run_all(checks::CHECKS, &only, jobs.into())
        }
        Task::Test { .. } => {
            checks::CHECKS.iter().for_each(|check| println!("{:9} {}", check.name, check.about));
            ExitCode::SUCCESS
        }
        Task::Kernels { check: true } => check::finish(kernels::check()),
        Task::Kernels { check: false } => check::finish(kernels::write()),
        Task::Ptxas { write } => check::finish(ptxas::assembled(write)),
        Task::Wheels => check::finish(wheels::build()),
        Task::GpuBundle { out } => check::finish(gpu_bundle::make(out)),
    }
}
