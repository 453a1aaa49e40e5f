//! The confusion matrix in colour.

use super::color::{BLUE, Color, GRID, INK, MUTED, WHITE};
use super::figure::{Figure, text_of};
use super::render::width;
use crate::metrics::ConfusionMatrix;

/// The confusion matrix with its counts; the colour is the share of the true class, row by row.
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_train::{metrics::ConfusionMatrix, plot};
/// let mut confusion = ConfusionMatrix::new(2).class_names(["cat", "dog"]);
/// confusion.update(&tensor!([0, 1, 1]), &tensor!([0, 1, 0]));
/// assert!(plot::confusion_matrix(&confusion).to_svg()?.contains("dog"));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn confusion_matrix(confusion: &ConfusionMatrix) -> Figure {
    const DEEP: Color = Color([16, 62, 138], 1.0);
    let n = confusion.num_classes();
    let names = confusion.names();
    let widest = names
        .iter()
        .map(|name| width(name, 12.0, false))
        .fold(0.0, f64::max);
    let cell = if n <= 3 { 72.0 } else { 46.0 };
    let slanted = widest > cell - 6.0;
    let (left, top) = (46.0 + widest, 54.0);
    let side = cell * n as f64;
    let below = if slanted { widest + 14.0 } else { 22.0 };
    let mut figure = Figure::new(left + side + 84.0, top + side + below + 34.0);
    let color = |share: f64| match share < 0.5 {
        true => WHITE.towards(BLUE, share * 2.0),
        false => BLUE.towards(DEEP, share * 2.0 - 1.0),
    };
    for (truth, support) in confusion.support().into_iter().enumerate() {
        for guess in 0..n {
            let count = confusion.count(truth, guess);
            let share = count as f64 / support.max(1) as f64;
            let (x, y) = (left + cell * guess as f64, top + cell * truth as f64);
            figure.rect(x, y, cell, cell, color(share));
            let ink = if share > 0.38 {
                WHITE
            } else if count == 0 {
                MUTED.alpha(0.5)
            } else {
                INK
            };
            let text = count.to_string();
            let size = if text.len() > 5 { 10.0 } else { 12.0 };
            let look = text_of(size, ink).middle();
            let look = if truth == guess { look.bold() } else { look };
            figure.text((x + cell / 2.0, y + cell / 2.0 + 4.5), text, look);
        }
    }
    for i in 1..n {
        let d = cell * i as f64;
        figure.line(&[(left + d, top), (left + d, top + side)], WHITE, 1.0);
        figure.line(&[(left, top + d), (left + side, top + d)], WHITE, 1.0);
    }
    figure.frame(left, top, side, side, GRID, 1.0);
    for (i, name) in names.iter().enumerate() {
        let middle = cell * (i as f64 + 0.5);
        let name_of = text_of(12.0, INK);
        figure.text(
            (left - 8.0, top + middle + 4.0),
            name.clone(),
            name_of.end(),
        );
        match slanted {
            true => figure.text(
                (left + middle + 4.0, top + side + 8.0),
                name.clone(),
                name_of.end().up(),
            ),
            false => figure.text(
                (left + middle, top + side + 18.0),
                name.clone(),
                name_of.middle(),
            ),
        }
    }
    let label = text_of(12.0, MUTED).middle();
    figure.text(
        (left + side / 2.0, top + side + below + 20.0),
        "guessed",
        label,
    );
    figure.text((20.0, top + side / 2.0), "true", label.up());
    let head = text_of(14.0, INK).bold().middle();
    figure.text((left + side / 2.0, 26.0), "Confusion matrix", head);
    let line = format!(
        "{} samples, accuracy {:.2} %",
        confusion.total(),
        100.0 * confusion.accuracy()
    );
    figure.text(
        (left + side / 2.0, 43.0),
        line,
        text_of(11.0, MUTED).middle(),
    );
    // What the colours mean.
    let (bar, steps) = (left + side + 18.0, 64);
    for i in 0..steps {
        let high = side / f64::from(steps);
        let share = (f64::from(i) + 0.5) / f64::from(steps);
        let y = top + side - high * f64::from(i + 1);
        figure.rect(bar, y, 12.0, high + 0.4, color(share));
    }
    figure.frame(bar, top, 12.0, side, GRID, 1.0);
    for share in [0, 50, 100] {
        let y = top + side * (1.0 - f64::from(share) / 100.0);
        figure.text(
            (bar + 18.0, y + 4.0),
            format!("{share} %"),
            text_of(11.0, MUTED),
        );
    }
    figure
}
