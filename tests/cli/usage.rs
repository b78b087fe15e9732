//! What cannot be done is refused before anything begins.

use super::*;

#[test]
fn values_out_of_range_are_refused_in_the_words_of_the_command_line() {
    for (arguments, needle) in [
        (&["-k", "0"][..], "--particles is 0; it must be 1 to"),
        (&["-k", "99999999999"], "99999999999"),
        (&["-k", "-5"], "-5"),
        (&["-H", "0"], "--horizon is 0"),
        (&["-H", "100001"], "--horizon is 100001"),
        (&["-n", "0"], "--steps is 0"),
        (&["-n", "100000001"], "--steps is 100000001"),
        (&["--threads", "5000"], "--threads is 5000"),
        (&["--temperature", "nan"], "--temperature is NaN"),
        (&["--elite-share", "2"], "--elite-share is 2"),
        (&["--cost-angle", "nan"], "`angle` is NaN"),
        (&["--cost-angle", "-1"], "`angle` is -1"),
        (&["--theta-limit-deg", "nan"], "--theta-limit-deg is NaN"),
        (&["--theta-limit-deg", "-3"], "--theta-limit-deg is -3"),
        (&["--x-limit", "0"], "--x-limit is 0"),
        (&["--force", "inf"], "--force is inf"),
        (&["--push", "5:2"], "NEWTON:LENGTH:EVERY"),
        (&["--push", "nan:1:2"], "must be finite"),
        (&["--device", "gpu"], "cuda:N"),
        // With and without a driver, the CPU is what else there is.
        (&["--device", "cuda:7"], "`cpu`"),
        (&["evaluate", "-e", "0"], "--episodes is 0"),
        (&["compare", "-e", "1", "--budget-us", "nan"], "--budget-us is NaN"),
        (&["--json", "a", "--trace", "a"], "two outputs"),
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
