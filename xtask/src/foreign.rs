//! Programs built for machines other than this one, and run here all the same.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::check::Outcome;
use crate::command::{cargo, command, have, output, run, target_dir};
use crate::platforms::is_installed;

/// Linux on ARM, by emulation.
pub const AARCH64: &str = "aarch64-unknown-linux-gnu";
/// Linux with another C library, linked in.
pub const MUSL: &str = "x86_64-unknown-linux-musl";

const LINKER: &str = "aarch64-linux-gnu-gcc";

/// A machine other than this one, for which can be built and whose programs can be run.
pub struct Machine {
    target: &'static str,
    /// What runs its programs, and with which options; none where this machine does.
    emulator: Option<[&'static str; 3]>,
}

impl Machine {
    /// What it takes for `target`, or what of it is missing.
    pub fn find(target: &'static str) -> Result<Result<Self, String>> {
        let mut missing = Vec::new();
        if !is_installed(target)? {
            missing.push(format!("`rustup target add {target}`"));
        }
        let mut emulator = None;
        if target == AARCH64 && !cfg!(target_arch = "aarch64") {
            // Debian keeps the C library of aarch64 there.
            let qemu = ["qemu-aarch64-static", "qemu-aarch64"].into_iter().find(|q| have(q));
            emulator = qemu.map(|qemu| [qemu, "-L", "/usr/aarch64-linux-gnu"]);
            if emulator.is_none() || !have(LINKER) {
                let packages = "qemu-user-static gcc-aarch64-linux-gnu libc6-dev-arm64-cross";
                missing.push(format!("`apt-get install --no-install-recommends {packages}`"));
            }
        }
        Ok(if missing.is_empty() {
            Ok(Self { target, emulator })
        } else {
            Err(format!("try {}", missing.join(" and ")))
        })
    }

    /// Has `cargo` build for this machine, and run what it builds.
    pub fn set_up<'a>(&self, cargo: &'a mut Command) -> &'a mut Command {
        cargo.args(["--target", self.target]);
        if let Some(emulator) = self.emulator {
            cargo
                .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER)
                .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", emulator.join(" "));
        }
        cargo
    }

    /// The program `pilot`, built for this machine.
    fn pilot(&self) -> Result<Program> {
        // Little is simulated: what the compiler saves is worth more.
        let mut build = cargo("build --release --bin pilot --no-default-features --features cli");
        build.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        build.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        run(self.set_up(&mut build))?;
        let path = target_dir().join(self.target).join("release/pilot");
        Ok(Program { path, emulator: self.emulator })
    }
}

/// A program, and what runs it.
struct Program {
    path: PathBuf,
    emulator: Option<[&'static str; 3]>,
}

impl Program {
    /// The digest that it reports.
    fn digest(&self, options: &str) -> Result<String> {
        let mut command = match self.emulator {
            None => command(&self.path, ""),
            Some([qemu, option, library]) => {
                let mut command = command(qemu, "");
                command.args([option, library]).arg(&self.path);
                command
            }
        };
        let report = output(command.args(options.split_whitespace()))?;
        let report: Value = serde_json::from_str(&report).context("no JSON report")?;
        Ok(report["digest"].as_str().context("no digest")?.into())
    }
}

/// Runs the program on Linux with musl and on emulated ARM, and compares what its planners decide with what they decide
/// here.
pub fn same_bits() -> Result<Outcome> {
    run(&mut cargo("build --release --bin pilot"))?;
    let here = Program { path: target_dir().join("release/pilot"), emulator: None };
    let mut cases = Vec::new();
    for planner in ["random-shooting", "cem", "mppi", "smc", "fmc"] {
        for action in ["discrete", "continuous"] {
            let size = "-k 130 -H 12 -n 12 --threads 2 -q --json -";
            let options = format!("-p {planner} --action {action} -d cpu {size}");
            cases.push((here.digest(&options)?, options));
        }
    }
    let mut left_out = Vec::new();
    for target in [MUSL, AARCH64] {
        let machine = match Machine::find(target)? {
            Ok(machine) => machine,
            Err(missing) => {
                left_out.push(format!("{target}: {missing}"));
                continue;
            }
        };
        let pilot = machine.pilot()?;
        for (wanted, options) in &cases {
            let digest = pilot.digest(options)?;
            ensure!(digest == *wanted, "{target}: `pilot {options}` gives {digest}, not {wanted}");
        }
    }
    Ok(if left_out.is_empty() { Outcome::Passed } else { Outcome::Skipped(left_out.join("; ")) })
}
