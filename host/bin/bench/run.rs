//! `bench`: measures the suites and writes what came of it.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use particle_pilot::Simd;

use crate::contender::Contender;
use crate::judge;
use crate::limits::limit;
use crate::machine::Machine;
use crate::measure::measure;
use crate::options::RunOptions;
use crate::outputs::Outputs;
use crate::peak::{Peak, peaks};
use crate::peers::Peers;
use crate::record::{self, Record, SCHEMA};
use crate::sampling::Sampling;
use crate::shared::interrupt;
use crate::shared::outcome::Outcome;
use crate::shared::output::say;
use crate::shared::progress::Progress;
use crate::shared::text::count;
use crate::shared::usage::usage;
use crate::start::find_pilot;
use crate::suites::{Case, Extent, Setup, Suite};
use crate::work::Work;

/// Threads that a pilot may have.
const MOST_THREADS: usize = 1024;
/// How long a sample of multiply-adds takes, and how many are taken before and after everything else.
const PEAK_SAMPLE: Duration = Duration::from_millis(15);
const PEAK_SAMPLES: usize = 4;
/// Particle-steps a second that are presumed, to say how long it will take: of one thread without vector
/// instructions, of each lane of a thread with them, of a GPU and of other software.
const PRESUMED_OF_SCALAR: f64 = 3e7;
const PRESUMED_OF_LANE: f64 = 8e7;
const PRESUMED_OF_GPU: f64 = 2e11;
const PRESUMED_OF_PEER: f64 = 1e7;
/// Seconds that are presumed for opening and checking a contender.
const PRESUMED_OVERHEAD: f64 = 0.1;

pub fn run(options: &RunOptions) -> Result<Outcome> {
    let plan = Plan::of(options)?;
    let programs = [
        ("--pilot", options.pilot.as_deref()),
        ("--peers-python", options.peers_python.as_deref()),
    ];
    let outputs = Outputs::open(&options.outputs, &programs)?;
    let stop = interrupt::watch();
    if !outputs.quiet() {
        say(&plan.about());
    }
    let presumed: Vec<u64> = plan.cases.iter().map(|case| plan.milliseconds(case)).collect();
    let Plan { setup, machine, sampling, suites, cases } = plan;
    let mut peaks = peaks(setup.threads);
    sample_peaks(&mut peaks, setup.extent);
    let mut rows = Vec::new();
    let whole = presumed.iter().sum();
    let progress = Progress::weighed("cases", cases.len() as u64, whole, outputs.quiet());
    for (case, presumed) in cases.iter().zip(presumed) {
        let open = |work: &Work, contender: &Contender| setup.peers.open(work, contender);
        let Some(mut measured) = measure(case, &sampling, &open, stop) else { break };
        record::compare(&mut measured, &setup.whole_cpu());
        rows.extend(measured);
        progress.tick_of(presumed);
    }
    progress.finish();
    sample_peaks(&mut peaks, setup.extent);
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut record = Record {
        program: "bench".into(),
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        unix_time: since_1970.as_secs(),
        interrupted: stop.load(Ordering::Relaxed),
        machine,
        suites,
        extent: setup.extent,
        sampling,
        peaks,
        rows,
        peers: setup.peers.about.clone(),
    };
    note_limits(&mut record, &cases);
    judge::note(&mut record.rows);
    outputs.write(&record)?;
    Ok(Outcome::of(record.interrupted, !record::is_bad(&record.rows)))
}

/// What will be measured.
struct Plan {
    setup: Setup,
    machine: Machine,
    sampling: Sampling,
    suites: Vec<Suite>,
    cases: Vec<Case>,
}

