//! `cargo xtask gpu-bundle`: a folder that tests and times this project on a machine with a GPU and nothing else.
//!
//! It holds programs that run with an old C library, and `run.sh`, which runs them and writes down what they say.

mod glibc;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::check::Outcome;
use crate::command::{cargo, command, output, root, target_dir};
use crate::kernels;
use crate::ptx_hash;
use crate::zig::Zig;
use glibc::Version;

const RUN: &str = include_str!("run.sh");

/// The oldest C library that the programs are linked for: Debian 11, Ubuntu 20.04.
const GLIBC: &str = "2.31";
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What builds the programs; `pilot` comes along with a test that starts it.
const BUILD: &str = "--no-run --release --package particle-pilot --package particle-pilot-bench --package particle-pilot-cli \
                     --lib --test gpu --test virtual_gpu --bench gpu_timings --message-format json-render-diagnostics";

/// The programs: kind and name of what cargo builds, and the name in the bundle.
const PROGRAMS: [([&str; 2], &str); 4] = [
    (["bin", "pilot"], "pilot"),
    (["test", "gpu"], "gpu_parity"),
    (["lib", "particle_pilot"], "gpu_hardware"),
    (["bench", "gpu_timings"], "gpu_timings"),
];

/// As much may the bundle weigh, so that it can go by mail or notebook.
const MOST_BYTES: u64 = 40 << 20;

/// Makes the bundle in `out`, or else below the folder that cargo builds in.
pub fn make(out: Option<PathBuf>) -> Result<Outcome> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "the bundle is for Linux on x86-64 and can be made only there"
    );
    let out = out.unwrap_or_else(|| target_dir().join("gpu-bundle"));
    let bin = out.join("bin");
    fs::create_dir_all(&bin).with_context(|| format!("cannot make {}", bin.display()))?;
    let programs = build()?;
    let mut needed = BTreeMap::new();
    for (target, name) in PROGRAMS {
        let built = programs.get(&target.map(str::to_owned));
        let built = built.with_context(|| format!("cargo has not built {}", target.join(" ")))?;
        let copy = bin.join(name);
        // A program that runs cannot be written to, but replaced.
        let _ = fs::remove_file(&copy);
        fs::copy(built, &copy).with_context(|| format!("cannot write {}", copy.display()))?;
        let program = fs::read(&copy)?;
        needed.insert(name, glibc::needed_by(&program));
    }
    let newest = needed.values().copied().max().unwrap_or_default();
    write_executable(&out.join("run.sh"), RUN)?;
    let about = serde_json::to_string_pretty(&about(&needed, newest)?)? + "\n";
    fs::write(out.join("bundle.json"), about)?;
    let bytes = PROGRAMS
        .iter()
        .try_fold(0, |sum, (_, name)| anyhow::Ok(sum + fs::metadata(bin.join(name))?.len()))?;
    let megabytes = bytes as f64 / f64::from(1 << 20);
    println!("{}: {megabytes:.1} MiB, runs with glibc {newest} or newer", out.display());
    println!(
        "copy it to a machine with an NVIDIA driver and run `sh run.sh` there; see docs/gpu.md"
    );
    ensure!(bytes <= MOST_BYTES, "that is more than {} MiB", MOST_BYTES >> 20);
    Ok(Outcome::Passed)
}

/// Builds everything, for an old C library where that is possible; returns what cargo built, by kind and name.
fn build() -> Result<BTreeMap<[String; 2], PathBuf>> {
    let mut cargo = match Zig::get() {
        Ok(zig) => zig.cargo_test(BUILD, &format!("{TARGET}.{GLIBC}")),
        Err(error) => {
            eprintln!(
                "note: linking for this machine's own C library, not for glibc {GLIBC}: {error:#}"
            );
            cargo(&format!("test --target {TARGET} {BUILD}"))
        }
    };
    cargo.env("CARGO_PROFILE_RELEASE_STRIP", "symbols").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    let messages = output(&mut cargo)?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(messages.filter_map(executable).collect())
}

/// Kind, name and path of a program, where cargo's `message` is about one.
fn executable(message: Value) -> Option<([String; 2], PathBuf)> {
    let path = message["executable"].as_str()?.into();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let target = &message["target"];
    Some(([text(&target["kind"][0])?, text(&target["name"])?], path))
}

/// What the bundle says about itself.
fn about(needed: &BTreeMap<&str, Version>, newest: Version) -> Result<Value> {
    let ask = |program: &str, args: &str| {
        let answer = command(program, args).output().ok().filter(|answer| answer.status.success());
        answer.map(|answer| String::from_utf8_lossy(&answer.stdout).trim().to_owned())
    };
    let commit = ask("git", "rev-parse --short=12 HEAD");
    let changed =
        ask("git", "status --porcelain --untracked-files=no").map(|list| !list.is_empty());
    let rustc = ask("rustc", "--version").unwrap_or_default();
    let ptx = fs::read_to_string(kernels::path()).context("no PTX; run `cargo xtask kernels`")?;
    let sources = ptx_hash::of_sources(&root().join("kernels"))?;
    let stale = ptx_hash::in_header(&ptx) != Some(&sources);
    if stale {
        eprintln!(
            "warning: the PTX is older than the kernels' sources; expect the GPU to give other bits"
        );
    }
    let needed: BTreeMap<_, _> =
        needed.iter().map(|(name, version)| (name, version.to_string())).collect();
    let version = env!("CARGO_PKG_VERSION");
    let named = commit.as_deref().unwrap_or("no commit");
    let changes = if changed == Some(true) { " with changes" } else { "" };
    let kernels = if stale { ", STALE KERNELS" } else { "" };
    let summary =
        format!("version {version}, {named}{changes}{kernels}, for glibc {newest} or newer");
    Ok(json!({
        "summary": summary,
        "version": version,
        "commit": commit,
        "has_changes": changed,
        "rustc": rustc,
        "target": TARGET,
        "glibc_needed": needed,
        "kernel_sources": sources,
        "kernels_are_stale": stale,
    }))
}

fn write_executable(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    let status = Command::new("chmod").arg("+x").arg(path).status()?;
    ensure!(status.success(), "cannot make {} executable", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_recognised_among_cargos_messages() {
        let message = json!({
            "reason": "compiler-artifact",
            "target": { "kind": ["bin"], "name": "pilot" },
            "executable": "/target/release/pilot",
        });
        let pilot = (["bin".to_owned(), "pilot".to_owned()], "/target/release/pilot".into());
        assert_eq!(executable(message), Some(pilot));
        let library = json!({ "target": { "kind": ["lib"], "name": "x" }, "executable": null });
        assert_eq!(executable(library), None);
    }

    #[test]
    fn the_script_runs_each_program() {
        for (_, name) in PROGRAMS {
            assert!(RUN.contains(&format!("\"$bin/{name}\"")), "{name}");
        }
    }
}
