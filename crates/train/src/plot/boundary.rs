//! Points in the plane and where a model draws the line.

use ondol_autograd::{Tensor, no_grad};
use ondol_tensor::{DType, Device, Error, Result};

use super::axes::{Axes, Range, range, widened};
use super::color::{Color, INK, WHITE, cycle};
use super::figure::Figure;
use crate::picture::Pixels;

/// Points `[N, 2]` and their classes `[N]`.
type Points = (Vec<(f64, f64)>, Vec<usize>);

fn points(x: &Tensor, classes: &Tensor) -> Result<Points> {
    const OP: &str = "scatter";
    let (at, of) = (x.value(), classes.value());
    if at.ndim() != 2 || at.shape()[1] != 2 || of.numel() != at.shape()[0] {
        return Err(Error::Shape {
            op: OP,
            lhs: at.shape().to_vec(),
            rhs: of.shape().to_vec(),
            rule: "expected points [N, 2] and classes [N]".into(),
        });
    }
    let at = at
        .to_device(&Device::cpu())?
        .cast(DType::F64)?
        .to_vec::<f64>()?;
    let of = of
        .to_device(&Device::cpu())?
        .cast(DType::I64)?
        .to_vec::<i64>()?;
    let index = |&i: &i64| {
        usize::try_from(i).map_err(|_| Error::value(OP, format!("class {i}; expected at least 0")))
    };
    let of = of.iter().map(index).collect::<Result<_>>()?;
    Ok((at.chunks_exact(2).map(|p| (p[0], p[1])).collect(), of))
}

fn axes(points: &[(f64, f64)]) -> Axes {
    let of = |values: Vec<f64>| -> Range { widened(range(values), 0.1) };
    Axes {
        left: 68.0,
        top: 40.0,
        width: 380.0,
        height: 340.0,
        x: of(points.iter().map(|p| p.0).collect()),
        y: of(points.iter().map(|p| p.1).collect()),
    }
}

fn draw(figure: &mut Figure, axes: &Axes, (points, classes): &Points) {
    let mut places = Vec::new();
    for (&(x, y), &class) in points.iter().zip(classes) {
        let at = axes.at(x, y);
        places.push(at);
        figure.circle(at, 4.6, WHITE);
        figure.circle(at, 3.8, cycle(class));
    }
    let mut kinds = classes.clone();
    kinds.sort_unstable();
    kinds.dedup();
    let names: Vec<_> = kinds
        .iter()
        .map(|&class| (format!("class {class}"), cycle(class)))
        .collect();
    axes.legend(figure, &names, &places, true);
}

/// Points `[N, 2]` in the colours of their classes `[N]`.
///
/// # Errors
/// Other shapes.
///
/// ```
/// use ondol_autograd::tensor;
/// let figure = ondol_train::plot::scatter(&tensor!([[0.0, 1.0], [1.0, 0.0]]), &tensor!([0, 1]))?;
/// assert!(figure.to_svg()?.contains("class 1"));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn scatter(x: &Tensor, classes: &Tensor) -> Result<Figure> {
    let points = points(x, classes)?;
    let axes = axes(&points.0);
    let mut figure = Figure::new(472.0, 432.0);
    axes.draw(&mut figure, "Points by class", "x", "y", false);
    draw(&mut figure, &axes, &points);
    Ok(figure)
}

