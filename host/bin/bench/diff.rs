//! `bench diff`: has anything become slower?

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use crate::judge::marks_of;
use crate::load;
use crate::options::DiffOptions;
use crate::record::{Record, Row, Status};
use crate::report;
use crate::shared::outcome::Outcome;
use crate::shared::output::{print, say};
use crate::shared::text::duration;
use crate::shared::usage::usage;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// Slower than noise explains.
    Slower,
    Faster,
    /// Within the noise, or the threshold.
    Same,
    /// It was timed before, and now is wrong or fails.
    Broken,
    /// Both records have it, neither has figures.
    Untimed,
    /// Both records have it, but only one has figures.
    TimedOnce,
    /// Only one record has it.
    Alone,
}

impl Change {
    /// All, with what is said of so many rows.
    const ALL: [(Self, &str); 7] = [
        (Self::Slower, "slower"),
        (Self::Broken, "broken"),
        (Self::Faster, "faster"),
        (Self::Same, "the same"),
        (Self::Untimed, "timed in neither"),
        (Self::TimedOnce, "timed in one record only"),
        (Self::Alone, "in one record only"),
    ];

    fn is_worse(self) -> bool {
        matches!(self, Self::Slower | Self::Broken)
    }
}

pub fn run(options: &DiffOptions) -> Result<Outcome> {
    if !(options.threshold >= 0.0 && options.threshold.is_finite()) {
        let given = options.threshold;
        return Err(usage(format!("--threshold is {given}; it must be 0 or more, in percent")));
    }
    if [&options.before, &options.after].iter().all(|path| **path == Path::new("-")) {
        return Err(usage("only one of the two records can come from standard input"));
    }
    let (before, after) = (load::read(&options.before)?, load::read(&options.after)?);
    for remark in differing_terms(&before, &after) {
        say(&format!("warning: {remark}"));
    }
    let (text, worse) = compare(&before, &after, options.threshold / 100.0);
    print(&text)?;
    Ok(Outcome::of(false, worse == 0))
}

/// Why the records may differ for other reasons than the program.
fn differing_terms(before: &Record, after: &Record) -> Vec<String> {
    let mut all = Vec::new();
    if !before.machine.is_like(&after.machine) {
        all.push("the records are of different machines: differences may be theirs".to_owned());
    }
    if before.machine.optimised != after.machine.optimised {
        all.push("one record is of a program built without optimisation".to_owned());
    }
    for (name, record) in [("first", before), ("second", after)] {
        for remark in report::doubts(record) {
            all.push(format!("the {name} record: {remark}"));
        }
    }
    all
}

/// The table, and how many rows are worse.
pub fn compare(before: &Record, after: &Record, threshold: f64) -> (String, usize) {
    let mut text = String::new();
    let columns = ("suite, case, contender", "before", "after", "change");
    let _ = writeln!(text, "{:60} {:>11} {:>11} {:>8}", columns.0, columns.1, columns.2, columns.3);
    let mut changes = Vec::new();
    for row in &before.rows {
        let new = after.rows.iter().find(|other| key(other) == key(row));
        let change = change(row, new, threshold);
        changes.push(change);
        if change.is_worse() || matches!(change, Change::Faster | Change::Same) {
            let _ = writeln!(text, "{}", line(row, new, change));
        }
    }
    let is_new = |row: &&Row| before.rows.iter().all(|other| key(other) != key(row));
    changes.extend(after.rows.iter().filter(is_new).map(|_| Change::Alone));
    text += &summary(&changes, threshold);
    (text, changes.iter().filter(|change| change.is_worse()).count())
}

/// How many rows became what. What is rare is told only where there is any.
fn summary(changes: &[Change], threshold: f64) -> String {
    let mut parts = Vec::new();
    for (kind, words) in Change::ALL {
        let number = changes.iter().filter(|change| **change == kind).count();
        let is_usual = matches!(kind, Change::Slower | Change::Faster | Change::Same);
        if is_usual || number > 0 {
            parts.push(format!("{number} {words}"));
        }
    }
    let percent = threshold * 100.0;
    format!("{}\nthe same: within their confidence intervals, or {percent}%\n", parts.join(", "))
}

fn key(row: &Row) -> (&str, &str, &str, &str) {
    (row.suite.name(), &row.case, &row.about, &row.name)
}

