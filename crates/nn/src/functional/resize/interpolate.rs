//! Up and down in size, one dimension after another.

use ondol_autograd::{Error, OutputSize, Tensor, functional, raise};

use super::options::{Interpolate, InterpolateMode};

/// `x [N, C, ..]` in another size, `torch.nn.functional.interpolate`.
///
/// ```
/// use ondol_nn::{functional::{Interpolate, InterpolateMode, interpolate}, tensor};
/// let x = tensor!([[[0.0, 3.0]]]);
/// assert_eq!(interpolate(&x, &Interpolate::scale_factor(2.0)).to_vec::<f32>(), [0.0, 0.0, 3.0, 3.0]);
/// let lines = Interpolate::size(4).mode(InterpolateMode::Linear).align_corners(true);
/// assert_eq!(interpolate(&x, &lines).to_vec::<f32>(), [0.0, 1.0, 2.0, 3.0]);
/// ```
///
/// # Panics
/// Where the mode is for another number of dimensions, or not for aligned corners, or a size is 0.
#[track_caller]
pub fn interpolate(x: &Tensor, o: &Interpolate) -> Tensor {
    let shape = x.shape();
    let wrong = |rule: String| Error::Input {
        op: "interpolate",
        shape: shape.to_vec(),
        rule,
    };
    let dims = shape.ndim().saturating_sub(2);
    if !(1..=3).contains(&dims) || o.mode.dims().is_some_and(|d| d != dims) {
        raise(wrong(format!(
            "Input Error: Only 3D, 4D and 5D input Tensors supported (got {}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | area | nearest-exact (got {})",
            shape.ndim(),
            o.mode.name()
        )));
    }
    if o.align_corners && o.mode.dims().is_none() {
        raise(wrong("align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear".into()));
    }
    let factors = o.scale_factor.as_ref().map(|factor| factor.each(dims));
    let sizes = match (&o.size, &factors) {
        (Some(_), Some(_)) => raise(wrong(
            "only one of size or scale_factor should be defined".into(),
        )),
        (None, None) => raise(wrong(
            "either size or scale_factor should be defined".into(),
        )),
        (Some(size), None) => size.each(dims),
        (None, Some(factors)) => factors.as_ref().map(|factors| {
            let each = factors.iter().zip(&shape[2..]);
            each.map(|(factor, &size)| (size as f64 * factor).floor() as usize)
                .collect()
        }),
    };
    let Some(sizes) = sizes else {
        raise(wrong(format!(
            "size or scale_factor must match the number of spatial dimensions, {dims}"
        )));
    };
    if sizes.contains(&0) || shape[2..].contains(&0) {
        raise(wrong(
            "Input and output sizes should be greater than 0".into(),
        ));
    }
    if o.mode == InterpolateMode::Area {
        return area(x, &sizes);
    }
    let given = factors.flatten().filter(|_| !o.recompute_scale_factor);
    sizes.iter().enumerate().fold(x.clone(), |y, (d, &size)| {
        let axis = Axis {
            dim: 2 + d as isize,
            from: shape[2 + d],
            to: size,
            factor: given.as_ref().map(|factors| factors[d]),
            align: o.align_corners,
        };
        axis.resize(&y, o.mode)
    })
}

#[track_caller]
fn area(x: &Tensor, sizes: &[usize]) -> Tensor {
    match *sizes {
        [l] => functional::adaptive_avg_pool1d(x, OutputSize([Some(l)])),
        [h, w] => functional::adaptive_avg_pool2d(x, [h, w]),
        [d, h, w] => functional::adaptive_avg_pool3d(x, [d, h, w]),
        _ => x.clone(),
    }
}

/// One dimension of a resize.
struct Axis {
    dim: isize,
    from: usize,
    to: usize,
    factor: Option<f64>,
    align: bool,
}

