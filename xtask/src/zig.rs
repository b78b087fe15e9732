//! A linker that knows old versions of the C library: zig, and cargo-zigbuild, which brings it to cargo.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::command::{command, have, run, target_dir};
use crate::ptxas::python_with_pip;

/// From PyPI. They are 100 MB to load, once.
const PACKAGES: [&str; 2] = ["ziglang==0.17.1", "cargo-zigbuild==0.24.0"];

/// The two programs.
pub struct Zig {
    folder: PathBuf,
    zig: PathBuf,
    zigbuild: PathBuf,
}

impl Zig {
    /// Installs them below the folder that cargo builds in, unless they are there.
    pub fn get() -> Result<Self> {
        let folder = target_dir().join("zigbuild");
        let packages = folder.join("packages");
        let tools = Self {
            zig: packages.join("ziglang/zig"),
            zigbuild: packages.join("bin/cargo-zigbuild"),
            folder,
        };
        if tools.zig.is_file() && tools.zigbuild.is_file() {
            return Ok(tools);
        }
        ensure!(have("python3"), "no python3 to install {} with", PACKAGES[0]);
        // A half-finished installation must not be mistaken for one.
        let _ = fs::remove_dir_all(&tools.folder);
        let mut pip = command(python_with_pip(&tools.folder)?, "-m pip install --quiet --no-deps");
        pip.args(["--disable-pip-version-check", "--only-binary", ":all:", "--target"]);
        run(pip.arg(&packages).args(PACKAGES))?;
        ensure!(
            tools.zig.is_file() && tools.zigbuild.is_file(),
            "{PACKAGES:?} did not bring the programs"
        );
        Ok(tools)
    }

    /// Lets `command`, Python with a package that asks for `ziglang`, have it.
    pub fn lend<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("PYTHONPATH", self.folder.join("packages"))
    }

    /// `cargo test` with space-separated `args`, linked for `target`.
    pub fn cargo_test(&self, args: &str, target: &str) -> Command {
        let mut command = command(&self.zigbuild, "test");
        command.args(args.split_whitespace()).args(["--target", target]);
        command.env("CARGO_ZIGBUILD_ZIG_PATH", &self.zig);
        command
    }
}
