//! How long a GPU takes: `cargo bench --bench gpu_timings`, or as a part of `cargo xtask gpu-bundle`.
//!
//! Each row is timed twice, by the GPU's own clock and from call to answer on the host; a sample is the mean of a
//! batch of runs, and a figure the median of the samples. Beside it stand the target that the project has set for
//! an H200, what the instructions of the inner loop alone would take (`limits`), and the CPU of the same machine.
//! Answers are compared with the CPU's before anything is timed: a wrong one fails the program.

mod measure;
mod report;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use particle_pilot::Device;
use particle_pilot::backend::{DeviceInfo, gpus};
use particle_pilot_bench::start::find_pilot;

use measure::Sampling;
use report::Report;
use work::{Bench, rows};

/// What the virtual GPU calls itself.
const VIRTUAL: &str = "ptx-vm";

/// Times decisions, episodes and starts on a GPU, and compares with the CPU.
#[derive(Parser)]
#[command(name = "gpu_timings", version)]
struct Options {
    /// The GPU's number
    #[arg(long, value_name = "N", default_value_t = 0)]
    gpu: u32,
    /// Write all figures and samples to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The program `pilot` whose start is timed [default: beside this one]
    #[arg(long, value_name = "FILE")]
    pilot: Option<PathBuf>,
    /// Fewer and shorter samples: a first impression, in a quarter of the time
    #[arg(long)]
    quick: bool,
    /// Also run on the virtual GPU, with little work: it shows that this program works, and nothing else
    #[arg(long)]
    allow_virtual: bool,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<ExitCode> {
    let gpus = match gpus() {
        Ok(gpus) => gpus,
        Err(error) if error.is_absence() => {
            println!("nothing was timed: {error}");
            return Ok(ExitCode::SUCCESS);
        }
        Err(error) => return Err(error).context("cannot list the GPUs"),
    };
    let find = |gpu: &&DeviceInfo| gpu.index == options.gpu;
    let Some(gpu) = gpus.iter().find(find).cloned() else {
        bail!("there is no GPU {}: the driver shows {}, counted from 0", options.gpu, gpus.len());
    };
    let is_virtual = gpu.name == VIRTUAL;
    if is_virtual && !options.allow_virtual {
        println!(
            "nothing was timed: {VIRTUAL} is no GPU but a program; use --allow-virtual to try this one out"
        );
        return Ok(ExitCode::SUCCESS);
    }
    let bench = Bench {
        device: Device::Cuda(gpu.index),
        sampling: match (is_virtual, options.quick) {
            (true, _) => Sampling::GLANCE,
            (false, true) => Sampling::QUICK,
            (false, false) => Sampling::FULL,
        },
        pilot: options.pilot.clone().or_else(find_pilot),
        gpu,
    };
    let mut report = Report::begin(&bench, is_virtual, options.quick);
    eprintln!("{}", report.heading());
    for row in rows(is_virtual) {
        eprintln!("timing {}: {} ...", row.name, row.about());
        report.add(bench.time(&row));
    }
    if let Some(path) = &options.json {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    print!("{}", report.table());
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
