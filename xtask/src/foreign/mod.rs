//! Programs built for machines other than this one, and run here all the same.

mod machine;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::check::Outcome;
use crate::command::{cargo, command, output, run, target_dir};
use crate::programs;
pub use machine::{AARCH64, MUSL, Machine, WINDOWS};

/// The programs and the parity suite, by one command: alone, the suite would have its crates with other features.
const BUILD: &str = "build --release --no-default-features --bin pilot --test parity";
/// And `bench`, on the one machine whose vector instructions are others than here: its models of its own take long to compile.
const BUILD_BENCH: &str =
    "build --release --no-default-features --bin pilot --bin bench --test parity";
const BENCH: &str = "bench --quick --suite latency --json -";
const PARITY: &str = "test --release --no-default-features --test parity";
/// A test that starts itself as another process, which no emulator would be told to run.
const STARTS_ITSELF: &str = "one_scalar_thread";

/// The folder with `pilot` and `bench`, and what runs them if they are not for this machine.
struct Programs<'a> {
    folder: PathBuf,
    machine: Option<&'a Machine>,
}

impl<'a> Programs<'a> {
    /// Those of this machine.
    fn here() -> Result<Self> {
        Ok(Self { folder: programs::build()?, machine: None })
    }

    /// Those of another.
    fn of(machine: &'a Machine) -> Result<Self> {
        let build = if machine.target == AARCH64 { BUILD_BENCH } else { BUILD };
        run(&mut cargo_for(machine, build))?;
        let folder = target_dir().join(machine.target).join("release");
        machine.settle(folder.join("pilot"))?;
        Ok(Self { folder, machine: Some(machine) })
    }

    /// The report of `command_line`, a program and its options.
    fn report(&self, command_line: &str) -> Result<Value> {
        let (program, options) = command_line.split_once(' ').context("no options")?;
        let program = self.folder.join(program);
        let mut command = match self.machine {
            None => command(program, ""),
            Some(machine) => machine.command(program),
        };
        let report = output_of(command.args(options.split_whitespace()), self.machine)?;
        serde_json::from_str(&report).with_context(|| format!("`{command_line}`: no JSON report"))
    }

    /// Whether `bench` is one of them.
    fn have_bench(&self) -> bool {
        self.machine.is_none_or(|machine| machine.target == AARCH64)
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
        if !self.have_bench() {
            return Ok(digests);
        }
        let bench = self.report(BENCH)?;
        for row in bench["rows"].as_array().context("`bench`: no rows")? {
            // Rows of a case that differ from each other are an error of `bench` itself.
            add(&format!("bench, {}", row["case"]), row)?;
        }
        Ok(digests)
    }
}

/// What `command` writes. Wine now and then kills a program that has done its work: then once more, up to three times.
fn output_of(command: &mut Command, machine: Option<&Machine>) -> Result<String> {
    let mut attempts = if machine.is_some_and(|it| it.target == WINDOWS) { 3 } else { 1 };
    loop {
        attempts -= 1;
        match output(command) {
            Err(error) if attempts > 0 && error.to_string().contains("SIGKILL") => {}
            result => return result,
        }
    }
}

/// The main job, and small ones of every planner.
fn commands() -> Vec<String> {
    let mut commands = vec!["pilot -d cpu -q --json -".to_owned()];
    for planner in ["random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"] {
        for action in ["discrete", "continuous"] {
            let size = "-k 130 -H 12 -n 12 --threads 2 -q --json -";
            commands.push(format!("pilot -p {planner} --action {action} -d cpu {size}"));
        }
    }
    commands
}

/// `cargo` with space-separated `args`, for `machine`.
fn cargo_for(machine: &Machine, args: &str) -> Command {
    let mut cargo = cargo(args);
    // Little is simulated: what the compiler saves is worth more.
    cargo.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1").env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    cargo.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    for part in ["package.\"*\"", "build-override"] {
        cargo.arg("--config").arg(format!("profile.release.{part}.opt-level=0"));
    }
    machine.set_up(&mut cargo);
    cargo
}

/// Runs programs and parity suite on Linux with musl, emulated ARM and Windows' stand-in Wine, and compares what
/// planners decide with what they decide here.
pub fn same_bits() -> Result<Outcome> {
    let here = Programs::here()?.digests()?;
    let mut left_out = Vec::new();
    for target in [MUSL, AARCH64, WINDOWS] {
        let machine = match Machine::find(target)? {
            Ok(machine) => machine,
            Err(missing) => {
                left_out.push(format!("{target}: {missing}"));
                continue;
            }
        };
        let programs = Programs::of(&machine)?;
        let (there, bench) = (programs.digests()?, programs.have_bench());
        let asked = here.iter().filter(|(name, _)| bench || !name.starts_with("bench"));
        let differ: Vec<_> = asked.filter(|(name, d)| there.get(*name) != Some(d)).collect();
        ensure!(differ.is_empty(), "{target}: not the digests of this machine: {differ:#?}");
        let mut parity = cargo_for(&machine, PARITY);
        print!("{}", output_of(parity.args(["--", "--skip", STARTS_ITSELF]), Some(&machine))?);
    }
    Ok(if left_out.is_empty() { Outcome::Passed } else { Outcome::Skipped(left_out.join("; ")) })
}
