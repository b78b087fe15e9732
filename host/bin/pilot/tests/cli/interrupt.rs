//! Ctrl-C.

use super::*;
use std::time::{Duration, Instant};

/// No machine is so busy that anything here takes longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// Waits until a process can be interrupted by the signal of this number and is `ready`.
fn wait_for(process: u32, signal: u32, ready: impl Fn(u32) -> bool) {
    let began = Instant::now();
    while !(handles(signal, process) && ready(process)) {
        assert!(began.elapsed() < PATIENCE, "it does not get there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts work that takes long, waits until it can be interrupted and is `ready`, and interrupts it.
fn interrupted(arguments: &[&str], ready: impl Fn(u32) -> bool) -> Output {
    let child =
        pilot().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(child.id(), 2, ready);
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    child.wait_with_output().unwrap()
}

/// Whether the process has said what is to be done on the signal of this number, as far as the system tells.
fn handles(signal: u32, process: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else { return true };
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & 1 << (signal - 1) != 0)
}

/// Whether the process has written much to a file, which need not have a name, as far as the system tells.
fn writes(process: u32) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{process}/fd")) else { return true };
    let is_long = |file: fs::Metadata| file.is_file() && file.len() > 20_000;
    files.flatten().any(|entry| fs::metadata(entry.path()).is_ok_and(is_long))
}

fn after(time: Duration) -> impl Fn(u32) -> bool {
    let began = Instant::now();
    move |_| began.elapsed() >= time
}

#[test]
fn an_episode_ends_with_what_there_is_written() {
    let folder = folder();
    let (trace, plot) = (folder.path().join("t.csv"), folder.path().join("p.svg"));
    let (trace, plot) = (text_of(&trace), text_of(&plot));
    // Without limits the pole cannot fall, so that only the signal ends the episode.
    let endless = [
        "-n",
        "100000000",
        "-k",
        "64",
        "-H",
        "10",
        "--theta-limit-deg",
        "inf",
        "--x-limit",
        "inf",
        "--json",
        "-",
        "--trace",
        trace,
        "--plot",
        plot,
    ];
    let output = interrupted(&endless, writes);
    assert_code(&output, 130);
    let object = json(&output);
    assert_eq!((&object["interrupted"], &object["survived"]), (&true.into(), &false.into()));
    assert!(object["steps"].as_u64().unwrap() > 10);
    assert_eq!(names_in(&folder), ["p.svg", "t.csv"]);
    let replay = run(&["replay", trace, "--json", "-"]);
    assert_code(&replay, 0);
    assert_eq!(json(&replay)["steps"], object["steps"]);
}

#[test]
fn an_evaluation_and_a_comparison_end_with_what_was_finished() {
    for command in ["evaluate", "compare"] {
        let many = [command, "-e", "1000000", "-k", "64", "-H", "10", "--json", "-"];
        let output = interrupted(&many, after(Duration::from_millis(500)));
        assert_code(&output, 130);
        assert_eq!(json(&output)["interrupted"], true);
    }
}

#[test]
fn a_second_signal_ends_at_once_and_leaves_nothing_half_written() {
    let folder = folder();
    let trace = folder.path().join("t.csv");
    // One decision takes minutes, since no future ends early: unless the first signal is heard within it.
    let mut child = pilot()
        .args(["-k", "4000000", "-H", "100000", "--theta-limit-deg", "inf", "--x-limit", "inf"])
        .args(["-q", "--trace", text_of(&trace)])
        .spawn()
        .unwrap();
    wait_for(child.id(), 2, |_| true);
    let began = Instant::now();
    let status = loop {
        // Two that follow each other closely can be one to a process that gets no CPU in between.
        let id = child.id().to_string();
        Command::new("kill").args(["-INT", &id]).stderr(Stdio::null()).status().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("did not end");
        }
    };
    assert_eq!(status.code(), Some(130));
    // Where the first one was heard before the second came, the trace is whole, of no step.
    match names_in(&folder).as_slice() {
        [] => {}
        [name] => {
            assert_eq!(name, "t.csv");
            assert_code(&run(&["replay", text_of(&trace)]), 0);
        }
        more => panic!("left behind: {more:?}"),
    }
}

/// A long episode whose first signal is to end it in an orderly way, started by a shell that has signals ignored.
fn ends_in_spite_of(ignored: &str, signal: &str) {
    let folder = folder();
    let (trace, report) = (folder.path().join("t.csv"), folder.path().join("j.json"));
    let mut child = Command::new("sh")
        .args(["-c", &format!("trap '' {ignored}; exec \"$@\""), "sh"])
        .arg(env!("CARGO_BIN_EXE_pilot"))
        .args(["-n", "20000000", "-k", "16", "-H", "20", "--theta-limit-deg", "inf"])
        .args(["--x-limit", "inf", "--trace", text_of(&trace), "--json", text_of(&report)])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(child.id(), if signal == "INT" { 2 } else { 15 }, writes);
    let id = child.id().to_string();
    for ignored in ignored.split(' ') {
        Command::new("kill").args(["-s", ignored, &id]).status().unwrap();
    }
    std::thread::sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "{ignored} was ignored, and is no more");
    Command::new("kill").args(["-s", signal, &id]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(names_in(&folder), ["j.json", "t.csv"]);
    let report: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    assert_eq!(report["ending"], "interrupted");
    let replay = run(&["replay", text_of(&trace)]);
    assert_code(&replay, 0);
    assert!(stdout(&replay).contains("interrupted"), "{}", stdout(&replay));
}

#[test]
fn a_signal_that_is_ignored_stays_ignored_and_the_others_are_not() {
    ends_in_spite_of("INT", "TERM"); // a script's `&`
    ends_in_spite_of("HUP", "TERM"); // `nohup`
    ends_in_spite_of("INT HUP", "TERM");
    ends_in_spite_of("TERM", "INT");
}
