//! The wheels that are distributed: for Linux on x86-64 and ARM with old C libraries, and with musl.
//!
//! maturin reads in each which functions of the C library it needs, and fails where the system that its name promises
//! lacks one.

use anyhow::{Context, Result, ensure};

use crate::check::Outcome;
use crate::command::{have, target_dir};
use crate::foreign::{AARCH64, MUSL};
use crate::platforms::is_installed;
use crate::python;
use crate::zig::Zig;

/// What is compiled for, the systems that the wheel is for, and how its name ends: PEP 600 and 656.
const WHEELS: [(&str, &str, &str); 3] = [
    ("x86_64-unknown-linux-gnu", "manylinux2014", "manylinux_2_17_x86_64.whl"),
    (AARCH64, "manylinux2014", "manylinux_2_17_aarch64.whl"),
    (MUSL, "musllinux_1_2", "musllinux_1_2_x86_64.whl"),
];

/// Builds each in a folder of its own below `target/wheels`.
pub fn build() -> Result<Outcome> {
    if !have("python3") {
        return Ok(Outcome::Skipped("no python3".into()));
    }
    for (target, ..) in WHEELS {
        if !is_installed(target)? {
            return Ok(Outcome::Skipped(format!("try `rustup target add {target}`")));
        }
    }
    let tools = python::environment().and_then(|python| Ok((python, Zig::get()?)));
    let (python, zig) = match tools {
        Ok(tools) => tools,
        Err(error) => return Ok(Outcome::Skipped(format!("no maturin or zig: {error:#}"))),
    };
    let folder = target_dir().join("wheels");
    for (target, systems, ending) in WHEELS {
        let wheel = python::build(&python, &folder.join(target), |maturin| {
            let options =
                format!("--zig --profile dist --target {target} --compatibility {systems}");
            maturin.args(options.split(' ')).arg("--target-dir").arg(folder.join("build"));
            zig.lend(maturin)
        })
        .with_context(|| format!("no wheel for {target}"))?;
        let name = wheel.file_name().unwrap_or_default().to_string_lossy();
        ensure!(name.ends_with(ending), "{name} is not for {systems}");
        println!("{}", wheel.display());
    }
    Ok(Outcome::Passed)
}
