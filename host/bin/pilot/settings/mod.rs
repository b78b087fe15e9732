//! The options in effect: command line over configuration file over defaults.

mod shown;

use std::f64::consts::PI;

use anyhow::{Context, Result};
use particle_pilot::env::{Integrator, Physics, Push};
use particle_pilot::kernels::model::{BadCost, CostWeights};
use particle_pilot::{CartPoleProblem, PilotConfig, PilotError, PlannerKind, SettingError, Tuning};

use crate::config_file::read;
use crate::options::{IntegratorName, MOST_EPISODES, MOST_STEPS, Options};
use crate::relevance::reads;
use crate::shared::input;
use crate::shared::output::{print, say};
use crate::shared::places::{Named, distinct};
use crate::shared::text::number;
use crate::shared::usage::usage;

const DEFAULT_STEPS: u32 = 500;
const DEFAULT_EPISODES: u32 = 100;
const DEFAULT_LIMIT_DEG: f64 = 12.0;
/// Forces that single precision can tell apart from none, and from infinitely many.
const FORCES: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// What options are for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Work {
    #[default]
    Episode,
    Evaluation,
    /// Of all planners.
    Comparison,
}

/// The options in effect.
#[derive(Clone, Default)]
pub struct Settings {
    options: Options,
    work: Work,
}

impl Settings {
    /// The command line over the configuration file that it names; `None` if the options were only
    /// to be printed, which is then done. Warns of options that are given and not read.
    pub fn of(command_line: Options, work: Work) -> Result<Option<Self>> {
        let print_config = command_line.print_config;
        let options = match &command_line.config {
            Some(path) => command_line.over(read(path)?),
            None => command_line.clone(),
        };
        let checked = |options| Self { work, ..Self::default() }.with(options);
        let settings = match (checked(options), &command_line.config) {
            (Err(error), Some(path)) if checked(command_line.clone()).is_ok() => {
                return Err(usage(format!("{}: {error}", input::name(path))));
            }
            (settings, _) => settings?,
        };
        if print_config {
            print(&settings.toml()?)?;
            return Ok(None);
        }
        if let Some(warning) = settings.without_effect()?.filter(|_| !settings.options.quiet) {
            say(&warning);
        }
        Ok(Some(settings))
    }

    /// These options for an episode, checked.
    pub fn new(options: Options) -> Result<Self> {
        Self::default().with(options)
    }

    fn with(self, options: Options) -> Result<Self> {
        let settings = Self { options, ..self };
        let range = |name: &str, given: String, required: &str| {
            Err(usage(format!("{name} is {given}; it must be {required}")))
        };
        let steps = settings.steps();
        if !(1..=MOST_STEPS).contains(&steps) {
            return range("--steps", steps.to_string(), "1 to 100000000");
        }
        let limits = [
            ("--theta-limit-deg", settings.options.theta_limit_deg),
            ("--x-limit", settings.options.x_limit),
        ];
        for (name, limit) in limits {
            if let Some(limit) = limit.filter(|limit| limit.is_nan() || *limit <= 0.0) {
                return range(name, number(limit), "above 0, or inf for none");
            }
        }
        if let Some(force) = settings.options.force.filter(|force| !FORCES.contains(force)) {
            return range("--force", number(force), "1e-6 to 1e6");
        }
        settings.episodes()?;
        for planner in settings.planners() {
            let config = settings.config(planner);
            config.validate().map_err(|error| refused(error.into()))?;
            settings.weights(planner).validate().map_err(refused_cost)?;
        }
        settings.physics().validate().map_err(usage)?;
        Ok(settings)
    }

    /// Refuses outputs that would overwrite each other or the configuration file.
    pub fn distinct_outputs(&self) -> Result<()> {
        let o = &self.options;
        let outputs: [Named<'_>; 3] = [
            ("--json", o.json.as_deref()),
            ("--trace", o.trace.as_deref()),
            ("--plot", o.plot.as_deref()),
        ];
        let written = if self.work == Work::Episode { &outputs[..] } else { &outputs[..1] };
        distinct(&[("--config", o.config.as_deref())], written)
    }

    /// The planners that are asked for.
    fn planners(&self) -> Vec<PlannerKind> {
        match self.work {
            Work::Comparison => PlannerKind::ALL.iter().map(|(planner, _)| *planner).collect(),
            Work::Episode | Work::Evaluation => vec![self.planner()],
        }
    }

    /// The options as given, defaults left open.
    pub fn options(&self) -> &Options {
        &self.options
    }

    pub fn planner(&self) -> PlannerKind {
        self.options.planner.unwrap_or_default()
    }

    pub fn steps(&self) -> u32 {
        self.options.steps.unwrap_or(DEFAULT_STEPS)
    }

    pub fn push(&self) -> Option<Push> {
        self.options.push
    }

