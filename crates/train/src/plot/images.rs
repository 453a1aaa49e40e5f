//! Pictures side by side: what was guessed of them, and what a layer looks for.

use ondol_autograd::Tensor;
use ondol_tensor::{DType, Device, Error, Result};

use super::color::{GREEN, GRID, INK, MUTED, RED};
use super::figure::{Figure, text_of};
use super::render::width;
use crate::picture::Pixels;

/// Values of `[N, C, H, W]` on the host, with the shape.
fn values(op: &'static str, images: &Tensor) -> Result<(Vec<f32>, [usize; 4])> {
    let shape: [usize; 4] = images
        .shape()
        .to_vec()
        .try_into()
        .map_err(|shape| Error::Input {
            op,
            shape,
            rule: "expected [N, C, H, W]".into(),
        })?;
    let values = images.value().to_device(&Device::cpu())?.cast(DType::F32)?;
    Ok((values.to_vec::<f32>()?, shape))
}

/// One picture, from the least to the greatest value; three channels are colours, of others their
/// mean is shown.
fn pixels(values: &[f32], [_, c, h, w]: [usize; 4], (low, high): (f32, f32)) -> Pixels {
    let area = h * w;
    let byte = |x: f32| (255.0 * (x - low) / (high - low).max(1e-12)).clamp(0.0, 255.0) as u8;
    let mut picture = Pixels::filled(w, h, [0; 3]);
    for i in 0..area {
        let channel = |c: usize| values[c * area + i];
        let color = match c {
            3 => [0, 1, 2].map(|c| byte(channel(c))),
            _ => [byte((0..c).map(channel).sum::<f32>() / c as f32); 3],
        };
        picture.set(i % w, i / w, color);
    }
    picture
}

fn span(values: &[f32]) -> (f32, f32) {
    let finite = values.iter().copied().filter(|v| v.is_finite());
    finite.fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| {
        (l.min(v), h.max(v))
    })
}

/// Pictures `[N, C, H, W]` with what a model makes of them: a green frame where it is right, a red
/// one with `shirt → coat 71 %` where it is not. `targets [N]` are the classes, `logits [N, C]` the
/// model's outputs.
///
/// # Errors
/// Other shapes, a class without a name, or no pictures.
///
/// ```
/// use ondol_autograd::{Tensor, tensor};
/// let (images, logits) = (Tensor::rand([2, 1, 8, 8]), tensor!([[2.0, 0.0], [1.0, 0.5]]));
/// let figure = ondol_train::plot::predictions(&images, &tensor!([0, 1]), &logits, &["shirt", "coat"])?;
/// assert!(figure.to_svg()?.contains("coat → shirt 62 %"));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn predictions(
    images: &Tensor,
    targets: &Tensor,
    logits: &Tensor,
    names: &[&str],
) -> Result<Figure> {
    const OP: &str = "predictions";
    let (values, shape) = values(OP, images)?;
    let [n, c, h, w] = shape;
    let outputs = logits.value().to_device(&Device::cpu())?.cast(DType::F64)?;
    let targets = targets
        .value()
        .to_device(&Device::cpu())?
        .cast(DType::I64)?;
    let fits = outputs.shape()[..] == [n, names.len()] && targets.shape()[..] == [n];
    if n == 0 || !fits {
        let message = format!(
            "pictures {:?}, targets {:?}, logits {:?} and {} names; expected [N, C, H, W], [N], [N, names]",
            shape,
            targets.shape().to_vec(),
            outputs.shape().to_vec(),
            names.len()
        );
        return Err(Error::value(OP, message));
    }
    let (outputs, targets) = (outputs.to_vec::<f64>()?, targets.to_vec::<i64>()?);
    let columns = n.min(6);
    let (side, gap, high) = (104.0, 14.0, 34.0);
    let (cell_w, cell_h) = (side + gap, side + high + 8.0);
    let rows = n.div_ceil(columns);
    let mut figure = Figure::new(gap + cell_w * columns as f64, gap + cell_h * rows as f64);
    let whole = span(&values);
    for i in 0..n {
        let row = &outputs[i * names.len()..(i + 1) * names.len()];
        let Some(guess) = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a)))
        else {
            continue;
        };
        let share = 1.0 / row.iter().map(|x| (x - row[guess]).exp()).sum::<f64>();
        let truth = usize::try_from(targets[i])
            .ok()
            .filter(|&t| t < names.len());
        let truth = truth.ok_or_else(|| {
            Error::value(
                OP,
                format!(
                    "class {} has no name; there are {}",
                    targets[i],
                    names.len()
                ),
            )
        })?;
        let right = truth == guess;
        let color = if right { GREEN } else { RED };
        let x = gap + cell_w * (i % columns) as f64;
        let y = gap + cell_h * (i / columns) as f64;
        let picture = &values[i * c * h * w..(i + 1) * c * h * w];
        figure.image((x, y), (side, side), pixels(picture, shape, whole));
        figure.frame(x - 3.0, y - 3.0, side + 6.0, side + 6.0, color, 3.0);
        let percent = format!("{:.0} %", 100.0 * share);
        let text = match right {
            true => format!("{} {percent}", names[guess]),
            false => format!("{} → {} {percent}", names[truth], names[guess]),
        };
        let look = text_of(11.0, color).middle();
        let middle = x + side / 2.0;
        if width(&text, 11.0, false) <= cell_w - 2.0 {
            figure.text((middle, y + side + 19.0), text, look);
        } else {
            // Two lines where one is too long.
            let (first, second) = match right {
                true => (names[guess].to_owned(), percent),
                false => (
                    names[truth].to_owned(),
                    format!("→ {} {percent}", names[guess]),
                ),
            };
            figure.text((middle, y + side + 16.0), first, look);
            figure.text((middle, y + side + 30.0), second, look);
        }
    }
    Ok(figure)
}

