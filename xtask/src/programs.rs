//! The programs of this machine, built once for all checks.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::{cargo, run, target_dir};

/// Everything in the workspace has a say in which features crates have, and so do tests, for which an example stands. With any
/// other choice of packages and targets cargo would build the library and half of what it needs once more: this is what the
/// check `test` has built.
const BUILD: &str = "build --release --workspace --bins --example quickstart";

/// Builds them, and returns the folder with `pilot` and `bench`. That they need no feature that only tests ask for, the check
/// `fuzz` proves: it builds what they are made of by itself.
pub fn build() -> Result<PathBuf> {
    run(&mut cargo(BUILD))?;
    Ok(target_dir().join("release"))
}
