//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::suites::Suite;

const EXAMPLES: &str = "\
Examples:
  bench                                  all suites, in less than three minutes
  bench --quick                          a first impression, in less than 20 seconds
  bench --suite throughput --json a.json one suite, recorded
  bench --plot plots --report bench.html all suites, drawn, and as a page for a browser
  bench --peers --suite peers            against NumPy, Numba, JAX, Gymnasium and others
  bench --calibrate                      how fast is this machine? For the device `auto`
  bench diff a.json b.json               has anything become slower?
  bench show a.json --report a.html      a page of an earlier record

Exit codes: 0 all was right, 1 a contender was wrong or failed or (diff) became slower, 2 usage error, \
130 interrupted.";

/// Compare the CPU and the GPUs of this machine
///
/// Every contender's answers are first compared, bit by bit, with those of one thread without vector
/// instructions; who differs is reported as wrong and not timed. docs/benchmarks.md explains the figures.
#[derive(Parser)]
#[command(name = "bench", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub run: RunOptions,
}

#[derive(Subcommand)]
pub enum Command {
    /// Compare two records: has anything become slower?
    Diff(DiffOptions),
    /// Write a record once more, in any form, without measuring
    Show(ShowOptions),
}

#[derive(Args)]
pub struct RunOptions {
    /// Measure only this suite; may be given again [default: all]
    #[arg(short, long, value_name = "NAME", value_enum)]
    pub suite: Vec<Suite>,
    /// Fewer sizes and samples: a first impression
    #[arg(long)]
    pub quick: bool,
    /// Measure only what the device `auto` is chosen by, and write it to where that is looked for: the file that the variable
    /// PILOT_CALIBRATION names, or else particle-pilot/calibration.toml in the user's folder for caches
    #[arg(
        long,
        conflicts_with_all = [
            "suite", "quick", "patience", "threads", "pilot", "peers", "json", "csv", "markdown", "plot", "report",
        ]
    )]
    pub calibrate: bool,
    /// Hardly any work: shows that this program works, and nothing else
    #[arg(long, hide = true)]
    pub tiny: bool,
    /// Leave out a contender whose samples would take longer than this [default: 6, quick: 0.5]
    #[arg(long, value_name = "SECONDS")]
    pub patience: Option<f64>,
    /// The CPU's threads, 0 for one on each core
    #[arg(long, value_name = "T", default_value_t = 0)]
    pub threads: usize,
    /// The program `pilot` whose start is timed [default: beside this one]
    #[arg(long, value_name = "FILE")]
    pub pilot: Option<PathBuf>,
    /// Also time other software that does the same, in the suite `peers`: what of NumPy, Numba, JAX, Gymnasium,
    /// EnvPool and pytorch_mppi is installed (benches/peers/README.md)
    #[arg(long)]
    pub peers: bool,
    /// The Python that has it [default: python3]
    #[arg(long, value_name = "FILE", requires = "peers")]
    pub peers_python: Option<PathBuf>,
    /// Also run on the virtual GPU, with hardly any work: it shows that this program works, and nothing else
    #[arg(long)]
    pub allow_virtual: bool,
    #[command(flatten)]
    pub outputs: OutputOptions,
}

/// In which forms a record is written, and where.
#[derive(Args)]
pub struct OutputOptions {
    /// Write everything, samples included, as JSON, `-` for standard output
    #[arg(long, value_name = "FILE|-", help_heading = "Output")]
    pub json: Option<PathBuf>,
    /// Write a line for each row as CSV, `-` for standard output
    #[arg(long, value_name = "FILE|-", help_heading = "Output")]
    pub csv: Option<PathBuf>,
    /// Write the tables as Markdown, `-` for standard output
    #[arg(long, value_name = "FILE|-", help_heading = "Output")]
    pub markdown: Option<PathBuf>,
    /// Draw throughput, latency and scaling by threads to this folder, as SVG and PNG
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub plot: Option<PathBuf>,
    /// Write a page for a browser: plots, tables, and the replay of an episode. It needs nothing but itself
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub report: Option<PathBuf>,
    /// Print nothing but errors, and what goes to standard output
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
}

#[derive(Args)]
pub struct DiffOptions {
    /// The earlier record, `-` for standard input
    pub before: PathBuf,
    /// The later record, `-` for standard input
    pub after: PathBuf,
    /// Changes of the median up to this are none, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    pub threshold: f64,
}

#[derive(Args)]
pub struct ShowOptions {
    /// The record, as `--json` wrote it, `-` for standard input
    pub record: PathBuf,
    #[command(flatten)]
    pub outputs: OutputOptions,
}
