//! What the program does when the GPU fails: on ptx-vm, whose driver can be told which call is to fail, and how.

use std::process::Output;

use serde_json::Value;

use crate::{json, told};

/// An episode of 12 steps.
const EPISODE: [&str; 6] = ["-n", "12", "-k", "130", "--json", "-"];

fn episode(device: &str, fails: &str) -> Output {
    crate::run(&mut crate::pilot(&EPISODE, device, fails))
}

/// Calls that decisions make, each with an ordinary error and one after which a context is lost.
const FAILURES: [&str; 8] = [
    "cuInit:1=999",
    "cuMemAlloc_v2:1=2",
    "cuModuleLoadDataEx:1=218",
    "cuLaunchKernel:1=701",
    "cuLaunchKernel:17=719",
    "cuMemcpyDtoHAsync_v2:3=700",
    "cuStreamSynchronize:5=46",
    "cuMemAllocHost_v2:1=2",
];

#[test]
fn with_the_device_left_open_the_cpu_takes_over_with_the_same_bits() {
    let expected = json(&episode("cpu", ""))["digest"].clone();
    let whole = json(&episode("auto", ""));
    assert_eq!((&whole["digest"], &whole["device"]), (&expected, &"cuda:0".into()));
    assert_eq!(whole["fallback_reason"], Value::Null);
    for failure in FAILURES {
        let output = episode("auto", failure);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(0), "{failure}: {told}");
        let result = json(&output);
        assert_eq!((&result["digest"], &result["device"]), (&expected, &"cpu".into()), "{failure}");
        let fallback_reason = result["fallback_reason"].as_str();
        assert!(
            fallback_reason.is_some_and(|text| text.contains("CUDA_ERROR_")),
            "{failure}: {result}"
        );
    }
}

#[test]
fn a_gpu_that_was_asked_for_and_fails_is_an_error_that_names_the_cause() {
    for failure in FAILURES {
        let output = episode("cuda", failure);
        let told = told(&output);
        assert!(!output.status.success() && output.stdout.is_empty(), "{failure}: {told}");
        assert!(told.contains("error: ") && !told.contains("panicked"), "{failure}: {told}");
        assert!(told.contains("CUDA_ERROR_") && told.contains("; "), "{failure}: {told}");
    }
}

#[test]
fn whatever_fails_everything_is_given_back() {
    let folder = tempfile::tempdir().expect("a folder for reports");
    for failure in FAILURES.iter().chain(&[""]) {
        let report = folder.path().join("report");
        crate::run(crate::pilot(&EPISODE, "auto", failure).env("PTX_VM_REPORT", &report));
        let text = std::fs::read_to_string(&report).expect("a report");
        // `KIND COUNT` for all that a driver gives, and how many launches and copies there were.
        let work = |line: &str| line.starts_with("launches ") || line.starts_with("copies ");
        let left = text.lines().filter(|line| !work(line) && !line.ends_with(" 0"));
        assert!(text.contains("contexts ") && left.count() == 0, "{failure}: {text}");
        std::fs::remove_file(&report).expect("it was there");
    }
}

#[test]
fn a_decision_that_does_not_fit_the_memory_is_made_piece_by_piece() {
    let folder = tempfile::tempdir().expect("a folder for reports");
    let report = folder.path().join("report");
    // 257 chunks: two pieces of 128, and one of a single chunk.
    let run = |planner: &str, action: &str, device: &str, memory: Option<u64>| {
        let decisions = ["-k", "32770", "-H", "6", "-n", "2", "--json", "-"];
        let arguments = [&["-p", planner, "--action", action][..], &decisions].concat();
        let mut pilot = crate::pilot(&arguments, device, "");
        pilot.env("PTX_VM_REPORT", &report);
        if let Some(bytes) = memory {
            pilot.env("PTX_VM_MEMORY_BYTES", bytes.to_string());
        }
        crate::run(&mut pilot)
    };
    let launches = || -> u64 {
        let text = std::fs::read_to_string(&report).expect("a report");
        std::fs::remove_file(&report).expect("it was there");
        let line = text.lines().find_map(|line| line.strip_prefix("launches "));
        line.and_then(|count| count.parse().ok()).expect("how many launches there were")
    };
    for planner in ["random-shooting", "cem", "mppi", "predictive-sampling", "icem"] {
        for action in ["discrete", "continuous"] {
            let expected = json(&run(planner, action, "cpu", None))["digest"].clone();
            let whole = run(planner, action, "cuda", None);
            assert_eq!(json(&whole)["digest"], expected, "{planner} {action}");
            let at_once = launches();
            let too_small = run(planner, action, "cuda", Some(8000));
            let told = told(&too_small);
            let before =
                told.split(" bytes asked for").next().and_then(|text| text.rsplit(' ').next());
            let least: u64 = before.and_then(|word| word.parse().ok()).expect(&told);
            launches();
            // The sums of all chunks at once need 128 rows of 72 bytes more.
            let in_pieces = run(planner, action, "cuda", Some(least + 8000));
            assert_eq!(json(&in_pieces)["digest"], expected, "{planner} {action}");
            assert!(launches() > at_once, "{planner} {action}");
        }
    }
}

#[test]
fn the_driver_is_only_loaded_where_a_gpu_could_be_faster() {
    let folder = tempfile::tempdir().expect("a folder for reports");
    let report = folder.path().join("report");
    let run = |arguments: &[&str], estimates: bool| {
        // Where the driver was started, this leaves a report.
        let mut pilot = crate::pilot(&[&EPISODE, arguments].concat(), "auto", "");
        pilot.env("PTX_VM_REPORT", &report);
        if estimates {
            pilot.env_remove("PILOT_CALIBRATION").env("XDG_CACHE_HOME", folder.path());
        }
        let device = json(&crate::run(&mut pilot))["device"].clone();
        (device, std::fs::remove_file(&report).is_ok())
    };
    assert_eq!(run(&[], true), ("cpu".into(), false));
    assert_eq!(run(&[], false), ("cuda:0".into(), true));
    // Whichever is faster: it was looked at.
    assert!(run(&["-n", "1", "-k", "20000"], true).1);
}
