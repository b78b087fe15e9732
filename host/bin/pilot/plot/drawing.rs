//! The panels of a plot, one below the other, over a common time axis.

use std::ops::Range;

use particle_pilot::{Action, ActionKind, EpisodeResult, Pilot};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::panel::{Canvas, Curve, HEAD, LEFT, PANEL, Style};
use super::{Point, Series};
use crate::settings::Settings;
use crate::shared::picture::{Area, BLUE, Fault, GREEN, GREY, INK, ORANGE, PURPLE, RED, SKY, tick};
use crate::shared::text::{grouped, significant};
use crate::solve::headline;

/// Steps over which the force is averaged.
const AVERAGED: usize = 25;
/// An axis on which the most is this many times the median is logarithmic; of samples, its square.
const WIDE: f64 = 8.0;

/// An episode as it is drawn.
pub struct Drawing<'a> {
    pub series: &'a Series,
    pub pilot: &'a Pilot,
    pub settings: &'a Settings,
    pub result: &'a EpisodeResult,
    pub canvas: Canvas,
}

impl Drawing<'_> {
    /// Draws everything.
    pub fn all<DB: DrawingBackend>(&self, root: &Area<DB>) -> Result<(), Fault<DB>> {
        let (head, body) = root.split_vertically(HEAD * self.canvas.scale);
        self.head(&head)?;
        let breaks: Vec<u32> = (1..5).map(|i| i * PANEL * self.canvas.scale).collect();
        let areas = body.split_by_breakpoints([] as [u32; 0], breaks);
        self.position(&areas[0])?;
        self.angle(&areas[1])?;
        self.action(&areas[2])?;
        self.decision_time(&areas[3])?;
        self.effective_samples(&areas[4])
    }

    fn head<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let config = self.pilot.config();
        let title = format!("{}: {}", config.planner, headline(self.result));
        let mut subtitle = format!(
            "{} particles × {} steps · {}, {} × {}",
            grouped(config.particles.into()),
            config.horizon,
            self.pilot.device(),
            self.pilot.simd(),
            crate::shared::text::count(self.pilot.threads() as u64, "thread"),
        );
        if let Some(push) = self.settings.push() {
            let (newton, length) = (push.newton().abs(), push.length());
            subtitle +=
                &format!(" · pushed by {newton} N for {length} of every {} steps", push.every());
        }
        let at = |y: u32| ((LEFT * self.canvas.scale) as i32, (y * self.canvas.scale) as i32);
        area.draw_text(&title, &self.canvas.font(22, INK, HPos::Left), at(26))?;
        area.draw_text(&subtitle, &self.canvas.font(15, GREY, HPos::Left), at(52))
    }

    fn position<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let limit = self.pilot.config().physics.x_threshold;
        let most = self.series.most(|p| p.x);
        let near = most > 0.4 * limit;
        let reach = 1.12 * if near { limit.max(most) } else { most.max(0.01) };
        let mut curves = vec![self.line(BLUE, |p| p.x)];
        if near {
            curves.extend(self.limits(limit, &format!("limit ±{limit} m")));
        }
        self.canvas.panel(area, "Cart position (m)", false, -reach..reach, &curves)
    }

    fn angle<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let radians = self.pilot.config().physics.theta_threshold_radians;
        let degrees = (radians.to_degrees() * 1e9).round() / 1e9;
        let most = self.series.most(|p| p.degrees).max(0.1);
        let shown = degrees <= 20.0 || most > 0.4 * degrees;
        let reach = 1.12 * if shown { degrees.max(most) } else { most };
        let mut curves = vec![self.line(PURPLE, |p| p.degrees)];
        if shown {
            curves.extend(self.limits(degrees, &format!("limit ±{degrees}°")));
        }
        self.canvas.panel(area, "Pole angle (°)", false, -reach..reach, &curves)
    }

    fn action<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let force = self.pilot.config().physics.force_mag;
        let newton = |p: &Point| match p.action {
            Action::Discrete(0) => -force,
            Action::Discrete(_) => force,
            Action::Force(newton) => newton,
        };
        let discrete = self.pilot.config().action == ActionKind::Discrete;
        let mut most = self.series.most(newton).max(force);
        let mut curves = Vec::new();
        if let Some(push) = self.settings.push() {
            most = most.max(push.newton().abs());
            let seed = self.result.seed;
            curves.push(Curve {
                colour: RED,
                name: "push".into(),
                ..self.steps(|p| push.force_at(seed, p.step))
            });
        }
        let (style, colour) = if discrete { (Style::Thin, SKY) } else { (Style::Line, BLUE) };
        let each = Curve { style, colour, name: "each step".into(), ..self.steps(newton) };
        curves.insert(0, each); // left and right in turn fill the panel, so below the others
        let window = AVERAGED / self.series.stride as usize;
        if discrete && window > 1 && self.series.points.len() > 2 * AVERAGED {
            let mean = self.line(BLUE, newton);
            curves.push(Curve {
                points: averaged(&mean.points, window),
                name: format!("mean of {} s", tick(AVERAGED as f64 * self.tau())),
                ..mean
            });
        }
        let title = match discrete {
            true => "Action: force to the left or right (N)",
            false => "Action: force (N)",
        };
        let reach = 1.2 * most;
        self.canvas.panel(area, title, false, -reach..reach, &curves)
    }

    fn decision_time<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let times = self.result.decision_times;
        let [p50, p99] = [times.p50, times.p99].map(|t| t.as_nanos() as f64 / 1e3);
        let dots = Curve { style: Style::Dots, ..self.line(GREEN, |p| p.decision_us) };
        let us = significant;
        let curves = [
            dots,
            self.level(p50, Style::Thin, INK, format!("median {} µs", us(p50))),
            self.level(p99, Style::Dashed, RED, format!("p99 {} µs", us(p99))),
        ];
        let most = self.series.most(|p| p.decision_us).max(1e-3);
        let finite = self.series.points.iter().map(|p| p.decision_us);
        let least = finite.fold(most, f64::min).max(1e-3);
        let title = "Decision time (µs)";
        if most > WIDE * p50 {
            let range = (least * 0.7..most * 1.5).log_scale();
            self.canvas.panel(area, title, false, range, &curves)
        } else {
            self.canvas.panel(area, title, false, 0.0..most * 1.15, &curves)
        }
    }

    fn effective_samples<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let particles = f64::from(self.pilot.config().particles);
        let most = self.series.most(|p| p.effective_samples).max(1.0);
        let near = most > 0.4 * particles;
        let reach = 1.15 * if near { particles.max(most) } else { most };
        let mut curves = vec![self.line(ORANGE, |p| p.effective_samples)];
        if near {
            let name = format!("all {} particles", grouped(particles as u64));
            curves.push(self.level(particles, Style::Dashed, GREY, name));
        }
        let title = "Effective sample size (particles)";
        let mut sizes: Vec<f64> = self.series.points.iter().map(|p| p.effective_samples).collect();
        sizes.sort_by(f64::total_cmp);
        let median = sizes.get(sizes.len() / 2).copied().unwrap_or(1.0);
        if reach > WIDE * WIDE * median.max(1.0) {
            let range = (0.8..reach * 1.5).log_scale();
            return self.canvas.panel(area, title, true, range, &curves);
        }
        self.canvas.panel(area, title, true, 0.0..reach, &curves)
    }

    fn tau(&self) -> f64 {
        self.pilot.config().physics.tau
    }

    fn line(&self, colour: RGBColor, value: impl Fn(&Point) -> f64) -> Curve {
        let time = |p: &Point| f64::from(p.step) * self.tau();
        let points = self.series.points.iter();
        let mut points: Vec<_> = points.map(|p| (time(p), value(p))).collect();
        if let [(start, value)] = points[..] {
            points.push((start + self.tau(), value)); // a single point would be invisible
        }
        Curve { points, style: Style::Line, colour, name: String::new() }
    }

    /// As [`Drawing::line`], with every value held until the next.
    fn steps(&self, value: impl Fn(&Point) -> f64) -> Curve {
        let line = self.line(INK, value);
        let width = f64::from(self.series.stride) * self.tau();
        let both = |(t, v): (f64, f64)| [(t, v), (t + width, v)];
        Curve { points: line.points.into_iter().flat_map(both).collect(), ..line }
    }

    fn level(&self, value: f64, style: Style, colour: RGBColor, name: String) -> Curve {
        let Range { start, end } = self.canvas.time.clone();
        Curve { points: vec![(start, value), (end, value)], style, colour, name }
    }

    fn limits(&self, limit: f64, name: &str) -> [Curve; 2] {
        let (above, below) = (name.to_owned(), String::new());
        [(limit, above), (-limit, below)]
            .map(|(value, name)| self.level(value, Style::Dashed, RED, name))
    }
}

/// Means over `window` neighbours, centred; fewer at both ends.
fn averaged(points: &[(f64, f64)], window: usize) -> Vec<(f64, f64)> {
    let around = |i: usize| i.saturating_sub(window / 2)..(i + window / 2 + 1).min(points.len());
    let mean = |range: Range<usize>| {
        let values = &points[range];
        values.iter().map(|(_, v)| v).sum::<f64>() / values.len() as f64
    };
    points.iter().enumerate().map(|(i, (t, _))| (*t, mean(around(i)))).collect()
}
