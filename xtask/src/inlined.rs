//! Vector instructions must be instructions.
//!
//! A closure is compiled without the vector instructions of the function that it stands in. Where the
//! compiler does not inline it, each intrinsic becomes a call through memory, fifty times slower and
//! with the same results: no test would notice.

use anyhow::{Result, ensure};

use crate::check::Outcome;
use crate::command::{cargo, command, have, output, run, target_dir};

/// Looks for calls of intrinsics in the disassembly of the program and of the examples that have a model of their own.
pub fn intrinsics_are() -> Result<Outcome> {
    // As the checks `test` and `examples` do, so that nothing is built twice.
    run(&mut cargo("build --release --workspace --bins --examples"))?;
    if !have("objdump") {
        return Ok(Outcome::Skipped("no objdump (binutils)".into()));
    }
    ["pilot", "examples/own_model", "examples/rover", "examples/pendulum", "examples/acrobot"]
        .into_iter()
        .try_for_each(intrinsics_are_in)?;
    Ok(Outcome::Passed)
}

/// Looks for calls of intrinsics in `program`.
fn intrinsics_are_in(program: &str) -> Result<()> {
    let mut objdump = command("objdump", "--disassemble --demangle --no-show-raw-insn");
    let listing = output(objdump.arg(target_dir().join("release").join(program)))?;
    let calls: Vec<&str> = listing
        .lines()
        .filter(|line| line.contains("call") && line.contains("core_arch"))
        // The standard library asks for the CPU's features by this one.
        .filter(|line| !line.contains("_xgetbv"))
        .collect();
    let first = calls.first().map_or("", |line| line.trim());
    ensure!(calls.is_empty(), "{program}: {} calls of intrinsics, such as: {first}", calls.len());
    Ok(())
}
