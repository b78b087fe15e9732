//! The list of checks: what `cargo xtask test` and continuous integration run.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::check::{Check, Outcome};
use crate::command::{cargo, command, output, root, run, target_dir};
use crate::{
    cust, dependents, foreign, fuzz, inlined, kernels, layers, msrv, neon, pages, platforms,
    programs, ptxas, python, rust_cuda, source, unsafe_code, wheels,
};

const KERNELS_WITHOUT_STD: &str = "clippy -p particle-pilot-kernels --no-default-features";

/// Which features a lint must not depend on: each alone, and none.
const FEATURES: [&str; 2] = ["", "cuda"];

/// Every check, in the order in which they run: cheap ones first, so that a slip shows at once.
pub const CHECKS: &[Check] = &[
    Check {
        name: "fmt",
        about: "`cargo fmt --all` has nothing to do",
        run: || run(&mut cargo("fmt --all --check")),
    },
    Check {
        name: "hygiene",
        about: "no source file has grown too long",
        run: source::files_are_short,
    },
    Check {
        name: "layers",
        about: "no part of the library knows one that stands above it",
        run: layers::hold,
    },
    Check {
        name: "readme",
        about: "the README names the commands that are proven to work here",
        run: source::readme_names_commands,
    },
    Check {
        name: "clippy",
        about: "no lint fires, in any target of any crate",
        run: || run(&mut cargo("clippy --workspace --all-targets -- -D warnings")),
    },
    Check {
        // With the default feature `std` on, a stray use of std would show only on the GPU.
        name: "no-std",
        about: "the kernels build without std",
        run: || run(cargo(KERNELS_WITHOUT_STD).args(["--", "-D", "warnings"])),
    },
    Check {
        name: "features",
        about: "no lint fires with each feature alone or with none, and few crates are needed then",
        run: features,
    },
    Check {
        name: "test",
        about: "unit and integration tests pass",
        run: || run(&mut cargo("test --release --workspace --tests --no-fail-fast")),
    },
    Check {
        name: "inlined",
        about: "vector instructions are inlined, not called, in the release binary",
        run: inlined::intrinsics_are,
    },
    Check {
        name: "doctest",
        about: "the examples in the documentation run",
        run: || run(&mut cargo("test --release --workspace --doc")),
    },
    Check {
        name: "doc",
        about: "the documentation builds without a warning",
        run: || run(cargo("doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings")),
    },
    Check {
        name: "benches",
        about: "every micro-benchmark runs",
        run: || run(&mut cargo("bench --workspace --bench parts -- --test")),
    },
    Check { name: "examples", about: "every example runs", run: examples },
    Check {
        name: "cust",
        about: "the feature `cust` works beside the crate of that name, on a virtual GPU",
        run: cust::example_runs,
    },
    Check { name: "main-job", about: "with no options, the pole stays up", run: main_job },
    Check {
        name: "pages",
        about: "the page of `bench --report` works in a browser",
        run: pages::work,
    },
    Check {
        name: "kernels",
        about: "the PTX that is checked in is what the kernels compile to",
        run: kernels::check,
    },
    Check {
        name: "ptxas",
        about: "no GPU kernel takes more than kernels/budgets.toml allows",
        run: ptxas::within_budgets,
    },
    Check {
        name: "rust-cuda",
        about: "the kernels' entry points fit the Rust-CUDA project's cuda_std",
        run: rust_cuda::type_checks,
    },
    Check {
        name: "python",
        about: "the Python wheel builds, and its tests and the notebook pass",
        run: python::wheel_passes,
    },
    Check {
        name: "wheels",
        about: "wheels to distribute build for every system that they can be built for here",
        run: wheels::build,
    },
    Check {
        name: "loom",
        about: "threads that spin lend and take back tasks in every order of events",
        run: unsafe_code::every_order_of_threads,
    },
    Check {
        name: "miri",
        about: "unsafe code that needs no hardware has no undefined behaviour",
        run: unsafe_code::is_defined,
    },
    Check {
        name: "fuzz",
        about: "no PTX, configuration, trace or record makes its reader panic",
        run: fuzz::nothing_panics,
    },
    Check { name: "msrv", about: "the oldest supported Rust builds it all", run: msrv::builds },
    Check {
        name: "dependents",
        about: "a crate elsewhere can depend on this one by path and by git",
        run: dependents::type_check,
    },
    Check {
        name: "platforms",
        about: "libraries and programs type-check for other machines: ARM, macOS, Windows, WebAssembly",
        run: platforms::type_check,
    },
    Check {
        name: "foreign",
        about: "Linux with musl, emulated ARM, Wine: main job, parity suite and `bench` give the same bits",
        run: foreign::same_bits,
    },
    Check {
        name: "neon",
        about: "the kernels' tests, but exhaustive ones, pass on emulated aarch64 (NEON)",
        run: neon::kernels_pass,
    },
];

