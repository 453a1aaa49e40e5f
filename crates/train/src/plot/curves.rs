//! Lines over numbers.

use ondol_autograd::Tensor;
use ondol_tensor::{DType, Device, Error, Result};

use super::axes::{Axes, Range, range, widened};
use super::color::{BLUE, Color, INK, MUTED, ORANGE, WHITE, cycle};
use super::figure::{Figure, text_of};
use super::render::width;
use crate::metrics::RocCurve;
use crate::{History, Mode};

/// Lines over numbers, with names.
///
/// ```
/// use ondol_train::plot::Plot;
/// let x: Vec<f64> = (0..50).map(f64::from).collect();
/// let y: Vec<f64> = x.iter().map(|x| (x / 8.0).sin()).collect();
/// let figure = Plot::new().title("A wave").x_label("step").line("sine", &x, &y).figure();
/// assert!(figure.to_svg()?.contains("A wave"));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Plot {
    title: String,
    x_label: String,
    y_label: String,
    lines: Vec<Line>,
    mark: Option<(f64, f64, String)>,
    ranges: Option<(Range, Range)>,
    diagonal: bool,
    whole: bool,
}

/// Its name, its points and its colour.
type Line = (String, Vec<(f64, f64)>, Color);

impl Plot {
    /// Without lines yet.
    pub fn new() -> Self {
        Plot::default()
    }

    /// What stands above.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// What the numbers along the bottom are.
    pub fn x_label(mut self, label: impl Into<String>) -> Self {
        self.x_label = label.into();
        self
    }

    /// What the numbers along the left are.
    pub fn y_label(mut self, label: impl Into<String>) -> Self {
        self.y_label = label.into();
        self
    }

    /// One more line; it is broken where a number is not finite.
    pub fn line(self, name: impl Into<String>, x: &[f64], y: &[f64]) -> Self {
        let color = cycle(self.lines.len());
        self.colored(name, x, y, color)
    }

    fn colored(mut self, name: impl Into<String>, x: &[f64], y: &[f64], color: Color) -> Self {
        let points = x.iter().copied().zip(y.iter().copied()).collect();
        self.lines.push((name.into(), points, color));
        self
    }

    /// Marks a point with a ring, a dashed line down and a text.
    pub fn mark(mut self, x: f64, y: f64, text: impl Into<String>) -> Self {
        self.mark = Some((x, y, text.into()));
        self
    }

    /// The drawn figure.
    pub fn figure(&self) -> Figure {
        self.sized(460.0, 340.0)
    }

    fn sized(&self, w: f64, h: f64) -> Figure {
        let mut figure = Figure::new(w, h);
        let all = || self.lines.iter().flat_map(|(_, points, _)| points);
        let (x, y) = self.ranges.unwrap_or_else(|| {
            let finite = || all().filter(|p| p.0.is_finite() && p.1.is_finite());
            let x = range(finite().map(|p| p.0));
            let y = range(finite().map(|p| p.1));
            (widened(x, 0.03), widened(y, 0.07))
        });
        let axes = Axes {
            left: 68.0,
            top: 40.0,
            width: w - 92.0,
            height: h - 92.0,
            x,
            y,
        };
        axes.draw(
            &mut figure,
            &self.title,
            &self.x_label,
            &self.y_label,
            self.whole,
        );
        if self.diagonal {
            figure.dashes(axes.at(x.0, y.0), axes.at(x.1, y.1), MUTED, 1.0);
        }
        let mut drawn = Vec::new();
        for (_, points, color) in &self.lines {
            for piece in points.split(|p| !p.0.is_finite() || !p.1.is_finite()) {
                let piece: Vec<_> = piece.iter().map(|p| axes.at(p.0, p.1)).collect();
                match piece[..] {
                    [] => {}
                    [one] => figure.circle(one, 3.0, *color),
                    _ => figure.line(&piece, *color, 2.2),
                }
                // Between few points too, so that no legend lies on a long line.
                for pair in piece.windows(2) {
                    let between = |i: i32| {
                        let share = f64::from(i) / 8.0;
                        (
                            pair[0].0 + (pair[1].0 - pair[0].0) * share,
                            pair[0].1 + (pair[1].1 - pair[0].1) * share,
                        )
                    };
                    drawn.extend((0..8).map(between));
                }
            }
        }
        if let Some((x, y, text)) = &self.mark {
            let at = axes.at(*x, *y);
            figure.dashes((at.0, axes.top), (at.0, axes.top + axes.height), MUTED, 1.0);
            figure.circle(at, 6.0, INK);
            figure.circle(at, 4.2, WHITE);
            figure.circle(at, 2.6, ORANGE);
            let wide = width(text, 11.0, true);
            let (place, base) = room(at, wide, &axes, &drawn);
            figure.rect(place - 3.0, base - 11.0, wide + 6.0, 15.0, WHITE.alpha(0.8));
            figure.text((place, base), text.clone(), text_of(11.0, INK).bold());
            for i in 0..10 {
                drawn.extend([(place + wide * f64::from(i) / 9.0, base - 4.0); 8]);
            }
        }
        let names: Vec<_> = self
            .lines
            .iter()
            .map(|(name, _, color)| (name.clone(), *color))
            .collect();
        axes.legend(&mut figure, &names, &drawn, false);
        figure
    }
}

