//! What the program reads from files, for whoever has their content and no file: a fuzzer, or a test.

use anyhow::Result;

use crate::{diff, load, plots, report};

/// Reads `bytes` as a record of `bench --json`, and returns it in every form that people read: tables, pictures, and
/// the comparison with itself.
///
/// # Errors
/// If it is no record, or a damaged one.
pub fn record(bytes: &[u8]) -> Result<String> {
    let record = load::parse(bytes)?;
    let mut text = report::table(&record) + &report::markdown(&record);
    text += &String::from_utf8_lossy(&report::csv(&record)?);
    for drawn in plots::Plot::ALL.iter().filter_map(|plot| plot.of(&record)) {
        text += &drawn.svg()?;
    }
    Ok(text + &diff::compare(&record, &record, 0.0).0)
}
