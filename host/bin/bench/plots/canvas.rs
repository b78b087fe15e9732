//! Draws in the drawing's units, whatever the scale.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::shared::picture::{
    Area, BLUE, Fault, GREEN, GREY, INK, ORANGE, PURPLE, RED, SKY, font, sag,
};

/// A place, from the upper left.
pub type Place = (f64, f64);

/// Half of a mark's width.
const REACH: f64 = 4.5;

/// The shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    Dot,
    Square,
    Triangle,
    Diamond,
    Cross,
    Ring,
    Bar,
}

/// How a line looks. No two need their colours to be told apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub colour: RGBColor,
    pub mark: Option<Mark>,
    /// Lengths of a dash and of a gap; none for a solid line.
    pub dash: Option<(u32, u32)>,
}

impl Look {
    /// Of what stands for orientation only.
    pub const IDEAL: Self = Self { colour: GREY, mark: None, dash: Some((6, 5)) };

    /// The look of the line of this number.
    pub fn of(number: usize) -> Self {
        const COLOURS: [RGBColor; 7] = [BLUE, RED, GREEN, PURPLE, ORANGE, INK, SKY];
        const MARKS: [Mark; 6] =
            [Mark::Dot, Mark::Square, Mark::Triangle, Mark::Diamond, Mark::Cross, Mark::Ring];
        const DASHES: [Option<(u32, u32)>; 4] = [None, Some((13, 4)), Some((7, 3)), Some((20, 5))];
        Self {
            colour: COLOURS[number % COLOURS.len()],
            mark: Some(MARKS[number % MARKS.len()]),
            dash: DASHES[number % DASHES.len()],
        }
    }

    /// The look of the limit of that line.
    pub fn limit(self) -> Self {
        Self { mark: None, dash: Some((2, 4)), ..self }
    }
}

/// A drawing area at a scale.
pub struct Canvas<'a, DB: DrawingBackend> {
    pub area: &'a Area<DB>,
    pub scale: u32,
}

impl<DB: DrawingBackend> Canvas<'_, DB> {
    fn pixel(&self, (x, y): Place) -> (i32, i32) {
        let scale = f64::from(self.scale);
        ((x * scale).round() as i32, (y * scale).round() as i32)
    }

    /// Text that is centred vertically at its place.
    pub fn text(
        &self,
        text: &str,
        at: Place,
        size: u32,
        colour: RGBColor,
        side: HPos,
    ) -> Result<(), Fault<DB>> {
        let (x, y) = self.pixel(at);
        let style = font(size, self.scale, colour, side);
        self.area.draw_text(text, &style, (x, y + sag(self.scale)))
    }

    pub fn line(
        &self,
        places: &[Place],
        colour: RGBColor,
        width: u32,
        dash: Option<(u32, u32)>,
    ) -> Result<(), Fault<DB>> {
        let pixels: Vec<_> = places.iter().map(|place| self.pixel(*place)).collect();
        let style = colour.stroke_width(width * self.scale);
        match dash {
            None => self.area.draw(&PathElement::new(pixels, style)),
            Some((length, gap)) => {
                let [length, gap] = [length, gap].map(|units| units * self.scale);
                self.area.draw(&DashedPathElement::new(pixels, length, gap, style))
            }
        }
    }

    pub fn mark(&self, at: Place, mark: Mark, colour: RGBColor) -> Result<(), Fault<DB>> {
        let around = |(dx, dy): Place| (at.0 + dx * REACH, at.1 + dy * REACH);
        let filled = |corners: &[Place]| {
            let corners = corners.iter().map(|corner| self.pixel(around(*corner)));
            self.area.draw(&Polygon::new(corners.collect::<Vec<_>>(), colour.filled()))
        };
        let stroke =
            |from: Place, to: Place| self.line(&[around(from), around(to)], colour, 2, None);
        let circle = |size: f64, style: ShapeStyle| {
            let size = (size * f64::from(self.scale)).round() as i32;
            self.area.draw(&Circle::new(self.pixel(at), size, style))
        };
        match mark {
            Mark::Dot => circle(REACH, colour.filled()),
            Mark::Ring => {
                circle(REACH, WHITE.filled())?;
                circle(REACH, colour.stroke_width(2 * self.scale))
            }
            Mark::Square => filled(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Mark::Triangle => filled(&[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)]),
            Mark::Diamond => filled(&[(0.0, -1.3), (1.2, 0.0), (0.0, 1.3), (-1.2, 0.0)]),
            Mark::Cross => {
                stroke((-1.0, -1.0), (1.0, 1.0))?;
                stroke((-1.0, 1.0), (1.0, -1.0))
            }
            Mark::Bar => stroke((0.0, -1.2), (0.0, 1.2)),
        }
    }

    /// An interval on a vertical axis, with a bar at each end.
    pub fn interval(&self, x: f64, low: f64, high: f64, colour: RGBColor) -> Result<(), Fault<DB>> {
        self.line(&[(x, low), (x, high)], colour, 1, None)?;
        [low, high]
            .into_iter()
            .try_for_each(|y| self.line(&[(x - REACH, y), (x + REACH, y)], colour, 1, None))
    }

    /// A piece of a line with its mark, centred at a place: what a legend shows.
    pub fn sample(&self, look: Look, at: Place, width: f64) -> Result<(), Fault<DB>> {
        let ends = [(at.0 - width / 2.0, at.1), (at.0 + width / 2.0, at.1)];
        self.line(&ends, look.colour, 2, look.dash)?;
        look.mark.map_or(Ok(()), |mark| self.mark(at, mark, look.colour))
    }
}
