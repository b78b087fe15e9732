//! What is timed, and how each contender does it.

use std::path::PathBuf;

use anyhow::Result;
use particle_pilot::{Digest, PilotConfig, PlannerKind};

use crate::models::Model;
use crate::runner::Runner;
use crate::shared::text::count;

/// Where decisions are made: near the upright rest.
pub const STATE: [f64; 4] = [0.01, 0.02, 0.03, -0.02];

/// As many particles, and as many episodes of as many steps, are enough to compare answers: with more, one thread
/// without vector instructions would take too long. 4097 particles fill no bundle, chunk or block evenly.
const CHECKED_PARTICLES: u32 = 4097;
const CHECKED_EPISODES: u32 = 5;
const CHECKED_STEPS: u32 = 20;
/// As many decisions in a row are compared, so that warm starts count too.
const CHECKED_DECISIONS: usize = 3;

/// What is done in one run.
#[derive(Clone, Debug)]
pub enum Work {
    /// One decision about the cart-pole.
    Decision(PilotConfig),
    /// One decision about another model.
    ModelDecision { model: Model, config: PilotConfig },
    /// One closed loop, from seed 0 on.
    Episode { config: PilotConfig, steps: u32 },
    /// Many closed loops. Opening a GPU is not part of the time.
    Episodes { config: PilotConfig, episodes: u32, steps: u32 },
    /// Steps of environments side by side, with given actions.
    Steps { environments: u32, steps: u32 },
    /// The program `pilot`, from its start to its end after one decision.
    Start(Option<PathBuf>),
}

impl Work {
    /// The same work, small enough for one thread without vector instructions.
    pub fn checked(&self) -> Self {
        let few = |config: &PilotConfig| PilotConfig {
            particles: config.particles.min(CHECKED_PARTICLES),
            ..config.clone()
        };
        match self {
            Self::Decision(config) => Self::Decision(few(config)),
            Self::ModelDecision { model, config } => {
                Self::ModelDecision { model: *model, config: few(config) }
            }
            Self::Episode { config, steps } => {
                Self::Episode { config: few(config), steps: CHECKED_STEPS.min(*steps) }
            }
            Self::Episodes { config, episodes, steps } => Self::Episodes {
                config: few(config),
                episodes: CHECKED_EPISODES.min(*episodes),
                steps: CHECKED_STEPS.min(*steps),
            },
            Self::Steps { environments, steps } => Self::Steps {
                environments: (*environments).min(CHECKED_PARTICLES),
                steps: CHECKED_STEPS.min(*steps),
            },
            Self::Start(pilot) => Self::Start(pilot.clone()),
        }
    }

    /// How much it is, in steps of particles or environments, if no episode ends early; what a program's start amounts
    /// to is nothing.
    pub fn size(&self) -> f64 {
        let decision = |config: &PilotConfig| {
            let tuning = &config.tuning;
            let iterations: f64 = match config.planner {
                PlannerKind::Cem => tuning.iterations.into(),
                // But for the least that an iteration has.
                PlannerKind::Icem => {
                    (0..tuning.iterations as i32).map(|i| tuning.sample_decay.powi(-i)).sum()
                }
                _ => 1.0,
            };
            f64::from(config.particles) * f64::from(config.horizon) * iterations
        };
        match self {
            Self::Decision(config) | Self::ModelDecision { config, .. } => decision(config),
            Self::Episode { config, steps } => decision(config) * f64::from(*steps),
            Self::Episodes { config, episodes, steps } => {
                decision(config) * f64::from(*episodes) * f64::from(*steps)
            }
            Self::Steps { environments, steps } => f64::from(*environments) * f64::from(*steps),
            Self::Start(_) => 0.0,
        }
    }

    /// What decides, where the work is a pilot's.
    pub fn config(&self) -> Option<&PilotConfig> {
        match self {
            Self::Decision(config)
            | Self::ModelDecision { config, .. }
            | Self::Episode { config, .. }
            | Self::Episodes { config, .. } => Some(config),
            Self::Steps { .. } | Self::Start(_) => None,
        }
    }

    /// Which model is planned with, where it is not the cart-pole.
    pub fn model(&self) -> Option<Model> {
        match self {
            Self::ModelDecision { model, .. } => Some(*model),
            _ => None,
        }
    }

    /// How many episodes a run consists of.
    pub fn episodes(&self) -> Option<u32> {
        match self {
            Self::Episode { .. } => Some(1),
            Self::Episodes { episodes, .. } => Some(*episodes),
            Self::Decision(_)
            | Self::ModelDecision { .. }
            | Self::Steps { .. }
            | Self::Start(_) => None,
        }
    }

    /// A hash of the answers of a fresh runner, which tells whether two contenders do the same.
    pub fn answers(&self, runner: &mut dyn Runner) -> Result<Digest> {
        let decides = matches!(self, Self::Decision(_) | Self::ModelDecision { .. });
        let runs = if decides { CHECKED_DECISIONS } else { 1 };
        let mut digest = Digest::new();
        for _ in 0..runs {
            digest.digest(runner.first()?.digest);
        }
        Ok(digest)
    }

    /// In words.
    pub fn about(&self) -> String {
        let size = |config: &PilotConfig| {
            let PilotConfig { planner, action, particles, horizon, .. } = config;
            format!("{planner}, {action}, {particles} particles x {horizon} steps")
        };
        match self {
            Self::Decision(config) => format!("one decision of {}", size(config)),
            Self::ModelDecision { model, config } => {
                let (size, noise) = (size(config), noise(config.tuning.knot_spacing));
                format!("one decision for {model}: {size}, {noise}")
            }
            Self::Episode { config, steps } => {
                format!("one episode of {steps} steps, each decision {}", size(config))
            }
            Self::Episodes { config, episodes, steps } => {
                let episodes = count((*episodes).into(), "episode");
                format!("{episodes} of {steps} steps, each decision {}", size(config))
            }
            Self::Steps { environments, steps } => {
                format!("{steps} steps of {environments} environments, with given actions")
            }
            Self::Start(_) => "the program pilot, from start to end, for one decision".into(),
        }
    }
}

/// How noise is drawn, in words.
pub fn noise(knot_spacing: u32) -> String {
    match knot_spacing {
        1 => "noise at every step".into(),
        steps => format!("noise every {steps} steps"),
    }
}
