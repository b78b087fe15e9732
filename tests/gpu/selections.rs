//! Elites that many blocks select are those that the CPU takes: however many futures there are, and however many of them cost the
//! same.

use particle_pilot::kernels::model::CostWeights;
use particle_pilot::{ActionKind, CartPoleProblem, Device, PilotBatch, PilotConfig, PlannerKind};

use super::{GPU, on_the_virtual_gpu};

/// A whole number of blocks' shares of 2048, one more than a block selects among alone, and others.
const COUNTS: [u32; 4] = [4097, 6144, 6145, 9001];

/// Whether what two pilots decide three times is the same on GPU and CPU.
fn assert_alike(config: &PilotConfig, problem: &CartPoleProblem, share: f64) {
    let mut config = config.clone();
    config.tuning.elite_share = share;
    let case = format!("{} {} of {}", config.planner, config.action, config.particles);
    let [gpu, cpu] = [GPU, Device::Cpu].map(|device| {
        let config = PilotConfig { device, ..config.clone() };
        let mut batch = PilotBatch::new(&config, *problem, &[3, 8]).unwrap();
        let mut decide = |x: f64| batch.act(&[[x, 0.1, 0.02, -0.1], [0.0, x, -0.02, 0.1]]).unwrap();
        [decide(0.01), decide(0.02), decide(0.5)]
    });
    assert_eq!(gpu, cpu, "{case}, elites {share}");
}

fn selecting() -> impl Iterator<Item = PilotConfig> {
    use ActionKind::{Continuous, Discrete};
    let planners = [
        (PlannerKind::Cem, Discrete),
        (PlannerKind::Cem, Continuous),
        (PlannerKind::Icem, Continuous),
        (PlannerKind::PredictiveSampling, Continuous),
    ];
    planners.into_iter().map(|(planner, action)| PilotConfig {
        action,
        horizon: 5,
        ..PilotConfig::of(planner)
    })
}

#[test]
fn elites_of_many_futures_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("selections::elites_of_many_futures_are_the_cpus");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn elites_of_many_futures_are_the_cpus() {
    for usual in selecting() {
        for particles in COUNTS {
            let config = PilotConfig { particles, ..usual.clone() };
            assert_alike(&config, &CartPoleProblem::default(), config.tuning.elite_share);
        }
    }
}

#[test]
fn elites_among_equals_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("selections::elites_among_equals_are_the_cpus");
}

/// Where only falling costs anything, and nothing falls so soon, all futures are equal, and the lowest numbers count.
#[test]
#[ignore = "requires an NVIDIA GPU"]
fn elites_among_equals_are_the_cpus() {
    let only_falling = CostWeights {
        position: 0.0,
        angle: 0.0,
        end: 1.0,
        terminal_position: 0.0,
        terminal_velocity: 0.0,
        terminal_angle: 0.0,
        terminal_rate: 0.0,
    };
    let equal = CartPoleProblem { cost: Some(only_falling), ..CartPoleProblem::default() };
    for usual in selecting() {
        let config = PilotConfig { particles: 5000, ..usual };
        for share in [0.001, 0.3, 1.0] {
            assert_alike(&config, &equal, share);
        }
    }
}