/// Points `[N, 2]` of classes `[N]` over what a model says of each place: `model` takes `[M, 2]` and
/// gives the probability of class 1, `[M]` or `[M, 1]`, or a logit for each class, `[M, C]`.
///
/// # Errors
/// Other shapes.
///
/// ```
/// use ondol_autograd::{Tensor, tensor};
/// let x = tensor!([[-1.0, 0.5], [1.0, -0.5]]);
/// let right = |x: &Tensor| x.select(1, 0).sigmoid();
/// let figure = ondol_train::plot::decision_boundary(right, &x, &tensor!([0, 1]))?;
/// assert!(figure.to_svg()?.contains("<image"));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn decision_boundary(
    model: impl Fn(&Tensor) -> Tensor,
    x: &Tensor,
    classes: &Tensor,
) -> Result<Figure> {
    const SIDE: usize = 120;
    let points = points(x, classes)?;
    let axes = axes(&points.0);
    let at =
        |share: usize, (low, high): Range| low + (high - low) * (share as f64 + 0.5) / SIDE as f64;
    let mut grid = Vec::with_capacity(2 * SIDE * SIDE);
    for row in 0..SIDE {
        for column in 0..SIDE {
            grid.push(at(column, axes.x) as f32);
            grid.push(at(SIDE - 1 - row, axes.y) as f32);
        }
    }
    let grid = Tensor::from_vec(grid, [SIDE * SIDE, 2]);
    let grid = grid.to(x.device()).to_dtype(x.dtype());
    let output = no_grad(|| model(&grid));
    let shape = output.shape().to_vec();
    let columns = match shape[..] {
        [m] | [m, 1] if m == SIDE * SIDE => 1,
        [m, c] if m == SIDE * SIDE => c,
        _ => {
            return Err(Error::Input {
                op: "decision_boundary",
                shape,
                rule: format!("expected outputs [{0}], [{0}, 1] or [{0}, C]", SIDE * SIDE),
            });
        }
    };
    let output = output
        .value()
        .to_device(&Device::cpu())?
        .cast(DType::F64)?
        .to_vec::<f64>()?;
    let mut background = Pixels::filled(SIDE, SIDE, [255; 3]);
    for (i, row) in output.chunks_exact(columns).enumerate() {
        let (winner, share) = judge(row);
        // White where it is undecided.
        let color = WHITE.towards(cycle(winner), 0.06 + 0.38 * share);
        background.set(i % SIDE, i / SIDE, color.0);
    }
    let mut figure = Figure::new(472.0, 432.0);
    axes.draw(&mut figure, "Decision boundary", "x", "y", false);
    figure.image((axes.left, axes.top), (axes.width, axes.height), background);
    for lead in leads(&output, columns) {
        outline(&mut figure, &axes, &lead, SIDE, INK);
    }
    draw(&mut figure, &axes, &points);
    Ok(figure)
}

/// Which class wins, and by how much: 0 at a draw, 1 where it is certain.
fn judge(row: &[f64]) -> (usize, f64) {
    if let [p] = row {
        return (usize::from(*p > 0.5), (2.0 * p - 1.0).abs());
    }
    let winner = (0..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best });
    let sum: f64 = row.iter().map(|x| (x - row[winner]).exp()).sum();
    let (share, even) = (1.0 / sum, 1.0 / row.len() as f64);
    (winner, (share - even) / (1.0 - even))
}

/// By how much each class is ahead of the greatest other, class by class; of one output, how far it is
/// from a half.
fn leads(output: &[f64], columns: usize) -> Vec<Vec<f64>> {
    if columns == 1 {
        return vec![output.iter().map(|p| p - 0.5).collect()];
    }
    let lead = |class: usize| {
        let ahead = |row: &[f64]| {
            let others = row.iter().enumerate().filter(|(i, _)| *i != class);
            row[class] - others.map(|(_, x)| *x).fold(f64::NEG_INFINITY, f64::max)
        };
        output.chunks_exact(columns).map(ahead).collect()
    };
    (0..columns).map(lead).collect()
}

/// Lines where the values of a square grid are zero, by marching squares.
fn outline(figure: &mut Figure, axes: &Axes, values: &[f64], side: usize, color: Color) {
    let step = |i: f64, length: f64| length * (i + 0.5) / side as f64;
    let place = |column: f64, row: f64| {
        (
            axes.left + step(column, axes.width),
            axes.top + step(row, axes.height),
        )
    };
    for row in 0..side - 1 {
        for column in 0..side - 1 {
            // The corners around a cell, and the places between two where the sign changes.
            let corners = [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(x, y)| (column + x, row + y));
            let mut ends = Vec::new();
            for i in 0..4 {
                let ((ax, ay), (bx, by)) = (corners[i], corners[(i + 1) % 4]);
                let (a, b) = (values[ay * side + ax], values[by * side + bx]);
                if (a > 0.0) == (b > 0.0) {
                    continue;
                }
                let share = a / (a - b);
                let between =
                    |from: usize, to: usize| from as f64 + (to as f64 - from as f64) * share;
                ends.push(place(between(ax, bx), between(ay, by)));
            }
            for pair in ends.chunks_exact(2) {
                figure.line(pair, color, 1.6);
            }
        }
    }
}
