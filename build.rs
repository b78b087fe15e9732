//! Embeds the PTX of the GPU kernels, as `particle_pilot.ptx` in `OUT_DIR`, when the feature `cuda`
//! is on; refuses one that was compiled from other sources than those beside it.
//!
//! For work on the kernels: `PILOT_ALLOW_STALE_KERNELS=1` only warns about it, and
//! `PILOT_REBUILD_KERNELS=1` runs `cargo xtask kernels` first.

#[path = "build/ptx_hash.rs"]
mod ptx_hash;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=PILOT_COMPILER={}", compiler());
    if env::var_os("CARGO_FEATURE_CUDA").is_none() {
        return ExitCode::SUCCESS;
    }
    let Err(message) = embed() else { return ExitCode::SUCCESS };
    println!("cargo::error={message}");
    ExitCode::FAILURE
}

fn embed() -> Result<(), String> {
    let root = folder("CARGO_MANIFEST_DIR");
    let kernels = root.join("kernels");
    // A published package has only the PTX: the kernels are a package of their own.
    let has_sources = kernels.join("Cargo.toml").exists();
    let ptx = root.join(if has_sources { "kernels" } else { "build" }).join("particle_pilot.ptx");
    println!("cargo::rerun-if-changed={}", ptx.display());
    if has_sources {
        for name in ["src", "Cargo.toml"] {
            println!("cargo::rerun-if-changed={}", kernels.join(name).display());
        }
        refuse_stale(&root, &kernels, &ptx)?;
    }
    let text = fs::read_to_string(&ptx)
        .map_err(|error| format!("{}: {error}; run `cargo xtask kernels`", ptx.display()))?;
    if ptx_hash::in_header(&text).is_none() {
        return Err(format!("{} was not written by `cargo xtask kernels`", ptx.display()));
    }
    let copy = folder("OUT_DIR").join("particle_pilot.ptx");
    fs::write(&copy, text).map_err(|error| format!("{}: {error}", copy.display()))
}

/// Compares the hash in the header of `ptx` with that of the sources in `kernels`.
fn refuse_stale(root: &Path, kernels: &Path, ptx: &Path) -> Result<(), String> {
    let sources = ptx_hash::of_sources(kernels)
        .map_err(|error| format!("cannot read the sources in {}: {error}", kernels.display()))?;
    let is_fresh =
        || fs::read_to_string(ptx).is_ok_and(|text| ptx_hash::in_header(&text) == Some(&sources));
    if is_on("PILOT_REBUILD_KERNELS") && !is_fresh() {
        rebuild(root)?;
    }
    if is_fresh() {
        return Ok(());
    }
    let complaint = "kernels/particle_pilot.ptx was not compiled from the present kernels/src";
    if is_on("PILOT_ALLOW_STALE_KERNELS") {
        println!("cargo::warning={complaint}; GPU results will differ from those of the CPU");
        return Ok(());
    }
    Err(format!(
        "{complaint}: run `cargo xtask kernels`, or set PILOT_REBUILD_KERNELS=1 to have it done or \
         PILOT_ALLOW_STALE_KERNELS=1 to go on regardless"
    ))
}

/// Runs `cargo xtask kernels`, in a folder of its own: this build has locked the usual one.
fn rebuild(root: &Path) -> Result<(), String> {
    let output = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .args(["run", "--quiet", "--package", "xtask", "--", "kernels"])
        .current_dir(root)
        .env("CARGO_TARGET_DIR", folder("OUT_DIR").join("xtask"))
        .output()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| line.starts_with("error")).unwrap_or("see above");
    eprintln!("{said}");
    Err(format!("`cargo xtask kernels` failed: {last}"))
}

/// Which compiler builds this, for records of measurements.
fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
    let output = Command::new(rustc).arg("--version").output();
    let version = output.ok().filter(|output| output.status.success());
    version.map_or("unknown".into(), |output| {
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    })
}

/// Whether the environment sets `name` to 1.
fn is_on(name: &str) -> bool {
    println!("cargo::rerun-if-env-changed={name}");
    env::var_os(name).is_some_and(|value| value == "1")
}

/// The folder that cargo names in the environment.
fn folder(name: &str) -> PathBuf {
    env::var_os(name).map(PathBuf::from).unwrap_or_default()
}
