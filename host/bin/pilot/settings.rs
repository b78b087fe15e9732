//! The options in effect: command line over configuration file over defaults.

use std::f64::consts::PI;

use anyhow::{Context, Result};
use particle_pilot::env::{Integrator, Physics, Push};
use particle_pilot::kernels::model::CostWeights;
use particle_pilot::{PilotConfig, PilotError, PlannerKind, Tuning};

use crate::config_file::read;
use crate::options::{IntegratorName, Options};
use crate::shared::output::{print, usage};

const DEFAULT_STEPS: u32 = 500;
const MOST_STEPS: u32 = 100_000_000;
const DEFAULT_LIMIT_DEG: f64 = 12.0;

/// The options in effect.
pub struct Settings {
    options: Options,
}

impl Settings {
    /// The command line over the configuration file that it names; `None` if the options were only
    /// to be printed, which is then done.
    pub fn of(command_line: Options) -> Result<Option<Self>> {
        let print_config = command_line.print_config;
        let options = match &command_line.config {
            Some(path) => command_line.over(read(path)?),
            None => command_line.clone(),
        };
        let settings = Self::new(options)?;
        if print_config {
            print(&settings.toml()?)?;
            return Ok(None);
        }
        Ok(Some(settings))
    }

    /// These options, checked.
    pub fn new(options: Options) -> Result<Self> {
        let settings = Self { options };
        let steps = settings.steps();
        let range = |name: &str, given: &dyn std::fmt::Display, required: &str| {
            Err(usage(format!("{name} is {given}; it must be {required}")))
        };
        if !(1..=MOST_STEPS).contains(&steps) {
            return range("--steps", &steps, "1 to 100000000");
        }
        let limits = [
            ("--theta-limit-deg", settings.options.theta_limit_deg),
            ("--x-limit", settings.options.x_limit),
        ];
        for (name, limit) in limits {
            if let Some(limit) = limit.filter(|limit| limit.is_nan() || *limit <= 0.0) {
                return range(name, &limit, "above 0, or inf for none");
            }
        }
        let force = settings.options.force;
        if let Some(force) = force.filter(|force| !force.is_finite() || *force <= 0.0) {
            return range("--force", &force, "above 0 and finite");
        }
        let config = settings.config(settings.planner());
        config.validate().map_err(refused)?;
        config.cost.validate().map_err(usage)?;
        config.physics.validate().map_err(usage)?;
        Ok(settings)
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
        match self.options.episodes.unwrap_or(100) {
            episodes @ 1..=10_000_000 => Ok(episodes),
            other => Err(usage(format!("--episodes is {other}; it must be 1 to 10000000"))),
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
            physics: self.physics(default.physics),
            cost: self.cost(default.cost),
            tuning: self.tuning(default.tuning),
        }
    }

    fn physics(&self, default: Physics) -> Physics {
        let o = &self.options;
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

    fn cost(&self, default: CostWeights) -> CostWeights {
        let o = &self.options;
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
            balance: o.balance.unwrap_or(default.balance),
        }
    }

    /// All options with a value, as a configuration file.
    pub fn toml(&self) -> Result<String> {
        toml::to_string(&self.filled()).context("cannot write the options as TOML")
    }

    /// The part of [`Settings::toml`] that determines what happens, and not what is written.
    pub fn problem_toml(&self) -> Result<String> {
        let problem = Options {
            json: None,
            trace: None,
            plot: None,
            quiet: false,
            require_success: false,
            ..self.filled()
        };
        toml::to_string(&problem).context("cannot write the options as TOML")
    }

    /// The options with the defaults filled in.
    fn filled(&self) -> Options {
        let config = self.config(self.planner());
        let (physics, cost, tuning) = (config.physics, config.cost, config.tuning);
        let o = self.options.clone();
        Options {
            planner: Some(config.planner),
            particles: Some(config.particles),
            horizon: Some(config.horizon),
            steps: Some(self.steps()),
            seed: Some(config.seed),
            device: Some(config.device),
            threads: Some(config.threads),
            action: Some(config.action),
            theta_limit_deg: Some(o.theta_limit_deg.unwrap_or(DEFAULT_LIMIT_DEG)),
            x_limit: Some(physics.x_threshold),
            force: Some(physics.force_mag),
            integrator: Some(match physics.integrator {
                Integrator::Euler => IntegratorName::Euler,
                Integrator::SemiImplicitEuler => IntegratorName::SemiImplicitEuler,
            }),
            cost_position: Some(cost.position),
            cost_angle: Some(cost.angle),
            cost_end: Some(cost.end),
            cost_terminal_position: Some(cost.terminal_position),
            cost_terminal_velocity: Some(cost.terminal_velocity),
            cost_terminal_angle: Some(cost.terminal_angle),
            cost_terminal_rate: Some(cost.terminal_rate),
            iterations: Some(tuning.iterations),
            elite_share: Some(tuning.elite_share),
            smoothing: Some(tuning.smoothing),
            floor: Some(tuning.floor),
            temperature: Some(tuning.temperature),
            target_share: Some(tuning.target_share),
            knot_spacing: Some(tuning.knot_spacing),
            interpolation: Some(tuning.interpolation),
            noise: Some(tuning.noise),
            noise_scale: Some(tuning.noise_scale),
            colour: Some(tuning.colour),
            balance: Some(tuning.balance),
            ..o
        }
    }
}

/// A refusal by the library, in the words of the command line.
pub fn refused(error: PilotError) -> anyhow::Error {
    match error {
        PilotError::Setting { name, given, required } => {
            let option = name.replace('_', "-");
            usage(format!("--{option} is {given}; it must be {required}"))
        }
        other => usage(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::parse;

    #[test]
    fn defaults_filled_in_change_no_bit() {
        for (planner, _) in PlannerKind::ALL {
            let options = Options { planner: Some(*planner), ..Options::default() };
            let open = Settings { options };
            let filled = Settings { options: open.filled() };
            assert_eq!(open.config(*planner), PilotConfig::of(*planner));
            assert_eq!(filled.config(*planner), PilotConfig::of(*planner));
            assert_eq!(parse(&open.toml().unwrap()).unwrap(), open.filled());
        }
    }

    #[test]
    fn numbers_out_of_the_ordinary_survive_the_file() {
        let options = Options {
            seed: Some(u64::MAX),
            x_limit: Some(f64::INFINITY),
            cost_angle: Some(0.1 + 0.2),
            ..Options::default()
        };
        let text = Settings { options: options.clone() }.toml().unwrap();
        let read = parse(&text).unwrap();
        assert_eq!(
            (read.seed, read.x_limit, read.cost_angle),
            (options.seed, options.x_limit, options.cost_angle)
        );
    }
}
