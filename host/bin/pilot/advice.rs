//! What was noticed about decisions, and what to do about it.

use particle_pilot::{PilotConfig, PlannerKind, Warning};

/// A warning, and what helps against it with this planner.
pub fn advised(warning: &Warning, config: &PilotConfig) -> String {
    let advice = match (warning, config.planner) {
        (Warning::AllEnd { longest: 0 }, _) => {
            "nothing keeps the state within --theta-limit-deg and --x-limit"
        }
        (Warning::AllEnd { .. }, _) => "lower --horizon, or raise --particles",
        (Warning::FewSamples { .. }, PlannerKind::Cem) => "raise --particles or --elite-share",
        (Warning::FewSamples { .. }, PlannerKind::Mppi) => match config.tuning.target_share > 0.0 {
            true => "raise --target-share or --particles",
            false => "raise --temperature, or set --target-share",
        },
        (Warning::FewSamples { .. }, PlannerKind::Smc) => "raise --temperature or --particles",
        (Warning::FewSamples { .. }, PlannerKind::RandomShooting | PlannerKind::Fmc) => {
            "raise --particles"
        }
        (Warning::NonFinite { .. }, _) => "lower --force or the --cost- weights",
        _ => return warning.to_string(),
    };
    format!("{warning}: {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relevance::reads;
    use particle_pilot::ActionKind;

    #[test]
    fn nothing_is_advised_that_the_planner_does_not_have() {
        for (planner, _) in PlannerKind::ALL {
            for (action, target_share) in
                [(ActionKind::Discrete, 0.0), (ActionKind::Continuous, 0.3)]
            {
                let mut config = PilotConfig { action, ..PilotConfig::of(*planner) };
                config.tuning.target_share = target_share;
                for warning in [
                    Warning::AllEnd { longest: 0 },
                    Warning::AllEnd { longest: 12 },
                    Warning::FewSamples { effective: 1.0 },
                    Warning::NonFinite { count: 2 },
                ] {
                    let text = advised(&warning, &config);
                    let words = text.split(|c: char| c.is_whitespace() || c == ',');
                    let options: Vec<_> = words.filter_map(|w| w.strip_prefix("--")).collect();
                    assert!(!options.is_empty(), "{text}");
                    assert!(
                        options.iter().all(|option| reads(&config, option)),
                        "{planner}: {text}"
                    );
                }
            }
        }
    }
}
