//! A decision on a GPU cannot be given up: who does not want to wait for it says so twice.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What the machine may take in all, however busy; nobody waits for it where all is well.
const PATIENCE: Duration = Duration::from_secs(300);

/// The CPU time that a process has used, in ticks of 10 ms.
fn ticks(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    // The name, in brackets, may hold anything; the time is the 14th field of all.
    let (_, fields) = text.rsplit_once(") ").expect("a name in brackets");
    fields.split(' ').nth(11).and_then(|field| field.parse().ok()).expect("a number")
}

#[test]
fn a_second_signal_ends_a_decision_in_hand_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("t.csv");
    // One decision, of minutes: no future ends early.
    let arguments = ["-k", "1000000", "-H", "2000", "--theta-limit-deg", "inf", "--x-limit", "inf"];
    let mut child = crate::pilot(&arguments, "cuda", "")
        .args(["-q", "--trace"])
        .arg(&trace)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let began = Instant::now();
    // All that comes before the decision takes a fraction of this.
    while ticks(child.id()) < 300 {
        assert!(began.elapsed() < PATIENCE, "it does not get there");
        std::thread::sleep(Duration::from_millis(20));
    }
    let status = loop {
        // Two that follow each other closely can be one to a process that gets no CPU in between.
        let id = child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).stderr(Stdio::null()).status().expect("kill");
        std::thread::sleep(Duration::from_millis(100));
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().expect("a child");
            panic!("did not end");
        }
    };
    assert_eq!(status.code(), Some(130));
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}
