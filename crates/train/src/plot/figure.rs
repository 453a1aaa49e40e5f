//! A figure: what is drawn, in units of a screen's pixels.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ondol_tensor::{Error, Result};

use super::color::Color;
use super::render;
use crate::picture::{Pixels, encode_png};

/// Where a text's place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A text's size, place and look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) color: Color,
    pub(super) anchor: Anchor,
    pub(super) bold: bool,
    /// Written upwards.
    pub(super) up: bool,
}

pub(super) fn text_of(size: f64, color: Color) -> Type {
    Type {
        size,
        color,
        anchor: Anchor::Start,
        bold: false,
        up: false,
    }
}

impl Type {
    pub(super) fn middle(mut self) -> Type {
        self.anchor = Anchor::Middle;
        self
    }

    pub(super) fn end(mut self) -> Type {
        self.anchor = Anchor::End;
        self
    }

    pub(super) fn bold(mut self) -> Type {
        self.bold = true;
        self
    }

    pub(super) fn up(mut self) -> Type {
        self.up = true;
        self
    }
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    Line {
        points: Vec<(f64, f64)>,
        color: Color,
        width: f64,
    },
    Area {
        points: Vec<(f64, f64)>,
        color: Color,
    },
    Circle {
        at: (f64, f64),
        radius: f64,
        color: Color,
    },
    /// `at` is where the base line begins, is in the middle, or ends.
    Text {
        at: (f64, f64),
        text: String,
        like: Type,
    },
    Image {
        at: (f64, f64),
        size: (f64, f64),
        pixels: Pixels,
    },
}

/// A drawn figure; functions of this module make it.
#[derive(Clone, Debug)]
pub struct Figure {
    width: f64,
    height: f64,
    shapes: Vec<Shape>,
}

impl Figure {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Figure {
            width: width.ceil(),
            height: height.ceil(),
            shapes: Vec::new(),
        }
    }

    /// Its width and height in pixels of the SVG; the PNG has twice as many for sharp screens.
    pub fn size(&self) -> (f64, f64) {
        (self.width, self.height)
    }

    pub(super) fn line(&mut self, points: &[(f64, f64)], color: Color, width: f64) {
        self.shapes.push(Shape::Line {
            points: points.to_vec(),
            color,
            width,
        });
    }

    /// A straight line of dashes.
    pub(super) fn dashes(&mut self, from: (f64, f64), to: (f64, f64), color: Color, width: f64) {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let at = |d: f64| {
            let share = (d / length).min(1.0);
            (
                from.0 + (to.0 - from.0) * share,
                from.1 + (to.1 - from.1) * share,
            )
        };
        let mut done = 0.0;
        while done < length {
            self.line(&[at(done), at(done + 4.0)], color, width);
            done += 8.0;
        }
    }

    pub(super) fn area(&mut self, points: &[(f64, f64)], color: Color) {
        self.shapes.push(Shape::Area {
            points: points.to_vec(),
            color,
        });
    }

    pub(super) fn rect(&mut self, x: f64, y: f64, w: f64, h: f64, color: Color) {
        self.area(&[(x, y), (x + w, y), (x + w, y + h), (x, y + h)], color);
    }

    /// A rectangle's edge, inside of it.
    pub(super) fn frame(&mut self, x: f64, y: f64, w: f64, h: f64, color: Color, width: f64) {
        self.rect(x, y, w, width, color);
        self.rect(x, y + h - width, w, width, color);
        self.rect(x, y, width, h, color);
        self.rect(x + w - width, y, width, h, color);
    }

    pub(super) fn circle(&mut self, at: (f64, f64), radius: f64, color: Color) {
        self.shapes.push(Shape::Circle { at, radius, color });
    }

    pub(super) fn text(&mut self, at: (f64, f64), text: impl Into<String>, like: Type) {
        self.shapes.push(Shape::Text {
            at,
            text: text.into(),
            like,
        });
    }

    pub(super) fn image(&mut self, at: (f64, f64), size: (f64, f64), pixels: Pixels) {
        self.shapes.push(Shape::Image { at, size, pixels });
    }

    /// Puts another figure's shapes here, moved.
    pub(super) fn put(&mut self, other: Figure, dx: f64, dy: f64) {
        let moved = |(x, y): (f64, f64)| (x + dx, y + dy);
        for mut shape in other.shapes {
            match &mut shape {
                Shape::Line { points, .. } | Shape::Area { points, .. } => {
                    points.iter_mut().for_each(|p| *p = moved(*p));
                }
                Shape::Circle { at, .. } | Shape::Text { at, .. } | Shape::Image { at, .. } => {
                    *at = moved(*at);
                }
            }
            self.shapes.push(shape);
        }
    }

    pub(super) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The figure as a vector picture.
    ///
    /// # Errors
    /// What the drawing library refuses.
    pub fn to_svg(&self) -> Result<String> {
        render::svg(self)
    }

    /// The figure as a PNG file's bytes, with two pixels for each of the SVG's.
    ///
    /// # Errors
    /// What the drawing library refuses.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        encode_png(&self.pixels()?)
    }

    pub(crate) fn pixels(&self) -> Result<Pixels> {
        render::bitmap(self)
    }

    /// Shows the figure in a notebook. The evcxr kernel calls it where a cell ends with a figure.
    pub fn evcxr_display(&self) {
        println!("{}", self.notebook());
    }

    /// What [`Figure::evcxr_display`] prints: the figure as a PNG.
    ///
    /// # Panics
    /// What [`to_png`](Figure::to_png) fails of.
    ///
    /// ```
    /// use ondol_train::plot::Plot;
    /// let figure = Plot::new().title("Loss").line("train", &[0.0, 1.0], &[2.0, 1.0]).figure();
    /// assert!(figure.notebook().starts_with("EVCXR_BEGIN_CONTENT image/png\niVBOR"));
    /// ```
    #[track_caller]
    pub fn notebook(&self) -> String {
        let png = STANDARD.encode(ondol_autograd::ok(self.to_png()));
        format!("EVCXR_BEGIN_CONTENT image/png\n{png}\nEVCXR_END_CONTENT")
    }

    /// Writes an SVG or a PNG by the extension; the file appears whole or not at all.
    ///
    /// # Errors
    /// Another extension, or a file that cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        use std::io::Write;
        let path = path.as_ref();
        let extension = path
            .extension()
            .map(|e| e.to_string_lossy().to_ascii_lowercase());
        let bytes = match extension.as_deref() {
            Some("svg") => self.to_svg()?.into_bytes(),
            Some("png") => self.to_png()?,
            other => {
                let other = other.unwrap_or("none");
                return Err(Error::file(
                    path,
                    format!("extension {other}; expected svg or png"),
                ));
            }
        };
        ondol_serialize::atomic::write(path, |file| file.write_all(&bytes))
    }
}
