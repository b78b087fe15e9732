//! Decisions allocate nothing: all memory is taken when the pilot is made.

use particle_pilot::kernels::model::{Actions, Model};
use particle_pilot::kernels::real::Real;
use particle_pilot::{ActionKind, CartPoleProblem, Noise, Pilot, PilotConfig, PlannerKind, Tuning};

/// Memory that ten decisions allocate after the first two, which may grow buffers once.
fn allocations<const N: usize>(mut pilot: Pilot) -> u64 {
    let mut act = |decisions: u32| {
        for i in 0..decisions {
            pilot.act(&[0.01 * f64::from(i); N]).unwrap();
        }
    };
    act(2);
    allocation_counter::measure(|| act(10)).count_total
}

fn of_cart_pole(config: PilotConfig) -> u64 {
    allocations::<4>(
        Pilot::new(PilotConfig { threads: 1, ..config }, CartPoleProblem::default()).unwrap(),
    )
}

#[test]
fn no_planner_allocates_once_it_runs() {
    for (planner, name) in PlannerKind::ALL {
        for action in [ActionKind::Discrete, ActionKind::Continuous] {
            let config = PilotConfig { action, particles: 1000, ..PilotConfig::of(*planner) };
            assert_eq!(of_cart_pole(config), 0, "{name}, {action}");
        }
    }
}

#[test]
fn points_spread_evenly_are_computed_only_once() {
    let tuning = Tuning { noise: Noise::Halton, ..Tuning::of(PlannerKind::Mppi) };
    assert_eq!(of_cart_pole(PilotConfig { tuning, ..PilotConfig::of(PlannerKind::Mppi) }), 0);
}

/// Two places, each with an engine of its own.
#[derive(Clone, Copy)]
struct Two;

impl Model<2, 2> for Two {
    fn actions(&self) -> Actions<2> {
        Actions::within([-1.0, 0.0], [1.0, 3.0])
    }
    #[inline(always)]
    fn advance<R: Real>(&self, [x, y]: [R; 2], [u, v]: [R; 2]) -> [R; 2] {
        [x + u * 0.1, y + v * 0.1]
    }
    #[inline(always)]
    fn cost<R: Real>(&self, [x, y]: [R; 2], _: [R; 2]) -> R {
        (x - 1.0).square() + (y - 2.0).square()
    }
}

#[test]
fn decisions_about_several_numbers_allocate_nothing_either() {
    for planner in [
        PlannerKind::RandomShooting,
        PlannerKind::Cem,
        PlannerKind::Mppi,
        PlannerKind::PredictiveSampling,
        PlannerKind::Icem,
    ] {
        let config = PilotConfig { particles: 1000, threads: 1, ..PilotConfig::of(planner) };
        assert_eq!(allocations::<2>(Pilot::with_model(config, Two).unwrap()), 0, "{planner}");
    }
}