/// The names of all checks, for `--only`.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|check| check.name)
}

/// How many crates the library may need with `features`, itself included: what a dependent compiles.
fn most_crates(features: &str) -> usize {
    match features {
        "" => 30,
        "cuda" => 50,
        _ => usize::MAX,
    }
}

fn features() -> Result<Outcome> {
    for features in FEATURES {
        let choice = format!("-p particle-pilot --no-default-features --features={features}");
        run(&mut cargo(&format!("clippy {choice} --all-targets -- -D warnings")))?;
        let tree = output(&mut cargo(&format!("tree {choice} --edges normal --prefix none")))?;
        let crates: BTreeSet<_> =
            tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
        let (count, most) = (crates.len(), most_crates(features));
        println!("{count} crates with the features [{features}]");
        ensure!(count <= most, "{count} crates with [{features}], at most {most}: {crates:?}");
    }
    let programs = "clippy -p particle-pilot-cli -p particle-pilot-bench --no-default-features";
    run(&mut cargo(&format!("{programs} --all-targets -- -D warnings")))?;
    Ok(Outcome::Passed)
}

/// Runs each `examples/NAME.rs`, and names all that fail.
fn examples() -> Result<Outcome> {
    let mut names = Vec::new();
    for entry in root().join("examples").read_dir().into_iter().flatten() {
        let file = entry?.file_name().to_string_lossy().into_owned();
        names.extend(file.strip_suffix(".rs").map(str::to_owned));
    }
    if names.is_empty() {
        return Ok(Outcome::Skipped("there is no examples/*.rs".into()));
    }
    names.retain(|name| name != "cust_stream"); // needs a feature, and has a check of its own
    names.sort(); // the order of a directory differs between machines
    // With the whole workspace, whose tests need the same library with the same features.
    run(&mut cargo("build --release --workspace --examples"))?;
    let folder = target_dir().join("release/examples");
    names.retain(|name| run(command(folder.join(name), "").current_dir(root())).is_err());
    ensure!(names.is_empty(), "did not exit with 0: {}", names.join(", "));
    Ok(Outcome::Passed)
}

/// Runs the program that `cargo run --release` would, and reads its report.
fn main_job() -> Result<Outcome> {
    let program = default_program()?;
    let report = output(&mut command(programs::build()?.join(program), "--json -"))?;
    let report: Value =
        serde_json::from_str(&report).context("standard output is not one JSON object")?;
    let survived = &report["survived"]; // null where there is none
    ensure!(*survived == true, "the report's \"survived\" is {survived}, not true");
    Ok(Outcome::Passed)
}

/// What `cargo run` runs in the root.
fn default_program() -> Result<String> {
    let metadata = output(&mut cargo("metadata --no-deps --format-version 1"))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo's metadata")?;
    let list = |name: &str| metadata[name].as_array().map_or(&[][..], Vec::as_slice);
    let members = list("workspace_default_members");
    let packages = list("packages").iter().filter(|package| members.contains(&package["id"]));
    let programs: Vec<_> = packages.filter_map(|package| package["default_run"].as_str()).collect();
    let [program] = programs[..] else {
        bail!("`cargo run` cannot tell which to run of {programs:?}");
    };
    Ok(program.to_owned())
}
