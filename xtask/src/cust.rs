//! The check of the feature `cust`, whose crate links `libcuda`: the virtual GPU's driver stands in for it.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::check::Outcome;
use crate::command::{cargo, command, output, run, target_dir};

/// Lints the feature, and runs its example on the virtual GPU.
pub fn example_runs() -> Result<Outcome> {
    if !cfg!(target_os = "linux") {
        return Ok(Outcome::Skipped("GPUs are for Linux".into()));
    }
    run(&mut cargo("build --release -p ptx-vm-driver"))?;
    let driver = target_dir().join("release/libptx_vm_driver.so");
    let toolkit = target_dir().join("cust/toolkit");
    let library = toolkit.join("lib64");
    fs::create_dir_all(&library)?;
    // What is linked, and what is loaded: one file, as with a real driver.
    let (linked, loaded) = (library.join("libcuda.so"), library.join("libcuda.so.1"));
    fs::copy(&driver, &linked).with_context(|| format!("cannot copy {}", driver.display()))?;
    let _ = fs::remove_file(&loaded);
    fs::hard_link(&linked, &loaded)?;
    let clippy = "clippy -p particle-pilot --lib --example cust_stream --features cust";
    let with_toolkit = |args: &str| {
        let mut command = cargo(args);
        command.env("CUDA_LIBRARY_PATH", &toolkit).env("LD_LIBRARY_PATH", &library);
        command.env_remove("PILOT_CUDA_DRIVER");
        command
    };
    run(with_toolkit(clippy).args(["--", "-D", "warnings"]))?;
    // With the whole workspace, so that only what the feature changes is built: see `programs`.
    let build = "build --release --workspace --features particle-pilot/cust --example cust_stream";
    run(&mut with_toolkit(build))?;
    let mut example = command(target_dir().join("release/examples/cust_stream"), "");
    example.env("LD_LIBRARY_PATH", &library).env_remove("PILOT_CUDA_DRIVER");
    let printed = output(&mut example)?;
    ensure!(printed.contains("cuda:0 (ptx-vm) kept the pole up"), "it printed: {printed}");
    Ok(Outcome::Passed)
}
