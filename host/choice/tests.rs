//! Which device is chosen: tests.

use std::cell::Cell;

use super::time::Model;
use super::*;
use crate::CartPoleProblem;
use crate::env::Physics;
use crate::settings::PlannerKind;

const ONE: Cpu = Cpu { simd: Simd::Avx512, threads: 1 };
const MANY: Cpu = Cpu { simd: Simd::Avx512, threads: 8 };

fn gpu(compute_capability: (u32, u32), multiprocessors: u32) -> DeviceInfo {
    DeviceInfo {
        index: 0,
        name: "a GPU".into(),
        memory_bytes: 1 << 34,
        compute_capability,
        multiprocessors,
        clock_khz: 1_500_000,
        driver_version: (12, 0),
    }
}

/// A T4, an A100, an H200 and one that does not tell its clock.
fn gpus() -> [DeviceInfo; 4] {
    let silent = DeviceInfo { clock_khz: 0, ..gpu((12, 0), 170) };
    [gpu((7, 5), 40), gpu((8, 0), 108), gpu((9, 0), 132), silent]
}

fn config(planner: PlannerKind, particles: u32, horizon: u32) -> PilotConfig {
    PilotConfig { particles, horizon, ..PilotConfig::of(planner) }
}

fn work(config: &PilotConfig) -> DecisionWork {
    DecisionWork::of(config, CartPoleProblem::default()).unwrap()
}

fn none() -> Result<DeviceInfo, BackendError> {
    Err(BackendError::NoGpuBackend(0))
}

/// What is chosen of the CPU and this GPU.
fn chosen(task: &Task<'_>, gpu: &DeviceInfo) -> Device {
    choose(task, &Model::default(), || Ok(gpu.clone())).0
}

#[test]
fn small_decisions_are_the_cpus_and_no_gpu_is_looked_for() {
    for planner in [PlannerKind::RandomShooting, PlannerKind::PredictiveSampling] {
        let work = work(&config(planner, 256, 20));
        let looked = Cell::new(false);
        let (device, why) = choose(&Task::Decision(&work, ONE), &Model::default(), || {
            looked.set(true);
            none()
        });
        assert_eq!((device, looked.get()), (Device::Cpu, false), "{why}");
        assert!(matches!(why, Why::Small { cpu_s, least_s, .. } if cpu_s <= least_s), "{why}");
    }
}

#[test]
fn the_default_decision_is_the_cpus_whatever_the_gpu() {
    let shooting = work(&config(PlannerKind::RandomShooting, 1024, 30));
    for (work, cpu) in [(work(&PilotConfig::default()), MANY), (shooting, ONE)] {
        for gpu in gpus() {
            assert_eq!(chosen(&Task::Decision(&work, cpu), &gpu), Device::Cpu, "{gpu:?}");
        }
        let why = choose(&Task::Decision(&work, cpu), &Model::default(), none).1;
        assert!(matches!(why, Why::Small { .. }), "{why}");
    }
}

#[test]
fn huge_decisions_are_the_gpus_and_the_cpus_where_there_is_none() {
    for (planner, _) in PlannerKind::ALL {
        let work = work(&config(*planner, 1 << 22, 100));
        let task = Task::Decision(&work, MANY);
        for gpu in gpus() {
            assert_eq!(chosen(&task, &gpu), Device::Cuda(0), "{planner} {gpu:?}");
        }
        let (device, why) = choose(&task, &Model::default(), none);
        assert_eq!(device, Device::Cpu);
        assert!(matches!(why, Why::NoGpu { .. }), "{why}");
    }
}

#[test]
fn more_particles_and_longer_horizons_never_take_less_and_more_threads_never_more() {
    let model = Model::default();
    for (planner, _) in PlannerKind::ALL {
        for gpu in gpus() {
            let mut least = [0.0; 3];
            for size in (0..23).map(|power| 1 << power) {
                for (i, config) in
                    [config(*planner, size, 30), config(*planner, 500, size.min(100_000))]
                        .iter()
                        .enumerate()
                {
                    let work = work(config);
                    let now = model.gpu_decision(&work, &gpu);
                    assert!(now >= least[i] && now.is_finite(), "{planner} {size} {now}");
                    least[i] = now;
                    assert!(now >= model.least_of_decision(&work), "{planner} {size}");
                    let [one, many] = [ONE, MANY].map(|cpu| {
                        let many = Episodes { episodes: 1000, steps: 50, waits: false };
                        model.cpu_episodes(&work, many, cpu)
                    });
                    assert!(many < one, "{planner} {size}");
                }
                let now = model.cpu_decision(&work(&config(*planner, size, 30)), ONE);
                assert!(now >= least[2], "{planner} {size}");
                least[2] = now;
            }
        }
    }
}

