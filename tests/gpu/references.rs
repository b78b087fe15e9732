//! References and grids on a GPU: the CPU's bits.

use particle_pilot::kernels::model::Model;
use particle_pilot::kernels::problems::DiffDrive;
use particle_pilot::{Decision, Device, Pilot, PilotConfig, PlannerKind, Tuning};

use super::following::{Balloon, path};
use super::map::{BALL, MAPS};
use super::{GPU, on_the_virtual_gpu, on_the_virtual_gpu_that_fails};

fn config(planner: PlannerKind, particles: u32, horizon: u32) -> PilotConfig {
    let tuning = Tuning { iterations: 2, ..Tuning::of(planner) };
    PilotConfig { particles, horizon, tuning, ..PilotConfig::of(planner) }
}

/// What a pilot decides whose reference changes, but for once.
fn decisions<T: Model<1, 1>>(config: &PilotConfig, model: T, device: Device) -> Vec<Decision> {
    let mut pilot = Pilot::with_model(PilotConfig { device, ..config.clone() }, model).unwrap();
    let decide = |(time, place): (u32, f64)| {
        if time != 2 {
            pilot.set_reference(&path(time, config.horizon + 1)).unwrap();
        }
        pilot.act(&[place]).unwrap()
    };
    (0..).zip([0.4, 0.35, 0.5, 0.1]).map(decide).collect()
}

fn compare<T: Model<1, 1>>(config: &PilotConfig, model: T) {
    let on_cpu = decisions(config, model, Device::Cpu);
    let some_live = on_cpu.iter().any(|decision| decision.diagnostics.dead_share < 1.0);
    assert!(some_live && on_cpu.iter().all(|decision| decision.diagnostics.non_finite == 0));
    assert_eq!(decisions(config, model, GPU), on_cpu, "{} {}", config.planner, config.particles);
}

#[test]
fn decisions_with_a_reference_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("references::decisions_with_a_reference_are_the_cpus");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn decisions_with_a_reference_are_the_cpus() {
    for (planner, _) in PlannerKind::ALL {
        for (particles, horizon) in [(300, 7), (129, 12), (40, 1)] {
            compare(&config(*planner, particles, horizon), Balloon::<0>);
        }
        compare(&config(*planner, 200, 9), Balloon::<2>);
    }
    // Scores of choices are drawn in several dimensions, by kernels of their own.
    for planner in [
        PlannerKind::RandomShooting,
        PlannerKind::Cem,
        PlannerKind::Mppi,
        PlannerKind::PredictiveSampling,
        PlannerKind::Icem,
    ] {
        compare(&config(planner, 200, 9), Balloon::<3>);
    }
}

