//! Runs checks, one after the other or side by side, and sums them up.

use std::collections::VecDeque;
use std::io::{Read, Seek};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};

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

/// Runs `checks`, or only those named in `only`, to the end even when some fail, up to `jobs` at a time, and prints the
/// summary. The exit code is 1 when any failed.
pub fn run_all(checks: &[Check], only: &[String], jobs: usize) -> ExitCode {
    let start = Instant::now();
    let is_chosen = |check: &&Check| only.is_empty() || only.iter().any(|o| o == check.name);
    let chosen: VecDeque<&Check> = checks.iter().filter(is_chosen).collect();
    let mut summary = Summary { filtered_out: checks.len() - chosen.len(), ..Summary::default() };
    if jobs > 1 && chosen.len() > 1 {
        run_side_by_side(chosen, jobs, &mut summary);
    } else {
        for check in chosen {
            eprintln!("\n=== {}: {} ===", check.name, check.about);
            let start = Instant::now();
            let outcome = (check.run)();
            summary.add(check.name, start.elapsed().as_secs_f64(), outcome);
            eprintln!("--- {}", summary.rows[summary.rows.len() - 1]);
        }
    }
    println!("\n{}", summary.text(start.elapsed().as_secs_f64()));
    ExitCode::from(u8::from(summary.failed > 0))
}

/// Runs each of `checks` in a process of its own, which builds what it needs; cargo lets one build at a time. What a check says is
/// shown when it is over. Half of the jobs begin with the last check: the first ones are short, and the last ones use few cores.
fn run_side_by_side(checks: VecDeque<&Check>, jobs: usize, summary: &mut Summary) {
    let queue = Mutex::new(checks);
    let summary = Mutex::new(summary);
    let work = |from_the_end: bool| {
        loop {
            let mut checks = queue.lock().expect("no job panics");
            let next = if from_the_end { checks.pop_back() } else { checks.pop_front() };
            drop(checks);
            let Some(check) = next else { break };
            let start = Instant::now();
            let mut said = String::new();
            let outcome = run_apart(check, &mut said);
            let mut summary = summary.lock().expect("no job panics");
            summary.add(check.name, start.elapsed().as_secs_f64(), outcome);
            eprint!("{said}");
        }
    };
    thread::scope(|scope| {
        for job in 0..jobs {
            scope.spawn(move || work(job % 2 == 1));
        }
    });
}

/// Runs `check` in a process of its own, and adds to `said` what it said.
fn run_apart(check: &Check, said: &mut String) -> Result<Outcome> {
    let mut file = tempfile::tempfile().context("no temporary file")?;
    let mut apart = Command::new(std::env::current_exe()?);
    apart.args(["test", "--only", check.name]).stdin(Stdio::null());
    let status = apart.stdout(file.try_clone()?).stderr(file.try_clone()?).status()?;
    file.rewind()?;
    file.read_to_string(said)?;
    // The summary of one check is no news.
    let end = said.rfind("\n--- ").context("it ended without a word")?;
    let row = said[end + 5..].lines().next().unwrap_or_default().to_owned();
    said.truncate(end + 5 + row.len());
    said.push('\n');
    let detail = row.split(" s  ").nth(1).unwrap_or_default().to_owned();
    match status.success() {
        true if row.contains(" SKIPPED ") => Ok(Outcome::Skipped(detail)),
        true => Ok(Outcome::Passed),
        false => bail!("{detail}"),
    }
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
