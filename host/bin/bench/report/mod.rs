//! A record in the forms that people and other programs read.

mod csv;
mod markdown;
mod page;
mod replay;
mod table;

use std::time::Duration;

pub use csv::csv;
pub use markdown::markdown;
pub use page::page;
pub use table::table;

use crate::contender::Contender;
use crate::doubt::Doubt;
use crate::judge::{cautions, is_above_limit, named};
use crate::peers::About;
use crate::record::{Record, Row, Status};
use crate::shared::text::{count, duration, rate};
use crate::suites::Suite;

/// What the columns mean.
const COLUMNS: &str = "\
median: of the samples, from call to answer; 95%: its confidence interval. device: by the GPU's own clock.
rate: particle-steps/s at the median. x cpu: how many times as fast as all threads of the CPU.
limit: the share of what the inner loop's instructions alone allow, where they were counted.
memory: how far the process rose above where it was before this contender was made ready.";

/// What columns and marks mean, for below the tables.
fn legend() -> String {
    let marks = Doubt::ALL.map(|doubt| format!("{}: {}", doubt.mark(), doubt.about()));
    format!("{COLUMNS}\nBeside a name, {}.", marks.join(";\n"))
}

/// The rows of each case of a suite, in the order in which they were measured.
pub fn cases(record: &Record, suite: Suite) -> Vec<&[Row]> {
    record
        .rows
        .chunk_by(|a, b| (a.suite, &a.case) == (b.suite, &b.case))
        .filter(|rows| rows.iter().all(|row| row.suite == suite))
        .collect()
}

/// The headings of the columns of [`cells`].
fn headings(record: &Record, suite: Suite) -> Vec<&'static str> {
    let mut all = vec!["contender", "median", "95%"];
    if suite.times_each() {
        all.extend(["p50", "p90", "p99"]);
    }
    if has_gpus(record) {
        all.push("device");
    }
    if suite != Suite::Startup {
        all.push("rate");
    }
    all.push("x cpu");
    if suite != Suite::Startup {
        all.extend(["limit", "memory"]);
    }
    all
}

