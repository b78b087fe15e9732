//! What cannot be done is refused before anything begins.

use super::*;

#[test]
fn values_out_of_range_are_refused_in_the_words_of_the_command_line() {
    for (arguments, needle) in [
        (&["-k", "0"][..], "--particles is 0; it must be 1 to"),
        (&["-k", "99999999999"], "it must be a whole number from 1 to 1073741824"),
        (&["-k", "-5"], "it must be a whole number from 1 to 1073741824"),
        (&["-k", "1.5"], "it must be a whole number from 1 to 1073741824"),
        (&["-s", "-1"], "from 0 to 18446744073709551615"),
        (&["--threads", "-1"], "from 0 to 1024"),
        (&["evaluate", "-e", "-1"], "from 1 to 10000000"),
        (&["-H", "0"], "--horizon is 0"),
        (&["-H", "100001"], "--horizon is 100001"),
        (&["-n", "0"], "--steps is 0"),
        (&["-n", "100000001"], "--steps is 100000001"),
        (&["--threads", "5000"], "--threads is 5000"),
        (&["--temperature", "nan"], "--temperature is NaN"),
        (&["--elite-share", "2"], "--elite-share is 2"),
        (&["--cost-angle", "nan"], "--cost-angle is NaN; it must be 0 to 1e9"),
        (&["--cost-angle", "-1"], "--cost-angle is -1"),
        (&["--cost-terminal-rate", "1e300"], "--cost-terminal-rate is 1e300"),
        (&["--balance", "1e308"], "--balance is 1e308;"),
        (&["--theta-limit-deg", "nan"], "--theta-limit-deg is NaN"),
        (&["--theta-limit-deg", "-3"], "--theta-limit-deg is -3"),
        (&["--x-limit", "0"], "--x-limit is 0"),
        (&["--force", "inf"], "--force is inf; it must be 1e-6 to 1e6"),
        (&["--force", "1e-300"], "--force is 1e-300; it must be 1e-6 to 1e6"),
        (&["--force", "1e308"], "--force is 1e308; it must be 1e-6 to 1e6"),
        (&["--force", "0"], "--force is 0"),
        (&["--push", "5:2"], "NEWTON:LENGTH:EVERY"),
        (&["--push", "nan:1:2"], "must be finite"),
        (&["--push", "-1e30:1:2"], "push of -1e30 N; must be finite, from -1e6 to 1e6"),
        (&["--push", "5:1:4294967296"], "whole number from 1 to 4294967295"),
        (&["--device", "gpu"], "cuda:N"),
        // With and without a driver, the CPU is what else there is.
        (&["--device", "cuda:7"], "`cpu`"),
        (&["evaluate", "-e", "0"], "--episodes is 0"),
        (&["compare", "-e", "1", "--budget-us", "nan"], "--budget-us is NaN"),
        (&["compare", "-k", "17000000"], "1 to 16777216 for smc and fmc"),
        (
            &["--trace", "a", "evaluate"],
            "has no --trace, an option of `pilot` and `pilot solve`; see",
        ),
        (&["-p", "cem", "compare"], "`pilot compare` has no --planner, an option of"),
        (&["-k", "5", "replay", "a"], "see `pilot replay --help`"),
        (&["--json", "a", "info"], "`pilot info` takes --json after its name"),
        (&["evaluate", "--trace", "a"], "--trace is an option of `pilot` and `pilot solve`"),
        (&["solve", "-e", "3"], "-e is an option of `pilot evaluate` and `pilot compare`"),
        (&["replay", "a", "--plot", "b"], "--plot is an option of"),
        (&["--trace", "a.csv/"], "cannot write a.csv/: it is a folder"),
        (&["--trace", "-"], "name a file"),
    ] {
        assert_usage_error(&run(arguments), &[needle]);
    }
}

#[test]
fn misspelt_names_get_a_suggestion() {
    for (arguments, suggestion) in [
        (&["-p", "mmpi"][..], "mppi"),
        (&["--action", "continous"], "continuous"),
        (&["--integrator", "semi-implicit"], "semi-implicit-euler"),
        (&["--noise", "colored"], "coloured"),
        (&["--partcles", "5"], "--particles"),
        (&["evalute"], "evaluate"),
    ] {
        assert_usage_error(&run(arguments), &[suggestion, "similar"]);
    }
}

#[test]
fn vector_instructions_that_do_not_exist_are_refused() {
    let missing = if cfg!(target_arch = "aarch64") { "avx2" } else { "neon" };
    for (simd, needle) in
        [("bogus", "bogus"), ("avx51", "did you mean `avx512`?"), (missing, "lacks")]
    {
        for command in ["solve", "evaluate", "compare", "info"] {
            let output = pilot().arg(command).env("PILOT_SIMD", simd).output().unwrap();
            assert_usage_error(&output, &["PILOT_SIMD", needle]);
        }
    }
}

