//! The checks of code that the compiler does not check: all orders of threads by loom, undefined behaviour by Miri.

use anyhow::Result;

use crate::check::Outcome;
use crate::command::{cargo, command, have, output, root, run};

/// What Miri runs: unsafe code that needs no hardware, each with the arguments of `cargo miri test`.
const UNDER_MIRI: &[&str] = &["-p particle-pilot-spinning", "-p ptx-vm-driver --lib"];

/// The threads that spin, in every order of events.
pub fn every_order_of_threads() -> Result<Outcome> {
    let test = "test --release -p particle-pilot-spinning --lib";
    let folder = root().join("target/loom"); // other flags would rebuild everything else
    run(cargo(test).env("RUSTFLAGS", "--cfg loom").env("CARGO_TARGET_DIR", folder))?;
    Ok(Outcome::Passed)
}

/// Undefined behaviour, by the interpreter that knows it.
pub fn is_defined() -> Result<Outcome> {
    let skip = |reason: &str| Ok(Outcome::Skipped(reason.into()));
    if !have("rustup") {
        return skip("Miri comes with a nightly Rust, and there is no rustup to find one with");
    }
    if output(&mut command("rustup", "run nightly cargo miri --version")).is_err() {
        return skip(
            "not installed; `rustup toolchain install nightly -c miri,rust-src` enables this check",
        );
    }
    let folder = root().join("target/miri");
    for arguments in UNDER_MIRI {
        let test = format!("run nightly cargo miri test {arguments}");
        // The virtual driver hands out addresses as numbers, as CUDA does, which Miri can follow but warns about.
        let flags = "-Zmiri-permissive-provenance -Zmiri-disable-isolation";
        run(command("rustup", &test).env("MIRIFLAGS", flags).env("CARGO_TARGET_DIR", &folder))?;
    }
    Ok(Outcome::Passed)
}
