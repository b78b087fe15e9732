//! The options that commands share, and what a configuration file may hold.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use particle_pilot::env::{Integrator, Push};
use particle_pilot::{ActionKind, Device, Interpolation, Noise, NoiseScale, PlannerKind};
use serde::{Deserialize, Serialize};

#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct PlannerOption {
    /// How futures turn into an action [default: cem]
    #[arg(short, long, value_name = "NAME", value_parser = names(PlannerKind::ALL))]
    pub planner: Option<PlannerKind>,
}

/// What all commands that plan share, and the format of configuration files: there every option
/// goes by its long name.
#[derive(Args, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    #[arg(skip)]
    pub planner: Option<PlannerKind>,
    /// Futures simulated in each iteration; more is steadier and slower [default: 1024]
    #[arg(short = 'k', long, value_name = "K", value_parser = whole::<u32>(1, 1 << 30))]
    pub particles: Option<u32>,
    /// Steps of each future; more sees farther [default: 30]
    #[arg(short = 'H', long, value_name = "H", value_parser = whole::<u32>(1, 100_000))]
    pub horizon: Option<u32>,
    /// Steps after which the episode is won [default: 500]
    #[arg(short = 'n', long, value_name = "N", value_parser = whole::<u32>(1, MOST_STEPS.into()))]
    pub steps: Option<u32>,
    /// Determines every random number, the first state included [default: 0]
    #[arg(short, long, value_name = "S", value_parser = whole::<u64>(0, u64::MAX))]
    pub seed: Option<u64>,
    /// Where particles run: cpu, cuda, cuda:N, or auto for what is predicted to be faster; changes no bit [default: auto]
    #[arg(short, long, value_parser = DeviceParser, hide_possible_values = true)]
    pub device: Option<Device>,
    /// CPU threads, 0 for one on each core; changes no bit [default: 0]
    #[arg(long, value_name = "T", value_parser = whole::<usize>(0, MOST_THREADS))]
    pub threads: Option<usize>,
    /// Read options from a TOML file, `-` for standard input, by their long names; the command line wins
    #[arg(long, value_name = "FILE.toml|-")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Print the options in effect as such a file, and stop: what is said, and as comments what is not
    #[arg(long)]
    #[serde(skip)]
    pub print_config: bool,

    /// Push left or right, or with any force [default: discrete]
    #[arg(long, value_name = "KIND", value_parser = names(ActionKind::ALL), help_heading = "Problem")]
    pub action: Option<ActionKind>,
    /// Angle at which the pole counts as fallen, in degrees, inf for none [default: 12]
    #[arg(long, value_name = "DEG", help_heading = "Problem")]
    pub theta_limit_deg: Option<f64>,
    /// Distance at which the cart has left the track, in m, inf for none [default: 2.4]
    #[arg(long, value_name = "M", help_heading = "Problem")]
    pub x_limit: Option<f64>,
    /// The full force of an action in N, 1e-6 to 1e6 [default: 10]
    #[arg(long, value_name = "N", help_heading = "Problem")]
    pub force: Option<f64>,
    /// How positions advance [default: euler]
    #[arg(long, value_name = "NAME", help_heading = "Problem")]
    pub integrator: Option<IntegratorName>,
    /// Disturb the cart, unknown to the planner: NEWTON (up to 1e6) for LENGTH steps, EVERY so many steps.
    /// Each push goes left or right, as the seed has it; the first one comes at step EVERY
    #[arg(
        long,
        value_name = "NEWTON:LENGTH:EVERY",
        help_heading = "Problem",
        allow_hyphen_values = true
    )]
    pub push: Option<Push>,

    /// Of each step's squared distance from the centre, 1/m²
    #[arg(long, value_name = "W", help_heading = COST)]
    pub cost_position: Option<f64>,
    /// Of each step's squared angle, 1/rad²
    #[arg(long, value_name = "W", help_heading = COST)]
    pub cost_angle: Option<f64>,
    /// Of each step that a future misses because it ended
    #[arg(long, value_name = "W", help_heading = COST)]
    pub cost_end: Option<f64>,
    /// Of the last state's squared position, 1/m²
    #[arg(long, value_name = "W", help_heading = COST)]
    pub cost_terminal_position: Option<f64>,
    /// Of the last state's squared velocity, s²/m²
    #[arg(long, value_name = "W", help_heading = COST)]
    pub cost_terminal_velocity: Option<f64>,
    /// Of the last state's squared angle, 1/rad²
    #[arg(long, value_name = "W", help_heading = COST)]
    pub cost_terminal_angle: Option<f64>,
    /// Of the last state's squared angular velocity, s²/rad²
    #[arg(long, value_name = "W", help_heading = COST)]
    pub cost_terminal_rate: Option<f64>,

    /// cem, icem: refits in each decision, 1 to 100
    #[arg(long, value_name = "N", help_heading = TUNING, value_parser = whole::<u32>(1, 100))]
    pub iterations: Option<u32>,
    /// cem, icem: the share of futures to refit to, above 0 to 1
    #[arg(long, value_name = "SHARE", help_heading = TUNING)]
    pub elite_share: Option<f64>,
    /// cem, icem: how much of the old plan stays in a refit, 0 to below 1
    #[arg(long, value_name = "SHARE", help_heading = TUNING)]
    pub smoothing: Option<f64>,
    /// cem, icem: the least probability of each action, or deviation of the force, 1/256 to 0.5
    #[arg(long, value_name = "SHARE", help_heading = TUNING)]
    pub floor: Option<f64>,
    /// mppi, smc: the temperature, 1e-9 to 1e9 in units of cost; more lets worse futures have a say
    #[arg(long, value_name = "COST", help_heading = TUNING)]
    pub temperature: Option<f64>,
    /// mppi: choose the temperature by this effective share of the particles, 0 for a fixed one
    #[arg(long, value_name = "SHARE", help_heading = TUNING)]
    pub target_share: Option<f64>,
    /// Controls: steps between knots, 1 to 1000; more is smoother
    #[arg(long, value_name = "STEPS", help_heading = TUNING, value_parser = whole::<u32>(1, 1000))]
    pub knot_spacing: Option<u32>,
    /// Controls: how they run between knots
    #[arg(long, value_name = "NAME", value_parser = names(Interpolation::ALL), help_heading = TUNING)]
    pub interpolation: Option<Interpolation>,
    /// Controls: where the noise at the knots comes from
    #[arg(long, value_name = "NAME", value_parser = names(Noise::ALL), help_heading = TUNING)]
    pub noise: Option<Noise>,
    /// Controls: the noise's deviation as a share of the full force, above 0 to 10
    #[arg(long, value_name = "SHARE", help_heading = TUNING)]
    pub noise_scale: Option<NoiseScale>,
    /// Controls with coloured noise: the correlation of neighbouring knots, 0 to below 1
    #[arg(long, value_name = "SHARE", help_heading = TUNING)]
    pub colour: Option<f64>,
    /// fmc: the score's exponent against the distance's, 0 to 10; more seeks reward
    #[arg(long, value_name = "EXPONENT", help_heading = TUNING)]
    pub balance: Option<f64>,
    /// icem: beta of the noise's power 1/f^beta, 0 to 4; 0 is white, more is smoother
    #[arg(long, value_name = "EXPONENT", help_heading = TUNING)]
    pub noise_exponent: Option<f64>,
    /// icem: the share of the elites that are followed again, above 0 to 1
    #[arg(long, value_name = "SHARE", help_heading = TUNING)]
    pub kept_share: Option<f64>,
    /// icem: how many times as many futures each iteration has as the next, 1 to 10
    #[arg(long, value_name = "FACTOR", help_heading = TUNING)]
    pub sample_decay: Option<f64>,

    /// Write the result as JSON, `-` for standard output
    #[arg(long, value_name = "FILE|-", help_heading = "Output")]
    pub json: Option<PathBuf>,
    /// Print nothing but errors, and JSON if it goes to standard output
    #[arg(short, long, help_heading = "Output")]
    #[serde(skip_serializing_if = "is_off")]
    pub quiet: bool,
    /// Tell on standard error which device was chosen, and why
    #[arg(short, long, help_heading = "Output")]
    #[serde(skip)]
    pub verbose: bool,
    #[arg(skip)]
    pub trace: Option<PathBuf>,
    #[arg(skip)]
    pub plot: Option<PathBuf>,
    #[arg(skip)]
    #[serde(skip_serializing_if = "is_off")]
    pub require_success: bool,
    #[arg(skip)]
    pub episodes: Option<u32>,
    #[arg(skip)]
    pub budget_us: Option<f64>,
}

