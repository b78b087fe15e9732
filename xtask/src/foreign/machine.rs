//! What it takes to build for a machine other than this one, and to run here what was built.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::command::{command, have, output, run, target_dir};
use crate::platforms::is_installed;

/// Linux on ARM, by emulation.
pub const AARCH64: &str = "aarch64-unknown-linux-gnu";
/// Linux with another C library, linked in.
pub const MUSL: &str = "x86_64-unknown-linux-musl";
/// Windows, by Wine.
pub const WINDOWS: &str = "x86_64-pc-windows-gnu";

/// Links Windows' programs.
const MINGW: &str = "x86_64-w64-mingw32-gcc";

/// What Wine may lack.
const PROCESS_PRNG: &str = include_str!("process_prng.c");

/// A machine other than this one, for which can be built and whose programs can be run.
pub struct Machine {
    pub target: &'static str,
    linker: Option<&'static str>,
    /// What runs its programs, and with which options; nothing where this machine does.
    runner: Vec<&'static str>,
    variables: Vec<(&'static str, PathBuf)>,
}

impl Machine {
    /// What it takes for `target`, or what of it is missing.
    pub fn find(target: &'static str) -> Result<Result<Self, String>> {
        let (linker, runners, options, packages): (_, &[&str], &[&str], _) = match target {
            // Debian keeps the C library of aarch64 there.
            AARCH64 if !cfg!(target_arch = "aarch64") => (
                Some("aarch64-linux-gnu-gcc"),
                &["qemu-aarch64-static", "qemu-aarch64"],
                &["-L", "/usr/aarch64-linux-gnu"],
                "qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
            ),
            WINDOWS => (
                Some(MINGW),
                &["wine64", "/usr/lib/wine/wine64"],
                &[],
                "wine64 gcc-mingw-w64-x86-64-win32",
            ),
            _ => (None, &[], &[], ""),
        };
        let mut missing = Vec::new();
        if !is_installed(target)? {
            missing.push(format!("`rustup target add {target}`"));
        }
        let runner = runners.iter().copied().find(|runner| have(runner));
        if (runner.is_none() && !runners.is_empty()) || linker.is_some_and(|linker| !have(linker)) {
            missing.push(format!("`apt-get install --no-install-recommends {packages}`"));
        }
        if !missing.is_empty() {
            return Ok(Err(format!("try {}", missing.join(" and "))));
        }
        let variables = if target == WINDOWS { wine_variables()? } else { Vec::new() };
        let runner = runner.into_iter().chain(options.iter().copied()).collect();
        Ok(Ok(Self { target, linker, runner, variables }))
    }

    /// Makes Wine's folder, by `program`, and waits until those are gone who do it: beside them, Wine now and then kills a
    /// program that has done its work.
    pub fn settle(&self, program: PathBuf) -> Result<()> {
        if self.target != WINDOWS {
            return Ok(());
        }
        output(self.command(program).arg("--version"))?;
        let servers = ["wineserver", "/usr/lib/wine/wineserver"];
        if let Some(server) = servers.into_iter().find(|server| have(server)) {
            run(command(server, "-w").envs(self.variables.iter().cloned()))?;
        }
        Ok(())
    }

    /// Has `cargo` build for this machine, and run what it builds.
    pub fn set_up<'a>(&self, cargo: &'a mut Command) -> &'a mut Command {
        cargo.args(["--target", self.target]).envs(self.variables.iter().cloned());
        // A crate that criterion needs brings a small function in C, for which musl's own compiler is not needed.
        cargo.env("CC_x86_64_unknown_linux_musl", "cc");
        let name = self.target.replace('-', "_").to_uppercase();
        if let Some(linker) = self.linker {
            cargo.env(format!("CARGO_TARGET_{name}_LINKER"), linker);
        }
        if !self.runner.is_empty() {
            cargo.env(format!("CARGO_TARGET_{name}_RUNNER"), self.runner.join(" "));
        }
        cargo
    }

    /// Runs `program`, one of this machine's.
    pub fn command(&self, mut program: PathBuf) -> Command {
        if self.target == WINDOWS {
            program.set_extension("exe");
        }
        let mut command = match &self.runner[..] {
            [] => command(program, ""),
            [runner, options @ ..] => {
                let mut command = command(runner, "");
                command.args(options).arg(program);
                command
            }
        };
        command.envs(self.variables.iter().cloned());
        command
    }
}

/// Keeps Wine to a folder of its own, quiet, and gives it what it may lack.
fn wine_variables() -> Result<Vec<(&'static str, PathBuf)>> {
    let folder = target_dir().join("wine");
    fs::create_dir_all(&folder)?;
    let source = folder.join("process_prng.c");
    fs::write(&source, PROCESS_PRNG)?;
    let mut compile = command(MINGW, "-shared -O1 -o");
    run(compile.arg(folder.join("bcryptprimitives.dll")).arg(source))?;
    Ok(vec![
        ("WINEPREFIX", folder.join("prefix")),
        ("WINEPATH", folder),
        ("WINEDEBUG", "-all".into()),
        // Neither .NET nor a browser is wanted, nor a window that asks about them.
        ("WINEDLLOVERRIDES", "mscoree,mshtml=".into()),
    ])
}
