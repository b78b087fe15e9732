//! The check of everything that reads text from outside: a short run of the fuzzers in `fuzz/`.

use std::fs;

use anyhow::{Context, Result};

use crate::check::Outcome;
use crate::command::{cargo, command, have, root, run, target_dir};

/// Each target, the folder of the texts that it starts from and its words, and how many texts it tries.
const TARGETS: [(&str, &str, &str, u32); 5] = [
    ("configuration", "configuration", "text.dict", 30_000),
    ("trace", "trace", "text.dict", 30_000),
    ("record", "record", "text.dict", 20_000),
    ("ptx", "ptx", "ptx.dict", 50_000),
    ("kernel", "ptx", "ptx.dict", 50_000),
];

/// What makes code tell a fuzzer where it was: as `cargo fuzz run --sanitizer none`, which needs no nightly Rust.
const INSTRUMENTED: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

const MACHINE: &str = "x86_64-unknown-linux-gnu";

/// Runs each target over its texts and a bounded number of new ones, the same every time.
pub fn nothing_panics() -> Result<Outcome> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Ok(Outcome::Skipped("the fuzzer's flags are for Linux on x86-64".into()));
    }
    if !have("c++") {
        return Ok(Outcome::Skipped("libFuzzer is C++, and there is no compiler `c++`".into()));
    }
    let target = target_dir().join("fuzz");
    let mut build = cargo("build --release --locked --manifest-path fuzz/Cargo.toml");
    // Named, so that what only builds is built without instruments.
    build.args(["--target", MACHINE, "--target-dir"]).arg(&target).env("RUSTFLAGS", INSTRUMENTED);
    run(&mut build)?;
    for (name, texts, words, runs) in TARGETS {
        let found = target.join("found").join(name);
        fs::create_dir_all(&found).with_context(|| found.display().to_string())?;
        let program = target.join(MACHINE).join("release").join(name);
        let options = format!("-seed=1 -runs={runs} -timeout=60 -verbosity=0 -dict=fuzz/{words}");
        let mut fuzzer = command(program, &options);
        // Where a text is kept that breaks something.
        fuzzer.arg(format!("-artifact_prefix={}/", found.display()));
        run(fuzzer.arg(root().join("fuzz/corpus").join(texts)).env("RUST_BACKTRACE", "1"))
            .with_context(|| format!("fuzz target `{name}`; the text is in {}", found.display()))?;
    }
    Ok(Outcome::Passed)
}