#[test]
fn files_that_cannot_be_written_are_found_out_before_the_work() {
    let folder = folder();
    let (bad, good) = (folder.path().join("none/a.csv"), folder.path().join("good.json"));
    let (bad, good) = (text_of(&bad), text_of(&good));
    let inside = text_of(folder.path());
    let long = ["-n", "100000000", "--json", good];
    for output in [["--trace", bad], ["--trace", inside]] {
        assert_usage_error(&run(&[&output[..], &long].concat()), &["cannot write"]);
    }
    let plot = format!("{inside}/none/a.png");
    assert_usage_error(&run(&[&["--plot", &plot][..], &long].concat()), &["cannot write"]);
    for command in ["evaluate", "compare"] {
        let output = run(&[command, "-e", "10000000", "--json", bad]);
        assert_usage_error(&output, &["cannot write", "No such file"]);
    }
    assert_eq!(names_in(&folder), [""; 0]);
}

#[test]
fn help_shows_examples_and_headings() {
    let output = run(&["--help"]);
    assert_code(&output, 0);
    let text = stdout(&output);
    for needle in ["Examples:", "Cost weights", "Planners' knobs", "pilot compare"] {
        assert!(text.contains(needle), "{needle}");
    }
    let compare = stdout(&run(&["compare", "--help"]));
    assert!(compare.contains("one thread"));
    assert!(stdout(&run(&["--version"])).contains(env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_comparison_of_what_some_planners_cannot_do_is_refused_before_the_others_begin() {
    let folder = folder();
    let path = folder.path().join("c.json");
    let arguments = ["compare", "-k", "17000000", "-H", "100000", "-e", "10000000"];
    let output = run(&[&arguments[..], &["--json", text_of(&path)]].concat());
    assert_usage_error(&output, &["--particles is 17000000"]);
    assert_eq!(names_in(&folder), [""; 0]);
}

#[test]
fn numbers_are_taken_as_people_write_them_and_the_last_of_an_option_wins() {
    let arguments =
        ["-k", "1_0", "-k", "0x20", "-n", "1e1", "-n", "2e1", "-q", "-q", "--json", "-"];
    let object = json(&run(&arguments));
    assert_eq!((&object["particles"], &object["step_limit"]), (&32.into(), &20.into()));
    let push = json(&run_small(&["--push", "-5:2:10", "--json", "-"]));
    assert_eq!(push["push"], "-5:2:10");
}

#[test]
fn options_may_come_before_the_command_and_those_after_it_win() {
    let object =
        json(&run(&["-k", "64", "-n", "9", "evaluate", "-e", "2", "-n", "8", "--json", "-"]));
    let of = |key: &str| object[key].as_u64().unwrap();
    assert_eq!((of("particles"), of("step_limit"), of("episodes")), (64, 8, 2));
    let object = json(&run(&["--json", "-", "-s", "4", "solve", "-n", "5", "-s", "3"]));
    assert_eq!((&object["seed"], &object["steps"]), (&3.into(), &5.into()));
}

#[test]
fn what_has_no_effect_is_said() {
    let said = |arguments: &[&str]| stderr(&run_small(arguments));
    let needle = "warning: --iterations has no effect on random-shooting";
    assert!(said(&["-p", "random-shooting", "--iterations", "50"]).contains(needle));
    let knobs = ["--balance", "2", "--colour", "0.4", "--temperature", "2"];
    let text = said(&[&["-p", "cem", "evaluate", "-e", "1"], &knobs[..]].concat());
    assert!(text.contains("--balance, --colour and --temperature have no effect on cem"), "{text}");
    for arguments in [
        &["-p", "fmc", "--balance", "2"][..],
        &["-p", "cem", "--action", "continuous", "--noise", "coloured", "--colour", "0.4"],
        &["-q", "-p", "cem", "--balance", "2"],
    ] {
        assert!(!said(arguments).contains("no effect"), "{arguments:?}");
    }
}

#[test]
fn warnings_advise_what_the_planner_has() {
    for (planner, particles, options) in [
        ("cem", "20", &["--particles", "--elite-share"][..]),
        ("mppi", "64", &["--temperature", "--target-share"]),
    ] {
        let few = ["-n", "3", "-p", planner, "-k", particles];
        let cold = if planner == "cem" { &[][..] } else { &["--temperature", "0.000001"] };
        for command in [&["solve"][..], &["evaluate", "-e", "2"]] {
            let text = stderr(&run(&[command, &few, cold].concat()));
            let line = text.lines().find(|line| line.contains("effective sample size"));
            let line = line.unwrap_or_else(|| panic!("{planner} {command:?}: {text}"));
            assert!(options.iter().all(|option| line.contains(option)), "{line}");
            assert_eq!(
                line.contains("--temperature"),
                options.contains(&"--temperature"),
                "{line}"
            );
        }
    }
    let hopeless = ["--theta-limit-deg", "0.001"];
    assert!(stderr(&run_small(&hopeless)).contains("all futures end at once: nothing keeps"));
    let far = stderr(&run_small(&["-H", "2000"]));
    assert!(far.contains("all futures end within") && far.contains("--horizon"), "{far}");
    let report = json(&run_small(&["-H", "2000", "evaluate", "-e", "2", "--json", "-"]));
    let warning = &report["warnings"][0];
    assert_eq!((&warning["episodes"], &warning["decisions"]), (&2.into(), &60.into()));
}
