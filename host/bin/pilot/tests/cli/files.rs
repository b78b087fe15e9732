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

#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    for (option, name) in [("--json", "a.json"), ("--trace", "a.csv"), ("--plot", "a.png")] {
        let path = folder.path().join(name);
        fs::write(&path, "private").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_code(&run_small(&["-q", option, text_of(&path)]), 0);
        assert!(fs::metadata(&path).unwrap().len() > 100);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640, "{name}");
    }
}

#[test]
fn names_may_be_as_long_as_names_can_be() {
    let folder = folder();
    for (option, ending) in
        [("--json", ".json"), ("--trace", ".csv"), ("--plot", ".svg"), ("--plot", ".png")]
    {
        let name = format!("{}{ending}", "n".repeat(250 - ending.len()));
        let path = folder.path().join(&name);
        assert_code(&run_small(&["-q", option, text_of(&path)]), 0);
        assert!(path.exists());
        let path = folder.path().join("m".repeat(10) + &name);
        let output = run_small(&["-q", option, text_of(&path)]);
        assert_usage_error(&output, &["cannot write", "name too long"]);
    }
    assert_eq!(names_in(&folder).len(), 4);
}

/// Runs in a folder of its own, in which there are a trace and a configuration.
fn run_in(folder: &TempDir, arguments: &[&str]) -> Output {
    pilot().args(SMALL).args(arguments).current_dir(folder.path()).output().unwrap()
}

#[test]
fn no_output_overwrites_another_or_what_is_read() {
    let folder = folder();
    let path = trace_in(&folder, &[]);
    fs::write(folder.path().join("c.toml"), "seed = 1\n").unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let trace = fs::read(&path).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("new", folder.path().join("dangling")).unwrap();
        fs::hard_link(&path, folder.path().join("hard.csv")).unwrap();
    }
    for arguments in [
        &["--json", "same", "--trace", "same"][..],
        &["--json", "same", "--trace", "./same"],
        &["--trace", "same.svg", "--plot", "sub/../same.svg"],
        &["--json", "c.toml", "--config", "c.toml"],
        &["--config", "c.toml", "--trace", "./c.toml"],
        &["evaluate", "--config", "./c.toml", "--json", "c.toml"],
        &["compare", "--config", "c.toml", "--json", "./c.toml"],
        #[cfg(unix)]
        &["--json", "dangling", "--trace", "new"],
        #[cfg(unix)]
        &["--trace", "trace.csv", "--json", "hard.csv"],
    ] {
        let output = run_in(&folder, arguments);
        assert_usage_error(
            &output,
            &[if arguments.contains(&"--config") {
                "would overwrite"
            } else {
                "two outputs cannot both go to"
            }],
        );
    }
    for json in [
        "trace.csv",
        "./trace.csv",
        #[cfg(unix)]
        "hard.csv",
    ] {
        let mut command = pilot();
        command.args(["replay", "trace.csv", "--json", json]).current_dir(folder.path());
        let output = command.output().unwrap();
        assert_usage_error(&output, &["--json would overwrite", "the trace"]);
    }
    assert_eq!(fs::read(&path).unwrap(), trace);
    assert!(!folder.path().join("same").exists());
}

#[test]
fn errors_do_not_show_temporary_names() {
    let folder = folder();
    for option in ["--json", "--trace", "--plot"] {
        let path = folder.path().join("none/a.png");
        let output = run_small(&[option, text_of(&path)]);
        assert_usage_error(&output, &["cannot write", "a.png: No such file or directory"]);
        assert!(!stderr(&output).contains(".pilot-"), "{}", stderr(&output));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_killed_leaves_nothing_behind() {
    let folder = folder();
    let (trace, json) = (folder.path().join("t.csv"), folder.path().join("j.json"));
    let mut child = pilot()
        .args(["-q", "-n", "20000000", "--theta-limit-deg", "inf", "--x-limit", "inf", "-k", "16"])
        .args(["--trace", text_of(&trace), "--json", text_of(&json)])
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    child.kill().unwrap();
    child.wait().unwrap();
    let left = names_in(&folder);
    // Not every file system knows files without names; there, they have temporary ones.
    assert!(left.iter().all(|name| name.starts_with(".pilot-")), "{left:?}");
    if knows_nameless_files(folder.path()) {
        assert_eq!(left, [""; 0]);
    }
}

/// Whether this file system has files without names.
#[cfg(target_os = "linux")]
fn knows_nameless_files(folder: &Path) -> bool {
    use rustix::fs::{Mode, OFlags, open};
    open(folder, OFlags::TMPFILE | OFlags::RDWR, Mode::RUSR).is_ok()
}
