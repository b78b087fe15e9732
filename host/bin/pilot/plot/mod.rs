//! Draws an episode over time: state, action, decision time, and how many futures have a say or end early.

mod drawing;
mod panel;

use particle_pilot::{Action, EpisodeResult, Pilot, StepRecord};
use plotters::prelude::*;

use self::drawing::Drawing;
use self::panel::{Canvas, HEAD, PANEL, TIME_AXIS, WIDTH};
use crate::settings::Settings;
use crate::shared::picture::{self, Area, Fault};

/// Points that a curve may have; longer episodes are thinned out.
const MOST_POINTS: usize = 8192;

/// What is drawn of one step.
struct Point {
    step: u32,
    x: f64,
    degrees: f64,
    /// 0 or 1 for left and right, or newtons.
    action: Action,
    decision_us: f64,
    effective_samples: f64,
    dead_share: f64,
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
    pub fn note(&mut self, record: &StepRecord<'_>) {
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
            dead_share: record.diagnostics.dead_share,
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

/// An episode that can be drawn.
pub struct Played<'a> {
    pub series: &'a Series,
    pub pilot: &'a Pilot,
    pub settings: &'a Settings,
    pub result: &'a EpisodeResult,
}

impl picture::Drawing for Played<'_> {
    fn size(&self) -> (u32, u32) {
        (WIDTH, HEAD + 5 * PANEL + TIME_AXIS)
    }

    fn draw<DB: DrawingBackend>(&self, root: &Area<DB>, scale: u32) -> Result<(), Fault<DB>> {
        let Self { series, pilot, settings, result } = *self;
        let time = 0.0..f64::from(result.steps.max(1)) * settings.physics().tau;
        let canvas = Canvas { scale, time };
        Drawing { series, pilot, settings, result, canvas }.all(root)
    }
}
