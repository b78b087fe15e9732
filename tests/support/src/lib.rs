//! What tests share: a GPU that is none.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// The driver of the virtual GPU, `ptx-vm/driver`: what `PTX_VM_DRIVER` names, or what cargo builds next to this test.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn virtual_driver() -> PathBuf {
    static DRIVER: OnceLock<PathBuf> = OnceLock::new();
    DRIVER.get_or_init(|| env::var_os("PTX_VM_DRIVER").map_or_else(build, PathBuf::from)).clone()
}

fn build() -> PathBuf {
    // TARGET/PROFILE/deps/TEST
    let test = env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["build", "--quiet", "--package", "ptx-vm-driver", "--message-format", "json"])
        .arg("--target-dir")
        .arg(folder.parent().unwrap());
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
    let driver = files.iter().find(|file| file.ends_with("libptx_vm_driver.so"));
    driver.unwrap_or_else(|| panic!("no driver among {files:?}")).into()
}
