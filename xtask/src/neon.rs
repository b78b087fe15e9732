//! The kernels' tests on aarch64, run by qemu's user-mode emulation.
//!
//! NEON is the one lane implementation that an x86-64 machine cannot run by itself, and "the same
//! bits everywhere" must hold there too. Builds Rust's own library first: about a minute.

use anyhow::Result;

use crate::check::Outcome;
use crate::command::{cargo, have, root, run};
use crate::compiler;

const LINKER: &str = "aarch64-linux-gnu-gcc";

/// Marks, in their names, tests that try every `f32`: minutes under emulation, and `test` runs them.
const EXHAUSTIVE: &str = "at_every_f32";

/// Brings everything the check needs on Debian.
const INSTALL: &str = "apt-get install --no-install-recommends qemu-user-static \
                       gcc-aarch64-linux-gnu libc6-dev-arm64-cross rustc-web rust-web-src";

/// Runs the tests where there are an emulator, a linker and Rust's sources.
pub fn kernels_pass() -> Result<Outcome> {
    if cfg!(target_arch = "aarch64") {
        return Ok(Outcome::Skipped("this is aarch64: `test` has covered NEON".into()));
    }
    let qemu = ["qemu-aarch64-static", "qemu-aarch64"].into_iter().find(|q| have(q));
    let linker = have(LINKER).then_some(LINKER);
    let compilers = compiler::all();
    let rustc = compilers.first().map(|compiler| &*compiler.rustc);
    let (Some(qemu), Some(linker), Some(rustc)) = (qemu, linker, rustc) else {
        let found = [
            (qemu, "qemu-aarch64"),
            (linker, LINKER),
            (rustc, "rustc with its library's sources (rust-src)"),
        ];
        let missing = found.iter().filter(|(found, _)| found.is_none());
        let missing: Vec<_> = missing.map(|(_, what)| *what).collect();
        return Ok(Outcome::Skipped(format!("no {}; try `{INSTALL}`", missing.join(", no "))));
    };
    // Stable Rust takes -Zbuild-std only with RUSTC_BOOTSTRAP. A folder of its own, because another
    // compiler may work here. Fewer codegen units and debug lines would make the library's build longer.
    let args = "test --release -p particle-pilot-kernels --tests -Zbuild-std=std,test \
                --target aarch64-unknown-linux-gnu --target-dir";
    run(cargo(args)
        .arg(root().join("target/neon"))
        .env("RUSTC", rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", linker)
        // Debian keeps the C library of aarch64 there.
        .env(
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER",
            format!("{qemu} -L /usr/aarch64-linux-gnu"),
        )
        .args(["--", "--skip", EXHAUSTIVE]))
}
