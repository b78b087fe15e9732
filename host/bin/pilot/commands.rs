//! What can be typed after `pilot`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use particle_pilot::Device;

use crate::options::{DeviceParser, MOST_EPISODES, MOST_THREADS, Options, PlannerOption, whole};

const EXAMPLES: &str = "\
Examples:
  pilot                                       balance the pole for 500 steps
  pilot --seed 3 -p mppi --json -             another episode and planner, as JSON
  pilot --push 5:10:100 --plot episode.svg    disturb the cart, draw what happened
  pilot evaluate -e 1000 -k 256               how often does the pole stay up?
  pilot compare                               which planner is best?
  pilot --trace t.csv && pilot replay t.csv   the same bits again?

Exit codes: 0 it ran, 1 not as required or failed half-way, 2 usage error, 130 interrupted.";

/// Control on the fly: simulate a swarm of futures before every action and act on their vote.
///
/// Without a command, `pilot` is `pilot solve`.
#[derive(Debug, Parser)]
#[command(name = "pilot", version, after_help = EXAMPLES)]
#[command(args_override_self = true, allow_negative_numbers = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub solve: SolveOptions,
}

#[derive(Debug, Subcommand)]
#[command(allow_negative_numbers = true)]
pub enum Command {
    /// Run one episode in the reference environment [default command]
    #[command(allow_negative_numbers = true)]
    Solve(SolveOptions),
    /// Run many episodes and tell how often the pole stays up
    #[command(allow_negative_numbers = true)]
    Evaluate(EvaluateOptions),
    /// Run all planners at equal particle-steps and at equal time per decision
    ///
    /// Reference is random-shooting with the given particles and horizon. `equal particle-steps`
    /// gives every planner as many particles as make a decision cost as many simulated steps as the
    /// reference's. `equal time` gives it as many as make the median decision take as long, by a few
    /// short trial runs; a row whose median is more than a fifth above it is marked. Decision times are those of one
    /// thread while all threads work on episodes of their own. `chance` acts at random. Every row plays the same seeds.
    ///
    /// `cost` is what planners minimise, per step: the --cost-position and --cost-angle weights times the squares of
    /// position and angle, and --cost-end for each step missed after a fall; by the same weights for every row. `rank`
    /// is 1 plus the number of rows on the same terms that cost less in the same episodes, by more than chance explains;
    /// it is never better than that of a row of lower mean.
    #[command(allow_negative_numbers = true)]
    Compare(CompareOptions),
    /// Run a trace again and tell whether every bit agrees
    ///
    /// Two things are checked: that the recorded actions lead the environment from the first state
    /// through every recorded one, and that planning again from the recorded states gives every
    /// recorded action and statistic. Exits with 0 if all agrees, 1 if not, 2 if it is no trace.
    Replay(ReplayOptions),
    /// Show version, CPU, vector instructions, devices, and which of them `auto` is
    Info(InfoOptions),
    /// Print a script that completes commands and options in a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct SolveOptions {
    #[command(flatten)]
    pub planner: PlannerOption,
    #[command(flatten)]
    pub common: Options,
    /// Write every step to this CSV file, for `pilot replay`
    #[arg(long, value_name = "FILE.csv", help_heading = "Output")]
    pub trace: Option<PathBuf>,
    /// Draw the episode
    #[arg(long, value_name = "FILE.svg|FILE.png", help_heading = "Output")]
    pub plot: Option<PathBuf>,
    /// Exit with 1 if the pole falls or the cart leaves the track
    #[arg(long, help_heading = "Output")]
    pub require_success: bool,
}

#[derive(Args, Debug)]
pub struct EvaluateOptions {
    #[command(flatten)]
    pub planner: PlannerOption,
    /// Episodes, of seeds S, S+1, ... [default: 100]
    #[arg(short, long, value_name = "E", value_parser = whole::<u32>(1, MOST_EPISODES.into()))]
    pub episodes: Option<u32>,
    #[command(flatten)]
    pub common: Options,
    /// Exit with 1 if the pole falls or the cart leaves the track in any episode
    #[arg(long, help_heading = "Output")]
    pub require_success: bool,
}

#[derive(Args, Debug)]
pub struct CompareOptions {
    /// Episodes of each row, of seeds S, S+1, ... [default: 100]
    #[arg(short, long, value_name = "E", value_parser = whole::<u32>(1, MOST_EPISODES.into()))]
    pub episodes: Option<u32>,
    /// Median time of a decision in the `equal time` rows, in microseconds [default: the
    /// reference's]
    #[arg(long, value_name = "US")]
    pub budget_us: Option<f64>,
    #[command(flatten)]
    pub common: Options,
}

#[derive(Args, Debug)]
pub struct ReplayOptions {
    /// The trace, as `pilot --trace` wrote it, `-` for standard input
    pub trace: PathBuf,
    /// Where to plan: cpu, cuda, cuda:N, or auto for what is predicted to be faster [default: auto]
    #[arg(short, long, value_parser = DeviceParser, hide_possible_values = true)]
    pub device: Option<Device>,
    /// CPU threads, 0 for one on each core [default: 0]
    #[arg(long, value_parser = whole::<usize>(0, MOST_THREADS))]
    pub threads: Option<usize>,
    /// Write the result as JSON, `-` for standard output
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub struct InfoOptions {
    /// Write JSON, to standard output unless a file is named
    #[arg(long, value_name = "FILE|-", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<PathBuf>,
}

impl From<SolveOptions> for Options {
    fn from(given: SolveOptions) -> Self {
        let SolveOptions { planner, common, trace, plot, require_success } = given;
        Self { planner: planner.planner, trace, plot, require_success, ..common }
    }
}

impl From<EvaluateOptions> for Options {
    fn from(given: EvaluateOptions) -> Self {
        let EvaluateOptions { planner, episodes, common, require_success } = given;
        Self { planner: planner.planner, episodes, require_success, ..common }
    }
}

impl From<CompareOptions> for Options {
    fn from(given: CompareOptions) -> Self {
        let CompareOptions { episodes, budget_us, common } = given;
        Self { episodes, budget_us, ..common }
    }
}
