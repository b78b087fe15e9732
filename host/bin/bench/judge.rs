//! Which rows are to be doubted: said where the row stands, in every form of a record.

use crate::contender::Contender;
use crate::doubt::Doubt;
use crate::figure::{Figure, NOISY};
use crate::record::Row;
use crate::suites::Suite;

/// Others that used more of the machine than this disturb.
const BUSY: f64 = 0.10;
/// Shares of a limit up to here are shown as no more than 100%.
const WHOLE: f64 = 1.005;

/// The marks of a row, one after the other; empty where there is nothing to doubt.
pub fn marks(row: &Row) -> String {
    marks_of(&[row])
}

/// The marks that any of the rows has.
pub fn marks_of(rows: &[&Row]) -> String {
    let has = |doubt: &Doubt| rows.iter().any(|row| row.doubts.contains(doubt));
    Doubt::ALL.into_iter().filter(has).map(Doubt::mark).collect()
}

/// The row's contender with its marks.
pub fn named(row: &Row) -> String {
    format!("{} {}", row.name, marks(row)).trim_end().to_owned()
}

/// Notes in each row why it is to be doubted.
pub fn note(rows: &mut [Row]) {
    let one_thread = rows.iter().find(|row| is_by_threads(row)).and_then(rate_of_a_thread);
    for row in rows {
        let beats = |others: f64| rate_of_a_thread(row).is_some_and(|own| own > others);
        let beats_one_thread =
            is_by_threads(row) && one_thread.is_some_and(|reached| beats(reached * (1.0 + NOISY)));
        let doubts = [
            (Doubt::Scatters, row.host.as_ref().is_some_and(Figure::is_noisy)),
            (Doubt::Disturbed, row.others.is_some_and(|share| share > BUSY)),
            (Doubt::Impossible, is_above_limit(row) || beats_one_thread),
        ];
        row.doubts =
            doubts.into_iter().filter(|(_, holds)| *holds).map(|(doubt, _)| doubt).collect();
    }
}

/// Whether more than its limit was reached, as shown.
pub fn is_above_limit(row: &Row) -> bool {
    row.limit.as_ref().is_some_and(|limit| limit.share >= WHOLE)
}

/// Whether the row tells what more threads bring.
pub fn is_by_threads(row: &Row) -> bool {
    row.suite == Suite::Scaling && row.case == "threads"
}

/// Particle-steps a second, for each thread.
fn rate_of_a_thread(row: &Row) -> Option<f64> {
    let Contender::Cpu { threads, .. } = row.contender else { return None };
    Some(row.particle_steps_per_s()? / threads as f64)
}

/// What speaks against the figures of `rows`, a line each.
pub fn cautions(rows: &[Row]) -> Vec<String> {
    let timed = rows.iter().filter(|row| row.host.is_some()).count();
    let line = |doubt: Doubt| {
        let found: Vec<&Row> = rows.iter().filter(|row| row.doubts.contains(&doubt)).collect();
        let (number, mark) = (found.len(), doubt.mark());
        let most = |value: fn(&Row) -> Option<f64>| {
            found.iter().filter_map(|row| value(row)).fold(0.0, f64::max) * 100.0
        };
        let (which, is) = if number == 1 { ("row", "is") } else { ("rows", "are") };
        (number > 0).then(|| match doubt {
            Doubt::Scatters => {
                let (verb, percent) = (if number == 1 { "scatters" } else { "scatter" }, NOISY * 100.0);
                format!("{number} of {timed} rows {verb} by more than {percent:.0}% (marked {mark})")
            }
            Doubt::Disturbed => format!(
                "others used up to {:.0}% of this machine while {number} of {timed} rows were timed (marked {mark}): \
                 measure again when they have gone",
                most(|row| row.others)
            ),
            Doubt::Impossible => {
                let most = most(|row| row.limit.as_ref().map(|limit| limit.share));
                let share = if most > 100.0 { format!(", up to {most:.0}% of the limit") } else { String::new() };
                format!(
                    "{number} {which} {is} faster than can be{share} (marked {mark}): what the CPU can do, or what one \
                     thread does, was measured while others held it up; measure again on a quiet machine"
                )
            }
        })
    };
    Doubt::ALL.into_iter().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limit;
    use crate::suites::Case;
    use crate::work::Work;
    use particle_pilot::Simd;

    /// A row of so many threads whose samples lie so many percent around a median of `seconds`.
    fn row(threads: usize, seconds: f64, percent: f64) -> Row {
        let case = Case {
            suite: Suite::Scaling,
            name: "threads".into(),
            work: Work::Start(None),
            contenders: Vec::new(),
        };
        let mut row = Row::new(&case, &Contender::Cpu { simd: Simd::Avx2, threads });
        row.host = Some(Figure::around(seconds, percent));
        row.particle_steps = Some(1000);
        row
    }

    fn limited(share: f64) -> Row {
        let limit = Limit { particle_steps_per_s: 1.0, share, basis: String::new() };
        Row { limit: Some(limit), ..row(1, 1.0, 0.0) }
    }

    fn noted(mut rows: Vec<Row>) -> Vec<String> {
        note(&mut rows);
        rows.iter().map(marks).collect()
    }

    #[test]
    fn each_reason_has_its_mark() {
        assert_eq!(noted(vec![row(1, 1.0, 1.0)]), [""]);
        assert_eq!(noted(vec![row(1, 1.0, 90.0)]), ["~"]);
        let others = |share| Row { others: Some(share), ..row(1, 1.0, 0.0) };
        assert_eq!(noted(vec![others(0.05), others(0.4)]), ["", "!"]);
        assert_eq!(noted(vec![limited(1.0), limited(1.35)]), ["", "^"]);
    }

    #[test]
    fn two_threads_that_are_4_57_times_as_fast_as_one_are_impossible() {
        let rows = vec![row(1, 4.57, 0.0), row(2, 1.0, 0.0), row(3, 1.5, 0.0)];
        assert_eq!(noted(rows), ["", "^", ""]);
        // Caches may bring a little more than threads.
        assert_eq!(noted(vec![row(1, 2.1, 0.0), row(2, 1.0, 0.0)]), ["", ""]);
    }

    #[test]
    fn cautions_count_and_explain() {
        let mut rows = vec![row(1, 1.0, 90.0), Row { others: Some(0.4), ..limited(1.35) }];
        note(&mut rows);
        let [scatter, others, above] = &cautions(&rows)[..] else { panic!("{rows:?}") };
        assert_eq!(scatter, "1 of 2 rows scatters by more than 10% (marked ~)");
        assert!(others.starts_with("others used up to 40% of this machine while 1 of 2 rows"));
        assert!(above.starts_with("1 row is faster than can be, up to 135% of the limit"));
        assert_eq!(cautions(&[row(1, 1.0, 1.0)]), [""; 0]);
    }
}
