//! What becomes of many episodes when the GPU fails: as in `failures`, but of `pilot evaluate` and `pilot compare`.

use std::process::Output;

use serde_json::Value;

use crate::{json, told};

/// More episodes than run at the same time.
const EPISODES: u64 = 300;

/// Short episodes of small swarms.
fn pilot(arguments: &[&str], device: &str, fails: &str) -> Output {
    let arguments = [arguments, &["-n", "2", "-k", "16", "-H", "3"]].concat();
    crate::run(&mut crate::pilot(&arguments, device, fails))
}

fn evaluate(device: &str, fails: &str) -> Output {
    let episodes = EPISODES.to_string();
    let arguments = ["evaluate", "-p", "random-shooting", "-e", &episodes, "--json", "-"];
    pilot(&arguments, device, fails)
}

fn warnings(output: &Output) -> usize {
    told(output).matches("the CPU went on").count()
}

/// Episodes by device, in the order of seeds.
fn shares(result: &Value) -> Vec<(String, u64)> {
    let shares = result["devices"].as_array().expect("a list");
    let share =
        |share: &Value| Some((share["device"].as_str()?.into(), share["episodes"].as_u64()?));
    shares.iter().map(|entry| share(entry).expect("a device and a number")).collect()
}

#[test]
fn episodes_that_a_gpu_leaves_are_the_cpus_and_the_report_says_so() {
    let cpu = json(&evaluate("cpu", ""));
    let whole = json(&evaluate("auto", ""));
    assert_eq!(shares(&whole), [("cuda:0".into(), EPISODES)]);
    assert_eq!((&whole["digest"], &whole["fallback_reason"]), (&cpu["digest"], &Value::Null));
    // Among the launches of those that run later, in the first one, and before it.
    let failures = [
        ("cuLaunchKernel:9=719", "LAUNCH_FAILED", Some(2)),
        ("cuLaunchKernel:1=701", "LAUNCH_OUT_OF_RESOURCES", Some(1)),
        ("cuMemcpyDtoHAsync_v2:1=700", "ILLEGAL_ADDRESS", Some(1)),
        ("cuModuleLoadDataEx:1=2", "OUT_OF_MEMORY", None),
        ("cuInit:1=999", "UNKNOWN", None),
    ];
    for (failure, name, launch) in failures {
        let output = evaluate("auto", failure);
        let result = json(&output);
        assert_eq!(output.status.code(), Some(0), "{failure}");
        assert_eq!(result["digest"], cpu["digest"], "{failure}");
        assert!(
            result["fallback_reason"].as_str().is_some_and(|text| text.contains(name)),
            "{result}"
        );
        assert_eq!(warnings(&output), usize::from(launch.is_some()), "{failure}");
        assert_eq!(result["device"], "cpu", "{failure}");
        let shares = shares(&result);
        assert_eq!(shares.len(), if launch == Some(2) { 2 } else { 1 }, "{failure}: {shares:?}");
        assert_eq!(shares.iter().map(|share| share.1).sum::<u64>(), EPISODES, "{failure}");
    }
}

#[test]
fn people_are_told_which_device_ran_how_many_episodes() {
    let episodes = EPISODES.to_string();
    let arguments = ["evaluate", "-p", "random-shooting", "-e", &episodes];
    let output = pilot(&arguments, "auto", "cuLaunchKernel:9=719");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with("device")).expect("a device");
    assert!(line.contains("cuda:0 (ptx-vm): ") && line.contains("; then cpu, "), "{line}");
    assert_eq!(warnings(&output), 1);
    let quiet = pilot(&[&arguments[..], &["-q"]].concat(), "auto", "cuLaunchKernel:9=719");
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty());
}

#[test]
fn episodes_on_a_gpu_that_was_asked_for_fail_with_it() {
    // 2 if nothing was begun, 1 afterwards.
    for (failure, code) in [("cuModuleLoadDataEx:1=2", 2), ("cuLaunchKernel:1=719", 1)] {
        let output = evaluate("cuda", failure);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(code), "{failure}: {told}");
        assert!(told.contains("error: ") && told.contains("CUDA_ERROR_"), "{failure}: {told}");
        assert!(output.stdout.is_empty() && warnings(&output) == 0, "{failure}: {told}");
    }
}

#[test]
fn a_comparison_says_once_that_the_gpu_failed_and_which_rows_are_the_cpus() {
    let arguments = ["compare", "-e", "2", "--budget-us", "50", "--json", "-"];
    let output = pilot(&arguments, "auto", "cuLaunchKernel:12=719");
    let result = json(&output);
    assert_eq!((output.status.code(), warnings(&output)), (Some(0), 1));
    assert!(result["fallback_reason"].as_str().is_some_and(|text| text.contains("LAUNCH_FAILED")));
    let rows = result["rows"].as_array().expect("rows");
    let last = rows.last().expect("the last planner's");
    assert_eq!((shares(&rows[0]), shares(last)), (vec![], vec![("cpu".into(), 2)]));
}

#[test]
fn an_evaluation_opens_the_gpu_and_has_kernels_compiled_once() {
    // A second time would fail, and be an error.
    for second in
        ["cuModuleLoadDataEx:2=2", "cuDevicePrimaryCtxRetain:2=2", "cuStreamCreateWithPriority:2=2"]
    {
        let output = evaluate("cuda", second);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(0), "{second}: {told}");
        let first = second.replace(":2=", ":1=");
        assert_eq!(evaluate("cuda", &first).status.code(), Some(2), "{first}");
    }
}

#[test]
fn a_comparison_on_a_gpu_has_times() {
    let result = json(&pilot(&["compare", "-e", "2", "--json", "-"], "cuda", ""));
    assert!(result["budget_us"].as_f64().is_some_and(|us| us > 0.0), "{result}");
    let rows = result["rows"].as_array().expect("rows");
    for row in &rows[1..] {
        assert!(row["decision_us"].as_f64().is_some_and(|us| us > 0.0), "{row}");
        assert_eq!(shares(row), [("cuda:0".into(), 2)]);
        // Whole episodes on a GPU tell nothing of their states.
        assert_eq!((&row["rank"], &row["cost_per_step"]), (&Value::Null, &Value::Null));
    }
}

#[test]
fn a_gpu_tells_which_limit_was_crossed_as_the_cpu_does() {
    for (angle, position, ending) in
        [("0.001", "2.4", "fell"), ("12", "0.00001", "left-track"), ("12", "2.4", "survived")]
    {
        let limits = ["--theta-limit-deg", angle, "--x-limit", position, "--json", "-"];
        let [cuda, cpu] = ["cuda", "cpu"].map(|device| {
            let arguments = [&["evaluate", "-e", "2", "-n", "4"], &limits[..]].concat();
            json(&pilot(&arguments, device, ""))["endings"].clone()
        });
        assert_eq!(cuda[ending], 2, "{cuda}");
        assert_eq!(cuda, cpu);
    }
}
