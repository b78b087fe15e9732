//! The options as people and other programs are shown them.

use std::collections::BTreeMap;

use super::*;

impl Settings {
    /// What was said, as a configuration file, and what was not as comments: so it stays open when the file is used
    /// with another planner.
    pub fn toml(&self) -> Result<String> {
        let given = toml_of(&self.options)?;
        let given = table(&given);
        let mut open = Vec::new();
        for planner in self.planners() {
            open.push((self.config(planner), toml_of(&self.filled(planner))?));
        }
        let open: Vec<_> = open.iter().map(|(config, text)| (config, table(text))).collect();
        let (mut text, mut unread) = (String::new(), String::new());
        for line in toml_of(&self.filled(self.planner()))?.lines() {
            let option = line.split('=').next().unwrap_or_default().trim();
            if given.contains_key(option) {
                text += &format!("{line}\n");
                continue;
            }
            if self.work == Work::Comparison && option == "planner" {
                continue;
            }
            let readers = || open.iter().filter(|(config, _)| reads(config, option));
            let values: Vec<_> = readers().filter_map(|(_, table)| table.get(option)).collect();
            match values.first() {
                None => unread += &format!("# {line}\n"),
                Some(value) if values.iter().all(|other| other == value) => {
                    text += &format!("# {option} = {value}\n");
                }
                Some(_) => {
                    let named = readers().zip(&values);
                    let named = named
                        .map(|((config, _), value)| format!("{value} with {}", config.planner));
                    text += &format!("# {option}: {}\n", named.collect::<Vec<_>>().join(", "));
                }
            }
        }
        if self.work == Work::Comparison && !given.contains_key("budget-us") {
            text += "# budget-us: as long as the reference takes\n";
        }
        if !unread.is_empty() {
            let planner = match self.work {
                Work::Comparison => "any planner",
                Work::Episode | Work::Evaluation => self.planner().name(),
            };
            text += &format!("# Not read by {planner}:\n{unread}");
        }
        Ok(format!("# Defaults are comments: they depend on the planner.\n{text}"))
    }

    /// All options that determine what happens, and not what is written, with a value.
    pub fn problem_toml(&self) -> Result<String> {
        let problem = Options {
            json: None,
            trace: None,
            plot: None,
            quiet: false,
            require_success: false,
            episodes: None,
            budget_us: None,
            ..self.filled(self.planner())
        };
        toml::to_string(&problem).context("cannot write the options as TOML")
    }

    /// In which options the text that these settings were read from differs from [`Settings::problem_toml`].
    pub fn differing_options(&self, text: &str) -> Result<Vec<String>> {
        let (given, all) = (table(text), self.problem_toml()?);
        let all = table(&all);
        let missing = all.keys().filter(|key| !given.contains_key(*key));
        let surplus = given.keys().filter(|key| !all.contains_key(*key));
        let missing = missing.map(|key| format!("`{key}` is missing"));
        Ok(missing.chain(surplus.map(|key| format!("`{key}` does not belong there"))).collect())
    }

    /// A warning of options that are given and that no planner here reads.
    pub(super) fn without_effect(&self) -> Result<Option<String>> {
        let planners = self.planners();
        let is_read = |option: &str| planners.iter().any(|kind| reads(&self.config(*kind), option));
        let given = toml_of(&self.options)?;
        let given = table(&given).into_keys();
        let unread: Vec<String> =
            given.filter(|key| !is_read(key)).map(|key| format!("--{key}")).collect();
        let [others @ .., last] = &unread[..] else { return Ok(None) };
        let (names, have) = match others {
            [] => (last.clone(), "has"),
            _ => (format!("{} and {last}", others.join(", ")), "have"),
        };
        let on = match planners[..] {
            [planner] => planner.name(),
            _ => "any planner",
        };
        Ok(Some(format!("warning: {names} {have} no effect on {on} with these options")))
    }

    /// The options with a planner's defaults filled in.
    fn filled(&self, planner: PlannerKind) -> Options {
        let config = self.config(planner);
        let (physics, cost, tuning) = (self.physics(), self.weights(planner), config.tuning);
        let o = self.options.clone();
        let has_episodes = self.work != Work::Episode;
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
            noise_exponent: Some(tuning.noise_exponent),
            kept_share: Some(tuning.kept_share),
            sample_decay: Some(tuning.sample_decay),
            balance: Some(tuning.balance),
            episodes: o.episodes.or(has_episodes.then_some(DEFAULT_EPISODES)),
            ..o
        }
    }
}

fn toml_of(options: &Options) -> Result<String> {
    toml::to_string(options).context("cannot write the options as TOML")
}

/// The options of a text, which has each on a line of its own, with their values.
fn table(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('=')).map(|(k, v)| (k.trim(), v.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config_file::parse;

    fn uncommented(text: &str) -> String {
        text.lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|l| l.contains(" = "))
            .fold(String::new(), |text, line| text + line + "\n")
    }

    #[test]
    fn defaults_filled_in_change_no_bit_and_are_printed_as_comments() {
        for (planner, _) in PlannerKind::ALL {
            let options = Options { planner: Some(*planner), ..Options::default() };
            let open = Settings { options, work: Work::Evaluation };
            let filled = Settings { options: open.filled(*planner), ..open.clone() };
            let default = CartPoleProblem::default();
            let default = CartPoleProblem { cost: Some(default.weights(*planner)), ..default };
            for settings in [&open, &filled] {
                assert_eq!(settings.config(*planner), PilotConfig::of(*planner));
                assert_eq!(settings.problem(*planner), default);
            }
            let text = open.toml().unwrap();
            assert_eq!(parse(&text).unwrap(), open.options);
            let all = format!("planner = \"{planner}\"\n{}", uncommented(&text));
            assert_eq!(parse(&all).unwrap(), open.filled(*planner));
        }
    }

    #[test]
    fn a_printed_configuration_is_the_same_for_every_planner_as_what_was_said() {
        let options = Options { horizon: Some(40), cost_end: Some(2.0), ..Options::default() };
        let said = Settings::new(options).unwrap();
        let printed = Settings::new(parse(&said.toml().unwrap()).unwrap()).unwrap();
        for (planner, _) in PlannerKind::ALL {
            assert_eq!(printed.config(*planner), said.config(*planner));
            assert_eq!(printed.problem(*planner), said.problem(*planner));
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
        let settings = Settings { options, ..Settings::default() };
        for text in [settings.toml().unwrap(), settings.problem_toml().unwrap()] {
            let (read, given) = (parse(&text).unwrap(), &settings.options);
            assert_eq!(
                (read.seed, read.x_limit, read.cost_angle),
                (given.seed, given.x_limit, given.cost_angle)
            );
        }
    }
}
