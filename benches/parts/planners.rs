//! Decisions of each planner, with the CPU's widest vector instructions on one thread.

use criterion::{BenchmarkId, Criterion, Throughput};
use particle_pilot::{CartPoleProblem, Device, Pilot, PilotConfig, PlannerKind};

const PARTICLES: u32 = 1024;

pub fn all(criterion: &mut Criterion) {
    // One step ahead there is little to simulate: what is left is the planner's own work.
    decisions(criterion, "decision", 30);
    decisions(criterion, "update, 1 step", 1);
}

fn decisions(criterion: &mut Criterion, name: &str, horizon: u32) {
    let mut group = criterion.benchmark_group(name);
    for (planner, planner_name) in PlannerKind::ALL {
        let config = PilotConfig::builder()
            .planner(*planner)
            .particles(PARTICLES)
            .horizon(horizon)
            .threads(1)
            .device(Device::Cpu)
            .build();
        let config = config.expect("within all ranges");
        let mut pilot =
            Pilot::new(config, CartPoleProblem::default()).expect("every planner can do this");
        group.throughput(Throughput::Elements(PARTICLES.into()));
        group.bench_function(BenchmarkId::from_parameter(planner_name), |bencher| {
            bencher.iter(|| pilot.act(&[0.01, 0.02, 0.03, -0.02]));
        });
    }
    group.finish();
}
