//! The crates must type-check for machines that nobody here has.
//!
//! Nothing is linked or run, so that no other compiler, SDK or emulator is needed: only Rust's library for each
//! target. [`foreign`] runs what can be.

use std::path::Path;

use anyhow::{Context, Result};

use crate::check::Outcome;
use crate::command::{cargo, command, output, run};
use crate::foreign;

/// One target a line; continuous integration installs them. That of this machine is left to the other checks.
const TARGETS: &str = include_str!("../platforms.txt");

/// All libraries and programs. Tests differ between machines in nothing that [`foreign`] does not run.
const ALL: &str = "check --workspace --keep-going";
/// All that a target without files, threads and clocks can have.
const KERNELS: &str = "check -p particle-pilot-kernels --no-default-features --keep-going";

/// Checks every target that is installed, and names those that are not.
pub fn type_check() -> Result<Outcome> {
    let version = output(&mut command("rustc", "-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("`rustc -vV` names no host")?;
    // `foreign` does more for musl, which differs from the other Linux in nothing else.
    let others = TARGETS.lines().filter(|target| ![host, foreign::MUSL].contains(target));
    let (mut here, mut absent) = (Vec::new(), Vec::new());
    for target in others {
        if is_installed(target)? {
            here.push(target)
        } else {
            absent.push(target)
        };
    }
    let (bare, whole): (Vec<&str>, Vec<&str>) = here.iter().partition(|target| is_bare(target));
    for (what, targets) in [(ALL, whole), (KERNELS, bare)] {
        if !targets.is_empty() {
            check(what, &targets)?;
        }
    }
    if absent.is_empty() {
        return Ok(Outcome::Passed);
    }
    let checked = if here.is_empty() { "none".into() } else { here.join(", ") };
    let absent = absent.join(" ");
    Ok(Outcome::Skipped(format!("checked: {checked}; for more, `rustup target add {absent}`")))
}

/// Whether the compiler has its library for `target`.
pub fn is_installed(target: &str) -> Result<bool> {
    let folder =
        output(&mut command("rustc", &format!("--print target-libdir --target {target}")))?;
    Ok(Path::new(folder.trim()).is_dir())
}

/// Whether `target` has no operating system.
fn is_bare(target: &str) -> bool {
    target.ends_with("-unknown-unknown")
}

/// All targets in one run of cargo, which then has always something to do in parallel.
fn check(what: &str, targets: &[&str]) -> Result<Outcome> {
    let mut cargo = cargo(what);
    for target in targets {
        cargo.args(["--target", target]);
    }
    run(&mut cargo)
}
