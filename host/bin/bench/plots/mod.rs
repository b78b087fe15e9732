//! Pictures of a record: throughput, latency, and what more threads bring.

mod axis;
mod canvas;
mod chart;
mod percentiles;

use anyhow::Result;

use self::axis::{Axis, power, time};
use self::canvas::Look;
use self::chart::{Chart, Head, Line, Panel, Point};
use self::percentiles::{CaseRows, PercentileRow, Percentiles};
use crate::contender::Contender;
use crate::doubt::Doubt;
use crate::judge::{is_by_threads, marks, named};
use crate::record::{Record, Row};
use crate::report::{cases, setting};
use crate::shared::picture::{Picture, svg};
use crate::suites::Suite;

/// Decades that a line's name may be away from what it stands for.
const ROOM: f64 = 1.6;

/// What is drawn around points.
const BARS: Option<&str> = Some("bars: 95% confidence intervals");

/// What there are pictures of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plot {
    Throughput,
    Latency,
    Scaling,
}

/// A picture that can be drawn.
pub enum Drawn {
    Lines(Chart),
    Percentiles(Percentiles),
}

impl Plot {
    pub const ALL: [Self; 3] = [Self::Throughput, Self::Latency, Self::Scaling];

    /// Its files' name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Latency => "latency",
            Self::Scaling => "scaling",
        }
    }

    /// What it shows, for those who cannot see it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Throughput => "Particle-steps per second against particles, a line per contender",
            Self::Latency => "Percentiles of single decisions, for each planner and contender",
            Self::Scaling => "Particle-steps per second against threads, with the ideal",
        }
    }

    /// The picture; none where nothing of it was timed.
    pub fn of(self, record: &Record) -> Option<Drawn> {
        match self {
            Self::Throughput => throughput(record).map(Drawn::Lines),
            Self::Latency => latency(record).map(Drawn::Percentiles),
            Self::Scaling => scaling(record).map(Drawn::Lines),
        }
    }
}

impl Drawn {
    pub fn svg(&self) -> Result<String> {
        match self {
            Self::Lines(chart) => svg(chart),
            Self::Percentiles(percentiles) => svg(percentiles),
        }
    }

    pub fn to_file(&self, picture: Picture) -> Result<()> {
        match self {
            Self::Lines(chart) => picture.draw(chart),
            Self::Percentiles(percentiles) => picture.draw(percentiles),
        }
    }
}

/// Particles and steps of a case of the suite `throughput`, by its name.
fn size_of(row: &Row) -> Option<(f64, u32)> {
    let (particles, horizon) = row.case.split_once(" x ")?;
    Some((particles.parse().ok()?, horizon.parse().ok()?))
}

/// Each once, in the order of their first appearance.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

/// What stands above a picture of rows, some of which may be marked.
fn head<'a>(
    record: &Record,
    title: &str,
    subtitle: String,
    bars: Option<&str>,
    rows: impl Iterator<Item = &'a Row>,
) -> Head {
    let rows: Vec<&Row> = rows.collect();
    let met = |doubt: &Doubt| rows.iter().any(|row| row.doubts.contains(doubt));
    let found = Doubt::ALL.into_iter().filter(met);
    let found = found.map(|doubt| format!("{} {}", doubt.mark(), doubt.in_short()));
    let hints: Vec<String> = bars.map(str::to_owned).into_iter().chain(found).collect();
    let subtitle = if subtitle.is_empty() {
        setting(record)
    } else {
        format!("{subtitle}; {}", setting(record))
    };
    Head { title: title.into(), subtitle, hint: hints.join(" · ") }
}

/// What a row reached at `x`, with its interval.
fn reached(row: &Row, x: f64) -> Option<Point> {
    let y = row.particle_steps_per_s()?;
    let steps = row.particle_steps? as f64;
    let host = row.host.as_ref()?;
    let at = |seconds: f64| if seconds > 0.0 { steps / seconds } else { y };
    let interval = Some((at(host.high_s), at(host.low_s)));
    Some(Point { x, y, interval, marks: marks(row) })
}

/// Axes around the lines.
fn panel(x: (&str, fn(f64) -> String), y_title: String, lines: Vec<Line>) -> Panel {
    let points = || lines.iter().flat_map(|line| line.points.iter());
    Panel {
        y_title,
        x_title: x.0.into(),
        x: Axis::around(points().map(|point| point.x), ROOM, x.1),
        y: Axis::around(points().flat_map(Point::heights), ROOM, power),
        lines,
    }
}

