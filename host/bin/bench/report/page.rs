//! A page for a browser that needs nothing but itself.

use std::fmt::Write;

use anyhow::Result;
use serde::Serialize;

use super::replay::Replay;
use super::{cases, cells, doubts, heading, headings, legend, peaks, remarks, setting, untimed};
use crate::judge::marks;
use crate::plots::Plot;
use crate::record::{Record, Row, Status, is_bad};
use crate::suites::Suite;

const TEMPLATE: &str = include_str!("page/template.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/replay.js");

/// What the page's script reads, and whoever wants the figures.
#[derive(Serialize)]
struct Data<'a> {
    record: &'a Record,
    episode: &'a Replay,
}

/// The whole page. Runs the episode that it shows.
pub fn page(record: &Record) -> Result<String> {
    let episode = Replay::record()?;
    let data = serde_json::to_string(&Data { record, episode: &episode })?;
    let plots = plots(record)?;
    Ok(fill(TEMPLATE, |name| match name {
        "style" => STYLE.into(),
        "script" => SCRIPT.into(),
        "setting" => escaped(&setting(record)),
        "alarm" => alarm(record) + &caution(record),
        "episode" => escaped(&episode.about()),
        "plots" => plots.clone(),
        "tables" => record.suites.iter().map(|suite| table(record, *suite)).collect(),
        "legend" => escaped(&legend()),
        "machine" => escaped(&machine(record)),
        "notes" => notes(record),
        "footer" => footer(record),
        "data" => inert(&data),
        _ => String::new(),
    }))
}

/// The template with its `{{names}}` replaced. What they are replaced with is not looked at again.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, after)) = after.split_once("}}") else { break };
        text += before;
        text += &value(name);
        rest = after;
    }
    text + rest
}

/// Text as it stands in HTML, in elements and in quoted attributes.
fn escaped(text: &str) -> String {
    let escape = |c| match c {
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '"' => "&quot;".into(),
        '\'' => "&#39;".into(),
        c => String::from(c),
    };
    text.chars().map(escape).collect()
}

/// JSON that no browser takes for markup: `<` stands in strings only, where it may be written so.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// The machine, and how much it can compute.
fn machine(record: &Record) -> String {
    let peaks = peaks(record).into_iter().map(|line| format!("peak       {line}\n"));
    heading(record) + &peaks.collect::<String>()
}

/// What must not be overlooked.
fn alarm(record: &Record) -> String {
    if !is_bad(&record.rows) {
        return String::new();
    }
    let bad = |row: &&Row| matches!(row.status, Status::Wrong | Status::Failed);
    let count = record.rows.iter().filter(bad).count();
    format!(
        "<p class=\"alarm\" role=\"alert\"><strong>{count} of {} rows gave wrong answers or failed.</strong> \
         They are marked in the tables, and listed with the notes.</p>",
        record.rows.len()
    )
}

/// What speaks against the figures.
fn caution(record: &Record) -> String {
    let lines = doubts(record);
    if lines.is_empty() {
        return String::new();
    }
    let items = lines.iter().map(|line| format!("<li>{}</li>", escaped(line)));
    let items = items.collect::<String>();
    format!(
        "<div class=\"caution\" role=\"note\"><strong>Read with care:</strong><ul>{items}</ul></div>"
    )
}

fn plots(record: &Record) -> Result<String> {
    let mut text = String::new();
    for plot in Plot::ALL {
        let Some(drawn) = plot.of(record) else {
            let _ = writeln!(text, "<p>No plot of {}: nothing of it was timed.</p>", plot.name());
            continue;
        };
        let svg = inline(&drawn.svg()?);
        let about = escaped(plot.about());
        let _ = writeln!(
            text,
            "<figure class=\"plot\" role=\"img\" aria-label=\"{about}\">{svg}</figure>"
        );
    }
    Ok(text)
}

/// An SVG as part of a page: as wide as there is room for, and without a namespace, which looks like an address.
fn inline(svg: &str) -> String {
    let Some((head, body)) = svg.split_once('>') else { return String::new() };
    let view = head.split_once("viewBox=\"").and_then(|(_, rest)| rest.split_once('"'));
    let view = view.map_or("", |(view, _)| view);
    format!("<svg viewBox=\"{view}\" aria-hidden=\"true\">{body}")
}

fn table(record: &Record, suite: Suite) -> String {
    let cases = cases(record, suite);
    if cases.is_empty() {
        return String::new();
    }
    let headings = headings(record, suite);
    let name = suite.name();
    let mut text = format!(
        "<h3 id=\"suite-{name}\">{name}</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
         aria-labelledby=\"suite-{name}\"><table><thead><tr>"
    );
    headings.iter().for_each(|heading| text += &format!("<th scope=\"col\">{heading}</th>"));
    text += "<th scope=\"col\">speed</th></tr></thead>\n<tbody>\n";
    let columns = headings.len() + 1;
    for rows in cases {
        let (case, about) = rows.first().map_or(("", ""), |row| (&row.case, &row.about));
        let (case, about) = (escaped(case), escaped(about));
        let _ = writeln!(
            text,
            "<tr class=\"case\"><th colspan=\"{columns}\" scope=\"colgroup\"><b>{case}</b> {about}</th></tr>"
        );
        let fastest = rows.iter().filter_map(Row::median_s).fold(f64::INFINITY, f64::min);
        rows.iter().for_each(|row| text += &line(record, row, fastest, columns));
    }
    text + "</tbody></table></div>\n"
}

