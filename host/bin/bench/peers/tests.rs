//! Peers as they should not be, and one as it should: a script that needs nothing but Python.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use particle_pilot::{PilotConfig, PlannerKind};

use super::*;
use crate::measure::measure;
use crate::record::{Row, Status, is_bad};
use crate::sampling::Sampling;
use crate::suites::{Case, Suite};

const STUB: &str = include_str!("../tests/stub_peer.py");
/// However busy the machine is.
const PATIENT: Waits = Waits { hello: Duration::from_secs(300), answer: Duration::from_secs(300) };
/// Nothing that happens: the stub that hangs does so until it is killed.
const BRIEF: Waits = Waits { answer: Duration::from_millis(1500), ..PATIENT };

/// The stub that behaves so, and nobody else; none where there is no Python.
fn stub(behaviour: &str) -> Option<Peers> {
    let python = Path::new("python3");
    if std::process::Command::new(python).arg("--version").output().is_err() {
        eprintln!("skipped: no python3");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in MODULES {
        std::fs::write(folder.path().join(name), source).unwrap();
    }
    let script = folder.path().join("stub_peer.py");
    std::fs::write(&script, format!("BEHAVIOUR = {behaviour:?}\n{STUB}")).unwrap();
    let mut peers = Peers::default();
    let complaints = script.with_extension("stderr");
    let (program, arguments) = (python.to_owned(), vec![script]);
    let launch = Launch { program, arguments, complaints, threads: 1, on_gpu: false };
    peers.add("stub", launch, if behaviour == "hangs" { BRIEF } else { PATIENT });
    peers._folder = Some(folder);
    Some(peers)
}

/// What becomes of a stub that behaves so in rollouts, beside our own.
fn rows(behaviour: &str) -> Option<Vec<Row>> {
    let peers = stub(behaviour)?;
    let config = PilotConfig {
        particles: 200,
        horizon: 30,
        threads: 1,
        ..PilotConfig::of(PlannerKind::RandomShooting)
    };
    let case = Case {
        suite: Suite::Peers,
        name: "rollouts".into(),
        work: Work::Decision(config),
        contenders: [vec![Contender::REFERENCE], peers.that_know(Kind::Rollout)].concat(),
    };
    let open = |work: &Work, contender: &Contender| peers.open(work, contender);
    let rows = measure(&case, &Sampling::TINY, &open, &AtomicBool::new(false)).unwrap();
    assert_eq!((rows.len(), rows[0].status), (2, Status::Timed), "{rows:?}");
    Some(rows)
}

#[test]
fn a_peer_with_the_same_dynamics_is_timed_beside_us() {
    let Some(rows) = rows("right") else { return };
    let peer = &rows[1];
    assert_eq!((peer.status, peer.name.as_str()), (Status::Timed, "stub 1.0"), "{peer:?}");
    assert_eq!((peer.digest, peer.particle_steps), (None, Some(6000)));
    // As the stub says, and not what it took to ask.
    assert_eq!(peer.median_s(), Some(0.25));
    assert!(!is_bad(&rows));
}

#[test]
fn other_dynamics_are_wrong_and_not_timed() {
    for (behaviour, reason) in
        [("heavy", "leads to"), ("immortal", "0.0000 of its futures end"), ("short", "not 512")]
    {
        let Some(rows) = rows(behaviour) else { return };
        let peer = &rows[1];
        assert!(peer.reason.as_ref().is_some_and(|told| told.contains(reason)), "{peer:?}");
        assert_eq!(peer.host, None);
        let is_wrong = behaviour != "short";
        assert_eq!(peer.status == Status::Wrong, is_wrong, "{peer:?}");
        assert_eq!(is_bad(&rows), is_wrong);
    }
}

#[test]
fn a_peer_that_fails_says_why_and_disturbs_nobody() {
    for (behaviour, reason) in [
        ("dies", "it said last: no strength left"),
        ("hangs", "no answer within"),
        ("refuses", "ValueError: not today"),
        ("timeless", "tells no time"),
    ] {
        let Some(rows) = rows(behaviour) else { return };
        let peer = &rows[1];
        assert_eq!(peer.status, Status::Failed, "{behaviour}: {peer:?}");
        let told = peer.reason.as_deref().unwrap_or_default();
        assert!(told.contains(reason), "{behaviour}: {told}");
        assert!(!is_bad(&rows));
    }
}

#[test]
fn a_peer_that_is_not_there_is_named_with_the_reason() {
    for (behaviour, reason) in [
        ("missing", "not installed: No module named 'strength'"),
        ("rubbish", "its answer is no line of JSON"),
    ] {
        let Some(peers) = stub(behaviour) else { return };
        assert_eq!(peers.that_know(Kind::Rollout), []);
        let about = &peers.about[0];
        assert_eq!((about.name.as_str(), &about.does), ("stub", &None));
        let told = about.absence.as_deref().unwrap_or_default();
        assert!(told.contains(reason), "{told}");
    }
}

#[test]
fn without_python_there_are_no_peers() {
    let peers = Peers::start(Path::new("/nowhere/python3"), 1, false).unwrap();
    let told = |about: &&About| about.absence.as_ref().is_some_and(|why| why.contains("/nowhere"));
    assert_eq!(peers.about.iter().filter(told).count(), SCRIPTS.len(), "{:?}", peers.about);
}
