//! A picture looked up at places of one's own.

use ondol_autograd::{Error, Tensor, no_grad, raise};

/// How values between the input's are found by [`grid_sample`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GridMode {
    /// Straight lines between the four elements around.
    #[default]
    Bilinear,
    /// The nearest element.
    Nearest,
}

/// What lies outside of the input of [`grid_sample`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GridPadding {
    /// Zeros.
    #[default]
    Zeros,
    /// The element at the border.
    Border,
    /// The input again, reflected at its borders.
    Reflection,
}

/// What [`grid_sample`] can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GridOptions {
    /// How values in between are found.
    pub mode: GridMode,
    /// What lies outside.
    pub padding_mode: GridPadding,
    /// Whether −1 and 1 are the centres of the outermost elements, and not their outer edges.
    pub align_corners: bool,
}

/// The elements of `x [N, C, H, W]` at the places `grid [N, OH, OW, 2]`, which are `(x, y)` from −1
/// to 1 → `[N, C, OH, OW]`; `torch.nn.functional.grid_sample`. Gradients flow to both.
///
/// ```
/// use ondol_nn::{functional::{GridOptions, grid_sample}, tensor};
/// let x = tensor!([[[[1.0, 3.0]]]]);
/// let y = grid_sample(&x, &tensor!([[[[0.0, 0.0]]]]), GridOptions::default());
/// assert_eq!(y.item(), 2.0);
/// ```
///
/// # Panics
/// Where sizes do not go together.
#[track_caller]
pub fn grid_sample(x: &Tensor, grid: &Tensor, o: GridOptions) -> Tensor {
    let (xs, gs) = (x.shape(), grid.shape());
    if xs.ndim() != 4 || gs.ndim() != 4 || gs[3] != 2 || xs[0] != gs[0] || xs[2] * xs[3] == 0 {
        raise(Error::Shape {
            op: "grid_sample",
            lhs: xs.to_vec(),
            rhs: gs.to_vec(),
            rule: "expected an input [N, C, H, W], not empty, and a grid [N, OH, OW, 2] of the same batch".into(),
        });
    }
    let place = |d: usize| {
        let size = xs[3 - d] as f64;
        let at = grid.select(-1, d as isize).add(1.0);
        let at = match o.align_corners {
            true => at.mul((size - 1.0) / 2.0),
            false => at.mul(size / 2.0).sub(0.5),
        };
        inside(at, size, &o)
    };
    let (column, row) = (place(0), place(1));
    let flat = x.flatten(2, 3);
    let pick = |row: &Tensor, column: &Tensor| {
        no_grad(|| {
            let (h, w) = (xs[2] as f64, xs[3] as f64);
            let outside = row.lt(0.0).logical_or(row.ge(h));
            let outside = outside.logical_or(column.lt(0.0)).logical_or(column.ge(w));
            let outside = outside.logical_or(row.add(column).isfinite().logical_not());
            let at = row.mul(w).add(column).masked_fill(&outside, 0.0).long();
            (at, outside.unsqueeze(1))
        })
    };
    let taken = |row: &Tensor, column: &Tensor| {
        let (at, outside) = pick(row, column);
        let at = at.reshape(&[xs[0], 1, gs[1] * gs[2]][..]);
        let at = at.expand(&[xs[0], xs[1], gs[1] * gs[2]][..]);
        flat.gather(2, &at)
            .reshape(&[xs[0], xs[1], gs[1], gs[2]][..])
            .masked_fill(&outside, 0.0)
    };
    if o.mode == GridMode::Nearest {
        return taken(&row.detach().round(), &column.detach().round());
    }
    let (top, left) = (row.detach().floor(), column.detach().floor());
    let (down, right) = (row.sub(&top), column.sub(&left));
    let mut sum: Option<Tensor> = None;
    for (dy, dx) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
        let share = |part: &Tensor, far: f64| match far {
            0.0 => part.neg().add(1.0),
            _ => part.clone(),
        };
        let weight = share(&down, dy).mul(share(&right, dx)).unsqueeze(1);
        let term = taken(&top.add(dy), &left.add(dx)).mul(weight);
        sum = Some(match sum {
            Some(sum) => sum.add(term),
            None => term,
        });
    }
    sum.unwrap_or(flat)
}

/// A place brought into the input, as the padding says.
#[track_caller]
fn inside(at: Tensor, size: f64, o: &GridOptions) -> Tensor {
    let border = |at: &Tensor| at.clamp(0.0, size - 1.0);
    match o.padding_mode {
        GridPadding::Zeros => at,
        GridPadding::Border => border(&at),
        GridPadding::Reflection => {
            let (low, span) = match o.align_corners {
                true => (0.0, size - 1.0),
                false => (-0.5, size),
            };
            if span == 0.0 {
                return at.mul(0.0);
            }
            // Up and down again: a triangle of that span.
            let away = at.sub(low).abs();
            let turns = away.detach().div(span).floor();
            let rest = away.sub(turns.mul(span));
            let odd = turns.remainder(2.0).eq(1.0);
            let folded = Tensor::where_(&odd, rest.neg().add(span), &rest);
            border(&folded.add(low))
        }
    }
}

/// The places that an affine map `theta [N, 2, 3]` gives each element of an output of size `[N, C,
/// H, W]`, for [`grid_sample`] → `[N, H, W, 2]`; `torch.nn.functional.affine_grid`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let identity = tensor!([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]);
/// let grid = functional::affine_grid(&identity, [1, 1, 1, 2], false);
/// assert_eq!(grid.to_vec::<f32>(), [-0.5, 0.0, 0.5, 0.0]);
/// ```
///
/// # Panics
/// Where sizes do not go together.
#[track_caller]
pub fn affine_grid(theta: &Tensor, size: [usize; 4], align_corners: bool) -> Tensor {
    let [n, _, h, w] = size;
    if theta.shape() != [n, 2, 3] {
        raise(Error::Shape {
            op: "affine_grid",
            lhs: theta.shape().to_vec(),
            rhs: size.to_vec(),
            rule: format!("Expected a batch of 2D affine matrices of shape {n}x2x3"),
        });
    }
    let line = |n: usize| {
        let steps = n as f64;
        let at = |i: usize| match align_corners {
            true if n > 1 => 2.0 * i as f64 / (steps - 1.0) - 1.0,
            true => 0.0,
            false => (2.0 * i as f64 + 1.0) / steps - 1.0,
        };
        Tensor::from_vec((0..n).map(at).collect::<Vec<f64>>(), n)
            .to_dtype(theta.dtype())
            .to(theta.device())
    };
    let plane = |line: Tensor| line.expand(&[h, w][..]);
    let (x, y) = (plane(line(w)), plane(line(h).unsqueeze(1)));
    let ones = x.ones_like();
    let base = Tensor::stack(&[x, y, ones], -1).reshape(&[h * w, 3][..]);
    base.matmul(&theta.transpose(1, 2))
        .reshape(&[n, h, w, 2][..])
}
