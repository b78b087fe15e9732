//! Tables for people, with a bar for each row.

use super::{cases, cells, heading, headings, legend, peaks, remarks, untimed};
use crate::record::{Record, Row};

/// Characters of the longest bar.
const BAR: f64 = 24.0;

/// The whole record.
pub fn table(record: &Record) -> String {
    let mut text = heading(record);
    peaks(record).iter().for_each(|line| text += &format!("limit      {line}\n"));
    for suite in &record.suites {
        let cases = cases(record, *suite);
        if cases.is_empty() {
            continue;
        }
        text += &format!("\n{}\n", suite.name());
        let headings: Vec<String> =
            headings(record, *suite).into_iter().map(str::to_owned).collect();
        let mut lines = vec![(headings, String::new())];
        for rows in cases {
            let about = rows.first().map_or("", |row| row.about.as_str());
            lines.push((Vec::new(), format!("{}: {about}", rows[0].case)));
            let fastest = rows.iter().filter_map(Row::median_s).fold(f64::INFINITY, f64::min);
            for row in rows {
                if let Some(median) = row.median_s() {
                    lines.push((cells(record, row), bar(fastest / median)));
                } else {
                    lines.push((vec![row.name.clone()], untimed(row)));
                }
            }
        }
        text += &align(&lines);
    }
    text += "\n";
    text += &legend();
    text += "\nbar: speed, as a share of the case's fastest.\n\n";
    remarks(record).iter().for_each(|remark| text += &format!("note: {remark}\n"));
    text
}

/// As long as the share says, and never nothing.
fn bar(share: f64) -> String {
    "#".repeat((share * BAR).round().clamp(1.0, BAR) as usize)
}

/// Lines of cells in columns, the first to the left and the others to the right, each with its end.
fn align(lines: &[(Vec<String>, String)]) -> String {
    let columns = lines.iter().map(|(cells, _)| cells.len()).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|(cells, _)| cells.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (cells, end) in lines {
        let mut line = String::new();
        for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            match column {
                0 => line += &format!("  {cell:width$}"),
                _ => line += &format!("  {cell:>width$}"),
            }
        }
        let gap = if cells.is_empty() { "" } else { "  " };
        text += format!("{line}{gap}{end}").trim_end();
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_columns_line_up() {
        assert_eq!((bar(1.0).len(), bar(0.5).len(), bar(1e-9).len()), (24, 12, 1));
        let cells = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect();
        let lines = [(cells(&["a", "12"]), "x".to_owned()), (cells(&["bc", "3"]), String::new())];
        assert_eq!(align(&lines), "  a   12  x\n  bc   3\n");
    }
}
