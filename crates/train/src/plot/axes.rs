//! A rectangle with numbers along its edges.

use super::color::{Color, GRID, INK, MUTED, WHITE};
use super::figure::{Figure, text_of};
use super::render::width;

/// From the least to the greatest number shown.
pub(super) type Range = (f64, f64);

/// The part of a figure where numbers have places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axes {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) x: Range,
    pub(super) y: Range,
}

/// The range of finite numbers; something to look at where they are all one, or none.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> Range {
    let finite = values.into_iter().filter(|v| v.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    match high - low {
        _ if low > high => (0.0, 1.0),
        0.0 => (
            low - 0.5 * low.abs().max(1.0),
            low + 0.5 * low.abs().max(1.0),
        ),
        _ => (low, high),
    }
}

/// A range with a little air around it.
pub(super) fn widened((low, high): Range, share: f64) -> Range {
    let air = (high - low) * share;
    (low - air, high + air)
}

/// Round numbers within a range, about so many, and how many digits they need.
pub(super) fn ticks((low, high): Range, about: usize, whole: bool) -> (Vec<f64>, usize) {
    let rough = (high - low) / about.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    let step = steps
        .iter()
        .map(|s| s * power)
        .find(|&s| s >= rough * 0.999)
        .unwrap_or(10.0 * power);
    let step = if whole { step.ceil().max(1.0) } else { step };
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    let digits = (0..9).find(|&d| {
        let scaled = step * 10f64.powi(d);
        (scaled - scaled.round()).abs() < 1e-6 * scaled
    });
    (
        (first..=last).map(|i| i as f64 * step).collect(),
        digits.unwrap_or(9) as usize,
    )
}

fn label(value: f64, digits: usize) -> String {
    if value != 0.0 && (value.abs() >= 1e6 || digits > 5) {
        return format!("{value:.1e}").replace('-', "−");
    }
    let text = format!("{value:.digits$}");
    // A minus as wide as a digit; no minus zero.
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| c == '0' || c == '.') => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

impl Axes {
    /// Where a pair of numbers is.
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let share = |v: f64, (low, high): Range| (v - low) / (high - low);
        (
            self.left + self.width * share(x, self.x),
            self.top + self.height * (1.0 - share(y, self.y)),
        )
    }

    /// Grid, numbers, and what the axes and the whole are called.
    pub(super) fn draw(
        &self,
        figure: &mut Figure,
        title: &str,
        x_label: &str,
        y_label: &str,
        whole_x: bool,
    ) {
        let (bottom, right) = (self.top + self.height, self.left + self.width);
        let small = text_of(11.0, MUTED);
        let (numbers, digits) = ticks(self.y, 5, false);
        for &value in &numbers {
            let (_, y) = self.at(self.x.0, value);
            figure.line(&[(self.left, y), (right, y)], GRID, 1.0);
            figure.text(
                (self.left - 8.0, y + 4.0),
                label(value, digits),
                small.end(),
            );
        }
        let (numbers, digits) = ticks(self.x, if self.width > 260.0 { 8 } else { 5 }, whole_x);
        for &value in &numbers {
            let (x, _) = self.at(value, self.y.0);
            figure.line(&[(x, self.top), (x, bottom)], GRID, 1.0);
            figure.text((x, bottom + 16.0), label(value, digits), small.middle());
        }
        figure.line(&[(self.left, bottom), (right, bottom)], MUTED, 1.2);
        figure.line(&[(self.left, self.top), (self.left, bottom)], MUTED, 1.2);
        let name = text_of(12.0, INK);
        figure.text(
            (self.left + self.width / 2.0, bottom + 36.0),
            x_label,
            name.middle(),
        );
        let middle = self.top + self.height / 2.0;
        figure.text((self.left - 46.0, middle), y_label, name.middle().up());
        let head = text_of(14.0, INK).middle().bold();
        figure.text((self.left + self.width / 2.0, self.top - 14.0), title, head);
    }

    /// Names beside colours, in the corner where the fewest of the points are.
    pub(super) fn legend(
        &self,
        figure: &mut Figure,
        names: &[(String, Color)],
        points: &[(f64, f64)],
        dots: bool,
    ) {
        if names.is_empty() {
            return;
        }
        let size = 11.5;
        let widest = names
            .iter()
            .map(|(name, _)| width(name, size, false))
            .fold(0.0, f64::max);
        let (w, h) = (widest + 42.0, 18.0 * names.len() as f64 + 8.0);
        let (right, bottom) = (
            self.left + self.width - w - 8.0,
            self.top + self.height - h - 8.0,
        );
        let corners = [
            (right, self.top + 8.0),
            (right, bottom),
            (self.left + 8.0, self.top + 8.0),
            (self.left + 8.0, bottom),
        ];
        let hidden = |&(x, y): &(f64, f64)| {
            let near = |p: &&(f64, f64)| {
                p.0 > x - 6.0 && p.0 < x + w + 6.0 && p.1 > y - 6.0 && p.1 < y + h + 6.0
            };
            points.iter().filter(near).count()
        };
        let Some(&(x, y)) = corners.iter().min_by_key(|corner| hidden(corner)) else {
            return;
        };
        figure.rect(x, y, w, h, WHITE.alpha(0.85));
        figure.frame(x, y, w, h, GRID, 1.0);
        for (i, (name, color)) in names.iter().enumerate() {
            let y = y + 13.0 + 18.0 * i as f64;
            match dots {
                true => figure.circle((x + 18.0, y), 4.5, *color),
                false => figure.line(&[(x + 8.0, y), (x + 28.0, y)], *color, 2.2),
            }
            figure.text((x + 34.0, y + 4.0), name.clone(), text_of(size, INK));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_along_an_axis_are_round() {
        assert_eq!(
            ticks((0.0, 1.0), 5, false),
            (vec![0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0], 1)
        );
        assert_eq!(
            ticks((1.0, 12.0), 5, true).0,
            [2.5f64.ceil(), 6.0, 9.0, 12.0]
        );
        assert_eq!(ticks((-0.03, 0.07), 5, false).1, 2);
        assert_eq!(label(-0.0, 1), "0.0");
        assert_eq!(label(-0.25, 2), "−0.25");
        assert_eq!(range([f64::NAN]), (0.0, 1.0));
        assert_eq!(range([2.0, 2.0]), (1.0, 3.0));
    }
}
