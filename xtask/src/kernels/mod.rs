//! `cargo xtask kernels`: makes `kernels/particle_pilot.ptx` out of the crate in `kernels/`.
//!
//! rustc's own target nvptx64-nvidia-cuda does the work. The file is checked in, so that users need
//! neither the compiler for it nor CUDA.

mod listing;

pub use listing::entries;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::check::Outcome;
use crate::command::{cargo, root, run, target_dir};
use crate::compiler::{self, Compiler};
use crate::ptx_hash;

/// Part of the identity of the compiler that wrote the file which is checked in. Where there is a
/// choice it is taken, because another compiler writes other instructions. To move on to a newer
/// one: change this, run `cargo xtask kernels`, and review the table of `cargo xtask ptxas`.
const PINNED: &str = "rustc 1.96.0 ";

/// What rustc is told.
///
/// * sm_75: the oldest GPU that is supported, so that one file serves it and all later ones.
/// * immediate-abort: a panic traps at once; the code that formats messages is left out.
/// * no JumpThreading: rustc's own pass of this name copies code along branches, and does not know that a
///   shuffle must stay the one that all threads of a warp reach together.
/// * /bin/true: a linker does nothing useful here, as the assembly is what we want.
const FLAGS: [&str; 5] = [
    "-Ctarget-cpu=sm_75",
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zmir-enable-passes=-JumpThreading",
    "-Clinker=/bin/true",
];

/// What cargo is told through the environment: whole-program optimisation, no debug lines.
const PROFILE: [(&str, &str); 8] = [
    ("LTO", "fat"),
    ("CODEGEN_UNITS", "1"),
    ("PANIC", "abort"),
    ("DEBUG", "0"),
    ("OPT_LEVEL", "3"),
    ("OVERFLOW_CHECKS", "false"),
    ("DEBUG_ASSERTIONS", "false"),
    ("INCREMENTAL", "false"),
];

/// Starts the line of the header that holds the compiler's identity.
const COMPILER: &str = "// compiler: ";

/// Where the PTX is checked in.
pub fn path() -> PathBuf {
    root().join("kernels/particle_pilot.ptx")
}

/// Compiles the kernels and writes the file.
pub fn write() -> Result<Outcome> {
    let compiler = choose(compiler::all(), PINNED).with_context(no_compiler)?;
    if !compiler.version.starts_with(PINNED) {
        eprintln!("note: this is {}; what is checked in should be of {PINNED}", compiler.version);
    }
    let ptx = build(&compiler)?;
    fs::write(path(), &ptx).with_context(|| format!("cannot write {}", path().display()))?;
    let entries = entries(&ptx);
    eprintln!("wrote {}, {} kernels: {}", path().display(), entries.len(), entries.join(" "));
    Ok(Outcome::Passed)
}

/// Compiles the kernels and compares with the file that is checked in, byte for byte.
pub fn check() -> Result<Outcome> {
    let Ok(ptx) = fs::read_to_string(path()) else {
        bail!("there is no {}; run `cargo xtask kernels`", path().display());
    };
    let sources = ptx_hash::of_sources(&root().join("kernels"))?;
    ensure!(
        ptx_hash::in_header(&ptx) == Some(&sources),
        "the kernels' sources hash to {sources}, those of {} to {}; run `cargo xtask kernels`",
        path().display(),
        ptx_hash::in_header(&ptx).unwrap_or("nothing")
    );
    let identity = ptx.lines().find_map(|line| line.strip_prefix(COMPILER)).unwrap_or_default();
    let Some(compiler) = choose(compiler::all(), identity) else {
        return Ok(Outcome::Skipped(no_compiler()));
    };
    if compiler.identity() != identity {
        // It must compile at least; what it writes cannot be the same.
        build(&compiler)?;
        return Ok(Outcome::Skipped(format!(
            "the sources match and compile with {}, but only {identity} writes the same bytes",
            compiler.identity()
        )));
    }
    match listing::difference(&ptx, &build(&compiler)?) {
        None => Ok(Outcome::Passed),
        Some(what) => bail!("{}: {what}; run `cargo xtask kernels`", path().display()),
    }
}

/// The first whose identity starts with `wanted`, or else the first.
fn choose(mut compilers: Vec<Compiler>, wanted: &str) -> Option<Compiler> {
    let place = compilers.iter().position(|one| one.identity().starts_with(wanted)).unwrap_or(0);
    (place < compilers.len()).then(|| compilers.swap_remove(place))
}

fn no_compiler() -> String {
    format!("no rustc with its library's sources; install {}", compiler::INSTALL)
}

/// The whole text of the file, header and all, as `compiler` makes it.
fn build(compiler: &Compiler) -> Result<String> {
    let kernels = root().join("kernels");
    let sources = ptx_hash::of_sources(&kernels).context("cannot read the kernels' sources")?;
    let target = target_dir().join("nvptx");
    let release = target.join("nvptx64-nvidia-cuda/release");
    forget(&release)?;
    let mut cargo = cargo(
        "rustc -p particle-pilot-kernels --no-default-features --release --crate-type cdylib \
         -Zbuild-std=core --target nvptx64-nvidia-cuda --target-dir",
    );
    cargo
        .arg(&target)
        .args(["--", "--emit=asm"])
        .env("RUSTC", &compiler.rustc)
        .env("RUSTC_BOOTSTRAP", "1") // a stable compiler takes -Z only with this
        .env("RUSTFLAGS", FLAGS.join(" "))
        .env_remove("CARGO_ENCODED_RUSTFLAGS") // would win, where build.rs calls us
        .envs(PROFILE.map(|(key, value)| (format!("CARGO_PROFILE_RELEASE_{key}"), value)));
    run(&mut cargo)?;
    let assembly = release.join("deps/particle_pilot_kernels.s");
    let assembly = fs::read_to_string(&assembly)
        .with_context(|| format!("rustc wrote no {}", assembly.display()))?;
    ensure!(
        sources == ptx_hash::of_sources(&kernels)?,
        "the kernels' sources changed while they were compiled; try again"
    );
    ensure!(
        !assembly.contains(&*root().to_string_lossy()),
        "the PTX names {}, so no other checkout could make the same file",
        root().display()
    );
    let inexact = listing::inexact(&assembly);
    ensure!(
        inexact.is_empty(),
        "{} instructions round as no CPU does, such as `{}`; all f32 and f64 must be IEEE",
        inexact.len(),
        inexact[0]
    );
    Ok(header(compiler, &sources) + &assembly)
}

/// Makes cargo compile the kernels again.
///
/// With other compilers and flags it keeps several results apart, but the assembly has one name for
/// all: cargo would take the last one for any of them.
fn forget(release: &Path) -> Result<()> {
    for entry in release.join(".fingerprint").read_dir().into_iter().flatten() {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"particle-")) {
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

fn header(compiler: &Compiler, sources: &str) -> String {
    let profile = PROFILE.map(|(key, value)| format!("{}={value}", key.to_lowercase()));
    format!(
        "\
// What particle-pilot runs on NVIDIA GPUs of compute capability 7.5 and later.
// Written by `cargo xtask kernels` from the crate in kernels/; to change it, change that and run
// it again. `cargo xtask kernels --check` makes it anew and compares.
//
{COMPILER}{}
// flags: {} {}
{}{sources}
//
",
        compiler.identity(),
        FLAGS.join(" "),
        profile.join(" "),
        ptx_hash::SOURCES,
    )
}
