//! Draws an episode: state, action, decision time and effective sample size over time.

mod drawing;
mod panel;

use std::path::Path;

use anyhow::{Context, Result};
use particle_pilot::{Action, EpisodeResult, Pilot, StepRecord};
use plotters::prelude::*;
use plotters::style::register_font;

use self::drawing::Drawing;
use self::panel::{Canvas, FONT_NAME};
use crate::settings::Settings;
use crate::shared::output::{Sink, usage};

/// DejaVu Sans, reduced to what plots need: looks alike everywhere, needs no system fonts.
static FONT: &[u8] = include_bytes!("assets/DejaVuSans.ttf");

/// Points that a curve may have; longer episodes are thinned out.
const MOST_POINTS: usize = 8192;
/// Pixels of a bitmap for one of the drawing's units.
const BITMAP_SCALE: u32 = 2;

/// What is drawn of one step.
struct Point {
    step: u32,
    x: f64,
    degrees: f64,
    /// 0 or 1 for left and right, or newtons.
    action: Action,
    decision_us: f64,
    effective_samples: f64,
}

/// What is drawn of an episode, in bounded memory.
pub struct Series {
    points: Vec<Point>,
    /// One in so many steps is kept.
    stride: u32,
}

impl Default for Series {
    fn default() -> Self {
        Self { points: Vec::new(), stride: 1 }
    }
}

impl Series {
    pub fn note(&mut self, record: &StepRecord) {
        if !record.step.is_multiple_of(self.stride) {
            return;
        }
        self.points.push(Point {
            step: record.step,
            x: record.state[0],
            degrees: record.state[2].to_degrees(),
            action: record.action,
            decision_us: record.decision_time.as_nanos() as f64 / 1e3,
            effective_samples: record.diagnostics.effective_samples,
        });
        if self.points.len() == MOST_POINTS {
            self.stride *= 2;
            let stride = self.stride;
            self.points.retain(|point| point.step.is_multiple_of(stride));
        }
    }

    /// The largest magnitude of a quantity.
    fn most(&self, of: impl Fn(&Point) -> f64) -> f64 {
        let finite = self.points.iter().map(|p| of(p).abs());
        finite.filter(|v| v.is_finite()).fold(0.0, f64::max)
    }
}

/// A file to draw to.
pub struct Plot {
    sink: Sink,
    bitmap: bool,
}

impl Plot {
    /// Makes sure that `path` can be written and is of a kind that can be drawn.
    pub fn open(path: &Path) -> Result<Self> {
        let extension = path.extension().map(|e| e.to_ascii_lowercase());
        let bitmap = match extension.as_ref().and_then(|e| e.to_str()) {
            Some("png") => true,
            Some("svg") => false,
            _ => {
                let path = path.display();
                let reason = format!("cannot draw {path}: its name must end with .svg or .png");
                return Err(usage(reason));
            }
        };
        let sink = Sink::file(path)?;
        Ok(Self { sink, bitmap })
    }

    pub fn draw(
        self,
        series: &Series,
        pilot: &Pilot,
        settings: &Settings,
        result: &EpisodeResult,
    ) -> Result<()> {
        register_font(FONT_NAME, FontStyle::Normal, FONT)
            .map_err(|_| anyhow::anyhow!("the built-in font is broken"))?;
        let drawing = Drawing {
            series,
            pilot,
            settings,
            result,
            canvas: Canvas {
                scale: if self.bitmap { BITMAP_SCALE } else { 1 },
                time: 0.0..f64::from(result.steps.max(1)) * pilot.config().physics.tau,
            },
        };
        let size = drawing.size();
        let context = || "cannot draw the episode";
        if self.bitmap {
            let Some(path) = self.sink.temporary_path() else {
                return Err(usage("a bitmap can only be drawn to an ordinary file"));
            };
            let root = BitMapBackend::new(&path, size).into_drawing_area();
            return drawing
                .all(&root)
                .and_then(|()| root.present())
                .map_err(|error| anyhow::anyhow!("{error}"))
                .with_context(context)
                .and_then(|()| {
                    drop(root);
                    self.sink.finish()
                });
        }
        let mut svg = String::new();
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        drawing
            .all(&root)
            .and_then(|()| root.present())
            .map_err(|error| anyhow::anyhow!("{error}"))
            .with_context(context)?;
        drop(root);
        self.sink.finish_with(svg.as_bytes())
    }
}
