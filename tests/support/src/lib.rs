//! What tests share: a GPU that is none, the program, and texts that are nearly right.

mod mutations;

pub use mutations::mutations;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// Starts this test program again under these variables, for its ignored test `test`, which prints something between lines of
/// `BEGIN` and `END`; what comes back waits for that.
///
/// # Panics
/// If the program cannot be started, fails or prints no such lines.
pub fn start_again(test: &str, variables: &[(&str, &str)]) -> impl FnOnce() -> String + use<> {
    let child = Command::new(env::current_exe().expect("this program has a path"))
        .args([test, "--exact", "--ignored", "--nocapture"])
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be started again");
    let shown = format!("{test} with {variables:?}");
    move || {
        let output = child.wait_with_output().expect("the process ends");
        assert!(output.status.success(), "{shown} failed");
        let text = String::from_utf8(output.stdout).expect("it prints text");
        let (_, rest) = text.split_once("\nBEGIN\n").expect("there is a beginning");
        rest.split_once("END\n").expect("there is an end").0.to_owned()
    }
}

/// The driver of the virtual GPU, `ptx-vm/driver`: what `PTX_VM_DRIVER` names, or what cargo builds next to this test.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn virtual_driver() -> PathBuf {
    static DRIVER: OnceLock<PathBuf> = OnceLock::new();
    let build = || build(&["--package", "ptx-vm-driver"], "libptx_vm_driver.so");
    DRIVER.get_or_init(|| env::var_os("PTX_VM_DRIVER").map_or_else(build, PathBuf::from)).clone()
}

/// Writes to `folder`, which must be there, a calibration of a machine whose GPU is reached in no time and whose CPU is slow: with
/// `PILOT_CALIBRATION` naming it, an open device is the GPU however little there is to do.
///
/// # Panics
/// If it cannot be written.
#[must_use]
pub fn fast_gpu_in(folder: &Path) -> PathBuf {
    const TEXT: &str =
        "version = 1\ngpu_launch_s = 0\ngpu_wait_s = 0\ngpu_open_s = 0\ncpu_decision_s = 10\n";
    let path = folder.join("fast-gpu.toml");
    // Several tests write it at the same time: none may find half of it.
    let draft =
        folder.join(format!("fast-gpu-{}-{:?}", std::process::id(), std::thread::current().id()));
    fs::write(&draft, TEXT).and_then(|()| fs::rename(&draft, &path)).expect("a folder to write to");
    path
}

/// The program `pilot`: what lies beside this test's program, as cargo builds it for tests of the whole workspace, or else what
/// cargo builds now.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn pilot() -> PathBuf {
    static PILOT: OnceLock<PathBuf> = OnceLock::new();
    let name = format!("pilot{}", env::consts::EXE_SUFFIX);
    let built = folder().join(&name);
    let find = || {
        if built.is_file() {
            built
        } else {
            build(&["--package", "particle-pilot-cli", "--bin", "pilot"], &name)
        }
    };
    PILOT.get_or_init(find).clone()
}

/// The folder of the programs: this test is TARGET/PROFILE/deps/TEST.
fn folder() -> PathBuf {
    env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()
}

/// Builds what `target` names, and returns the file whose name ends so.
fn build(target: &[&str], file: &str) -> PathBuf {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).arg("build").args(target);
    cargo.args(["--quiet", "--message-format", "json", "--target-dir"]);
    cargo.arg(folder().parent().unwrap());
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let messages = messages.lines().map(|line| serde_json::from_str(line).unwrap());
    let files: Vec<String> = messages
        .filter_map(|message: Value| message["filenames"].as_array().cloned())
        .flatten()
        .filter_map(|file| Some(file.as_str()?.to_owned()))
        .collect();
    let found = files.iter().find(|path| path.ends_with(file));
    found.unwrap_or_else(|| panic!("no {file} among {files:?}")).into()
}
