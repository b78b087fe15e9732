//! Pictures, as SVG for documents and as PNG for everything else.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::output::{Sink, usage};
use super::text::grouped;

/// DejaVu Sans, reduced to what plots need: looks alike everywhere, needs no system fonts.
static FONT: &[u8] = include_bytes!("assets/DejaVuSans.ttf");
pub const FONT_NAME: &str = "sans-serif";

/// Pixels of a bitmap for one of the drawing's units.
const BITMAP_SCALE: u32 = 2;
/// An SVG is drawn so much larger than it is shown, since places are whole numbers: with 1, curves would be stairs.
const SVG_SCALE: u32 = 10;

// Okabe and Ito's colours, which the colour-blind can tell apart.
pub const BLUE: RGBColor = RGBColor(0, 114, 178);
pub const SKY: RGBColor = RGBColor(138, 196, 232);
pub const RED: RGBColor = RGBColor(213, 94, 0);
pub const GREEN: RGBColor = RGBColor(0, 158, 115);
pub const ORANGE: RGBColor = RGBColor(230, 159, 0);
pub const PURPLE: RGBColor = RGBColor(158, 80, 135);
pub const INK: RGBColor = RGBColor(34, 34, 34);
pub const GREY: RGBColor = RGBColor(110, 110, 110);
pub const GRID: RGBColor = RGBColor(228, 228, 228);

pub type Area<DB> = DrawingArea<DB, Shift>;
pub type Fault<DB> = DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>;

/// Something that can be drawn, at any scale.
pub trait Drawing {
    /// Width and height in the drawing's units, which are the pixels in which an SVG is shown.
    fn size(&self) -> (u32, u32);

    /// Draws it on white, with `scale` pixels for each unit.
    fn draw<DB: DrawingBackend>(&self, root: &Area<DB>, scale: u32) -> Result<(), Fault<DB>>;
}

/// A file to draw to.
pub struct Picture {
    sink: Sink,
    /// Where a bitmap is drawn until it is finished; none for an SVG.
    bitmap: Option<PathBuf>,
}

impl Picture {
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
        let sink = if bitmap { Sink::named_file(path)? } else { Sink::file(path)? };
        let place = sink.temporary_path();
        if bitmap && place.is_none() {
            return Err(usage("a bitmap can only be drawn to an ordinary file"));
        }
        Ok(Self { sink, bitmap: place.filter(|_| bitmap) })
    }

    /// Draws it, and puts the file in its place.
    pub fn draw(self, drawing: &impl Drawing) -> Result<()> {
        let context = format!("cannot draw {}", self.sink.name());
        let Some(path) = self.bitmap else {
            return self.sink.finish_with(svg(drawing).context(context)?.as_bytes());
        };
        bitmap(drawing, &path).context(context)?;
        self.sink.finish()
    }
}

/// The text of an SVG.
pub fn svg(drawing: &impl Drawing) -> Result<String> {
    let mut text = String::new();
    let root = SVGBackend::with_string(&mut text, scaled(drawing, SVG_SCALE)).into_drawing_area();
    draw(drawing, &root, SVG_SCALE)?;
    drop(root);
    Ok(shown_in(drawing.size(), &text))
}

/// An SVG that is shown in `width` times `height` pixels, however large it was drawn.
fn shown_in((width, height): (u32, u32), svg: &str) -> String {
    match svg.split_once(" viewBox=") {
        Some((_, rest)) => format!("<svg width=\"{width}\" height=\"{height}\" viewBox={rest}"),
        None => svg.into(),
    }
}

fn bitmap(drawing: &impl Drawing, path: &Path) -> Result<()> {
    let root = BitMapBackend::new(path, scaled(drawing, BITMAP_SCALE)).into_drawing_area();
    draw(drawing, &root, BITMAP_SCALE)
}

fn scaled(drawing: &impl Drawing, scale: u32) -> (u32, u32) {
    let (width, height) = drawing.size();
    (width * scale, height * scale)
}

fn draw<DB: DrawingBackend>(drawing: &impl Drawing, root: &Area<DB>, scale: u32) -> Result<()> {
    register_font(FONT_NAME, FontStyle::Normal, FONT)
        .map_err(|_| anyhow::anyhow!("the built-in font is broken"))?;
    root.fill(&WHITE)
        .and_then(|()| drawing.draw(root, scale))
        .and_then(|()| root.present())
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// Text that is centred vertically at its place.
pub fn font(size: u32, scale: u32, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    TextStyle {
        font: (FONT_NAME, size * scale).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(side, VPos::Center),
    }
}

/// By how much text stands too high when it is centred. Whoever shows an SVG centres its text.
pub fn sag(scale: u32) -> i32 {
    if scale == BITMAP_SCALE { 2 * scale as i32 } else { 0 }
}

/// A number beside an axis, with a real minus and no needless digits.
pub fn tick(value: f64) -> String {
    let text = if value.abs() >= 1e7 {
        format!("{:e}", value.abs())
    } else if value.abs() >= 1e3 {
        grouped(value.abs().round() as u64)
    } else {
        format!("{}", (value.abs() * 1e6).round() / 1e6)
    };
    let minus = if value < 0.0 && text != "0" { "−" } else { "" };
    format!("{minus}{text}")
}
