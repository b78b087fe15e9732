//! One panel of a plot: axes, curves and legend.

use std::ops::Range;

use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::shared::picture::{self, Area, FONT_NAME, Fault, GREY, GRID, INK, tick};

// In the drawing's units, which are the pixels in which an SVG is shown.
pub const WIDTH: u32 = 1000;
pub const HEAD: u32 = 76;
pub const PANEL: u32 = 184;
pub const TIME_AXIS: u32 = 48;
pub const LEFT: u32 = 76;
pub const RIGHT: u32 = 28;
pub const LABEL: u32 = 15;
const TICK: u32 = 5;

/// A line or dots, and its entry in the legend, which may be empty.
pub struct Curve {
    pub points: Vec<(f64, f64)>,
    pub style: Style,
    pub colour: RGBColor,
    pub name: String,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Style {
    Line,
    Thin,
    Dashed,
    Dots,
    /// A ring around each point.
    Mark,
}

/// What all panels share.
pub struct Canvas {
    /// Pixels for one of the drawing's units.
    pub scale: u32,
    /// The time axis, in seconds.
    pub time: Range<f64>,
}

impl Canvas {
    /// Draws curves over time, under a title and a legend; the last panel has the time axis.
    pub fn panel<DB: DrawingBackend, Y>(
        &self,
        area: &Area<DB>,
        title: &str,
        last: bool,
        y: Y,
        curves: &[Curve],
    ) -> Result<(), Fault<DB>>
    where
        Y: AsRangedCoord<Value = f64>,
        Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let s = self.scale;
        let mut chart = ChartBuilder::on(area)
            .margin_top(30 * s)
            .margin_bottom(8 * s)
            .margin_right(RIGHT * s)
            .y_label_area_size(LEFT * s)
            .x_label_area_size(if last { TIME_AXIS * s } else { 0 })
            .build_cartesian_2d(self.time.clone(), y)?;
        let mut mesh = chart.configure_mesh();
        mesh.x_labels(11)
            .y_labels(5)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.stroke_width(s))
            .axis_style(GREY.stroke_width(s))
            .set_all_tick_mark_size(TICK * s)
            .label_style((FONT_NAME, LABEL * s, &INK))
            .y_label_offset(self.sag())
            .y_label_formatter(&|value| tick(*value));
        if last {
            mesh.x_desc("Time (s)").x_label_formatter(&|value| tick(*value));
        }
        mesh.draw()?;
        for curve in curves {
            let points = curve.points.iter().copied();
            let line = curve.colour.stroke_width(2 * s);
            match curve.style {
                Style::Line => chart.draw_series(LineSeries::new(points, line)).map(drop),
                Style::Thin => {
                    let thin = curve.colour.stroke_width(s);
                    chart.draw_series(LineSeries::new(points, thin)).map(drop)
                }
                Style::Dashed => {
                    let dashed = DashedLineSeries::new(points, 7 * s, 5 * s, line);
                    chart.draw_series(dashed).map(drop)
                }
                Style::Dots => {
                    let dot =
                        |point| Circle::new(point, 2 * s as i32, curve.colour.mix(0.6).filled());
                    chart.draw_series(points.map(dot)).map(drop)
                }
                Style::Mark => {
                    let ring = |point| Circle::new(point, 5 * s as i32, line);
                    chart.draw_series(points.map(ring)).map(drop)
                }
            }?;
        }
        let at = ((LEFT * s) as i32, (17 * s) as i32);
        area.draw_text(title, &self.font(16, INK, HPos::Left), at)?;
        self.legend(area, curves)
    }

    /// Names in their colours, from the right.
    fn legend<DB: DrawingBackend>(
        &self,
        area: &Area<DB>,
        curves: &[Curve],
    ) -> Result<(), Fault<DB>> {
        let s = self.scale as i32;
        let (mut x, y) = ((WIDTH - RIGHT) as i32 * s, 17 * s);
        for entry in curves.iter().rev().filter(|entry| !entry.name.is_empty()) {
            let font = self.font(LABEL, INK, HPos::Right);
            area.draw_text(&entry.name, &font, (x, y))?;
            x -= area.estimate_text_size(&entry.name, &font)?.0 as i32 + 6 * s;
            let swatch = match entry.style {
                Style::Dashed => vec![(x - 24 * s, x - 14 * s), (x - 10 * s, x)],
                _ => vec![(x - 24 * s, x)],
            };
            for (from, to) in swatch {
                let style = entry.colour.stroke_width(2 * self.scale);
                let y = y - self.sag();
                area.draw(&PathElement::new([(from, y), (to, y)], style))?;
            }
            x -= 44 * s;
        }
        Ok(())
    }

    fn sag(&self) -> i32 {
        picture::sag(self.scale)
    }

    /// Text that is centred vertically at its place.
    pub fn font(&self, size: u32, colour: RGBColor, side: HPos) -> TextStyle<'static> {
        picture::font(size, self.scale, colour, side)
    }
}
