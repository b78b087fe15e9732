//! `pilot compare`.

use super::*;

#[test]
fn every_planner_comes_on_both_terms_and_chance_once() {
    let output = run_small(&["compare", "-e", "2", "--json", "-", "--budget-us", "20"]);
    assert_code(&output, 0);
    let object = json(&output);
    let rows = object["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 11);
    assert_keys(&object, &["device", "setback"]);
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
            ],
        );
    }
    let equal: Vec<f64> = rows
        .iter()
        .filter(|row| row["terms"] == "equal-particle-steps")
        .map(|row| row["particle_steps_per_decision"].as_f64().unwrap())
        .collect();
    assert_eq!(equal.len(), 5);
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
    assert_eq!(widths.len(), 14, "{text}");
    assert!(widths.iter().all(|width| *width == widths[0]), "{text}");
}