fn throughput(record: &Record) -> Option<Chart> {
    let rows = record.rows.iter().filter(|row| row.suite == Suite::Throughput);
    let rows: Vec<&Row> = rows.filter(|row| row.particle_steps_per_s().is_some()).collect();
    let names = distinct(rows.iter().map(|row| row.name.as_str()));
    let horizons = distinct(rows.iter().filter_map(|row| Some(size_of(row)?.1)));
    let panels = horizons.into_iter().map(|horizon| {
        let ours = rows.iter().copied().filter(|row| size_of(row).is_some_and(|s| s.1 == horizon));
        let ours: Vec<&Row> = ours.collect();
        let lines = names
            .iter()
            .enumerate()
            .flat_map(|(number, name)| lines_of(&ours, name, Look::of(number)));
        let y_title = format!("particle-steps per second, {horizon} steps ahead");
        panel(("particles", power), y_title, lines.collect())
    });
    let panels: Vec<Panel> = panels.collect();
    let title = "Throughput of one decision, random-shooting";
    (!panels.is_empty()).then(|| Chart {
        head: head(record, title, String::new(), BARS, rows.iter().copied()),
        panels,
    })
}

/// What a contender reached and, where that is known, what it could reach.
fn lines_of(rows: &[&Row], name: &str, look: Look) -> Vec<Line> {
    let rows = || rows.iter().filter(|row| row.name == name);
    let points = rows().filter_map(|row| reached(row, size_of(row)?.0));
    let limit = rows().filter_map(|row| {
        Some(Point::at(size_of(row)?.0, row.limit.as_ref()?.particle_steps_per_s))
    });
    let line = |name: String, look, points| Line { name, look, points, notes: Vec::new() };
    [
        line(name.to_owned(), look, points.collect()),
        line(format!("limit, {name}"), look.limit(), limit.collect()),
    ]
    .into_iter()
    .filter(|line| !line.points.is_empty())
    .collect()
}

fn latency(record: &Record) -> Option<Percentiles> {
    let rungs = |rows: &[Row]| {
        let row = |row: &Row| {
            let host = row.host.as_ref()?;
            let (latency, interval) = (row.latency.clone()?, (host.low_s, host.high_s));
            Some(PercentileRow { name: named(row), latency, interval })
        };
        rows.iter().filter_map(row).collect::<Vec<_>>()
    };
    let all = cases(record, Suite::Latency).into_iter();
    let all = all.map(|rows| CaseRows {
        name: rows.first().map_or(String::new(), |row| row.case.clone()),
        rows: rungs(rows),
    });
    let cases: Vec<CaseRows> = all.filter(|case| !case.rows.is_empty()).collect();
    let times = cases.iter().flat_map(|case| &case.rows);
    let axis = Axis::around(times.flat_map(PercentileRow::times), 1.3, time);
    let timed = record.rows.iter().filter(|row| row.latency.is_some());
    let head = head(record, "Latency of one decision", String::new(), None, timed);
    (!cases.is_empty()).then_some(Percentiles { head, axis, cases })
}

fn scaling(record: &Record) -> Option<Chart> {
    let of = |row: &Row| match row.contender {
        Contender::Cpu { threads, .. } => reached(row, threads as f64),
        Contender::Gpus(_) | Contender::Peer(_) => None,
    };
    let rows: Vec<&Row> = record.rows.iter().filter(|row| is_by_threads(row)).collect();
    let points: Vec<Point> = rows.iter().filter_map(|row| of(row)).collect();
    let (threads, rate) = points.first().map(|first| (first.x, first.y))?;
    let ideal = points.iter().map(|point| Point::at(point.x, rate / threads * point.x)).collect();
    let notes = points.iter().map(|point| format!("× {:.2}", point.y / rate)).collect();
    let ticks = points.iter().map(|point| (point.x, point.x.to_string())).collect();
    let lines = vec![
        Line { name: "ideal".into(), look: Look::IDEAL, points: ideal, notes: Vec::new() },
        Line { name: record.machine.simd.to_string(), look: Look::of(0), points, notes },
    ];
    let y_title = "particle-steps per second, and how many times one thread's".into();
    let mut panel = panel(("threads", power), y_title, lines);
    panel.x.ticks = ticks;
    let about = rows.first()?.about.clone();
    let head = head(record, "What more threads bring", about, BARS, rows.into_iter());
    Some(Chart { head, panels: vec![panel] })
}
