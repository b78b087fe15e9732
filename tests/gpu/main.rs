//! A GPU gives the CPU's bits: the cases of `tests/parity`, and whole episodes.
//!
//! Here the GPU is ptx-vm, which runs the true host code and the true kernels on the CPU and reports memory
//! faults and races. The same tests run on a real GPU with `cargo test --release --test gpu -- --ignored`.
#![cfg(all(feature = "cuda", target_os = "linux"))]

#[path = "../parity/cases.rs"]
mod cases;
mod environments;
#[path = "../following/mod.rs"]
mod following;
#[path = "../following/map.rs"]
mod map;
mod models;
mod own_episodes;
mod references;
mod retries;
mod saved;
mod selections;
mod together;

use std::collections::HashMap;
use std::process::Command;

use cases::{COMMITTED, cases};
use particle_pilot::choice::Calibration;
use particle_pilot::env::Push;
use particle_pilot::{
    ActionKind, CartPoleProblem, Device, Evaluation, Pilot, PilotConfig, PlannerKind,
};

const GPU: Device = Device::Cuda(0);

/// Names the file in which ptx-vm tells what it was asked for; a GPU of another make does not.
const REPORT: &str = "PTX_VM_REPORT";

/// The number that follows `kind` in the file `report`.
fn reported(report: &std::ffi::OsStr, kind: &str) -> u32 {
    let text = std::fs::read_to_string(report).expect("a report");
    text.lines().find_map(|line| line.strip_prefix(kind)).expect(kind).parse().expect(kind)
}

/// Only cases whose names have this in them are run: for tools that make a GPU many times slower.
const CHOSEN: &str = "PARITY_CASES";

/// Runs one of this program's tests on the GPU that is none.
fn on_the_virtual_gpu(test: &str) {
    on_the_virtual_gpu_that_fails(test, "");
}

/// As [`on_the_virtual_gpu`], whose calls fail as `fails` says; returns what the test said.
fn on_the_virtual_gpu_that_fails(test: &str, fails: &str) -> String {
    on_the_virtual_gpu_with(test, &[("PTX_VM_FAIL", fails)])
}

/// As [`on_the_virtual_gpu`], which is told something besides; returns what the test said.
fn on_the_virtual_gpu_with(test: &str, told: &[(&str, &str)]) -> String {
    start_again(test, |program| {
        program.env("PILOT_CUDA_DRIVER", test_support::virtual_driver());
        program.envs(told.iter().copied());
    })
}

/// Whether the open device is the GPU for this test, however little it has to do. If not, the test is run again by itself, where it
/// is: then the caller has no more to do.
fn is_where_the_gpu_is_fast(test: &str) -> bool {
    let is_there = std::env::var_os(Calibration::VARIABLE).is_some();
    if !is_there {
        println!("{}", start_again(test, |_| ()));
    }
    is_there
}

/// Runs one of this program's tests by itself, told something besides, where an open device is the GPU; returns what it said.
fn start_again(test: &str, tell: impl FnOnce(&mut Command)) -> String {
    let folder = tempfile::tempdir().expect("a folder for a calibration");
    let mut program = Command::new(std::env::current_exe().expect("this program has a path"));
    program.args([test, "--exact", "--ignored", "--nocapture"]);
    program.env(Calibration::VARIABLE, test_support::fast_gpu_in(folder.path()));
    tell(&mut program);
    let output = program.output().expect("this program can be started again");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    text.into_owned()
}

#[test]
fn decisions_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("decisions_are_the_cpus");
}

#[test]
fn episodes_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("episodes_are_the_cpus");
}

#[test]
fn many_episodes_on_the_virtual_gpu_are_the_cpus() {
    on_the_virtual_gpu("many_episodes_are_the_cpus");
}

#[test]
fn timing_changes_no_decision_of_the_virtual_gpu() {
    on_the_virtual_gpu("timing_changes_no_decision");
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn timing_changes_no_decision() {
    let config = PilotConfig { device: GPU, particles: 300, ..PilotConfig::default() };
    let pilot =
        || Pilot::new(config.clone(), CartPoleProblem::default()).expect("a valid configuration");
    let (mut plain, mut timed) = (pilot(), pilot());
    for state in [[0.01, 0.02, 0.03, -0.02], [0.02, 0.2, 0.02, -0.3]] {
        let (decision, time) = timed.act_timed(&state).expect("a finite state");
        assert_eq!(decision, plain.act(&state).expect("a finite state"));
        assert!(time.is_some(), "the GPU has decided");
    }
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn decisions_are_the_cpus() {
    let wanted: HashMap<&str, &str> =
        COMMITTED.lines().filter_map(|line| line.rsplit_once(": ")).collect();
    let chosen = std::env::var(CHOSEN).unwrap_or_default();
    let cases: Vec<_> = cases().into_iter().filter(|(name, _)| name.contains(&chosen)).collect();
    assert!(!cases.is_empty(), "{CHOSEN}: there is no case with `{chosen}` in its name");
    println!("comparing {} cases", cases.len());
    let differ: Vec<String> = cases
        .into_iter()
        .filter_map(|(name, case)| {
            let digest = case.digest(1, GPU).to_string();
            (wanted.get(name.as_str()) != Some(&digest.as_str())).then_some(name)
        })
        .collect();
    assert!(differ.is_empty(), "{} differ: {differ:#?}", differ.len());
}

/// Whether episodes of a planner come out on the GPU as they do on the CPU.
fn assert_episodes_are_the_cpus(config: &PilotConfig, episodes: u32, steps: u32) {
    let push = Push::new(3.0, 4, 5).expect("a valid push");
    let run = |device| {
        let evaluation =
            Evaluation::new(PilotConfig { device, ..config.clone() }, CartPoleProblem::default());
        let evaluation = evaluation.episodes(episodes).first_seed(5).steps(steps);
        evaluation.push(Some(push)).run().expect("a valid configuration")
    };
    let (gpu, cpu) = (run(GPU), run(Device::Cpu));
    let case = format!("{} {}, {episodes} episodes", config.planner, config.action);
    assert_eq!((gpu.digest, gpu.min_steps), (cpu.digest, cpu.min_steps), "{case}");
}

/// Every planner, for left and right and for continuous control.
fn planners() -> impl Iterator<Item = PilotConfig> {
    PlannerKind::ALL.iter().flat_map(|(planner, _)| {
        [ActionKind::Discrete, ActionKind::Continuous]
            .map(|action| PilotConfig { action, ..PilotConfig::of(*planner) })
    })
}

#[test]
#[ignore = "requires an NVIDIA GPU"]
fn episodes_are_the_cpus() {
    for usual in planners() {
        // More futures than a block has threads for at once.
        assert_episodes_are_the_cpus(&PilotConfig { particles: 700, ..usual }, 3, 12);
    }
}

/// Of many particles, and more than a small GPU runs at the same time.
#[test]
#[ignore = "requires an NVIDIA GPU"]
fn many_episodes_are_the_cpus() {
    for usual in planners() {
        let config = PilotConfig { particles: 2500, horizon: 12, ..usual };
        assert_episodes_are_the_cpus(&config, 1, 3);
    }
    let config = PilotConfig { particles: 64, horizon: 2, ..PilotConfig::default() };
    assert_episodes_are_the_cpus(&config, 1300, 2);
}