impl Plan {
    fn of(options: &RunOptions) -> Result<Self> {
        let simd = Simd::select().map_err(usage)?;
        if options.threads > MOST_THREADS {
            let given = options.threads;
            return Err(usage(format!("--threads is {given}; it must be 0 to {MOST_THREADS}")));
        }
        let machine = Machine::at_hand(simd, options.allow_virtual);
        let extent = match (options.tiny || machine.is_virtual(), options.quick) {
            (true, _) => Extent::Tiny,
            (false, true) => Extent::Quick,
            (false, false) => Extent::Full,
        };
        let mut sampling = extent.sampling();
        if let Some(seconds) = options.patience {
            if !(seconds > 0.0 && seconds.is_finite()) {
                return Err(usage(format!(
                    "--patience is {seconds}; it must be above 0, in seconds"
                )));
            }
            sampling.patience_s = seconds;
        }
        if let Some(pilot) = options.pilot.as_deref().filter(|pilot| !pilot.is_file()) {
            return Err(usage(format!("--pilot: there is no file {}", pilot.display())));
        }
        let threads = if options.threads == 0 { machine.threads } else { options.threads };
        let peers = start_peers(options, threads, &machine)?;
        let setup = Setup {
            extent,
            available: machine.simd_available.clone(),
            simd,
            threads,
            gpus: machine.racing_gpus().iter().map(|gpu| gpu.index).collect(),
            pilot: options.pilot.clone().or_else(find_pilot),
            peers,
        };
        let asked = |suite: &Suite| options.suite.is_empty() || options.suite.contains(suite);
        let all = Suite::ALL.into_iter().chain(options.peers.then_some(Suite::Peers));
        let suites: Vec<Suite> = all.filter(asked).collect();
        let cases = suites.iter().flat_map(|suite| setup.cases(*suite)).collect();
        Ok(Self { setup, machine, sampling, suites, cases })
    }

    /// What it is, and how long it takes, for people.
    fn about(&self) -> String {
        let names: Vec<&str> = self.suites.iter().map(|suite| suite.name()).collect();
        let rows: usize = self.cases.iter().map(|case| case.contenders.len()).sum();
        let mut text = format!(
            "measuring {}: {}, {} of {} samples each; about {:.0} s",
            names.join(", "),
            count(self.cases.len() as u64, "case"),
            count(rows as u64, "row"),
            self.sampling.samples,
            (self.cases.iter().map(|case| self.seconds(case)).sum::<f64>()).max(1.0)
        );
        if self.suites.contains(&Suite::Startup) && self.setup.pilot.is_none() {
            text += "\nno startup: the program `pilot` is not beside this one; `cargo build --release` makes it, \
                     --pilot names it";
        }
        text
    }

    /// About how long a case takes.
    fn seconds(&self, case: &Case) -> f64 {
        let row = |contender: &Contender| {
            let rate = match contender {
                Contender::Cpu { simd: Simd::Scalar, threads } => {
                    PRESUMED_OF_SCALAR * *threads as f64
                }
                Contender::Cpu { simd, threads } => {
                    PRESUMED_OF_LANE * (simd.lanes() * *threads) as f64
                }
                Contender::Gpus(indices) => PRESUMED_OF_GPU * indices.len() as f64,
                Contender::Peer(_) => PRESUMED_OF_PEER,
            };
            let whole = self.sampling.whole_s(case.work.size() / rate);
            let samples = if whole > self.sampling.patience_s { 0.0 } else { whole };
            // A GPU is timed twice: by the caller and by its own clock.
            let times = if contender.is_gpu() { 2.0 } else { 1.0 };
            samples * times + self.sampling.warm_up_s + PRESUMED_OVERHEAD
        };
        case.contenders.iter().map(row).sum()
    }

    /// The same as progress counts it.
    fn milliseconds(&self, case: &Case) -> u64 {
        (1e3 * self.seconds(case)) as u64
    }
}

/// Other software, if it is asked for.
fn start_peers(options: &RunOptions, threads: usize, machine: &Machine) -> Result<Peers> {
    if !options.peers {
        if options.suite.contains(&Suite::Peers) {
            return Err(usage("the suite `peers` needs --peers, which starts other software"));
        }
        return Ok(Peers::default());
    }
    if let Some(python) = options.peers_python.as_deref().filter(|python| !python.is_file()) {
        return Err(usage(format!("--peers-python: there is no file {}", python.display())));
    }
    let python = options.peers_python.as_deref().unwrap_or(Path::new("python3"));
    Peers::start(python, threads, !machine.racing_gpus().is_empty())
}

fn sample_peaks(peaks: &mut [Peak], extent: Extent) {
    let length = if extent == Extent::Tiny { PEAK_SAMPLE / 10 } else { PEAK_SAMPLE };
    for _ in 0..PEAK_SAMPLES {
        peaks.iter_mut().for_each(|peak| peak.sample(length));
    }
}

/// Notes what each row could reach at most, where that is known.
fn note_limits(record: &mut Record, cases: &[Case]) {
    for row in &mut record.rows {
        let is_its = |case: &&Case| (case.suite, &case.name) == (row.suite, &row.case);
        let work = cases.iter().find(is_its).map(|case| &case.work);
        if let Some((work, reached)) = work.zip(row.particle_steps_per_s()) {
            row.limit = limit(&row.contender, work, reached, &record.peaks, &record.machine);
        }
    }
}