#[test]
fn a_reference_outlives_failures_of_the_virtual_gpu() {
    // Copies of a reference among others, and launches after it was copied.
    for (fails, every) in [("cuMemcpyHtoDAsync_v2", 3), ("cuLaunchKernel", 7)] {
        let calls: Vec<_> = (1..400).map(|time| format!("{fails}:{}=2", time * every)).collect();
        let test = "references::a_reference_outlives_failures";
        let text = on_the_virtual_gpu_that_fails(test, &calls.join(","));
        assert!(text.contains("failed: ") && !text.contains("failed: 0\n"), "{text}");
    }
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn a_reference_outlives_failures() {
    let mut failed = 0;
    for planner in [PlannerKind::Mppi, PlannerKind::Smc] {
        let config = config(planner, 100, 6);
        let at = |device| PilotConfig { device, ..config.clone() };
        let mut cpu = Pilot::with_model(at(Device::Cpu), Balloon::<0>).unwrap();
        let mut gpu = (0..9)
            .find_map(|_| Pilot::with_model(at(GPU), Balloon::<0>).ok())
            .expect("not all calls fail");
        for step in 0..12 {
            for pilot in [&mut cpu, &mut gpu] {
                pilot.set_reference(&path(step / 2, 7)).unwrap();
            }
            let decision = (0..9).find_map(|_| {
                let decision = gpu.act(&[0.4]);
                failed += u32::from(decision.is_err());
                decision.ok()
            });
            assert_eq!(decision, Some(cpu.act(&[0.4]).unwrap()), "{planner}, step {step}");
        }
    }
    println!("failed: {failed}");
}

#[test]
fn the_cpu_that_takes_over_follows_the_same_reference() {
    // Some launches into the episode the GPU is lost.
    let calls = (30..400).map(|call| format!("cuLaunchKernel:{call}=700")).collect::<Vec<_>>();
    let test = "references::whoever_takes_over_follows_the_same_reference";
    let text = on_the_virtual_gpu_that_fails(test, &calls.join(","));
    assert!(text.contains("the CPU took over"), "{text}");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn whoever_takes_over_follows_the_same_reference() {
    if !crate::is_where_the_gpu_is_fast("references::whoever_takes_over_follows_the_same_reference")
    {
        return;
    }
    let config = config(PlannerKind::Mppi, 100, 6);
    let run = |device| {
        let config = PilotConfig { device, ..config.clone() };
        let mut pilot = Pilot::with_model(config, Balloon::<0>).unwrap();
        assert_eq!(pilot.device() == Device::Cpu, device == Device::Cpu);
        pilot.set_reference(&path(0, 7)).unwrap();
        // The reference was given to the GPU, and is another later.
        let decisions: Vec<Decision> = (0..30)
            .map(|step| {
                if step == 20 {
                    pilot.set_reference(&path(3, 7)).unwrap();
                }
                pilot.act(&[0.4]).unwrap()
            })
            .collect();
        if device == Device::Auto && pilot.device() == Device::Cpu {
            println!("the CPU took over");
        }
        decisions
    };
    assert_eq!(run(Device::Auto), run(Device::Cpu));
}

#[test]
fn decisions_with_a_grid_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("references::decisions_with_a_grid_are_the_cpus");
}

/// Maps change in content and in size, and stay; a wind beside them changes or stays.
#[test]
#[ignore = "requires an NVIDIA GPU"]
fn decisions_with_a_grid_are_the_cpus() {
    for (planner, _) in PlannerKind::ALL {
        for (particles, horizon) in [(300, 7), (129, 12)] {
            let config = config(*planner, particles, horizon);
            let run = |device| {
                let config = PilotConfig { device, ..config.clone() };
                let mut pilot = Pilot::with_model(config, BALL).unwrap();
                let mut decisions = Vec::new();
                for (step, map) in
                    [Some(0), None, Some(1), Some(1), Some(2), Some(0)].iter().enumerate()
                {
                    if let Some((width, height, cells)) = map.map(|map: usize| MAPS[map]) {
                        let mut cells = cells.to_vec();
                        cells[0] += 0.0625 * step as f32;
                        pilot.set_grid(width, height, &cells).unwrap();
                    }
                    if step % 2 == 0 {
                        let wind = |h| 0.0625 * (h + step as u32) as f32;
                        pilot.set_reference(&(0..=horizon).map(wind).collect::<Vec<_>>()).unwrap();
                    }
                    decisions.push(pilot.act(&[0.4, 0.1]).unwrap());
                }
                decisions
            };
            let on_cpu = run(Device::Cpu);
            assert!(on_cpu.iter().any(|decision| decision.diagnostics.dead_share < 1.0));
            assert_eq!(run(GPU), on_cpu, "{planner} {particles}");
        }
    }
    // Two numbers of control, which have kernels of their own.
    for planner in [
        PlannerKind::RandomShooting,
        PlannerKind::Cem,
        PlannerKind::Mppi,
        PlannerKind::PredictiveSampling,
        PlannerKind::Icem,
    ] {
        let run = |device| {
            let config = PilotConfig { device, ..config(planner, 150, 9) };
            let robot = DiffDrive { goal: [0.4, 0.2, 0.0], ..DiffDrive::default() };
            let mut pilot = Pilot::with_model(config, robot).unwrap();
            let (width, height, cells) = MAPS[1];
            pilot.set_grid(width, height, cells).unwrap();
            [0.0, 0.1, 0.25].map(|x| pilot.act(&[x, 0.1, 0.2]).unwrap())
        };
        assert_eq!(run(GPU), run(Device::Cpu), "{planner}");
    }
}
