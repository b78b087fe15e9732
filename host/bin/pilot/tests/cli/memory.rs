//! What does not fit into memory is refused before it begins.

use super::*;

/// Runs `pilot` with at most `megabytes` of address space.
fn run_within(megabytes: u32, arguments: &[&str]) -> Output {
    let script = format!("ulimit -v {}; exec \"$@\"", 1024 * megabytes);
    Command::new("sh")
        .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_pilot")])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn more_particles_than_fit_are_a_usage_error_that_says_how_much_they_need_and_leaves_no_file() {
    for planner in ["cem", "mppi", "smc", "fmc", "icem"] {
        for action in ["discrete", "continuous"] {
            let folder = folder();
            let paths = ["t.csv", "j.json", "p.svg"].map(|name| folder.path().join(name));
            let [trace, json, plot] = paths.each_ref().map(|path| text_of(path));
            let files = ["--trace", trace, "--json", json, "--plot", plot];
            let size = ["-d", "cpu", "-k", "16000000", "-H", "500"];
            let choice = [&["-p", planner, "--action", action][..], &size].concat();
            // Some planners would fit into more, none into this.
            let output = run_within(140, &[&files[..], &choice[..]].concat());
            let needles = [planner, "16000000 particles x 500 steps needs about", "B of memory"];
            assert_usage_error(&output, &needles);
            assert_eq!(names_in(&folder), [""; 0], "{planner} {action}");
        }
    }
}

#[test]
fn planners_that_keep_summaries_alone_need_no_memory_for_each_particle() {
    let size = ["-d", "cpu", "-k", "16000000", "-H", "1", "-n", "1"];
    for planner in ["random-shooting", "predictive-sampling"] {
        for action in ["discrete", "continuous"] {
            let output =
                run_within(140, &[&["-p", planner, "--action", action][..], &size].concat());
            assert_code(&output, 0);
        }
    }
}

#[test]
fn evaluations_need_the_memory_of_all_their_threads_and_of_all_their_results() {
    let shared = ["-d", "cpu", "-n", "2", "--threads", "4", "-k", "10000000"];
    let output = run_within(700, &shared);
    assert_code(&output, 0);
    let output = run_within(700, &[&["evaluate", "-e", "4"], &shared[..]].concat());
    assert_usage_error(&output, &["4 times cem with 10000000 particles", "needs about"]);
    let output = run_within(700, &["evaluate", "-d", "cpu", "-e", "9000000", "-k", "1"]);
    assert_usage_error(&output, &["the results of 9000000 episodes need about"]);
}
