//! The panels of a plot, one below the other, over a common time axis.

use std::ops::Range;

use particle_pilot::{Action, ActionKind, Ending, EpisodeResult, Pilot};
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::panel::{Canvas, Curve, HEAD, LEFT, PANEL, Style};
use super::{Point, Series};
use crate::machine::Machine;
use crate::settings::Settings;
use crate::shared::picture::{Area, BLUE, Fault, GREEN, GREY, INK, ORANGE, PURPLE, RED, SKY, tick};
use crate::shared::text::{grouped, number, significant};
use crate::wording::{degrees, extent, headline};

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
        self.futures(&areas[4])
    }

    fn head<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let config = self.pilot.config();
        let title = format!("{}: {}", config.planner, headline(self.result));
        let machine = Machine::of_pilot(self.pilot).to_string();
        let mut subtitle = format!("{} · {}", extent(config, '×'), machine.replace(" x ", " × "));
        if let Some(push) = self.settings.push() {
            let (newton, length) = (number(push.newton().abs()), push.length());
            subtitle +=
                &format!(" · pushed by {newton} N for {length} of every {} steps", push.every());
        }
        let at = |y: u32| ((LEFT * self.canvas.scale) as i32, (y * self.canvas.scale) as i32);
        area.draw_text(&title, &self.canvas.font(22, INK, HPos::Left), at(26))?;
        area.draw_text(&subtitle, &self.canvas.font(15, GREY, HPos::Left), at(52))
    }

    fn position<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let limit = self.settings.physics().x_threshold;
        let [last, _] = self.last();
        let most = self.series.most(|p| p.x).max(last.abs());
        let near = most > 0.4 * limit;
        let reach = 1.12 * if near { limit.max(most) } else { most.max(0.01) };
        let mut curves = vec![self.to_the_end(self.line(BLUE, |p| p.x), last)];
        if near {
            curves.extend(self.limits(limit, &format!("limit ±{} m", number(limit))));
        }
        if self.result.ending == Ending::LeftTrack {
            curves.push(self.mark(last, "left the track"));
        }
        self.canvas.panel(area, "Cart position (m)", false, -reach..reach, &curves)
    }

    fn angle<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let degrees = degrees(self.settings.physics().theta_threshold_radians);
        let [_, last] = self.last();
        let most = self.series.most(|p| p.degrees).max(last.abs()).max(0.1);
        let shown = degrees <= 20.0 || most > 0.4 * degrees;
        let reach = 1.12 * if shown { degrees.max(most) } else { most };
        let mut curves = vec![self.to_the_end(self.line(PURPLE, |p| p.degrees), last)];
        if shown {
            curves.extend(self.limits(degrees, &format!("limit ±{}°", number(degrees))));
        }
        if self.result.ending == Ending::Fell {
            curves.push(self.mark(last, "fell"));
        }
        self.canvas.panel(area, "Pole angle (°)", false, -reach..reach, &curves)
    }

    fn action<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let force = self.settings.physics().force_mag;
        let newton = |p: &Point| match p.action {
            Action::Discrete(0) => -force,
            Action::Discrete(_) => force,
            Action::Continuous(force) => force[0],
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
        if window > 1 && self.series.points.len() > 2 * AVERAGED {
            let mean = self.line(if discrete { BLUE } else { INK }, newton);
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
        // In a unit that suits the median.
        let (unit, in_us) = if times.p50.as_micros() < 1000 { ("µs", 1.0) } else { ("ms", 1e3) };
        let [p50, p99] = [times.p50, times.p99].map(|t| t.as_nanos() as f64 / 1e3 / in_us);
        let dots = Curve { style: Style::Dots, ..self.line(GREEN, |p| p.decision_us / in_us) };
        let curves = [
            dots,
            self.level(p50, Style::Thin, INK, format!("median {} {unit}", significant(p50))),
            self.level(p99, Style::Dashed, RED, format!("p99 {} {unit}", significant(p99))),
        ];
        let most = self.series.most(|p| p.decision_us / in_us).max(1e-3);
        let finite = self.series.points.iter().map(|p| p.decision_us / in_us);
        let least = finite.fold(most, f64::min).max(1e-3);
        let title = format!("Decision time ({unit})");
        if most > WIDE * p50 {
            let range = logarithmic(least * 0.7, most * 1.5).log_scale();
            self.canvas.panel(area, &title, false, range, &curves)
        } else {
            self.canvas.panel(area, &title, false, 0.0..most * 1.15, &curves)
        }
    }

    /// How many futures have a say or, where that is always the same, how many end early.
    fn futures<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let mut sizes = self.series.points.iter().map(|point| point.effective_samples);
        let first = sizes.next();
        match sizes.all(|size| Some(size) == first) {
            true => self.dead_share(area),
            false => self.effective_samples(area),
        }
    }

    fn dead_share<DB: DrawingBackend>(&self, area: &Area<DB>) -> Result<(), Fault<DB>> {
        let curves = [self.line(ORANGE, |point| 100.0 * point.dead_share)];
        let reach = 115.0 * self.series.most(|point| point.dead_share).max(0.01);
        let samples = self.series.most(|point| point.effective_samples);
        let title = format!(
            "Futures that end before the horizon (%) · effective sample size: always {}",
            significant(samples)
        );
        self.canvas.panel(area, &title, true, 0.0..reach.min(105.0), &curves)
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
            let range = logarithmic(0.8, reach * 1.5).log_scale();
            return self.canvas.panel(area, title, true, range, &curves);
        }
        self.canvas.panel(area, title, true, 0.0..reach, &curves)
    }

    /// Position in m and angle in degrees at the end.
    fn last(&self) -> [f64; 2] {
        match self.result.final_state.as_deref() {
            Some([x, _, theta, _]) => [*x, theta.to_degrees()],
            _ => [0.0; 2],
        }
    }

    fn to_the_end(&self, mut curve: Curve, last: f64) -> Curve {
        curve.points.truncate(self.series.points.len()); // without what makes a single point visible
        curve.points.push((self.canvas.time.end, last));
        curve
    }

    fn mark(&self, value: f64, name: &str) -> Curve {
        let points = vec![(self.canvas.time.end, value)];
        Curve { points, style: Style::Mark, colour: RED, name: name.into() }
    }

    fn tau(&self) -> f64 {
        self.settings.physics().tau
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

/// A range with at least two powers of ten in it, which an axis names.
fn logarithmic(least: f64, most: f64) -> Range<f64> {
    least.min(0.999 * 10f64.powf(most.log10().floor() - 1.0))..most
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