/// Where a text beside a point begins: where it lies on the fewest of the points drawn.
fn room(at: (f64, f64), wide: f64, axes: &Axes, drawn: &[(f64, f64)]) -> (f64, f64) {
    let (right, bottom) = (axes.left + axes.width, axes.top + axes.height);
    let mut best = (usize::MAX, (at.0, at.1));
    for up in [-14.0, 22.0, -34.0, 42.0, -58.0, 66.0, -90.0, 98.0] {
        for place in [at.0 + 10.0, at.0 - 10.0 - wide] {
            let base = at.1 + up;
            if place < axes.left + 4.0
                || place + wide > right
                || base < axes.top + 12.0
                || base > bottom - 4.0
            {
                continue;
            }
            let inside = |p: &&(f64, f64)| {
                p.0 > place - 6.0
                    && p.0 < place + wide + 6.0
                    && p.1 > base - 16.0
                    && p.1 < base + 8.0
            };
            let covered = drawn.iter().filter(inside).count();
            if covered < best.0 {
                best = (covered, (place, base));
            }
        }
    }
    best.1
}

/// The curves of a training: the loss and each metric over the epochs, with the best epoch marked.
/// Beside the training stands the validation, by a figure's name with `val_`, or the test set, with
/// `test_`.
pub fn history(history: &History) -> Figure {
    let names = history.names();
    let held_out = |name: &str| HELD_OUT.iter().any(|(start, _)| name.starts_with(start));
    let is_panel = |name: &&str| *name != "lr" && !held_out(name);
    let panels: Vec<&str> = names.iter().map(String::as_str).filter(is_panel).collect();
    let (w, h) = (440.0, 330.0);
    let columns = panels.len().clamp(1, 2);
    let rows = panels.len().div_ceil(2).max(1);
    let mut whole = Figure::new(w * columns as f64, h * rows as f64);
    for (i, &name) in panels.iter().enumerate() {
        let panel = panel(history, name).sized(w, h);
        whole.put(panel, w * (i % 2) as f64, h * (i / 2) as f64);
    }
    whole
}

/// How figures of data that is not trained on begin, and what it is.
const HELD_OUT: [(&str, &str); 2] = [("val_", "validation"), ("test_", "test")];

fn panel(history: &History, name: &str) -> Plot {
    let epochs: Vec<f64> = (1..=history.len()).map(|i| i as f64).collect();
    let mut title = name.replace('_', " ");
    if let Some(first) = title.get(..1) {
        title = first.to_uppercase() + &title[1..];
    }
    let mut plot = Plot::new()
        .title(title)
        .x_label("epoch")
        .y_label(name.replace('_', " "));
    plot.whole = true;
    let train = history.get(name).unwrap_or_default();
    plot = plot.colored("training", &epochs, train, BLUE);
    let (mut judged, mut by) = (train, name.to_owned());
    for (start, what) in HELD_OUT {
        let held_out = format!("{start}{name}");
        if let Some(values) = history.get(&held_out) {
            plot = plot.colored(what, &epochs, values, ORANGE);
            (judged, by) = (values, held_out);
            break;
        }
    }
    match history.best(&by, Mode::of(name)) {
        Some((epoch, value)) if judged.len() > 1 => plot.mark(
            (epoch + 1) as f64,
            value,
            format!("best: epoch {}, {value:.4}", epoch + 1),
        ),
        _ => plot,
    }
}

/// ROC curves with their areas, and the line that guessing by chance gives.
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_train::{metrics::roc_curve, plot};
/// let curve = roc_curve(&tensor!([0.1, 0.4, 0.35, 0.8]), &tensor!([0, 0, 1, 1]));
/// assert!(plot::roc(&[("mlp", &curve)]).to_svg()?.contains("mlp (AUC 0.750)"));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn roc(curves: &[(&str, &RocCurve)]) -> Figure {
    let mut plot = Plot::new()
        .title("ROC")
        .x_label("false positive rate")
        .y_label("true positive rate");
    for (name, curve) in curves {
        let name = format!("{name} (AUC {:.3})", curve.auc());
        plot = plot.line(name, &curve.fpr, &curve.tpr);
    }
    plot.ranges = Some(((-0.02, 1.02), (-0.02, 1.02)));
    plot.diagonal = true;
    plot.sized(420.0, 400.0)
}

/// How the numbers of a tensor are spread over so many bins of one width; what is not finite is left
/// out.
///
/// # Errors
/// No bins, or a tensor that cannot be read.
///
/// ```
/// use ondol_autograd::Tensor;
/// let figure = ondol_train::plot::histogram("weights", &Tensor::randn([500]), 20)?;
/// assert!(figure.to_svg()?.contains("weights"));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn histogram(title: &str, values: &Tensor, bins: usize) -> Result<Figure> {
    if bins == 0 {
        return Err(Error::value(
            "histogram",
            "there are 0 bins; at least 1 is needed",
        ));
    }
    let values = values.value().to_device(&Device::cpu())?.cast(DType::F64)?;
    let mut values = values.to_vec::<f64>()?;
    values.retain(|v| v.is_finite());
    let x = range(values.iter().copied());
    let step = (x.1 - x.0) / bins as f64;
    let mut counts = vec![0u64; bins];
    for value in values {
        counts[(((value - x.0) / step) as usize).min(bins - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let mut figure = Figure::new(460.0, 340.0);
    let axes = Axes {
        left: 68.0,
        top: 40.0,
        width: 368.0,
        height: 248.0,
        x: widened(x, 0.03),
        y: (0.0, most as f64 * 1.06),
    };
    axes.draw(&mut figure, title, "value", "count", false);
    for (i, &count) in counts.iter().enumerate() {
        let (left, top) = axes.at(x.0 + step * i as f64, count as f64);
        let (right, bottom) = axes.at(x.0 + step * (i + 1) as f64, 0.0);
        figure.rect(
            left,
            top,
            right - left - 0.8,
            bottom - top,
            BLUE.alpha(0.85),
        );
    }
    Ok(figure)
}
