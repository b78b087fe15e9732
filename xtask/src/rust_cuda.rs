//! The second toolchain of the kernels, as far as it can be tried without an LLVM of 2019: see
//! `kernels/rust-cuda/README.md`.

use std::fs;

use anyhow::{Context, Result};

use crate::check::Outcome;
use crate::command::{cargo, root, run};

/// Type-checks the entry points against `cuda_std`, on this machine's own target.
pub fn type_checks() -> Result<Outcome> {
    let manifest = root().join("kernels/Cargo.toml");
    let manifest = fs::read_to_string(&manifest).context("cannot read kernels/Cargo.toml")?;
    if !manifest.lines().any(|line| line.starts_with("rust-cuda = ")) {
        return Ok(Outcome::Skipped("the kernels have no feature `rust-cuda`".into()));
    }
    let clippy = "clippy -p particle-pilot-kernels --no-default-features --features rust-cuda";
    run(cargo(clippy).args(["--", "-D", "warnings"]))
}
