//! What helps against what was noticed about decisions.

use crate::decision::Warning;
use crate::settings::{PilotConfig, PlannerKind};

impl Warning {
    /// The warning, and which options of `config` help against it, if any do; `option` spells an option's name, which
    /// it is given as the Python package has it, such as `elite_share`.
    ///
    /// # Examples
    /// ```
    /// use particle_pilot::{PilotConfig, Warning};
    /// let text = Warning::AllEnd { longest: 12 }.advised(&PilotConfig::default(), |name| format!("--{name}"));
    /// assert_eq!(text, "all futures end within 12 steps: lower --horizon, or raise --particles");
    /// ```
    #[must_use]
    pub fn advised(&self, config: &PilotConfig, option: impl Fn(&str) -> String) -> String {
        let advice = self.advice(config).split('`').enumerate();
        let spelt = advice.map(|(i, part)| if i % 2 == 0 { part.into() } else { option(part) });
        format!("{self}: {}", spelt.collect::<String>())
    }

    /// What to do about it, names of options in backticks.
    fn advice(&self, config: &PilotConfig) -> &'static str {
        match (self, config.planner) {
            (Self::AllEnd { longest: 0 }, _) => {
                "nothing keeps the state within `theta_limit_deg` and `x_limit`"
            }
            (Self::AllEnd { .. }, _) => "lower `horizon`, or raise `particles`",
            (Self::FewSamples { .. }, PlannerKind::Cem | PlannerKind::Icem) => {
                "raise `particles` or `elite_share`"
            }
            (Self::FewSamples { .. }, PlannerKind::Mppi) => {
                match config.tuning.target_share > 0.0 {
                    true => "raise `target_share` or `particles`",
                    false => "raise `temperature`, or set `target_share`",
                }
            }
            (Self::FewSamples { .. }, PlannerKind::Smc) => "raise `temperature` or `particles`",
            (
                Self::FewSamples { .. },
                PlannerKind::RandomShooting | PlannerKind::Fmc | PlannerKind::PredictiveSampling,
            ) => "raise `particles`",
            (Self::NonFinite { .. }, _) => "lower `force` or the `cost_` weights",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::settings::ActionKind;

    #[test]
    fn nothing_is_advised_that_the_planner_does_not_have() {
        for (planner, _) in PlannerKind::ALL {
            for (action, target_share) in
                [(ActionKind::Discrete, 0.0), (ActionKind::Continuous, 0.3)]
            {
                let mut config = PilotConfig { action, ..PilotConfig::of(*planner) };
                config.tuning.target_share = target_share;
                let unread = config.tuning.unread(*planner, action);
                for warning in [
                    Warning::AllEnd { longest: 0 },
                    Warning::AllEnd { longest: 12 },
                    Warning::FewSamples { effective: 1.0 },
                    Warning::NonFinite { count: 2 },
                ] {
                    let options = RefCell::new(Vec::new());
                    let text = warning.advised(&config, |name| {
                        options.borrow_mut().push(name.to_owned());
                        name.into()
                    });
                    let options = options.into_inner();
                    assert!(!options.is_empty() && !text.contains('`'), "{text}");
                    assert!(
                        unread.iter().all(|(knob, _)| !options.iter().any(|name| name == knob)),
                        "{planner}: {text}"
                    );
                }
            }
        }
    }
}
