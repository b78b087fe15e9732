//! The same bits from every set of vector instructions and any number of threads, end to end, and the
//! same as ever: `tests/golden/digests.txt` holds a digest of every case.
//!
//! `PILOT_SIMD` chooses the instructions when a pilot is made, so each set has a process of its own:
//! this very program, asked for `print_digests`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use particle_pilot::env::{Integrator, Physics};
use particle_pilot::{
    ActionKind, Decision, Diagnostics, Digest, Episode, Interpolation, Noise, Pilot, PilotConfig,
    PlannerKind, Simd, Tuning,
};

/// Threads of the pilots whose digests `print_digests` prints.
const THREADS: &str = "DIGEST_THREADS";
const REMAKE: &str = "REMAKE_DIGESTS";
const HEADER: &str = "\
# Digests of every case of tests/parity.rs: the bits of its decisions, or of a whole episode.
# They change only with the numerics. Then, and only then, remake this file with
#     REMAKE_DIGESTS=1 cargo test --release --test parity
";

/// What a case is a digest of.
enum Case {
    /// Decisions in a few different states, diagnostics included.
    Decisions(PilotConfig),
    /// An episode of 100 steps.
    Episode(PilotConfig),
}

const ACTIONS: [ActionKind; 2] = [ActionKind::Discrete, ActionKind::Continuous];

/// All cases by name.
fn cases() -> Vec<(String, Case)> {
    let mut cases = Vec::new();
    for (i, (planner, _)) in PlannerKind::ALL.iter().enumerate() {
        for (j, action) in ACTIONS.into_iter().enumerate() {
            let usual = PilotConfig { action, ..PilotConfig::of(*planner) };
            for (k, particles) in [2, 31, 32, 33, 255, 1000, 4097].into_iter().enumerate() {
                // Two horizons for each number of particles: every pair of them with some planner.
                for step in 0..2 {
                    let horizon = [1, 7, 32, 33, 50][(i + j + k + 2 * step) % 5];
                    let config = PilotConfig { particles, horizon, ..usual.clone() };
                    let name = format!("{planner} {action} K={particles} H={horizon}");
                    cases.push((name, Case::Decisions(config)));
                }
            }
            let general = Physics {
                theta_threshold_radians: 45f64.to_radians(),
                integrator: Integrator::SemiImplicitEuler,
                ..Physics::default()
            };
            let config = PilotConfig { physics: general, particles: 300, ..usual.clone() };
            cases.push((format!("{planner} {action} general"), Case::Decisions(config)));
            let config = PilotConfig { particles: 257, ..usual };
            cases.push((format!("{planner} {action} episode"), Case::Episode(config)));
        }
    }
    for planner in [PlannerKind::Mppi, PlannerKind::RandomShooting, PlannerKind::Cem] {
        for (noise, _) in Noise::ALL {
            for (interpolation, _) in Interpolation::ALL {
                let usual = Tuning::of(planner);
                let tuning = Tuning {
                    noise: *noise,
                    interpolation: *interpolation,
                    knot_spacing: 3,
                    ..usual
                };
                let usual = PilotConfig::of(planner);
                let action = ActionKind::Continuous;
                let config = PilotConfig { tuning, action, particles: 333, ..usual };
                let name = format!("{planner} {noise} {interpolation}");
                cases.push((name, Case::Decisions(config)));
            }
        }
    }
    for action in ACTIONS {
        let tuning = Tuning { target_share: 0.1, ..Tuning::of(PlannerKind::Mppi) };
        let config = PilotConfig { tuning, action, ..PilotConfig::of(PlannerKind::Mppi) };
        cases.push((format!("mppi {action} target_share"), Case::Decisions(config)));
    }
    cases
}

/// Adds all that a decision says.
fn add(digest: &mut Digest, decision: &Decision) {
    digest.action(decision.action);
    let Diagnostics {
        best,
        mean,
        spread,
        effective_samples,
        dead_share,
        non_finite,
        longest,
        horizon,
        particles,
        particle_steps,
    } = decision.diagnostics;
    digest.state(&[best, mean, spread, effective_samples, dead_share]);
    for count in [non_finite, u64::from(longest), u64::from(horizon), particles, particle_steps] {
        digest.bytes(&count.to_le_bytes());
    }
}

