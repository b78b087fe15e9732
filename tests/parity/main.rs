//! The same bits from every set of vector instructions and any number of threads, end to end, and the
//! same as ever: `tests/golden/digests.txt` holds a digest of every case.
//!
//! `PILOT_SIMD` chooses the instructions when a pilot is made, so each set has a process of its own:
//! this very program, asked for `print_digests`.

mod cases;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use cases::{COMMITTED, cases};
use particle_pilot::{Device, Simd};

/// Threads of the pilots whose digests `print_digests` prints.
const THREADS: &str = "DIGEST_THREADS";
const REMAKE: &str = "REMAKE_DIGESTS";
const HEADER: &str = "\
# Digests of every case of tests/parity/: the bits of its decisions, or of a whole episode.
# They change only with the numerics. Then, and only then, remake this file with
#     REMAKE_DIGESTS=1 cargo test --release --test parity
";

/// One line for each case.
fn digests(threads: usize) -> String {
    let mut lines = String::new();
    for (name, case) in cases() {
        writeln!(lines, "{name}: {}", case.digest(threads, Device::Cpu))
            .expect("strings can be written");
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
    let variables = [(Simd::VARIABLE, simd.name()), (THREADS, &threads.to_string())];
    test_support::start_again("print_digests", &variables)
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
        return;
    }
    let differ = differences(COMMITTED, &now);
    assert!(differ.is_empty(), "new bits; see the head of {}: {differ:#?}", path.display());
}

#[test]
fn every_case_differs_from_every_other() {
    let mut seen = HashMap::new();
    for (name, case) in cases() {
        let digest = case.digest(2, Device::Cpu);
        let other = seen.insert(digest, name.clone());
        assert_eq!(other, None, "{name} gives the same digest");
    }
}
