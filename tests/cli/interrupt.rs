//! Ctrl-C.

use super::*;
use std::time::{Duration, Instant};

/// No machine is so busy that anything here takes longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// Starts work that takes long, waits until it can be interrupted and is `ready`, and interrupts it.
fn interrupted(arguments: &[&str], ready: impl Fn() -> bool) -> Output {
    let child =
        pilot().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !(handles_interrupts(child.id()) && ready()) {
        assert!(began.elapsed() < PATIENCE, "{arguments:?} does not get there");
        std::thread::sleep(Duration::from_millis(20));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    child.wait_with_output().unwrap()
}

/// Whether the process has said what is to be done on SIGINT, which is number 2, as far as the system tells.
fn handles_interrupts(process: u32) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else { return true };
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & 0b10 != 0)
}

fn after(time: Duration) -> impl Fn() -> bool {
    let began = Instant::now();
    move || began.elapsed() >= time
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
    let begun = || {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries.flatten().any(|entry| entry.metadata().is_ok_and(|file| file.len() > 20_000))
    };
    let output = interrupted(&endless, begun);
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
fn a_second_signal_ends_at_once_and_leaves_nothing_behind() {
    let folder = folder();
    let trace = folder.path().join("t.csv");
    // One decision takes minutes, since no future ends early.
    let mut child = pilot()
        .args(["-k", "4000000", "-H", "100000", "--theta-limit-deg", "inf", "--x-limit", "inf"])
        .args(["-q", "--trace", text_of(&trace)])
        .spawn()
        .unwrap();
    let began = Instant::now();
    while names_in(&folder).is_empty() || !handles_interrupts(child.id()) {
        assert!(began.elapsed() < PATIENCE, "it writes nothing");
        std::thread::sleep(Duration::from_millis(20));
    }
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
    assert_eq!(names_in(&folder), [""; 0]);
}
