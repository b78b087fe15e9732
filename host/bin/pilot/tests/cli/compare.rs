//! `pilot compare`.

use super::*;

#[test]
fn every_planner_comes_on_both_terms_and_chance_once() {
    let output = run_small(&["compare", "-e", "2", "--json", "-", "--budget-us", "20"]);
    assert_code(&output, 0);
    let object = json(&output);
    let rows = object["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 15);
    assert_keys(&object, &["device", "fallback_reason"]);
    for row in rows {
        assert_keys(
            row,
            &[
                "terms",
                "planner",
                "particles",
                "particle_steps_per_decision",
                "decision_us",
                "survived",
                "success_rate",
                "success_interval",
                "mean_steps",
                "digest",
                "devices",
                "within_budget",
                "rank",
                "config",
                "position_rms_m",
                "angle_rms_deg",
                "cost_per_step",
            ],
        );
        if row["terms"] != "chance" {
            let problem = &row["problem"];
            let [planner, end] = [&row["planner"], &problem["cost"]["terminal_position"]];
            assert_eq!(*end, if planner == "random-shooting" { 20.0 } else { 1.0 });
            assert_eq!(problem["physics"]["gravity"], 9.8);
        }
        let cost = &row["cost_per_step"];
        assert!(cost["mean"].as_f64().unwrap() > 0.0 && cost["margin"].as_f64().unwrap() >= 0.0);
    }
    let equal: Vec<f64> = rows
        .iter()
        .filter(|row| row["terms"] == "equal-particle-steps")
        .map(|row| row["particle_steps_per_decision"].as_f64().unwrap())
        .collect();
    assert_eq!(equal.len(), 7);
    for steps in &equal {
        let ratio = steps / equal[0];
        assert!((0.5..2.0).contains(&ratio), "{equal:?}");
    }
}

#[test]
fn random_actions_last_about_22_steps() {
    let output =
        run(&["compare", "-e", "100", "-k", "4", "-H", "2", "--json", "-", "--budget-us", "1"]);
    let object = json(&output);
    let chance = &object["rows"][0];
    assert_eq!((&chance["terms"], &chance["planner"]), (&"chance".into(), &"random".into()));
    let mean = chance["mean_steps"].as_f64().unwrap();
    assert!((19.0..26.0).contains(&mean), "{mean}");
}

#[test]
fn people_get_aligned_columns() {
    let text = stdout(&run_small(&["compare", "-e", "2", "--budget-us", "20"]));
    let widths: Vec<usize> = text
        .lines()
        .filter(|line| line.starts_with("  "))
        .map(|line| line.chars().count())
        .collect();
    assert_eq!(widths.len(), 18, "{text}");
    assert!(widths.iter().all(|width| *width == widths[0]), "{text}");
}

#[test]
fn planners_that_all_survive_are_told_apart() {
    // So far to look ahead is worth it, and hardly to look at all is not.
    let output = run(&[
        "compare",
        "-e",
        "12",
        "-n",
        "100",
        "-k",
        "256",
        "-H",
        "20",
        "--json",
        "-",
        "--budget-us",
        "20",
    ]);
    let object = json(&output);
    let rows = object["rows"].as_array().unwrap();
    let equal = |row: &&Value| row["terms"] == "equal-particle-steps";
    let rows: Vec<&Value> = rows.iter().filter(equal).collect();
    assert!(rows.iter().all(|row| row["survived"] == 12), "{rows:?}");
    let mut ranks: Vec<u64> = rows.iter().map(|row| row["rank"].as_u64().unwrap()).collect();
    ranks.sort_unstable();
    assert!(ranks[0] == 1 && ranks[4] > 1, "{ranks:?}");
    for (better, worse) in rows.iter().flat_map(|a| rows.iter().map(move |b| (a, b))) {
        let mean = |row: &Value| row["cost_per_step"]["mean"].as_f64().unwrap();
        let margin = |row: &Value| row["cost_per_step"]["margin"].as_f64().unwrap();
        if mean(better) + margin(better) < mean(worse) - margin(worse) {
            assert!(better["rank"].as_u64() < worse["rank"].as_u64(), "{better} {worse}");
        }
    }
}

#[test]
fn a_budget_that_nobody_can_keep_is_marked() {
    let arguments = ["compare", "-e", "2", "-n", "5", "--budget-us", "0.01"];
    let output = run_small(&[&arguments[..], &["--json", "-"]].concat());
    for row in json(&output)["rows"].as_array().unwrap() {
        let expected = if row["terms"] == "equal-time" { false.into() } else { Value::Null };
        assert_eq!(row["within_budget"], expected, "{row}");
    }
    let text = stdout(&run_small(&arguments));
    assert_eq!(text.matches('!').count(), 8, "{text}");
    assert!(text.contains("! misses the budget"), "{text}");
}

#[test]
fn one_particle_is_one_particle_in_every_table() {
    let output = run(&[
        "compare",
        "-k",
        "1",
        "-H",
        "1",
        "-e",
        "1",
        "-n",
        "2",
        "--json",
        "-",
        "--budget-us",
        "0.01",
    ]);
    for row in json(&output)["rows"].as_array().unwrap() {
        if row["planner"] == "random-shooting" {
            assert_eq!(row["particles"], 1, "{row}");
        }
    }
}
