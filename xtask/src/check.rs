//! Runs checks one after the other and sums them up.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;

/// One thing that must hold.
pub struct Check {
    /// What `--only` calls it.
    pub name: &'static str,
    /// What it proves, for its headline and `--list`.
    pub about: &'static str,
    /// Does the work; an error means failure.
    pub run: fn() -> Result<Outcome>,
}

/// How a check ended, unless it failed.
pub enum Outcome {
    /// It holds.
    Passed,
    /// This machine cannot tell; carries the reason and what would enable it.
    Skipped(String),
}

/// Runs `checks`, or only those named in `only`, to the end even when some fail, and prints the
/// summary. The exit code is 1 when any failed.
pub fn run_all(checks: &[Check], only: &[String]) -> ExitCode {
    let start = Instant::now();
    let is_chosen = |name| only.is_empty() || only.iter().any(|o| o == name);
    let mut summary = Summary::default();
    for check in checks {
        if !is_chosen(check.name) {
            summary.filtered_out += 1;
            continue;
        }
        eprintln!("\n=== {}: {} ===", check.name, check.about);
        let start = Instant::now();
        let outcome = (check.run)();
        summary.add(check.name, start.elapsed().as_secs_f64(), outcome);
        eprintln!("--- {}", summary.rows[summary.rows.len() - 1]);
    }
    println!("\n{}", summary.text(start.elapsed().as_secs_f64()));
    ExitCode::from(u8::from(summary.failed > 0))
}

/// Says how a task ended that is not part of a list. The exit code is 1 when it failed.
pub fn finish(outcome: Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Passed) => ExitCode::SUCCESS,
        Ok(Outcome::Skipped(reason)) => {
            eprintln!("skipped: {reason}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One row for each check that ran, and how often each outcome came.
#[derive(Default)]
struct Summary {
    rows: Vec<String>,
    passed: usize,
    failed: usize,
    skipped: usize,
    filtered_out: usize,
}

impl Summary {
    fn add(&mut self, name: &str, wall_s: f64, outcome: Result<Outcome>) {
        let (count, word, detail) = match outcome {
            Ok(Outcome::Passed) => (&mut self.passed, "passed", String::new()),
            Ok(Outcome::Skipped(reason)) => (&mut self.skipped, "SKIPPED", reason),
            Err(error) => (&mut self.failed, "FAILED", format!("{error:#}")),
        };
        *count += 1;
        let row = format!("{name:9} {word:7} {wall_s:7.1} s  {detail}");
        self.rows.push(row.trim_end().to_owned());
    }

    /// The table, and under it one line in the manner of `cargo test`.
    fn text(&self, wall_s: f64) -> String {
        let Self { rows, passed, failed, skipped, filtered_out } = self;
        let verdict = if *failed == 0 { "ok" } else { "FAILED" };
        format!(
            "{}\n\ntest result: {verdict}. {passed} passed; {failed} failed; {skipped} ignored; \
             0 measured; {filtered_out} filtered out; finished in {wall_s:.2}s",
            rows.join("\n")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_names_each_outcome_and_its_reason() {
        let mut summary = Summary { filtered_out: 4, ..Summary::default() };
        summary.add("good", 1.0, Ok(Outcome::Passed));
        summary.add("bad", 61.25, Err(anyhow::anyhow!("it broke")));
        summary.add("odd", 0.0, Ok(Outcome::Skipped("no tool".into())));
        let expected = "\
good      passed      1.0 s
bad       FAILED     61.2 s  it broke
odd       SKIPPED     0.0 s  no tool

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 4 filtered out; finished in 9.00s";
        assert_eq!(summary.text(9.0), expected);
    }
}
