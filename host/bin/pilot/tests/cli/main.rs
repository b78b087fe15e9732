//! The program `pilot` as its users meet it: options, outputs, files and exit codes.

mod compare;
mod config;
mod evaluate;
mod files;
#[cfg(unix)]
mod interrupt;
#[cfg(target_os = "linux")]
mod memory;
mod solve;
mod streams;
mod trace;
mod usage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Small enough for every planner on any machine.
const SMALL: [&str; 6] = ["-k", "64", "-H", "20", "-n", "30"];

fn pilot() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pilot"));
    command.env_remove("PILOT_SIMD").stdin(Stdio::null());
    // Whoever runs the tests may have measured this machine.
    command.env_remove("PILOT_CALIBRATION").env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

fn run(arguments: &[&str]) -> Output {
    pilot().args(arguments).output().unwrap()
}

/// Runs with few particles and steps, unless others are given: options may come before a command.
fn run_small(arguments: &[&str]) -> Output {
    run(&[&SMALL[..], arguments].concat())
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stderr: {}", stderr(output));
}

/// The one JSON object that standard output must hold.
#[track_caller]
fn json(output: &Output) -> Value {
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(value.is_object());
    value
}

#[track_caller]
fn assert_keys(object: &Value, keys: &[&str]) {
    for key in keys {
        assert!(object.get(key).is_some(), "no `{key}` in {object}");
    }
}

/// One sentence about a usage error, and nothing on standard output.
#[track_caller]
fn assert_usage_error(output: &Output, needles: &[&str]) {
    assert_code(output, 2);
    assert_eq!(stdout(output), "");
    let text = stderr(output);
    for needle in needles {
        assert!(text.contains(needle), "no `{needle}` in {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn names_in(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Writes a short trace.
fn trace_in(folder: &TempDir, arguments: &[&str]) -> PathBuf {
    let path = folder.path().join("trace.csv");
    let output = run_small(&[&["--trace", text_of(&path), "-q"], arguments].concat());
    assert_code(&output, 0);
    path
}
