//! Pictures of a record: throughput, latency, and what more threads bring.

mod axis;
mod chart;
mod ladder;
mod pen;

use anyhow::Result;

use self::axis::{Axis, power, time};
use self::chart::{Chart, Line, Panel};
use self::ladder::{Ladder, Rungs};
use self::pen::Look;
use crate::contender::Contender;
use crate::record::{Record, Row};
use crate::report::{cases, setting};
use crate::shared::picture::{Picture, svg};
use crate::suites::Suite;

/// Decades that a line's name may be away from what it stands for.
const ROOM: f64 = 1.6;

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
    Percentiles(Ladder),
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
            Self::Percentiles(ladder) => svg(ladder),
        }
    }

    pub fn to_file(&self, picture: Picture) -> Result<()> {
        match self {
            Self::Lines(chart) => picture.draw(chart),
            Self::Percentiles(ladder) => picture.draw(ladder),
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

/// Axes around the lines.
fn panel(x: (&str, fn(f64) -> String), y_title: String, lines: Vec<Line>) -> Panel {
    let points = || lines.iter().flat_map(|line| line.points.iter());
    Panel {
        y_title,
        x_title: x.0.into(),
        x: Axis::around(points().map(|(x, _)| *x), ROOM, x.1),
        y: Axis::around(points().map(|(_, y)| *y), ROOM, power),
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
    (!panels.is_empty()).then(|| Chart {
        title: "Throughput of one decision, random-shooting".into(),
        subtitle: setting(record),
        panels,
    })
}

/// What a contender reached and, where that is known, what it could reach.
fn lines_of(rows: &[&Row], name: &str, look: Look) -> Vec<Line> {
    let rows = || rows.iter().filter(|row| row.name == name);
    let reached = rows().filter_map(|row| Some((size_of(row)?.0, row.particle_steps_per_s()?)));
    let limit =
        rows().filter_map(|row| Some((size_of(row)?.0, row.limit.as_ref()?.particle_steps_per_s)));
    let line = |name: String, look, points| Line { name, look, points, notes: Vec::new() };
    [
        line(name.to_owned(), look, reached.collect()),
        line(format!("limit, {name}"), look.limit(), limit.collect()),
    ]
    .into_iter()
    .filter(|line| !line.points.is_empty())
    .collect()
}

fn latency(record: &Record) -> Option<Ladder> {
    let rungs = |rows: &[Row]| {
        let rows = rows.iter().filter_map(|row| Some((row.name.clone(), row.latency.clone()?)));
        rows.collect::<Vec<_>>()
    };
    let all = cases(record, Suite::Latency).into_iter();
    let all = all.map(|rows| Rungs {
        name: rows.first().map_or(String::new(), |row| row.case.clone()),
        rows: rungs(rows),
    });
    let cases: Vec<Rungs> = all.filter(|case| !case.rows.is_empty()).collect();
    let times = cases.iter().flat_map(|case| &case.rows);
    let times = times.flat_map(|(_, latency)| [latency.p50_s, latency.most_s]);
    let axis = Axis::around(times, 1.3, time);
    let (title, subtitle) = ("Latency of one decision".into(), setting(record));
    (!cases.is_empty()).then_some(Ladder { title, subtitle, axis, cases })
}

fn scaling(record: &Record) -> Option<Chart> {
    let of = |row: &Row| match row.contender {
        Contender::Cpu { threads, .. } => Some((threads as f64, row.particle_steps_per_s()?)),
        Contender::Gpus(_) | Contender::Peer(_) => None,
    };
    let is_ours = |row: &&Row| row.suite == Suite::Scaling && row.case == "threads";
    let rows: Vec<&Row> = record.rows.iter().filter(is_ours).collect();
    let points: Vec<(f64, f64)> = rows.iter().filter_map(|row| of(row)).collect();
    let (threads, rate) = *points.first()?;
    let ideal = points.iter().map(|(count, _)| (*count, rate / threads * count)).collect();
    let notes = points.iter().map(|(_, reached)| format!("× {:.2}", reached / rate)).collect();
    let ticks = points.iter().map(|(count, _)| (*count, count.to_string())).collect();
    let lines = vec![
        Line { name: "ideal".into(), look: Look::IDEAL, points: ideal, notes: Vec::new() },
        Line { name: record.machine.simd.to_string(), look: Look::of(0), points, notes },
    ];
    let y_title = "particle-steps per second, and how many times one thread's".into();
    let mut panel = panel(("threads", power), y_title, lines);
    panel.x.ticks = ticks;
    Some(Chart {
        title: "What more threads bring".into(),
        subtitle: format!("{}; {}", rows.first()?.about, setting(record)),
        panels: vec![panel],
    })
}
