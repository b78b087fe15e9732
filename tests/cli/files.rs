//! Files that are written.

use super::*;

#[test]
fn a_file_that_exists_is_replaced() {
    let folder = folder();
    let path = folder.path().join("a.json");
    fs::write(&path, "old".repeat(10_000)).unwrap();
    assert_code(&run_small(&["-q", "--json", text_of(&path)]), 0);
    let object: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(object["steps"], 30);
    assert_eq!(names_in(&folder), ["a.json"]);
}

#[cfg(unix)]
#[test]
fn new_files_have_the_permissions_of_new_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let script = "umask 022; exec \"$@\"";
    let path = folder.path().join("a.csv");
    let status = Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_pilot"), "-q", "-n", "3", "--trace"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_devices_stay_devices() {
    let folder = folder();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    assert_code(&run_small(&["-q", "--json", text_of(&link)]), 0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::metadata(&target).unwrap().len() > 100);
    assert_code(&run_small(&["-q", "--json", "/dev/null", "--trace", "/dev/null"]), 0);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}
