//! The kernels' tests on aarch64, run by qemu's user-mode emulation.
//!
//! NEON is the one lane implementation that an x86-64 machine cannot run by itself, and "the same
//! bits everywhere" must hold there too.

use anyhow::Result;

use crate::check::Outcome;
use crate::command::{cargo, run};
use crate::foreign::{AARCH64, Machine};

/// Marks, in their names, tests that try every `f32`: minutes under emulation, and `test` runs them.
const EXHAUSTIVE: &str = "at_every_f32";

/// Runs the tests where there are an emulator, a linker and Rust's library for aarch64.
pub fn kernels_pass() -> Result<Outcome> {
    if cfg!(target_arch = "aarch64") {
        return Ok(Outcome::Skipped("this is aarch64: `test` has covered NEON".into()));
    }
    let machine = match Machine::find(AARCH64)? {
        Ok(machine) => machine,
        Err(missing) => return Ok(Outcome::Skipped(missing)),
    };
    let mut test = cargo("test --release -p particle-pilot-kernels --tests");
    run(machine.set_up(&mut test).args(["--", "--skip", EXHAUSTIVE]))
}