    /// How many episodes, 100 unless said otherwise.
    pub fn episodes(&self) -> Result<u32> {
        match self.options.episodes.unwrap_or(DEFAULT_EPISODES) {
            episodes @ 1..=MOST_EPISODES => Ok(episodes),
            other => Err(usage(format!("--episodes is {other}; it must be 1 to {MOST_EPISODES}"))),
        }
    }

    /// The pilot that these options ask for, with this planner.
    pub fn config(&self, planner: PlannerKind) -> PilotConfig {
        let default = PilotConfig::of(planner);
        let o = &self.options;
        PilotConfig {
            planner,
            particles: o.particles.unwrap_or(default.particles),
            horizon: o.horizon.unwrap_or(default.horizon),
            seed: o.seed.unwrap_or(default.seed),
            device: o.device.unwrap_or(default.device),
            threads: o.threads.unwrap_or(default.threads),
            action: o.action.unwrap_or(default.action),
            tuning: self.tuning(default.tuning),
        }
    }

    /// The problem that these options ask for, as this planner is told it.
    pub fn problem(&self, planner: PlannerKind) -> CartPoleProblem {
        CartPoleProblem { physics: self.physics(), cost: Some(self.weights(planner)) }
    }

    pub fn physics(&self) -> Physics {
        let (o, default) = (&self.options, Physics::default());
        Physics {
            // In Gymnasium's order, so that 12 degrees round as there.
            theta_threshold_radians: match o.theta_limit_deg {
                Some(degrees) => degrees * 2.0 * PI / 360.0,
                None => default.theta_threshold_radians,
            },
            x_threshold: o.x_limit.unwrap_or(default.x_threshold),
            force_mag: o.force.unwrap_or(default.force_mag),
            integrator: o.integrator.map_or(default.integrator, Integrator::from),
            ..default
        }
    }

    /// What futures cost.
    pub fn weights(&self, planner: PlannerKind) -> CostWeights {
        let (o, default) = (&self.options, CartPoleProblem::default().weights(planner));
        CostWeights {
            position: o.cost_position.unwrap_or(default.position),
            angle: o.cost_angle.unwrap_or(default.angle),
            end: o.cost_end.unwrap_or(default.end),
            terminal_position: o.cost_terminal_position.unwrap_or(default.terminal_position),
            terminal_velocity: o.cost_terminal_velocity.unwrap_or(default.terminal_velocity),
            terminal_angle: o.cost_terminal_angle.unwrap_or(default.terminal_angle),
            terminal_rate: o.cost_terminal_rate.unwrap_or(default.terminal_rate),
        }
    }

    fn tuning(&self, default: Tuning) -> Tuning {
        let o = &self.options;
        Tuning {
            iterations: o.iterations.unwrap_or(default.iterations),
            elite_share: o.elite_share.unwrap_or(default.elite_share),
            smoothing: o.smoothing.unwrap_or(default.smoothing),
            floor: o.floor.unwrap_or(default.floor),
            temperature: o.temperature.unwrap_or(default.temperature),
            target_share: o.target_share.unwrap_or(default.target_share),
            knot_spacing: o.knot_spacing.unwrap_or(default.knot_spacing),
            interpolation: o.interpolation.unwrap_or(default.interpolation),
            noise: o.noise.unwrap_or(default.noise),
            noise_scale: o.noise_scale.unwrap_or(default.noise_scale),
            colour: o.colour.unwrap_or(default.colour),
            noise_exponent: o.noise_exponent.unwrap_or(default.noise_exponent),
            kept_share: o.kept_share.unwrap_or(default.kept_share),
            sample_decay: o.sample_decay.unwrap_or(default.sample_decay),
            balance: o.balance.unwrap_or(default.balance),
        }
    }
}

/// A refusal by the library, in the words of the command line.
pub fn refused(error: PilotError) -> anyhow::Error {
    match error {
        PilotError::Setting(SettingError { name, given, required }) => {
            let option = name.replace('_', "-");
            // Without the three hundred digits that some numbers have.
            let given = given.parse().map_or(given, number);
            usage(format!("--{option} is {given}; it must be {required}"))
        }
        other => usage(other),
    }
}

/// What ended a run half-way.
pub fn failed(error: PilotError) -> anyhow::Error {
    match error {
        PilotError::StateNotFinite { .. } => anyhow::anyhow!(
            "{error}; nothing ends an episode without --theta-limit-deg or --x-limit before: lower --force or --push"
        ),
        other => other.into(),
    }
}

fn refused_cost(error: BadCost) -> anyhow::Error {
    match error.name {
        "every one" => usage("every cost weight is 0; at least one must be above 0"),
        name => usage(format!(
            "--cost-{} is {}; it must be 0 to 1e9",
            name.replace('_', "-"),
            number(error.given)
        )),
    }
}
