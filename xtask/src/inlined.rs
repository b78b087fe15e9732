//! Vector instructions must be instructions.
//!
//! A closure is compiled without the vector instructions of the function that it stands in. Where the
//! compiler does not inline it, each intrinsic becomes a call through memory, fifty times slower and
//! with the same results: no test would notice.

use anyhow::{Result, ensure};

use crate::check::Outcome;
use crate::command::{cargo, command, have, output, run, target_dir};

/// Looks for calls of intrinsics in the disassembly of the `pilot` binary.
pub fn intrinsics_are() -> Result<Outcome> {
    run(&mut cargo("build --release --bin pilot"))?;
    if !have("objdump") {
        return Ok(Outcome::Skipped("no objdump (binutils)".into()));
    }
    let mut objdump = command("objdump", "--disassemble --demangle --no-show-raw-insn");
    let listing = output(objdump.arg(target_dir().join("release/pilot")))?;
    let calls: Vec<&str> = listing
        .lines()
        .filter(|line| line.contains("call") && line.contains("core_arch"))
        // The standard library asks for the CPU's features by this one.
        .filter(|line| !line.contains("_xgetbv"))
        .collect();
    let first = calls.first().map_or("", |line| line.trim());
    ensure!(calls.is_empty(), "{} calls of intrinsics, such as: {first}", calls.len());
    Ok(Outcome::Passed)
}