#[test]
fn a_gpu_is_not_opened_for_a_few_episodes_and_is_for_very_many() {
    let work = work(&config(PlannerKind::RandomShooting, 256, 32));
    let of = |episodes| {
        let many = Episodes { episodes, steps: 500, waits: false };
        Task::Episodes(&work, many, ONE)
    };
    for gpu in gpus() {
        assert_eq!(chosen(&of(10), &gpu), Device::Cpu);
        assert_eq!(chosen(&of(1_000_000), &gpu), Device::Cuda(0));
    }
    assert!(matches!(choose(&of(10), &Model::default(), none).1, Why::Small { .. }));
}

#[test]
fn few_environments_are_the_cpus_and_no_gpu_is_looked_for() {
    let (device, why) = choose(&Task::Environments(1000, 2), &Model::default(), none);
    assert_eq!(device, Device::Cpu);
    assert!(matches!(why, Why::Small { .. }), "{why}");
    assert_eq!(chosen(&Task::Environments(1 << 24, 1), &gpus()[2]), Device::Cuda(0));
}

#[test]
fn what_was_measured_counts_more_than_estimates() {
    let work = work(&PilotConfig::default());
    let task = Task::Decision(&work, MANY);
    // A GPU that is reached in no time, and a CPU that takes seconds.
    let measured = Calibration {
        gpu_launch_s: Some(0.0),
        gpu_wait_s: Some(0.0),
        cpu_decision_s: Some(1.0),
        ..Calibration::default()
    };
    assert_eq!(choose(&task, &Model(measured), || Ok(gpus()[0].clone())).0, Device::Cuda(0));
}

#[test]
fn a_model_of_more_operations_takes_longer() {
    let of = |physics: Physics| {
        let problem = CartPoleProblem { physics, ..CartPoleProblem::default() };
        DecisionWork::of(&PilotConfig::default(), problem).unwrap().operations
    };
    let all_angles = Physics { theta_threshold_radians: f64::INFINITY, ..Physics::default() };
    assert!(of(all_angles) > 1.5 * of(Physics::default()));
}

#[test]
fn the_choice_is_one_line_with_its_reason() {
    let constants = Constants::Estimated;
    let of = "a decision";
    let line = |device, why, constants| DeviceChoice { device, why, constants }.to_string();
    let small = Why::Small { of, cpu_s: 5.04e-6, least_s: 1.4e-5 };
    assert_eq!(
        line(Device::Cpu, small.clone(), constants.clone()),
        "cpu: 5.0 µs predicted for a decision, at least 14 µs on any GPU; by estimates"
    );
    let compared = Why::Compared { of, cpu_s: 0.9996, gpu_s: 2e-3, gpu: "cuda:0 (T4)".into() };
    assert_eq!(
        line(Device::Cuda(0), compared, Constants::Calibrated("/c.toml".into())),
        "cuda:0: 1.0 s on the CPU predicted for a decision, 2.0 ms on cuda:0 (T4); by /c.toml"
    );
    let damaged = Calibration::parse("version = 1\nx = 1", "/c.toml").unwrap_err();
    let text = line(Device::Cpu, small, Constants::Damaged(damaged));
    assert!(
        text.ends_with(
            "by estimates, since line 2 of the calibration file /c.toml: there is no constant `x`"
        ),
        "{text}"
    );
    assert_eq!(line(Device::Cpu, Why::Asked, constants.clone()), "cpu: asked for");
    let error = BackendError::NoGpuBackend(0);
    let text = line(Device::Cpu, Why::NoGpu { of, cpu_s: 3e-3, error }, constants);
    assert_eq!(text, "cpu: 3.0 ms predicted for a decision, and there is no GPU; by estimates");
}
