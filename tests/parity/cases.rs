//! What must give the same bits everywhere, and how it is put into digests.

use particle_pilot::env::{Integrator, Physics};
use particle_pilot::{
    ActionKind, CartPoleProblem, Device, Digest, Episode, Interpolation, Noise, Pilot, PilotConfig,
    PlannerKind, Tuning,
};

/// The digests as they are to be; `tests/parity/main.rs` makes them.
pub const COMMITTED: &str = include_str!("../golden/digests.txt");

/// What a case is a digest of.
pub enum Case {
    /// Decisions in a few different states, diagnostics included.
    Decisions(PilotConfig),
    /// The same in states beyond what single precision can square, where costs saturate.
    FarOut(PilotConfig),
    /// As the first, of a cart-pole that leans far and moves by another integrator.
    General(PilotConfig),
    /// An episode of 100 steps.
    Episode(PilotConfig),
}

const ACTIONS: [ActionKind; 2] = [ActionKind::Discrete, ActionKind::Continuous];

/// All cases by name.
pub fn cases() -> Vec<(String, Case)> {
    let mut cases = Vec::new();
    for (i, (planner, _)) in PlannerKind::ALL.iter().enumerate() {
        for (j, action) in ACTIONS.into_iter().enumerate() {
            let usual = PilotConfig { action, ..PilotConfig::of(*planner) };
            for (k, particles) in [1, 31, 32, 33, 255, 1000, 4097].into_iter().enumerate() {
                // Two horizons for each number of particles: every pair of them with some planner.
                for step in 0..2 {
                    let horizon = [1, 7, 32, 33, 50][(i + j + k + 2 * step) % 5];
                    let config = PilotConfig { particles, horizon, ..usual.clone() };
                    let name = format!("{planner} {action} K={particles} H={horizon}");
                    cases.push((name, Case::Decisions(config)));
                }
            }
            // More chunks than are added up at once.
            let config = PilotConfig { particles: 16_500, horizon: 2, ..usual.clone() };
            cases.push((format!("{planner} {action} many"), Case::Decisions(config)));
            let config = PilotConfig { particles: 300, ..usual.clone() };
            cases.push((format!("{planner} {action} general"), Case::General(config)));
            // Where all costs are the same, planners differ by how many there are.
            let particles = 70 + i as u32;
            let config = PilotConfig { particles, horizon: 5, ..usual.clone() };
            cases.push((format!("{planner} {action} far out"), Case::FarOut(config)));
            let config = PilotConfig { particles: 257, ..usual };
            cases.push((format!("{planner} {action} episode"), Case::Episode(config)));
        }
    }
    for planner in [PlannerKind::Mppi, PlannerKind::RandomShooting, PlannerKind::Cem] {
        for (noise, _) in Noise::ALL {
            for (interpolation, _) in Interpolation::ALL {
                let usual = Tuning::of(planner);
                let tuning = Tuning {
                    noise: *noise,
                    interpolation: *interpolation,
                    knot_spacing: 3,
                    ..usual
                };
                let usual = PilotConfig::of(planner);
                let action = ActionKind::Continuous;
                let config = PilotConfig { tuning, action, particles: 333, ..usual };
                let name = format!("{planner} {noise} {interpolation}");
                cases.push((name, Case::Decisions(config)));
            }
        }
    }
    for action in ACTIONS {
        let tuning = Tuning { target_share: 0.1, ..Tuning::of(PlannerKind::Mppi) };
        let config = PilotConfig { tuning, action, ..PilotConfig::of(PlannerKind::Mppi) };
        cases.push((format!("mppi {action} target_share"), Case::Decisions(config)));
    }
    for planner in [PlannerKind::Mppi, PlannerKind::Smc] {
        for action in ACTIONS {
            for temperature in [1e-9, 1e9] {
                let tuning = Tuning { temperature, ..Tuning::of(planner) };
                let config = PilotConfig { tuning, action, ..PilotConfig::of(planner) };
                let name = format!("{planner} {action} temperature {temperature:e}");
                cases.push((name, Case::Decisions(config)));
            }
        }
    }
    cases
}

impl Case {
    /// The digest on `device`, with `threads` threads.
    pub fn digest(self, threads: usize, device: Device) -> Digest {
        let (Self::Decisions(config)
        | Self::General(config)
        | Self::FarOut(config)
        | Self::Episode(config)) = &self;
        let config = PilotConfig { threads, device, seed: 11, ..config.clone() };
        let physics = match self {
            Self::General(_) => Physics {
                theta_threshold_radians: 45f64.to_radians(),
                integrator: Integrator::SemiImplicitEuler,
                ..Physics::default()
            },
            _ => Physics::default(),
        };
        let problem = CartPoleProblem::from(physics);
        let mut pilot = Pilot::new(config, problem).expect("every case is valid");
        assert_eq!(pilot.device(), device);
        match self {
            Self::Episode(_) => {
                Episode::new().seed(4).steps(100).run(&mut pilot).expect("valid").digest
            }
            Self::Decisions(_) | Self::General(_) => {
                let near = [0.01, 0.02, 0.03, -0.02];
                decisions(&mut pilot, [near, [0.02, 0.2, 0.02, -0.3], [-1.9, -1.2, 0.1, 0.9]])
            }
            Self::FarOut(_) => {
                let fast = [0.0, 3e38, 0.0, -3e38];
                decisions(&mut pilot, [[1e30, 0.0, 0.0, 0.0], fast, [0.0, 0.0, -1e30, 0.0]])
            }
        }
    }
}

fn decisions(pilot: &mut Pilot, states: [[f64; 4]; 3]) -> Digest {
    let mut digest = Digest::new();
    for state in states {
        digest.decision(&pilot.act(&state).expect("a finite state"));
    }
    digest
}