impl Axis {
    /// How far the input goes on with each step of the output.
    fn step(&self) -> f64 {
        match (self.align, self.factor) {
            (true, _) if self.to > 1 => (self.from - 1) as f64 / (self.to - 1) as f64,
            (true, _) => 0.0,
            (false, Some(factor)) if factor > 0.0 => 1.0 / factor,
            (false, _) => self.from as f64 / self.to as f64,
        }
    }

    /// Where in the input each element of the output lies.
    fn places(&self) -> Vec<f64> {
        let step = self.step();
        let place = |i: usize| match self.align {
            true => step * i as f64,
            false => step * (i as f64 + 0.5) - 0.5,
        };
        (0..self.to).map(place).collect()
    }

    #[track_caller]
    fn resize(&self, x: &Tensor, mode: InterpolateMode) -> Tensor {
        // Straight lines copy where the size stays, whatever the factor, and so do the nearest
        // elements of a plane; PyTorch works out the other places from the factor.
        let plane = mode == InterpolateMode::Nearest && x.ndim() == 4;
        let lines = matches!(
            mode,
            InterpolateMode::Linear | InterpolateMode::Bilinear | InterpolateMode::Trilinear
        );
        let even = self.factor.is_none_or(|factor| factor == 1.0);
        if self.from == self.to && (even || lines || plane) {
            return x.clone();
        }
        if plane && self.to == 2 * self.from {
            return self.pick(x, (0..self.to).map(|i| i / 2).collect());
        }
        let last = self.from - 1;
        match mode {
            InterpolateMode::Nearest | InterpolateMode::NearestExact => {
                // PyTorch counts in f32 here: where the place is a whole number, rounding decides.
                let step = self.step() as f32;
                let half = if mode == InterpolateMode::Nearest {
                    0.0
                } else {
                    0.5
                };
                let at = (0..self.to).map(|i| (((i as f32 + half) * step) as usize).min(last));
                self.pick(x, at.collect())
            }
            InterpolateMode::Bicubic => {
                let places = self.places();
                (-1..=2isize)
                    .map(|tap| {
                        let at =
                            |p: &f64| (p.floor() as isize + tap).clamp(0, last as isize) as usize;
                        let weight = |p: &f64| cubic((p - p.floor() - tap as f64).abs());
                        let weights: Vec<f64> = places.iter().map(weight).collect();
                        let picked = self.pick(x, places.iter().map(at).collect());
                        picked.mul(self.beside(x, weights))
                    })
                    .reduce(|sum, term| sum.add(term))
                    .unwrap_or_else(|| x.clone())
            }
            _ => {
                let places: Vec<f64> = self.places().iter().map(|p| p.max(0.0)).collect();
                let low: Vec<usize> = places.iter().map(|&p| (p as usize).min(last)).collect();
                let high = low.iter().map(|&i| (i + 1).min(last)).collect();
                let share: Vec<f64> = places
                    .iter()
                    .zip(&low)
                    .map(|(p, &i)| (p - i as f64).clamp(0.0, 1.0))
                    .collect();
                let rest = share.iter().map(|share| 1.0 - share).collect();
                let (low, high) = (self.pick(x, low), self.pick(x, high));
                low.mul(self.beside(x, rest))
                    .add(high.mul(self.beside(x, share)))
            }
        }
    }

    #[track_caller]
    fn pick(&self, x: &Tensor, at: Vec<usize>) -> Tensor {
        let at: Vec<i64> = at.into_iter().map(|i| i as i64).collect();
        let n = at.len();
        x.index_select(self.dim, &Tensor::from_vec(at, n).to(x.device()))
    }

    /// Weights along the dimension.
    #[track_caller]
    fn beside(&self, x: &Tensor, weights: Vec<f64>) -> Tensor {
        let mut sizes = vec![1usize; x.ndim() - self.dim as usize];
        sizes[0] = weights.len();
        Tensor::from_vec(weights, sizes)
            .to_dtype(x.dtype())
            .to(x.device())
    }
}

/// Keys' cubic with `a = −0.75`, at a distance below 2.
fn cubic(d: f64) -> f64 {
    const A: f64 = -0.75;
    if d <= 1.0 {
        ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0
    } else {
        ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A
    }
}
