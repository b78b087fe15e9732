//! `pilot evaluate`.

use super::*;

#[test]
fn json_holds_what_is_promised() {
    let object = json(&run_small(&["evaluate", "-e", "5", "--json", "-", "--seed", "9"]));
    assert_keys(
        &object,
        &[
            "episodes",
            "survived",
            "success_rate",
            "success_interval",
            "mean_steps",
            "min_steps",
            "wall_s",
            "particle_steps",
            "particle_steps_per_s",
            "digest",
            "failures",
            "planner",
            "particles",
            "horizon",
            "seed",
            "device",
            "devices",
            "fallback_reason",
            "simd",
            "threads",
            "interrupted",
            "push",
            "config",
            "problem",
            "step_limit",
            "endings",
            "warnings",
        ],
    );
    assert_eq!((&object["episodes"], &object["seed"]), (&5.into(), &9.into()));
    assert_eq!(object["success_interval"].as_array().unwrap().len(), 2);
    let share = serde_json::json!([{ "device": object["device"], "episodes": 5 }]);
    assert_eq!(object["devices"], share);
}

#[test]
fn failures_are_listed_with_their_seeds() {
    let arguments = ["evaluate", "-e", "8", "--theta-limit-deg", "0.001", "--seed", "40"];
    let object = json(&run_small(&[&arguments[..], &["--json", "-"]].concat()));
    assert_eq!((&object["survived"], &object["min_steps"]), (&0.into(), &1.into()));
    let failures = object["failures"].as_array().unwrap();
    assert_eq!((failures.len(), &failures[7]["seed"]), (8, &47.into()));
    let text = stdout(&run_small(&arguments));
    assert!(text.contains("8 fell: seed 40 after 1") && text.contains("3 more"), "{text}");
    assert_eq!(failures[0]["ending"], "fell");
    assert_eq!(object["endings"]["fell"], 8);
}

#[test]
fn carts_that_leave_the_track_do_not_fall() {
    let arguments =
        ["evaluate", "-e", "3", "--x-limit", "0.001", "--theta-limit-deg", "inf", "--seed", "40"];
    let object = json(&run_small(&[&arguments[..], &["--json", "-"]].concat()));
    assert_eq!(object["endings"], serde_json::json!({ "survived": 0, "fell": 0, "left-track": 3 }));
    assert_eq!(object["failures"][0]["ending"], "left-track");
    let text = stdout(&run_small(&arguments));
    assert!(text.contains("3 left the track: seed 40 after") && !text.contains("fell"), "{text}");
}

#[test]
fn a_share_is_not_rounded_to_all_or_none() {
    let text = stdout(&run(&[
        "evaluate",
        "-e",
        "10000",
        "-k",
        "2",
        "-H",
        "1",
        "-n",
        "1",
        "--threads",
        "2",
    ]));
    assert!(
        text.contains("survived 10,000 of 10,000 episodes: 100.0% (99.96% to 100.0%)"),
        "{text}"
    );
}

#[test]
fn threads_do_not_change_the_digest() {
    let digest = |threads| {
        let output = run_small(&["evaluate", "-e", "6", "--json", "-", "--threads", threads]);
        json(&output)["digest"].clone()
    };
    assert_eq!(digest("1"), digest("3"));
}
