//! Which options which planner reads.

use particle_pilot::PilotConfig;

/// Whether a pilot of this configuration reads an option, by its long name.
pub fn reads(config: &PilotConfig, option: &str) -> bool {
    let unread = config.tuning.unread(config.planner, config.action);
    !unread.iter().any(|(knob, _)| knob.replace('_', "-") == option)
}

#[cfg(test)]
mod tests {
    use super::*;
    use particle_pilot::{ActionKind, CartPoleProblem, Noise, Pilot, PlannerKind, Tuning};

    /// A pilot's first two decisions, the second of which has a plan to start from.
    fn decisions(config: &PilotConfig) -> Vec<particle_pilot::Decision> {
        let mut pilot = Pilot::new(config.clone(), CartPoleProblem::default()).unwrap();
        (0..3).map(|_| pilot.act(&[0.3, 0.2, 0.03, -0.2]).unwrap()).collect()
    }

    #[test]
    fn what_is_read_makes_a_difference_and_what_is_not_makes_none() {
        type Change = fn(&mut Tuning);
        let knobs: [(&str, Change); 15] = [
            ("iterations", |t| t.iterations = 4),
            ("elite-share", |t| t.elite_share = 0.3),
            ("smoothing", |t| t.smoothing = 0.7),
            ("floor", |t| t.floor = 0.4),
            ("temperature", |t| t.temperature = 0.02),
            ("target-share", |t| t.target_share = 0.7),
            ("knot-spacing", |t| t.knot_spacing = 3),
            ("interpolation", |t| t.interpolation = particle_pilot::Interpolation::Cubic),
            ("noise", |t| t.noise = Noise::Halton),
            ("noise-scale", |t| t.noise_scale = 0.1.into()),
            ("colour", |t| t.colour = 0.9),
            ("balance", |t| t.balance = 3.0),
            ("noise-exponent", |t| t.noise_exponent = 3.0),
            ("kept-share", |t| t.kept_share = 0.8),
            ("sample-decay", |t| t.sample_decay = 2.0),
        ];
        let mut wrong = Vec::new();
        for (planner, _) in PlannerKind::ALL {
            for action in [ActionKind::Discrete, ActionKind::Continuous] {
                for noise in [Noise::White, Noise::Coloured] {
                    let mut config =
                        PilotConfig { action, threads: 1, ..PilotConfig::of(*planner) };
                    config.device = particle_pilot::Device::Cpu;
                    config.particles = 256;
                    config.tuning.noise = noise;
                    config.tuning.knot_spacing = 4;
                    if *planner == PlannerKind::Icem {
                        // So weak that a floor raises it.
                        config.tuning.noise_scale = 0.5.into();
                    }
                    let before = decisions(&config);
                    for (knob, change) in &knobs {
                        let mut changed = config.clone();
                        change(&mut changed.tuning);
                        let differs = decisions(&changed) != before;
                        if differs != reads(&config, knob) {
                            wrong.push(format!("{planner} {action} {noise} {knob}"));
                        }
                    }
                }
            }
        }
        // Full left and full right do not tell how strong the noise is, as long as plans stay within full control.
        let is_strength = |case: &str| {
            let is_sign = ["mppi discrete", "predictive-sampling discrete"];
            case.ends_with("noise-scale") && is_sign.iter().any(|start| case.starts_with(start))
        };
        wrong.retain(|case| !is_strength(case));
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
