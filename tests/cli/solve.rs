//! `pilot solve`.

use super::*;

#[test]
fn no_command_is_solve() {
    let [with, without] = [&["solve", "--json", "-"][..], &["--json", "-"]]
        .map(|arguments| json(&run_small(arguments)));
    assert_eq!(with["digest"], without["digest"]);
}

#[test]
fn people_get_a_few_lines() {
    let output = run_small(&["--seed", "3"]);
    assert_code(&output, 0);
    let text = stdout(&output);
    for word in ["(seed 3)", "planner", "device", "time", "decisions/s", "simulated", "digest"] {
        assert!(text.contains(word), "no `{word}` in {text}");
    }
    assert_eq!(text.lines().count(), 6);
}

#[test]
fn json_on_standard_output_is_all_there_is_on_it() {
    let object = json(&run_small(&["--json", "-"]));
    assert_keys(
        &object,
        &[
            "survived",
            "interrupted",
            "steps",
            "total_reward",
            "planner",
            "particles",
            "horizon",
            "seed",
            "device",
            "setback",
            "simd",
            "threads",
            "wall_s",
            "particle_steps",
            "particle_steps_per_s",
            "digest",
            "warnings",
            "version",
        ],
    );
    assert_keys(&object["decision_us"], &["p50", "p90", "p99", "max"]);
    assert_eq!((&object["interrupted"], &object["particles"]), (&false.into(), &64.into()));
}

#[test]
fn auto_without_a_gpu_says_so_once_and_not_when_quiet() {
    let note = "no GPU: running on the CPU";
    let said = |arguments: &[&str]| stderr(&run_small(arguments)).matches(note).count();
    if json(&run_small(&["--json", "-"]))["device"] == "cpu" {
        assert_eq!(said(&[]), 1);
    }
    assert_eq!(said(&["--device", "cpu"]), 0);
    assert_eq!(said(&["-q"]), 0);
    assert_eq!(said(&["--json", "-"]), 0);
}

#[test]
fn quiet_prints_nothing() {
    let output = run_small(&["-q"]);
    assert_code(&output, 0);
    assert_eq!((stdout(&output), stderr(&output)), (String::new(), String::new()));
}

#[test]
fn a_pole_that_falls_is_no_error_unless_success_is_required() {
    // Nothing can save a pole whose limit is this narrow.
    let narrow = ["--theta-limit-deg", "0.001", "-q"];
    assert_code(&run_small(&narrow), 0);
    assert_code(&run_small(&[&narrow[..], &["--require-success"]].concat()), 1);
    let evaluate = [&["evaluate", "-e", "2", "--require-success"][..], &narrow].concat();
    assert_code(&run_small(&evaluate), 1);
}

#[test]
fn every_planner_and_every_problem_runs() {
    for planner in ["random-shooting", "cem", "mppi", "smc", "fmc"] {
        let output = run_small(&["-p", planner, "--json", "-"]);
        assert_code(&output, 0);
        assert_eq!(json(&output)["planner"], planner);
    }
    for arguments in [
        &["--action", "continuous"][..],
        &["--push", "5:2:10"],
        &["--integrator", "semi-implicit-euler"],
        &["--theta-limit-deg", "inf", "--x-limit", "inf"],
        &["--force", "20", "--cost-position", "1", "--temperature", "0.5"],
    ] {
        assert_code(&run_small(&[arguments, &["-q"]].concat()), 0);
    }
}

#[test]
fn neither_threads_nor_vector_instructions_change_the_digest() {
    let digest = |simd: Option<&str>, threads: &str| {
        let mut command = pilot();
        command.args(["--json", "-", "--threads", threads]).args(SMALL);
        if let Some(simd) = simd {
            command.env("PILOT_SIMD", simd);
        }
        json(&command.output().unwrap())["digest"].clone()
    };
    let reference = digest(None, "0");
    assert_eq!(digest(Some("scalar"), "0"), reference);
    assert_eq!(digest(None, "1"), reference);
    assert_eq!(digest(None, "3"), reference);
}

#[test]
fn plots_are_svg_or_png_by_their_ending() {
    let folder = folder();
    for (name, magic) in [("a.svg", &b"<svg"[..]), ("b.png", b"\x89PNG"), ("C.PNG", b"\x89PNG")] {
        let path = folder.path().join(name);
        let output = run_small(&["--plot", text_of(&path), "--push", "5:2:10", "-q"]);
        assert_code(&output, 0);
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.starts_with(magic), "{name}");
    }
    let svg = fs::read_to_string(folder.path().join("a.svg")).unwrap();
    for label in ["Time (s)", "Cart position (m)", "Pole angle (°)", "(N)", "(µs)", "sample size"]
    {
        assert!(svg.contains(label), "{label}");
    }
    let output = run_small(&["--plot", text_of(&folder.path().join("a.gif"))]);
    assert_usage_error(&output, &["must end with .svg or .png"]);
    assert_eq!(names_in(&folder), ["C.PNG", "a.svg", "b.png"]);
}