/// Steps that an episode may have.
pub const MOST_STEPS: u32 = 100_000_000;
/// Threads that a pilot may have.
pub const MOST_THREADS: u64 = 1024;
/// Episodes that an evaluation may have.
pub const MOST_EPISODES: u32 = 10_000_000;

const COST: &str = "Cost weights, 0 to 1e9 (defaults: see --print-config)";
const TUNING: &str = "Planners' knobs (defaults depend on the planner; see --print-config)";

/// The library's integrators, by their names.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum IntegratorName {
    Euler,
    SemiImplicitEuler,
}

impl From<IntegratorName> for Integrator {
    fn from(name: IntegratorName) -> Self {
        match name {
            IntegratorName::Euler => Self::Euler,
            IntegratorName::SemiImplicitEuler => Self::SemiImplicitEuler,
        }
    }
}

/// Switches that are off need not be written.
fn is_off(switch: &bool) -> bool {
    !switch
}

/// Parses one of the library's tables of names; help and completions show them.
fn names<T: Copy + Send + Sync + 'static>(
    all: &'static [(T, &'static str)],
) -> impl TypedValueParser<Value = T> {
    let of = |text: String| all.iter().find(|(_, name)| *name == text);
    PossibleValuesParser::new(all.iter().map(|(_, name)| *name))
        .try_map(move |text| of(text).map(|(value, _)| *value).ok_or("no such name"))
}