/// A change is one if the confidence intervals lie apart and the medians by more than `threshold`.
fn change(before: &Row, after: Option<&Row>, threshold: f64) -> Change {
    let Some(after) = after else { return Change::Alone };
    let (old, new) = match (&before.host, &after.host) {
        (Some(old), Some(new)) => (old, new),
        (Some(_), None) if matches!(after.status, Status::Wrong | Status::Failed) => {
            return Change::Broken;
        }
        (None, None) => return Change::Untimed,
        _ => return Change::TimedOnce,
    };
    if new.low_s > old.high_s && new.median_s > old.median_s * (1.0 + threshold) {
        Change::Slower
    } else if new.high_s < old.low_s && new.median_s * (1.0 + threshold) < old.median_s {
        Change::Faster
    } else {
        Change::Same
    }
}

fn line(before: &Row, after: Option<&Row>, change: Change) -> String {
    let (suite, case, _, contender) = key(before);
    let rows: Vec<&Row> = after.into_iter().chain([before]).collect();
    let name = format!("{suite}, {case}, {contender} {}", marks_of(&rows));
    let times = (before.median_s(), after.and_then(Row::median_s));
    let time = |seconds: f64| duration(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let shown = |seconds: Option<f64>| seconds.map_or("-".into(), time);
    let percent = match times {
        (Some(old), Some(new)) if old > 0.0 => format!("{:+.1}%", (new / old - 1.0) * 100.0),
        _ => "-".into(),
    };
    let word = match change {
        Change::Slower => "SLOWER",
        Change::Broken => "BROKEN",
        Change::Faster => "faster",
        _ => "",
    };
    let line =
        format!("{name:60} {:>11} {:>11} {percent:>8}  {word}", shown(times.0), shown(times.1));
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::Contender;
    use crate::figure::Figure;
    use crate::suites::{Case, Suite};
    use crate::work::Work;

    /// A row whose samples lie so many percent around `median`.
    fn row(median: f64, percent: f64) -> Row {
        let case = Case {
            suite: Suite::Throughput,
            name: "case".into(),
            work: Work::Start(None),
            contenders: Vec::new(),
        };
        let mut row = Row::new(&case, &Contender::gpu(0));
        row.host = Some(Figure::around(median, percent));
        row
    }

    #[test]
    fn what_is_slower_beyond_noise_and_threshold_is_slower() {
        let of = |old: &Row, new: &Row| change(old, Some(new), 0.05);
        assert_eq!(of(&row(1.0, 1.0), &row(1.2, 1.0)), Change::Slower);
        assert_eq!(of(&row(1.2, 1.0), &row(1.0, 1.0)), Change::Faster);
        assert_eq!(of(&row(1.0, 1.0), &row(1.03, 1.0)), Change::Same); // less than the threshold
        assert_eq!(of(&row(1.0, 90.0), &row(1.2, 90.0)), Change::Same); // noise
    }

    #[test]
    fn what_no_longer_works_is_broken_and_what_was_not_timed_is_no_change() {
        let old = row(1.0, 1.0);
        let mut wrong = Row { host: None, ..old.clone() };
        wrong.mark_wrong("other bits".into());
        assert_eq!(change(&old, Some(&wrong), 0.05), Change::Broken);
        let skipped = Row { host: None, status: Status::Skipped, ..old.clone() };
        assert_eq!(change(&old, Some(&skipped), 0.05), Change::TimedOnce);
        assert_eq!(change(&skipped, Some(&old), 0.05), Change::TimedOnce);
        assert_eq!(change(&skipped, Some(&skipped), 0.05), Change::Untimed);
        assert_eq!(change(&wrong, Some(&wrong), 0.05), Change::Untimed);
        assert_eq!(change(&old, None, 0.05), Change::Alone);
        assert_eq!(change(&skipped, None, 0.05), Change::Alone);
    }

    #[test]
    fn every_row_is_counted_as_what_it_is() {
        let all = Change::ALL.map(|(change, _)| change);
        assert_eq!(
            summary(&all, 0.05).lines().next(),
            Some(
                "1 slower, 1 broken, 1 faster, 1 the same, 1 timed in neither, 1 timed in one record only, \
                 1 in one record only"
            )
        );
        let few = summary(&[Change::Same, Change::Same], 0.05);
        assert!(few.starts_with("0 slower, 0 faster, 2 the same\n"), "{few}");
    }
}