impl Case {
    fn digest(self, threads: usize) -> Digest {
        let (Self::Decisions(config) | Self::Episode(config)) = &self;
        let config = PilotConfig { threads, seed: 11, ..config.clone() };
        let mut pilot = Pilot::new(config).expect("every case is valid");
        assert_eq!(pilot.threads(), threads);
        match self {
            Self::Episode(_) => {
                Episode::new().seed(4).steps(100).run(&mut pilot).expect("valid").digest
            }
            Self::Decisions(_) => {
                let mut digest = Digest::new();
                for state in
                    [[0.01, 0.02, 0.03, -0.02], [0.02, 0.2, 0.02, -0.3], [-1.9, -1.2, 0.1, 0.9]]
                {
                    add(&mut digest, &pilot.act(&state).expect("a finite state"));
                }
                digest
            }
        }
    }
}

/// One line for each case.
fn digests(threads: usize) -> String {
    let mut lines = String::new();
    for (name, case) in cases() {
        writeln!(lines, "{name}: {}", case.digest(threads)).expect("strings can be written");
    }
    lines
}

/// Not a test: what the processes do that `one_scalar_thread_...` starts.
#[test]
#[ignore = "prints what other tests compare"]
fn print_digests() {
    let threads = std::env::var(THREADS).map_or(1, |text| text.parse().expect("a number"));
    print!("\nBEGIN\n{}END\n", digests(threads));
}

/// A process that prints all digests.
fn start(simd: Simd, threads: usize) -> impl FnOnce() -> String {
    let child = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["print_digests", "--exact", "--ignored", "--nocapture"])
        .env(Simd::VARIABLE, simd.name())
        .env(THREADS, threads.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be started again");
    move || {
        let output = child.wait_with_output().expect("the process ends");
        assert!(output.status.success(), "{simd} with {threads} threads failed");
        let text = String::from_utf8(output.stdout).expect("digests are text");
        let (_, rest) = text.split_once("\nBEGIN\n").expect("the digests have a beginning");
        rest.split_once("END\n").expect("the digests have an end").0.to_owned()
    }
}

/// The names of the cases in which two lists of digests differ.
fn differences(a: &str, b: &str) -> Vec<String> {
    let table = |text: &str| -> HashMap<String, String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.rsplit_once(": ")).map(|(n, d)| (n.into(), d.into())).collect()
    };
    let (a, b) = (table(a), table(b));
    let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
    let mut names: Vec<_> =
        names.filter(|name| a.get(*name) != b.get(*name)).map(String::from).collect();
    names.sort();
    names
}

#[test]
fn one_scalar_thread_and_any_other_way_to_run_give_the_same_bits() {
    let scalar = start(Simd::Scalar, 1);
    let mut others: Vec<(Simd, usize)> = Vec::new();
    for simd in Simd::available() {
        others.extend([1, 2, 3, 8].map(|threads| (simd, threads)));
    }
    let wanted = scalar();
    assert_eq!(wanted.lines().count(), cases().len());
    for pair in others[1..].chunks(2) {
        let running: Vec<_> =
            pair.iter().map(|(simd, threads)| (simd, threads, start(*simd, *threads))).collect();
        for (simd, threads, digests) in running {
            let differ = differences(&wanted, &digests());
            assert!(differ.is_empty(), "{simd} with {threads} threads differs: {differ:#?}");
        }
    }
}

#[test]
fn decisions_and_episodes_are_those_of_the_committed_digests() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/digests.txt");
    let now = digests(1);
    if std::env::var_os(REMAKE).is_some() {
        std::fs::write(&path, format!("{HEADER}{now}")).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the file of digests is there");
    let differ = differences(&committed, &now);
    assert!(differ.is_empty(), "new bits; see the head of {}: {differ:#?}", path.display());
}

#[test]
fn every_case_differs_from_every_other() {
    let mut seen = HashMap::new();
    for (name, case) in cases() {
        let digest = case.digest(2);
        let other = seen.insert(digest, name.clone());
        assert_eq!(other, None, "{name} gives the same digest");
    }
}
