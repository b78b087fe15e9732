//! The program `bench` as its users meet it. Work is shrunk by the hidden option `--tiny`: figures mean nothing
//! here, but everything else must be as in a long run.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

use serde_json::Value;

fn bench(arguments: &[&str]) -> Command {
    let _built = test_support::pilot(); // whose start is timed
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command.env_remove("PILOT_SIMD").stdin(Stdio::null()).args(arguments);
    // No GPU of the machine that the tests run on takes part.
    command.env("PILOT_CUDA_DRIVER", "/nowhere/libcuda.so.1");
    command
}

fn run(arguments: &[&str]) -> Output {
    bench(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[track_caller]
fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stderr: {}", text(&output.stderr));
}

#[track_caller]
fn record(output: &Output) -> Value {
    assert_code(output, 0);
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

#[track_caller]
fn assert_keys(object: &Value, keys: &[&str]) {
    for key in keys {
        assert!(object.get(*key).is_some(), "no `{key}` in {object}");
    }
}

#[test]
fn a_record_says_what_was_measured_on_what_and_how() {
    let record = record(&run(&["--tiny", "--json", "-"]));
    assert_eq!((&record["program"], &record["schema"]), (&"bench".into(), &1.into()));
    assert_keys(&record, &["version", "unix_time", "interrupted", "sampling", "peaks"]);
    let machine = &record["machine"];
    assert_keys(machine, &["cpu", "threads", "simd", "target", "gpus", "compiler", "revision"]);
    assert!(machine["compiler"].as_str().unwrap().starts_with("rustc "));
    assert!(machine["gpu_absence"].as_str().unwrap().contains("/nowhere"));
    let rows = record["rows"].as_array().unwrap();
    for suite in ["throughput", "latency", "models", "episodes", "startup", "scaling"] {
        assert!(rows.iter().any(|row| row["suite"] == suite), "{suite}");
    }
    for row in rows {
        assert_eq!(row["status"], "timed", "{row}");
        let host = &row["host"];
        let [low, median, high] = ["low_s", "median_s", "high_s"].map(|key| host[key].as_f64());
        assert!(low <= median && median <= high && low > Some(0.0), "{row}");
        assert_eq!(host["samples_s"].as_array().unwrap().len(), 3);
        assert_eq!(row["digest"].as_str().unwrap().len(), 16);
        let times_each = row["suite"] == "latency" || row["suite"] == "models";
        assert_eq!(row["latency"].is_object(), times_each);
        assert_eq!(row["device"], Value::Null);
    }
    // All contenders of a case do the same.
    let digests = rows.iter().filter(|row| row["case"] == "1e3 x 10").map(|row| &row["digest"]);
    let digests: Vec<&Value> = digests.collect();
    assert!(digests.len() > 1 && digests.iter().all(|digest| **digest == *digests[0]));
}

#[test]
fn other_models_are_named_and_held_against_the_operations_of_their_steps() {
    let record = record(&run(&["--tiny", "--suite", "models", "--json", "-"]));
    let rows = record["rows"].as_array().unwrap();
    for model in ["pendulum", "diff-drive"] {
        let of_model: Vec<&Value> = rows.iter().filter(|row| row["model"] == model).collect();
        assert!(of_model.len() >= 4, "{model}: {of_model:?}");
        for row in of_model {
            let about = row["about"].as_str().unwrap();
            assert!(about.starts_with(&format!("one decision for {model}: ")), "{about}");
            assert!(about.contains("continuous") && about.contains("noise "), "{about}");
            if let Some(limit) = row["limit"].as_object() {
                let basis = limit["basis"].as_str().unwrap();
                assert!(basis.contains("by the model's trace"), "{basis}");
            }
        }
    }
    assert!(rows.iter().all(|row| row["model"].is_string()));
    let simd = record["machine"]["simd"].as_str().unwrap();
    if simd == "avx512" || simd == "avx2" {
        assert!(rows.iter().all(|row| row["limit"]["share"].as_f64() > Some(0.0)), "{rows:?}");
    }
}

#[test]
fn people_learn_first_what_is_measured_and_then_see_tables() {
    let output = run(&["--tiny", "--suite", "throughput", "--suite", "latency"]);
    assert_code(&output, 0);
    let (said, table) = (text(&output.stderr), text(&output.stdout));
    assert!(said.contains("measuring throughput, latency") && said.contains("; about "), "{said}");
    for needle in ["no GPU", "throughput\n", "scalar x 1", "x cpu", "p99", "limit", "#"] {
        assert!(table.contains(needle), "no `{needle}` in {table}");
    }
    let headings = table.lines().filter(|line| line.starts_with("  contender"));
    assert!(headings.clone().count() == 2 && !headings.clone().any(|line| line.contains("device")));
}

#[test]
fn files_hold_the_same_rows_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (json, csv, markdown) = (path("a.json"), path("a.csv"), path("a.md"));
    let arguments = ["--tiny", "-s", "scaling", "--json", &json, "--csv", &csv];
    let output = run(&[&arguments[..], &["--markdown", &markdown, "--quiet"]].concat());
    assert_code(&output, 0);
    assert_eq!((text(&output.stdout), text(&output.stderr)), (String::new(), String::new()));
    let record: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    let rows = record["rows"].as_array().unwrap().len();
    assert_eq!(csv::Reader::from_path(&csv).unwrap().records().count(), rows);
    let markdown = fs::read_to_string(&markdown).unwrap();
    assert_eq!(
        markdown.lines().filter(|line| line.contains(" x ") && line.starts_with('|')).count(),
        rows + 1
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn what_cannot_be_done_is_refused_in_a_sentence_before_anything_begins() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("none/a.json");
    let bad = bad.to_str().unwrap();
    for (arguments, needle) in [
        (&["--suite", "thruput"][..], "throughput"),
        (&["--patience", "0"], "--patience is 0"),
        (&["--patience", "nan"], "--patience is NaN"),
        (&["--threads", "5000"], "--threads is 5000"),
        (&["--pilot", bad], "--pilot"),
        (&["--json", bad], "cannot write"),
        (&["--csv", bad], "cannot write"),
        (&["--markdown", bad], "cannot write"),
        (&["--json", "-", "--csv", "-"], "two outputs"),
        (&["diff", bad, bad], "cannot read"),
        (&["diff", bad, bad, "--threshold", "nan"], "--threshold is NaN"),
    ] {
        let output = run(arguments);
        assert_code(&output, 2);
        let said = text(&output.stderr);
        assert!(said.contains(needle) && !said.contains("panicked"), "{said}");
        assert_eq!(text(&output.stdout), "");
    }
    let output = bench(&["--tiny"]).env("PILOT_SIMD", "avx51").output().unwrap();
    assert_code(&output, 2);
    assert!(text(&output.stderr).contains("did you mean `avx512`?"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_what_was_finished_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // It is reached when all of `throughput` is finished, and goes on when the signal has been sent.
    let script = format!(
        "#!/bin/sh\ncd '{}'; touch reached; until [ -e go ]; do sleep 0.1; done; exec '{}' \"$@\"\n",
        folder.path().display(),
        test_support::pilot().display()
    );
    fs::write(path("pilot"), script).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(path("pilot"), executable).unwrap();
    let json = path("a.json");
    let child = bench(&["--tiny", "-s", "throughput", "-s", "startup"])
        .args([Path::new("--pilot"), &path("pilot"), Path::new("--json"), &json])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !path("reached").exists() {
        assert!(began.elapsed() < Duration::from_secs(600), "it does not get there");
        std::thread::sleep(Duration::from_millis(20));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    fs::write(path("go"), "").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_code(&output, 130);
    let record: Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    assert_eq!(record["interrupted"], true);
    let cases = |suite: &str| {
        let rows = record["rows"].as_array().unwrap().iter().filter(|row| row["suite"] == suite);
        rows.map(|row| row["case"].clone()).collect::<Vec<_>>()
    };
    assert!(cases("throughput").contains(&"1e3 x 10".into()), "{record}");
    assert!(text(&output.stdout).contains("interrupted"));
}

/// Writes `record` with all times of rows whose contender's name is `name` multiplied by `factor`.
fn altered(record: &Value, name: &str, factor: f64, path: &Path) {
    let mut record = record.clone();
    for row in record["rows"].as_array_mut().unwrap() {
        // Without scatter, so that the outcome is not left to chance.
        let scale = if row["name"] == name { factor } else { 1.0 };
        let median = row["host"]["median_s"].as_f64().unwrap() * scale;
        for key in ["median_s", "low_s", "high_s", "least_s", "most_s"] {
            row["host"][key] = median.into();
        }
    }
    fs::write(path, record.to_string()).unwrap();
}

#[test]
fn a_diff_finds_what_became_slower_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let whole = record(&run(&["--tiny", "-s", "throughput", "--json", "-"]));
    for (name, factor) in [("a", 1.0), ("slow", 1.5), ("fast", 0.5), ("near", 1.04)] {
        altered(&whole, "scalar x 1", factor, &path(name));
    }
    let diff = |other: &str, more: &[&str]| {
        let paths = [path("a"), path(other)];
        let paths = paths.each_ref().map(|path| path.to_str().unwrap());
        run(&[&["diff", paths[0], paths[1]], more].concat())
    };
    let slow = diff("slow", &[]);
    assert_code(&slow, 1);
    let table = text(&slow.stdout);
    assert!(
        table.contains("SLOWER") && table.contains("+50.0%") && table.contains("2 slower"),
        "{table}"
    );
    for (other, more) in
        [("a", &[][..]), ("fast", &[]), ("near", &[]), ("slow", &["--threshold", "60"])]
    {
        assert_code(&diff(other, more), 0);
    }
    assert_code(&diff("near", &["--threshold", "1"]), 1);

    let mut elsewhere = whole.clone();
    elsewhere["machine"]["cpu"] = "another".into();
    fs::write(path("elsewhere"), elsewhere.to_string()).unwrap();
    assert!(
        text(&diff("elsewhere", &["--threshold", "1e9"]).stderr).contains("different machines")
    );

    for (name, content, needle) in [
        ("none", "", "it is empty"),
        ("text", "good morning", "no record of `bench --json`"),
        ("list", "[]", "this is a list"),
        ("nameless", "{}", "this object has none"),
        ("bits", "\u{7f}ELF", "no record of `bench --json`"),
        ("timeless", r#"{"program": "bench", "schema": "x"}"#, "`schema` is no whole number"),
        ("other", r#"{"program": "gpu_timings", "schema": 1}"#, "gpu_timings"),
        ("newer", r#"{"program": "bench", "schema": 99}"#, "format 99"),
        ("half", r#"{"program": "bench", "schema": 1}"#, "damaged"),
    ] {
        fs::write(path(name), content).unwrap();
        let output = diff(name, &[]);
        assert_code(&output, 2);
        assert!(text(&output.stderr).contains(needle), "{}", text(&output.stderr));
    }
}

#[test]
fn a_diff_counts_each_row_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--tiny", "-s", "throughput", "--threads", "2", "--json", "-"];
    let mut whole = record(&run(&arguments));
    for row in whole["rows"].as_array_mut().unwrap() {
        for key in ["median_s", "low_s", "high_s"] {
            row["host"][key] = 3.197e-4.into();
        }
    }
    let rows = whole["rows"].as_array().unwrap().len();
    // Given are the rows' numbers.
    let written = |name: &str, untimed: &[usize], missing: &[usize]| {
        let mut record = whole.clone();
        let rows = record["rows"].as_array_mut().unwrap();
        for row in untimed {
            rows[*row]["status"] = "skipped".into();
            rows[*row]["host"] = Value::Null;
        }
        for row in missing {
            rows[*row]["case"] = "of old".into();
        }
        let path = folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(&path, record.to_string()).unwrap();
        path
    };
    let (all, one, other) =
        (written("all", &[], &[]), written("one", &[0, 1], &[]), written("other", &[0], &[2]));
    for (before, after, ends) in [
        (&all, &all, format!("{rows} the same")),
        // A record and itself: an untimed row is in both.
        (&one, &one, format!("{} the same, 2 timed in neither", rows - 2)),
        (&all, &one, format!("{} the same, 2 timed in one record only", rows - 2)),
        (
            &one,
            &other,
            format!(
                "{} the same, 1 timed in neither, 1 timed in one record only, 2 in one record only",
                rows - 3
            ),
        ),
    ] {
        let output = run(&["diff", before, after]);
        assert_code(&output, 0);
        let table = text(&output.stdout);
        assert!(table.lines().any(|line| line == format!("0 slower, 0 faster, {ends}")), "{table}");
        assert!(table.contains("     320 µs      320 µs    +0.0%"), "{table}");
    }
}

#[test]
fn records_come_from_standard_input_and_may_begin_with_a_byte_order_mark() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (plain, marked) = (path("plain"), path("marked"));
    assert_code(&run(&["--tiny", "-s", "scaling", "-q", "--json", &plain]), 0);
    let json = fs::read(&plain).unwrap();
    fs::write(&marked, [b"\xef\xbb\xbf", &json[..]].concat()).unwrap();
    let given = |arguments: &[&str]| {
        let input = fs::File::open(&marked).unwrap();
        bench(arguments).stdin(input).output().unwrap()
    };
    for output in [run(&["show", &marked, "--json", "-"]), given(&["show", "-", "--json", "-"])] {
        assert_code(&output, 0);
        assert_eq!(output.stdout, json);
    }
    for arguments in [["diff", &plain, "-"], ["diff", "-", &plain], ["diff", &marked, &plain]] {
        assert_code(&given(&arguments), 0);
    }
    let both = given(&["diff", "-", "-"]);
    assert_code(&both, 2);
    assert!(text(&both.stderr).contains("only one of the two"), "{}", text(&both.stderr));
}

#[test]
fn one_is_a_case_and_a_row_and_two_are_cases_and_rows() {
    let said = text(&run(&["--tiny", "-s", "startup"]).stderr);
    assert!(said.contains("1 case, 1 row of 3 samples"), "{said}");
    let said = text(&run(&["--tiny", "-s", "throughput"]).stderr);
    assert!(said.contains("2 cases, "), "{said}");
    let folder = tempfile::tempdir().unwrap();
    let mut whole = record(&run(&["--tiny", "-s", "throughput", "--json", "-"]));
    for (skipped, needle) in [
        (0, "note: 1 row was not timed, as its samples"),
        (1, "note: 2 rows were not timed, as their"),
    ] {
        whole["rows"][skipped]["status"] = "skipped".into();
        whole["rows"][skipped]["host"] = Value::Null;
        let path = folder.path().join("a");
        fs::write(&path, whole.to_string()).unwrap();
        let shown = text(&run(&["show", path.to_str().unwrap()]).stdout);
        assert!(shown.contains(needle), "{shown}");
    }
}

#[cfg(all(feature = "cuda", target_os = "linux"))]
#[test]
fn the_virtual_gpu_is_not_timed() {
    let mut bench = bench(&["--tiny", "-s", "throughput", "--json", "-"]);
    let record =
        record(&bench.env("PILOT_CUDA_DRIVER", test_support::virtual_driver()).output().unwrap());
    let gpu = &record["machine"]["gpus"][0];
    assert_eq!(gpu["name"], "ptx-vm");
    assert!(gpu["left_out"].as_str().unwrap().contains("--allow-virtual"));
    assert!(!record["rows"].to_string().contains("cuda"));
}

#[cfg(all(feature = "cuda", target_os = "linux"))]
#[test]
fn the_virtual_gpu_shows_that_gpus_are_compared_and_timed() {
    let arguments = ["throughput", "latency", "models", "episodes"].map(|suite| ["-s", suite]);
    let arguments = [&arguments.concat()[..], &["--json", "-"]].concat();
    let mut bench = bench(&[&arguments[..], &["--allow-virtual"]].concat());
    let record =
        record(&bench.env("PILOT_CUDA_DRIVER", test_support::virtual_driver()).output().unwrap());
    assert_eq!(record["extent"], "tiny");
    let rows = record["rows"].as_array().unwrap();
    let of_gpu: Vec<&Value> = rows.iter().filter(|row| row["name"] == "cuda:0").collect();
    assert!(of_gpu.len() > 8);
    for row in of_gpu {
        assert_eq!(row["status"], "timed", "{row}");
        // Decisions are timed by the GPU's own clock too.
        assert_eq!(row["device"].is_object(), row["suite"] != "episodes", "{row}");
    }
}

#[test]
fn outputs_are_safe_from_each_other() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["--json", "same", "--csv", "./same"][..],
        &["--json", "-", "--markdown", "-"],
        &["--plot", "plots", "--report", "plots/../plots/latency.svg"],
    ] {
        fs::create_dir_all(folder.path().join("plots")).unwrap();
        let output = bench(arguments).current_dir(folder.path()).output().unwrap();
        assert_code(&output, 2);
        let said = text(&output.stderr);
        assert!(said.contains("two outputs cannot both go to"), "{said}");
    }
}

#[test]
fn texts_that_are_nearly_records_are_shown_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let written = run(&["--tiny", "-s", "throughput", "--json", path.to_str().unwrap()]);
    assert_code(&written, 0);
    // One value a line, so that changes hit values.
    let record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let pretty = serde_json::to_string_pretty(&record).unwrap();
    let mut codes = [0; 3];
    for text in test_support::mutations(&pretty, 300) {
        fs::write(&path, text).unwrap();
        let output = run(&["show", path.to_str().unwrap()]);
        let code = output.status.code().filter(|code| *code == 0 || *code == 2);
        let code = code.unwrap_or_else(|| panic!("{}", text_of(&output)));
        codes[code as usize] += 1;
    }
    assert!(codes[0] > 0 && codes[2] > 0, "{codes:?}");
}

/// What a program that failed said, and what it was given.
fn text_of(output: &Output) -> String {
    format!("{}: {}", output.status, text(&output.stderr))
}