/// A contender in a case of which the fastest took `fastest` seconds.
fn line(record: &Record, row: &Row, fastest: f64, columns: usize) -> String {
    let name = escaped(&row.name);
    let Some(median) = row.median_s() else {
        let bad = matches!(row.status, Status::Wrong | Status::Failed);
        let class = if bad { "untimed bad" } else { "untimed" };
        let (rest, reason) = (columns - 1, escaped(&untimed(row)));
        return format!(
            "<tr class=\"{class}\"><th scope=\"row\">{name}</th><td colspan=\"{rest}\">{reason}</td></tr>\n"
        );
    };
    let mut text = format!("<tr><th scope=\"row\">{name}{}</th>", marked(row));
    for cell in cells(record, row).iter().skip(1) {
        text += &format!("<td>{}</td>", escaped(cell));
    }
    let percent = (100.0 * fastest / median).clamp(0.0, 100.0);
    text + &format!("<td class=\"bar\"><i style=\"width:{percent:.1}%\"></i></td></tr>\n")
}

/// The marks of a row, and their meaning for whoever points at them.
fn marked(row: &Row) -> String {
    let about: Vec<&str> = row.doubts.iter().map(|doubt| doubt.about()).collect();
    let (marks, about) = (marks(row), about.join("; "));
    if marks.is_empty() {
        return marks;
    }
    format!(" <abbr title=\"{}\">{marks}</abbr>", escaped(&about))
}

fn notes(record: &Record) -> String {
    let list = |title: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return String::new();
        }
        let items = lines.iter().map(|line| format!("<li>{}</li>", escaped(line)));
        format!("<h3>{title}</h3>\n<ul>{}</ul>\n", items.collect::<String>())
    };
    let mut limits = Vec::new();
    for row in &record.rows {
        let basis = row.limit.as_ref().map(|limit| format!("{}: {}", row.name, limit.basis));
        limits.extend(basis.filter(|basis| !limits.contains(basis)));
    }
    list("What the limits follow from", limits) + &list("Notes", remarks(record))
}

fn footer(record: &Record) -> String {
    let Record { version, unix_time, sampling, .. } = record;
    let revision = record.machine.revision.as_deref().unwrap_or("unknown");
    let suites: Vec<&str> = record.suites.iter().map(|suite| suite.name()).collect();
    let date = date(*unix_time);
    format!(
        "particle-pilot {version}, revision {}, {}. Measured on <time>{date}</time> (UTC): {}; {} samples \
         of each row, patience {} s. The whole record is in this page as JSON, in the element <code>data</code>.",
        escaped(revision),
        escaped(&record.machine.compiler),
        suites.join(", "),
        sampling.samples,
        sampling.patience_s
    )
}

/// The day in UTC, as `2026-11-24`, by H. Hinnant's `civil_from_days` ("chrono-compatible low-level date algorithms").
fn date(unix_time: u64) -> String {
    let days = unix_time / 86_400 + 719_468; // since the first of March of year 0
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month < 3);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_embedded_becomes_markup() {
        assert_eq!(escaped("<a b=\"'&\">"), "&lt;a b=&quot;&#39;&amp;&quot;&gt;");
        assert_eq!(inert("{\"a\":\"</script>\"}"), "{\"a\":\"\\u003c/script>\"}");
        let filled = fill("<p>{{one}}</p>{{two}}", |name| format!("{name}{{{{one}}}}"));
        assert_eq!(filled, "<p>one{{one}}</p>two{{one}}");
    }

    #[test]
    fn the_template_asks_for_nothing_from_outside() {
        for text in [TEMPLATE, STYLE, SCRIPT] {
            assert!(!text.contains("http") && !text.contains("src=") && !text.contains("@import"));
        }
    }

    #[test]
    fn days_have_dates() {
        let known = [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_798_761_599, "2026-12-31")];
        known.into_iter().for_each(|(time, day)| assert_eq!(date(time), day));
    }

    #[test]
    fn a_drawing_keeps_its_proportions_in_a_page() {
        let svg = "<svg width=\"4\" height=\"2\" viewBox=\"0 0 4 2\" xmlns=\"x\">\n<a/></svg>";
        assert_eq!(inline(svg), "<svg viewBox=\"0 0 4 2\" aria-hidden=\"true\">\n<a/></svg>");
    }
}
