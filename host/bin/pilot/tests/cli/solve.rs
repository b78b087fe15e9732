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
            "fallback_reason",
            "simd",
            "threads",
            "wall_s",
            "particle_steps",
            "particle_steps_per_s",
            "digest",
            "warnings",
            "version",
            "ending",
            "step_limit",
            "final_state",
            "push",
        ],
    );
    assert_keys(&object["decision_us"], &["p50", "p90", "p99", "max"]);
    assert_eq!((&object["interrupted"], &object["particles"]), (&false.into(), &64.into()));
    assert_eq!((&object["ending"], &object["push"]), (&"survived".into(), &Value::Null));
    let config = &object["config"];
    assert_keys(config, &["action", "tuning"]);
    let problem = &object["problem"];
    assert_eq!(problem["name"], "cart-pole");
    assert_keys(&problem["physics"], &["integrator", "force_mag", "x_threshold"]);
    assert_keys(&problem["cost"], &["angle", "end", "terminal_rate"]);
    assert_keys(&config["tuning"], &["iterations", "temperature"]);
}

#[test]
fn reports_of_different_problems_differ() {
    let report = |arguments: &[&str]| {
        let object = json(&run_small(&[arguments, &["--json", "-", "--device", "cpu"]].concat()));
        ["config", "problem", "push", "step_limit"].map(|key| object[key].clone())
    };
    let plain = report(&[]);
    for arguments in [
        &["--push", "5:2:100"][..],
        &["--action", "continuous"],
        &["--integrator", "semi-implicit-euler"],
        &["--x-limit", "inf"],
        &["--force", "11"],
        &["--cost-end", "2"],
        &["--iterations", "3"],
        &["-n", "31"],
    ] {
        assert_ne!(report(arguments), plain, "{arguments:?}");
    }
    assert_eq!(report(&["--device", "cpu"]), plain);
}

#[test]
fn how_an_episode_ended_is_told() {
    let fell = stdout(&run_small(&["--theta-limit-deg", "0.5", "--seed", "1"]));
    assert!(fell.starts_with("fell after ") && fell.contains("limits 2.4 m, 0.5°"), "{fell}");
    let left = stdout(&run_small(&["--x-limit", "0.001", "--theta-limit-deg", "inf"]));
    assert!(left.starts_with("left the track after ") && !left.contains("fell"), "{left}");
    let one = stdout(&run(&["-n", "1", "-k", "1", "-H", "1"]));
    assert!(
        one.starts_with("survived the only step") && one.contains("1 particle x 1 step\n"),
        "{one}"
    );
}

#[test]
fn the_state_beyond_the_limit_is_in_the_plot_and_marked() {
    let folder = folder();
    for (limits, name) in [
        (["--theta-limit-deg", "0.5", "--x-limit", "inf"], "fell"),
        (["--theta-limit-deg", "inf", "--x-limit", "0.001"], "left the track"),
    ] {
        let path = folder.path().join("a.svg");
        assert_code(&run_small(&[&limits[..], &["--plot", text_of(&path)]].concat()), 0);
        let svg = fs::read_to_string(&path).unwrap();
        let said = |text: &str| svg.lines().filter(|line| line.trim() == text).count();
        assert_eq!(said(name), 1);
        assert!(svg.contains("r=\"50\""), "a ring around the end");
    }
}

#[test]
fn curves_of_an_svg_are_drawn_to_a_tenth_of_the_pixels_it_is_shown_in() {
    let folder = folder();
    let path = folder.path().join("a.svg");
    assert_code(&run_small(&["--plot", text_of(&path), "-q"]), 0);
    let svg = fs::read_to_string(&path).unwrap();
    assert!(svg.starts_with("<svg width=\"1000\" height=\"1044\" viewBox=\"0 0 10000 10440\""));
    let curves = svg.split(" points=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let finer = |curve: &str| {
        curve.split([' ', ',']).any(|place| !place.is_empty() && !place.ends_with('0'))
    };
    assert!(curves.filter(|curve| finer(curve)).count() >= 3);
}

#[test]
fn auto_without_a_gpu_that_would_be_faster_says_so_once_and_not_when_quiet() {
    let note = "no GPU: running on the CPU";
    let folder = folder();
    let calibration = test_support::fast_gpu_in(folder.path());
    let run = |arguments: &[&str]| {
        let mut pilot = pilot();
        pilot.args(SMALL).args(arguments).env("PILOT_CALIBRATION", &calibration);
        pilot.output().unwrap()
    };
    let said = |arguments: &[&str]| stderr(&run(arguments)).matches(note).count();
    if json(&run(&["--json", "-"]))["device"] == "cpu" {
        assert_eq!(said(&[]), 1);
    }
    assert_eq!(said(&["--device", "cpu"]), 0);
    assert_eq!(said(&["-q"]), 0);
    assert_eq!(said(&["--json", "-"]), 0);
    // Where the CPU is faster anyway, there is nothing to say.
    assert_eq!(stderr(&run_small(&[])), "");
}

#[test]
fn which_device_was_chosen_and_why_is_told_to_whom_it_is_verbose() {
    for command in [&["solve"][..], &["evaluate", "-e", "2"]] {
        let told = |more: &[&str]| stderr(&run_small(&[command, more].concat()));
        let said = told(&["-v"]);
        assert!(said.starts_with("device cpu: ") && said.contains(" predicted for "), "{said}");
        assert!(said.contains(" on any GPU; by estimates") && said.lines().count() == 1, "{said}");
        assert_eq!(told(&["-v", "-d", "cpu"]), "device cpu: asked for\n");
        assert_eq!((told(&[]), told(&["-v", "-q"])), (String::new(), String::new()));
        let output = run_small(&[command, &["-v", "--json", "-"]].concat());
        assert_eq!((json(&output)["device"].as_str(), stderr(&output)), (Some("cpu"), said));
    }
}

#[test]
fn a_calibration_that_is_damaged_is_told_of_and_estimates_take_its_place() {
    let folder = folder();
    let calibration = folder.path().join("calibration.toml");
    let run = |arguments: &[&str]| {
        let mut pilot = pilot();
        pilot.args(arguments).env("PILOT_CALIBRATION", &calibration).output().unwrap()
    };
    let solve = [&SMALL[..], &["-v", "-q"]].concat();
    let verbose = [&SMALL[..], &["-v"]].concat();
    for (text, needle) in [
        (None, "there is no such file"),
        (Some("version = 1\ngpu_wait_s = soon\n"), "line 2 of the calibration file"),
        (Some("version = 9\n"), "its version is 9"),
    ] {
        if let Some(text) = text {
            fs::write(&calibration, text).unwrap();
        }
        let output = run(&solve);
        assert_code(&output, 0);
        assert_eq!(stderr(&output), "");
        for said in [stderr(&run(&verbose)), stdout(&run(&["info"]))] {
            let once = "; by estimates, since ";
            assert_eq!(
                (said.matches(once).count(), said.matches(needle).count()),
                (1, 1),
                "{said}"
            );
        }
    }
    fs::write(&calibration, "version = 1\ngpu_wait_s = 1\n").unwrap();
    let said = stdout(&run(&["info"]));
    assert!(said.contains(&format!("; by {}", text_of(&calibration))), "{said}");
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
    for planner in ["random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"] {
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