/// What the filters of a first layer `[O, C, H, W]` look for, each from its least to its greatest
/// weight; three channels are colours, of others their mean is shown.
///
/// # Errors
/// Another shape, or no filters.
///
/// ```
/// use ondol_autograd::Tensor;
/// let figure = ondol_train::plot::filters(&Tensor::randn([16, 1, 3, 3]))?;
/// assert!(figure.to_svg()?.contains("16 filters, 3 × 3"));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn filters(weight: &Tensor) -> Result<Figure> {
    let (values, shape) = values("filters", weight)?;
    let [n, c, h, w] = shape;
    let size = c * h * w;
    if n * size == 0 {
        return Err(Error::Input {
            op: "filters",
            shape: shape.to_vec(),
            rule: "there are no filters".into(),
        });
    }
    let columns = n.min(8);
    let (side, gap) = (56.0, 8.0);
    let step = side + gap;
    let (left, top) = (18.0, 40.0);
    let rows = n.div_ceil(columns);
    let wide = (step * columns as f64 + 2.0 * left - gap).max(210.0);
    let mut figure = Figure::new(wide, top + step * rows as f64 + 10.0);
    let text = format!("{n} filters, {h} × {w}");
    figure.text((wide / 2.0, 25.0), text, text_of(13.0, INK).middle().bold());
    for i in 0..n {
        let x = left + step * (i % columns) as f64;
        let y = top + step * (i / columns) as f64;
        let one = &values[i * size..(i + 1) * size];
        let mut shown = one.to_vec();
        if c != 3 {
            let area = h * w;
            shown = (0..area)
                .map(|p| (0..c).map(|k| one[k * area + p]).sum::<f32>() / c as f32)
                .collect();
        }
        figure.image((x, y), (side, side), pixels(one, shape, span(&shown)));
        figure.frame(
            x - 1.0,
            y - 1.0,
            side + 2.0,
            side + 2.0,
            MUTED.towards(GRID, 0.5),
            1.0,
        );
    }
    Ok(figure)
}
