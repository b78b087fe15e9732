//! A linker that knows old versions of the C library: zig, and cargo-zigbuild, which brings it to cargo.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::command::{command, have, run, target_dir};
use crate::ptxas::python_with_pip;

/// From PyPI. They are 100 MB to load, once.
const PACKAGES: [&str; 2] = ["ziglang==0.17.1", "cargo-zigbuild==0.24.0"];

/// What the empty `libcuda` calls itself: a program that has this name in it would not start anywhere.
pub const UNWANTED: &str = "libcuda-that-must-not-be-needed.so";

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

    /// `cargo test` with space-separated `args`, linked for `target`.
    ///
    /// Unlike the usual linkers, zig wants a shared library where the crate `cust` asks for `libcuda`, and not the
    /// empty archive of host/backend/cuda/stub. So it gets one, empty too, which no program will name as needed.
    pub fn cargo_test(&self, args: &str, target: &str) -> Result<Command> {
        let library = self.folder.join("stub/lib64");
        fs::create_dir_all(&library)?;
        fs::write(library.join("libcuda.a"), "!<arch>\n")?; // what the crate's build script looks for
        let mut zig =
            command(&self.zig, "cc -target x86_64-linux-gnu -shared -nostdlib -x c /dev/null");
        zig.arg(format!("-Wl,-soname,{UNWANTED}")).arg("-o").arg(library.join("libcuda.so"));
        run(&mut zig)?;
        let config = self.folder.join("config.toml");
        let path = json!(self.folder.join("stub")); // the same in JSON and TOML
        let entry = format!("{{ value = {path}, force = true, relative = false }}");
        fs::write(&config, format!("[env]\nCUDA_LIBRARY_PATH = {entry}\n"))?;
        let mut command = command(&self.zigbuild, "test");
        command.args(args.split_whitespace()).args(["--target", target]);
        command.arg("--config").arg(&config).env("CARGO_ZIGBUILD_ZIG_PATH", &self.zig);
        Ok(command)
    }
}
