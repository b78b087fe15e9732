//! Percentiles of single runs: a row for each contender, on a common axis of time.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::canvas::{Canvas, Mark};
use super::chart::{HEAD, Head, LABEL, WIDTH};
use crate::figure::Latency;
use crate::shared::picture::{
    Area, BLUE, Drawing, Fault, GREEN, GREY, GRID, INK, PURPLE, RED, SKY,
};

const LEFT: f64 = 290.0;
const RIGHT: f64 = 40.0;
const LEGEND: f64 = 28.0;
const ROW: f64 = 23.0;
/// Between two cases.
const GAP: f64 = 13.0;
const AXIS: f64 = 58.0;

/// The marks of percentiles, from left to right.
const PERCENTILES: [(&str, Mark, RGBColor); 4] = [
    ("p50", Mark::Dot, BLUE),
    ("p90", Mark::Bar, GREEN),
    ("p99", Mark::Diamond, PURPLE),
    ("slowest", Mark::Cross, RED),
];

/// Cases, each with a row for each contender.
pub struct Percentiles {
    pub head: Head,
    pub axis: Axis,
    pub cases: Vec<CaseRows>,
}

/// A case's name and its contenders.
pub struct CaseRows {
    pub name: String,
    pub rows: Vec<PercentileRow>,
}

/// A contender's name, and what it took.
pub struct PercentileRow {
    pub name: String,
    pub latency: Latency,
    /// Where the confidence interval of the median of samples begins and ends.
    pub interval: (f64, f64),
}

impl PercentileRow {
    /// All times that are drawn.
    pub fn times(&self) -> [f64; 4] {
        [self.latency.p50_s, self.latency.most_s, self.interval.0, self.interval.1]
    }
}

impl Drawing for Percentiles {
    fn size(&self) -> (u32, u32) {
        (WIDTH as u32, (self.bottom() + AXIS) as u32)
    }

    fn draw<DB: DrawingBackend>(&self, root: &Area<DB>, scale: u32) -> Result<(), Fault<DB>> {
        let canvas = Canvas { area: root, scale };
        self.head.draw(&canvas)?;
        legend(&canvas)?;
        self.frame(&canvas)?;
        let mut y = HEAD + LEGEND + GAP;
        for (index, case) in self.cases.iter().enumerate() {
            if index > 0 {
                let between = y - GAP / 2.0;
                canvas.line(&[(20.0, between), (WIDTH - RIGHT, between)], GRID, 1, None)?;
            }
            canvas.text(&case.name, (20.0, y + ROW / 2.0), LABEL, INK, HPos::Left)?;
            for row in &case.rows {
                canvas.text(&row.name, (LEFT - 12.0, y + ROW / 2.0), 13, GREY, HPos::Right)?;
                self.row(&canvas, y + ROW / 2.0, row)?;
                y += ROW;
            }
            y += GAP;
        }
        Ok(())
    }
}

impl Percentiles {
    fn bottom(&self) -> f64 {
        let rows: usize = self.cases.iter().map(|case| case.rows.len()).sum();
        HEAD + LEGEND + GAP + ROW * rows as f64 + GAP * self.cases.len() as f64
    }

    fn x(&self, seconds: f64) -> f64 {
        LEFT + self.axis.share(seconds) * (WIDTH - LEFT - RIGHT)
    }

    fn frame<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<(), Fault<DB>> {
        let (top, bottom) = (HEAD + LEGEND, self.bottom());
        for (value, name) in &self.axis.ticks {
            let x = self.x(*value);
            canvas.line(&[(x, top), (x, bottom)], GRID, 1, None)?;
            canvas.text(name, (x, bottom + 15.0), LABEL, INK, HPos::Center)?;
        }
        canvas.line(&[(LEFT, bottom), (WIDTH - RIGHT, bottom)], GREY, 1, None)?;
        let middle = ((LEFT + WIDTH - RIGHT) / 2.0, bottom + 38.0);
        canvas.text("time of one decision", middle, LABEL, INK, HPos::Center)
    }

    fn row<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<DB>,
        y: f64,
        row: &PercentileRow,
    ) -> Result<(), Fault<DB>> {
        let PercentileRow { latency, interval: (low, high), .. } = row;
        band(canvas, (self.x(*low), self.x(*high)), y)?;
        let times = [latency.p50_s, latency.p90_s, latency.p99_s, latency.most_s];
        let times = times.map(|time| time.max(self.axis.low));
        canvas.line(&[(self.x(times[0]), y), (self.x(times[3]), y)], GREY, 1, None)?;
        // The most usual on top.
        for (time, (_, mark, colour)) in times.into_iter().zip(PERCENTILES).rev() {
            canvas.mark((self.x(time), y), mark, colour)?;
        }
        Ok(())
    }
}

/// An interval: never too short to be seen.
fn band<DB: DrawingBackend>(
    canvas: &Canvas<DB>,
    (from, to): (f64, f64),
    y: f64,
) -> Result<(), Fault<DB>> {
    canvas.line(&[(from - 1.0, y), (to.max(from) + 1.0, y)], SKY, 13, None)
}

fn legend<DB: DrawingBackend>(canvas: &Canvas<DB>) -> Result<(), Fault<DB>> {
    let mut x = LEFT + 6.0;
    for (name, mark, colour) in PERCENTILES {
        canvas.mark((x, HEAD + 10.0), mark, colour)?;
        canvas.text(name, (x + 12.0, HEAD + 10.0), LABEL, INK, HPos::Left)?;
        x += 86.0;
    }
    band(canvas, (x, x + 22.0), HEAD + 10.0)?;
    canvas.text("95% of the median of samples", (x + 32.0, HEAD + 10.0), LABEL, INK, HPos::Left)
}
