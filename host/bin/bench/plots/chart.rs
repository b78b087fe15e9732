//! Lines over logarithmic axes, in panels one below the other.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::axis::Axis;
use super::canvas::{Canvas, Look, Place};
use crate::shared::picture::{Area, Drawing, Fault, GREY, GRID, INK};

pub const WIDTH: f64 = 1000.0;
/// Room for the title and what is below it.
pub const HEAD: f64 = 92.0;
pub const LEFT: f64 = 70.0;
/// Room for the names of lines.
const RIGHT: f64 = 226.0;
/// Above and below the axes of a panel, and between them.
const ABOVE: f64 = 34.0;
const BELOW: f64 = 62.0;
const PLOT: f64 = 300.0;
/// From one name to the next.
const SPACING: f64 = 21.0;
pub const LABEL: u32 = 14;

/// Panels under a title.
pub struct Chart {
    pub head: Head,
    pub panels: Vec<Panel>,
}

/// What stands above a picture.
pub struct Head {
    pub title: String,
    pub subtitle: String,
    /// How to read it.
    pub hint: String,
}

/// Axes and lines.
pub struct Panel {
    /// What the vertical axis shows, with its unit.
    pub y_title: String,
    pub x_title: String,
    pub x: Axis,
    pub y: Axis,
    pub lines: Vec<Line>,
}

/// A line and its name.
pub struct Line {
    pub name: String,
    pub look: Look,
    pub points: Vec<Point>,
    /// What stands below the points; may be fewer.
    pub notes: Vec<String>,
}

/// A place on a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
    /// Where the confidence interval of `y` begins and ends.
    pub interval: Option<(f64, f64)>,
    /// What is to be doubted about it.
    pub marks: String,
}

impl Point {
    /// A place of which nothing is to be said.
    pub fn at(x: f64, y: f64) -> Self {
        Self { x, y, interval: None, marks: String::new() }
    }

    /// The heights that it takes.
    pub fn heights(&self) -> impl Iterator<Item = f64> {
        let (low, high) = self.interval.unwrap_or((self.y, self.y));
        [low, self.y, high].into_iter()
    }
}

impl Drawing for Chart {
    fn size(&self) -> (u32, u32) {
        let height = HEAD + (ABOVE + PLOT + BELOW) * self.panels.len() as f64;
        (WIDTH as u32, height as u32)
    }

    fn draw<DB: DrawingBackend>(&self, root: &Area<DB>, scale: u32) -> Result<(), Fault<DB>> {
        let canvas = Canvas { area: root, scale };
        self.head.draw(&canvas)?;
        let mut top = HEAD + ABOVE;
        for panel in &self.panels {
            panel.frame(&canvas, top)?;
            panel.lines(&canvas, top)?;
            panel.names(&canvas, top)?;
            top += PLOT + BELOW + ABOVE;
        }
        Ok(())
    }
}

impl Head {
    pub fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<(), Fault<DB>> {
        canvas.text(&self.title, (20.0, 28.0), 22, INK, HPos::Left)?;
        canvas.text(&self.subtitle, (20.0, 54.0), LABEL, GREY, HPos::Left)?;
        canvas.text(&self.hint, (20.0, 76.0), LABEL, GREY, HPos::Left)
    }
}

impl Panel {
    fn place(&self, top: f64, (x, y): (f64, f64)) -> Place {
        let width = WIDTH - LEFT - RIGHT;
        (LEFT + self.x.share(x) * width, top + (1.0 - self.y.share(y)) * PLOT)
    }

    fn frame<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, top: f64) -> Result<(), Fault<DB>> {
        let (right, bottom) = (WIDTH - RIGHT, top + PLOT);
        for (value, name) in &self.x.ticks {
            let (x, _) = self.place(top, (*value, self.y.low));
            canvas.line(&[(x, top), (x, bottom)], GRID, 1, None)?;
            canvas.text(name, (x, bottom + 15.0), LABEL, INK, HPos::Center)?;
        }
        for (value, name) in &self.y.ticks {
            let (_, y) = self.place(top, (self.x.low, *value));
            canvas.line(&[(LEFT, y), (right, y)], GRID, 1, None)?;
            canvas.text(name, (LEFT - 8.0, y), LABEL, INK, HPos::Right)?;
        }
        canvas.line(&[(LEFT, top), (LEFT, bottom), (right, bottom)], GREY, 1, None)?;
        canvas.text(&self.y_title, (20.0, top - 20.0), 15, INK, HPos::Left)?;
        canvas.text(&self.x_title, ((LEFT + right) / 2.0, bottom + 38.0), LABEL, INK, HPos::Center)
    }

    fn lines<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, top: f64) -> Result<(), Fault<DB>> {
        for line in &self.lines {
            let colour = line.look.colour;
            let places: Vec<_> =
                line.points.iter().map(|point| self.place(top, (point.x, point.y))).collect();
            canvas.line(&places, colour, 2, line.look.dash)?;
            for (place, point) in places.iter().zip(&line.points) {
                if let Some((low, high)) = point.interval {
                    let height = |y| self.place(top, (point.x, y)).1;
                    canvas.interval(place.0, height(low), height(high), colour)?;
                }
                line.look.mark.map_or(Ok(()), |mark| canvas.mark(*place, mark, colour))?;
                let beside = (place.0 + 7.0, place.1 - 11.0);
                canvas.text(&point.marks, beside, LABEL, colour, HPos::Left)?;
            }
            for ((x, y), note) in places.iter().zip(&line.notes) {
                canvas.text(note, (x + 8.0, y + 14.0), LABEL, line.look.colour, HPos::Left)?;
            }
        }
        Ok(())
    }

    /// Each line's name beside the plot, as high as the line ends, where that leaves room.
    fn names<DB: DrawingBackend>(&self, canvas: &Canvas<DB>, top: f64) -> Result<(), Fault<DB>> {
        let mut named: Vec<(f64, &Line)> = Vec::new();
        for line in &self.lines {
            let last = line.points.last().map_or((self.x.low, self.y.low), |last| (last.x, last.y));
            named.push((self.place(top, last).1, line));
        }
        named.sort_by(|a, b| a.0.total_cmp(&b.0));
        let wanted: Vec<f64> = named.iter().map(|(y, _)| *y).collect();
        for (y, (_, line)) in spread(&wanted, top, top + PLOT).into_iter().zip(named) {
            let x = WIDTH - RIGHT + 14.0;
            canvas.sample(line.look, (x + 20.0, y), 40.0)?;
            canvas.text(&line.name, (x + 46.0, y), LABEL, INK, HPos::Left)?;
        }
        Ok(())
    }
}

/// Heights as near to those `wanted`, which are sorted, as lets each have its room from `top` to `bottom`.
fn spread(wanted: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut heights = wanted.to_vec();
    let mut least = top;
    for height in &mut heights {
        *height = height.max(least);
        least = *height + SPACING;
    }
    let mut most = bottom.max(top + SPACING * wanted.len() as f64);
    for height in heights.iter_mut().rev() {
        *height = height.min(most);
        most = *height - SPACING;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_distance_and_stay_inside() {
        assert_eq!(spread(&[10.0, 100.0], 0.0, 200.0), [10.0, 100.0]);
        let heights = spread(&[50.0, 51.0, 195.0, 199.0], 0.0, 200.0);
        assert!(heights.windows(2).all(|pair| pair[1] - pair[0] >= SPACING));
        assert!(heights[0] >= 0.0 && heights[3] <= 200.0);
    }
}