/// Parses a whole number as it is written in configuration files (`1000`, `1_000`, `0x3e8`) or for short (`1e3`).
/// One out of its range is refused here only if the type has no place for it.
pub fn whole<T: TryFrom<u64>>(
    least: u64,
    most: u64,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync {
    move |text| {
        let plain = text.strip_prefix('+').unwrap_or(text).replace('_', "");
        let number = match plain.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => plain.parse().ok().or_else(|| exactly(plain.parse().ok()?)),
        };
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
            format!("it must be a whole number from {least} to {most}, such as 1000, 1_000 or 1e3")
        })
    }
}

/// A number without a fraction, as far as `f64` counts without gaps.
fn exactly(number: f64) -> Option<u64> {
    let counts = number.fract() == 0.0 && (0.0..=2f64.powi(53)).contains(&number);
    counts.then_some(number as u64)
}

/// Parses a device; completions show those that every machine may have.
#[derive(Clone)]
pub struct DeviceParser;

impl TypedValueParser for DeviceParser {
    type Value = Device;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Device, clap::Error> {
        let parser = StringValueParser::new().try_map(|text| text.parse::<Device>());
        parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(
            ["auto", "cpu", "cuda", "cuda:0", "cuda:1"].map(PossibleValue::new).into_iter(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_as_people_write_them() {
        let parse = whole::<u32>(1, 1 << 30);
        for (text, number) in
            [("7", 7), ("1_000", 1000), ("0x40", 64), ("1e6", 1_000_000), ("2.5E3", 2500)]
        {
            assert_eq!(parse(text), Ok(number), "{text}");
        }
        for text in ["", "-1", "1.5", "1e-3", "1e300", "4294967296", "nan", "inf", "x", "0xg"] {
            assert!(parse(text).unwrap_err().contains("from 1 to 1073741824"), "{text}");
        }
        assert_eq!(whole::<u64>(0, u64::MAX)("18446744073709551615"), Ok(u64::MAX));
    }
}
