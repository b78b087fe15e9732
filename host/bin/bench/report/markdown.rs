//! Tables in Markdown, for records that are kept with text.

use super::{cases, cells, heading, headings, legend, peaks, remarks, untimed};
use crate::record::Record;

/// The whole record.
pub fn markdown(record: &Record) -> String {
    let mut text = format!("```text\n{}```\n", heading(record));
    for suite in &record.suites {
        let cases = cases(record, *suite);
        if cases.is_empty() {
            continue;
        }
        let headings = headings(record, *suite);
        text += &format!("\n## {}\n\n| case | {} |\n|---", suite.name(), headings.join(" | "));
        text += &"|---".repeat(headings.len());
        text += "|\n";
        for row in cases.into_iter().flatten() {
            let cells = match row.median_s() {
                Some(_) => cells(record, row).join(" | "),
                None => {
                    let rest = " | ".repeat(headings.len() - 2);
                    format!("{} | {}{rest}", row.name, untimed(row).replace('|', "\\|"))
                }
            };
            text += &format!("| {} | {cells} |\n", row.case);
        }
    }
    text += &format!("\n{}\n", legend().replace('\n', "  \n"));
    let notes: Vec<String> = peaks(record).into_iter().chain(remarks(record)).collect();
    if !notes.is_empty() {
        text += "\n";
    }
    notes.iter().for_each(|note| text += &format!("- {}\n", note.replace('|', "\\|")));
    text
}
