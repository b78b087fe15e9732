//! Programs built for machines other than this one, and run here all the same.

use std::collections::BTreeMap;
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

const PROGRAMS: &str = "build --release --bin pilot --bin bench";
const BENCH: &str = "bench --quick --suite latency --json -";
const PARITY: &str = "test --release --no-default-features --features cli --test parity";
/// A test that starts itself as another process, which no emulator would be told to run.
const STARTS_ITSELF: &str = "one_scalar_thread";

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
        // A crate that criterion needs brings a small function in C, for which musl's own compiler is not needed.
        cargo.env("CC_x86_64_unknown_linux_musl", "cc");
        if let Some(emulator) = self.emulator {
            cargo
                .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER)
                .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", emulator.join(" "));
        }
        cargo
    }

    /// `cargo` with space-separated `args`, for this machine.
    fn cargo(&self, args: &str) -> Command {
        let mut cargo = cargo(args);
        // Little is simulated: what the compiler saves is worth more.
        cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        self.set_up(&mut cargo);
        cargo
    }

    /// The programs, built for this machine.
    fn programs(&self) -> Result<Programs> {
        run(&mut self.cargo(&format!("{PROGRAMS} --no-default-features --features cli")))?;
        let folder = target_dir().join(self.target).join("release");
        Ok(Programs { folder, emulator: self.emulator })
    }
}

/// The folder with `pilot` and `bench`, and what runs them.
struct Programs {
    folder: PathBuf,
    emulator: Option<[&'static str; 3]>,
}

impl Programs {
    /// The report of `command_line`, a program and its options.
    fn report(&self, command_line: &str) -> Result<Value> {
        let (program, options) = command_line.split_once(' ').context("no options")?;
        let program = self.folder.join(program);
        let mut command = match self.emulator {
            None => command(program, ""),
            Some([qemu, option, library]) => {
                let mut command = command(qemu, "");
                command.args([option, library]).arg(program);
                command
            }
        };
        let report = output(command.args(options.split_whitespace()))?;
        serde_json::from_str(&report).with_context(|| format!("`{command_line}`: no JSON report"))
    }

    /// What `pilot` with each of [`commands`], and `bench` in each case, gives as a digest.
    fn digests(&self) -> Result<BTreeMap<String, String>> {
        let mut digests = BTreeMap::new();
        let mut add = |name: &str, value: &Value| {
            let digest = value["digest"].as_str().with_context(|| format!("{name}: no digest"))?;
            digests.insert(name.to_owned(), digest.to_owned());
            anyhow::Ok(())
        };
        for command in commands() {
            add(&command, &self.report(&command)?)?;
        }
        let bench = self.report(BENCH)?;
        for row in bench["rows"].as_array().context("`bench`: no rows")? {
            // Rows of a case that differ from each other are an error of `bench` itself.
            add(&format!("bench, {}", row["case"]), row)?;
        }
        Ok(digests)
    }
}

/// The main job, and small ones of every planner.
fn commands() -> Vec<String> {
    let mut commands = vec!["pilot -d cpu -q --json -".to_owned()];
    for planner in ["random-shooting", "cem", "mppi", "smc", "fmc"] {
        for action in ["discrete", "continuous"] {
            let size = "-k 130 -H 12 -n 12 --threads 2 -q --json -";
            commands.push(format!("pilot -p {planner} --action {action} -d cpu {size}"));
        }
    }
    commands
}

/// Runs programs and parity suite on Linux with musl and on emulated ARM, and compares what planners decide with what
/// they decide here.
pub fn same_bits() -> Result<Outcome> {
    run(&mut cargo(PROGRAMS))?;
    let here = Programs { folder: target_dir().join("release"), emulator: None }.digests()?;
    let mut left_out = Vec::new();
    for target in [MUSL, AARCH64] {
        let machine = match Machine::find(target)? {
            Ok(machine) => machine,
            Err(missing) => {
                left_out.push(format!("{target}: {missing}"));
                continue;
            }
        };
        let there = machine.programs()?.digests()?;
        let differ: Vec<_> = here.iter().filter(|(name, d)| there.get(*name) != Some(d)).collect();
        ensure!(differ.is_empty(), "{target}: not the digests of this machine: {differ:#?}");
        run(machine.cargo(PARITY).args(["--", "--skip", STARTS_ITSELF]))?;
    }
    Ok(if left_out.is_empty() { Outcome::Passed } else { Outcome::Skipped(left_out.join("; ")) })
}
