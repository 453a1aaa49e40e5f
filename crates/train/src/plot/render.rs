//! Shapes as SVG and as pixels, through plotters.

use std::sync::Once;

use ondol_tensor::{Error, Result};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    FontDesc, FontFamily, FontStyle, FontTransform, ShapeStyle, TextStyle, register_font,
};

use super::color::Color;
use super::figure::{Anchor, Figure, Shape, Type};
use crate::picture::{Pixels, base64, encode_png};

/// Plotters draws at whole numbers; this many of them are a pixel of the figure.
const SCALE: f64 = 6.0;
/// And this many a pixel of the PNG, which is their mean: edges become smooth.
const SMOOTH: usize = 3;
/// What plotters takes for a text as high as its font: in an SVG, and in pixels, where it is the
/// height between the font's highest and lowest lines.
const EM_SVG: f64 = 1.24;
const EM_PIXELS: f64 = 1.164;

/// DejaVu Sans, cut to Latin letters and a few signs; its licence lies beside it.
fn fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Fonts that are part of the program cannot be wrong ones; a test draws with both.
        let _ = register_font(
            "sans-serif",
            FontStyle::Normal,
            include_bytes!("font/DejaVuSans.ttf"),
        );
        let _ = register_font(
            "sans-serif",
            FontStyle::Bold,
            include_bytes!("font/DejaVuSans-Bold.ttf"),
        );
    });
}

fn font(size: f64, bold: bool) -> FontDesc<'static> {
    let style = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    FontDesc::new(FontFamily::SansSerif, size, style)
}

/// How wide a text is.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    fonts();
    const FINE: f64 = 200.0;
    let measured = font(FINE * EM_PIXELS, bold).layout_box(text);
    measured.map_or(0.0, |(low, high)| f64::from(high.0 - low.0) / FINE * size)
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::value("plot", format!("cannot be drawn: {error}"))
}

fn whole((x, y): (f64, f64)) -> (i32, i32) {
    ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
}

fn style(color: Color, width: f64) -> ShapeStyle {
    ShapeStyle {
        color: color.rgba(),
        filled: true,
        stroke_width: (width * SCALE).round().max(1.0) as u32,
    }
}

fn write<B: DrawingBackend>(
    to: &mut B,
    at: (f64, f64),
    text: &str,
    like: Type,
    em: f64,
    rise: f64,
) -> Result<()> {
    let size = like.size * SCALE;
    let horizontal = match like.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let mut font = font(size * em, like.bold);
    // From the base line to the place plotters counts from.
    let (x, y) = whole(at);
    let rise = (size * rise).round() as i32;
    let mut at = (x, y - rise);
    if like.up {
        font = font.transform(FontTransform::Rotate270);
        at = (x - rise, y);
    }
    let color = like.color.rgba();
    let style = TextStyle::from(font)
        .pos(Pos::new(horizontal, VPos::Top))
        .color(&color);
    to.draw_text(text, &style, at).map_err(refused)
}

fn draw<B: DrawingBackend>(figure: &Figure, to: &mut B, em: f64, rise: f64) -> Result<()> {
    fonts();
    for shape in figure.shapes() {
        match shape {
            Shape::Line {
                points,
                color,
                width,
            } => {
                let points = points.iter().map(|&p| whole(p));
                to.draw_path(points, &style(*color, *width))
                    .map_err(refused)?;
            }
            Shape::Area { points, color } => {
                let points = points.iter().map(|&p| whole(p));
                to.fill_polygon(points, &style(*color, 1.0))
                    .map_err(refused)?;
            }
            Shape::Circle { at, radius, color } => {
                let radius = (radius * SCALE).round() as u32;
                to.draw_circle(whole(*at), radius, &style(*color, 1.0), true)
                    .map_err(refused)?;
            }
            Shape::Text { at, text, like } => write(to, *at, text, *like, em, rise)?,
            Shape::Image { .. } => {}
        }
    }
    Ok(())
}

pub(super) fn svg(figure: &Figure) -> Result<String> {
    let (width, height) = figure.size();
    let (w, h) = whole((width, height));
    let mut text = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut text, (w as u32, h as u32));
        let page = [(0, 0), (w, 0), (w, h), (0, h)];
        backend
            .fill_polygon(page, &style(super::color::WHITE, 1.0))
            .map_err(refused)?;
        draw(figure, &mut backend, EM_SVG, 0.76)?;
        backend.present().map_err(refused)?;
    }
    let size = format!("width=\"{w}\" height=\"{h}\" viewBox");
    let shown = format!("width=\"{width}\" height=\"{height}\" viewBox");
    let text = text.replacen(&size, &shown, 1);
    // Verdana is as wide as DejaVu, and where DejaVu is not, Verdana often is.
    let mut text = text.replace(
        "font-family=\"sans-serif\"",
        "font-family=\"DejaVu Sans, Verdana, sans-serif\"",
    );
    let mut images = String::new();
    for shape in figure.shapes() {
        let Shape::Image { at, size, pixels } = shape else {
            continue;
        };
        let ((x, y), (w, h)) = (whole(*at), whole(*size));
        let data = base64(&encode_png(pixels)?);
        images.push_str(&format!(
            "<image x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" preserveAspectRatio=\"none\" \
             style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>\n"
        ));
    }
    // Images lie below everything but the page.
    if let Some(place) = text.find("/>\n") {
        text.insert_str(place + 3, &images);
    }
    Ok(text)
}

pub(super) fn bitmap(figure: &Figure) -> Result<Pixels> {
    let (w, h) = whole(figure.size());
    let mut pixels = Pixels::filled(w as usize, h as usize, super::color::WHITE.0);
    for shape in figure.shapes() {
        if let Shape::Image {
            at,
            size,
            pixels: image,
        } = shape
        {
            stamp(&mut pixels, whole(*at), whole(*size), image);
        }
    }
    {
        let mut backend = BitMapBackend::with_buffer(&mut pixels.rgb, (w as u32, h as u32));
        draw(figure, &mut backend, EM_PIXELS, EM_PIXELS / 2.0)?;
        backend.present().map_err(refused)?;
    }
    Ok(pixels.smaller(SMOOTH))
}

/// A picture enlarged by its nearest pixels.
fn stamp(on: &mut Pixels, (left, top): (i32, i32), (w, h): (i32, i32), image: &Pixels) {
    for y in 0..h {
        for x in 0..w {
            let (to_x, to_y) = (left + x, top + y);
            if to_x < 0 || to_y < 0 || to_x as usize >= on.width || to_y as usize >= on.height {
                continue;
            }
            let from_x = x as usize * image.width / w as usize;
            let from_y = y as usize * image.height / h as usize;
            let place = 3 * (from_y * image.width + from_x);
            let color = [image.rgb[place], image.rgb[place + 1], image.rgb[place + 2]];
            on.set(to_x as usize, to_y as usize, color);
        }
    }
}