/// The cells of a row that was timed.
fn cells(record: &Record, row: &Row) -> Vec<String> {
    let time = |seconds: f64| duration(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let or_dash = |text: Option<String>| text.unwrap_or("-".into());
    let reach = row.host.as_ref().filter(|figure| figure.median_s > 0.0).map(|figure| {
        let below = 1.0 - figure.low_s / figure.median_s;
        let above = figure.high_s / figure.median_s - 1.0;
        format!("-{:.0}% +{:.0}%", below * 100.0, above * 100.0)
    });
    let mut all = vec![named(row), or_dash(row.median_s().map(time)), or_dash(reach)];
    if row.suite.times_each() {
        let of = |value: fn(&crate::figure::Latency) -> f64| {
            or_dash(row.latency.as_ref().map(|latency| time(value(latency))))
        };
        all.extend([of(|l| l.p50_s), of(|l| l.p90_s), of(|l| l.p99_s)]);
    }
    if has_gpus(record) {
        all.push(or_dash(row.device.as_ref().map(|figure| time(figure.median_s))));
    }
    if row.suite != Suite::Startup {
        all.push(or_dash(row.particle_steps_per_s().map(rate)));
    }
    all.push(or_dash(row.ratio.map(|ratio| format!("{ratio:.2}"))));
    if row.suite != Suite::Startup {
        let above = if is_above_limit(row) { "^" } else { "" };
        let share = row.limit.as_ref();
        let share = share.map(|limit| format!("{:.0}%{above}", limit.share * 100.0));
        all.push(or_dash(share));
        let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
        all.push(or_dash(row.memory_bytes.map(mib)));
    }
    all
}

fn has_gpus(record: &Record) -> bool {
    record.rows.iter().any(|row| row.contender.is_gpu())
}

/// What speaks against the figures, a line each.
pub fn doubts(record: &Record) -> Vec<String> {
    let load = record.machine.load.filter(|load| *load > 0.5);
    let load = load
        .map(|load| format!("before this began, {load:.1} threads of others were at work (load)"));
    load.into_iter().chain(cautions(&record.rows)).collect()
}

/// What is wrong, missing or uncertain, a line each.
pub fn remarks(record: &Record) -> Vec<String> {
    let machine = &record.machine;
    let mut all = Vec::new();
    if !machine.optimised {
        all.push("this program was built without optimisation: add --release".to_owned());
    }
    if machine.is_virtual() {
        all.push("a GPU here is no GPU but a program: its figures mean nothing".to_owned());
    }
    all.extend(doubts(record));
    let bad = |row: &&Row| matches!(row.status, Status::Wrong | Status::Failed);
    for row in record.rows.iter().filter(bad) {
        all.push(format!("{}, {}, {}: {}", row.suite.name(), row.case, row.name, untimed(row)));
    }
    let skipped = record.rows.iter().filter(|row| row.status == Status::Skipped).count();
    if skipped > 0 {
        let patience = record.sampling.patience_s;
        let (were, their) = if skipped == 1 { ("was", "its") } else { ("were", "their") };
        all.push(format!(
            "{} {were} not timed, as {their} samples would take longer than {patience} s (--patience)",
            count(skipped as u64, "row")
        ));
    }
    for About { name, does, absence } in &record.peers {
        let does = does.as_ref().map(|does| format!("{name}: {does}"));
        let absence = absence.as_ref().map(|absence| format!("no {name}: {absence}"));
        all.extend(does.into_iter().chain(absence));
    }
    if record.interrupted {
        all.push("interrupted: these are the cases finished by then".to_owned());
    }
    all
}

/// Why a row has no figures.
fn untimed(row: &Row) -> String {
    let word = match row.status {
        Status::Wrong => "WRONG",
        Status::Failed => "FAILED",
        Status::Skipped | Status::Timed => "not timed",
    };
    format!("{word}: {}", row.reason.as_deref().unwrap_or("unknown"))
}

/// The multiply-adds, a line for each set of instructions.
fn peaks(record: &Record) -> Vec<String> {
    let line = |peak: &crate::peak::Peak| {
        let name = Contender::Cpu { simd: peak.simd, threads: peak.threads }.to_string();
        let (issued, flops) = (peak.instructions_per_s, peak.flops() / 1e9);
        let digits = if flops < 10.0 { 2 } else { 0 };
        format!("{name:12} {issued:.2e} multiply-adds/s, {flops:.digits$} GFLOP/s")
    };
    record.peaks.iter().filter(|peak| peak.instructions_per_s > 0.0).map(line).collect()
}

/// Machine and version in a line, for below the titles of plots.
pub fn setting(record: &Record) -> String {
    let machine = &record.machine;
    let cpu = machine.cpu.as_deref().unwrap_or("unknown CPU");
    let gpus = machine.racing_gpus().into_iter().map(|gpu| format!(", {}", gpu.name));
    let threads = count(machine.threads as u64, "thread");
    let extent = match record.extent {
        crate::suites::Extent::Tiny => " · tiny: the figures mean nothing",
        _ => "",
    };
    format!(
        "{cpu}, {threads}{} · particle-pilot {}{extent}",
        gpus.collect::<String>(),
        record.version
    )
}

/// What precedes the tables.
fn heading(record: &Record) -> String {
    let samples = record.sampling.samples;
    let extent = match record.extent {
        crate::suites::Extent::Full => String::new(),
        crate::suites::Extent::Quick => ", quick: few, for a first impression".into(),
        crate::suites::Extent::Tiny => ", tiny: the figures mean nothing".into(),
    };
    let mut text = format!("{}samples    {samples} of each row{extent}\n", record.machine.lines());
    let doubtful = record.rows.iter().filter(|row| !row.doubts.is_empty()).count();
    if doubtful > 0 {
        let of = count(record.rows.len() as u64, "row");
        text += &format!("caution    {doubtful} of {of} to be doubted (~ ! ^), see the notes\n");
    }
    text
}
