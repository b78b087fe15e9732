//! Decisions allocate nothing: all memory is taken when the pilot is made.

use particle_pilot::{ActionKind, Noise, Pilot, PilotConfig, PlannerKind, Tuning};

/// Memory that ten decisions allocate after the first two, which may grow buffers once.
fn allocations(config: PilotConfig) -> u64 {
    let mut pilot = Pilot::new(PilotConfig { threads: 1, ..config }).unwrap();
    let mut act = |decisions: u32| {
        for i in 0..decisions {
            pilot.act(&[0.01 * f64::from(i), 0.1, 0.02, -0.1]).unwrap();
        }
    };
    act(2);
    allocation_counter::measure(|| act(10)).count_total
}

#[test]
fn no_planner_allocates_once_it_runs() {
    for (planner, name) in PlannerKind::ALL {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            let config = PilotConfig { action, particles: 1000, ..PilotConfig::of(*planner) };
            assert_eq!(allocations(config), 0, "{name}, {action}");
        }
    }
}

#[test]
fn points_spread_evenly_are_computed_only_once() {
    let tuning = Tuning { noise: Noise::Halton, ..Tuning::of(PlannerKind::Mppi) };
    assert_eq!(allocations(PilotConfig { tuning, ..PilotConfig::of(PlannerKind::Mppi) }), 0);
}
