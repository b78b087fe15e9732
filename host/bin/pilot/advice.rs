//! What was noticed about decisions, and what to do about it.

use particle_pilot::{PilotConfig, Warning};

/// A warning, and what helps against it with this planner, by the names of the command line.
pub fn advised(warning: &Warning, config: &PilotConfig) -> String {
    warning.advised(config, |name| format!("--{}", name.replace('_', "-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_spelt_as_on_the_command_line() {
        let warning = Warning::AllEnd { longest: 0 };
        let text = advised(&warning, &PilotConfig::default());
        assert!(text.ends_with("within --theta-limit-deg and --x-limit"), "{text}");
    }
}
