//! Composites a backend may have a faster way for.

use std::cell::Cell;

use crate::{Array, DType, Error, Result, Shape};

/// Stride, padding, dilation and groups of a two-dimensional convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv2dOptions {
    /// Steps of the window, height and width.
    pub stride: [usize; 2],
    /// Zeros around the input.
    pub padding: [usize; 2],
    /// Distance of the kernel's taps.
    pub dilation: [usize; 2],
    /// Groups of channels that do not mix.
    pub groups: usize,
}

impl Default for Conv2dOptions {
    fn default() -> Self {
        Conv2dOptions {
            stride: [1, 1],
            padding: [0, 0],
            dilation: [1, 1],
            groups: 1,
        }
    }
}

/// Window of a two-dimensional pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pool2dOptions {
    /// Size of the window.
    pub kernel: [usize; 2],
    /// Steps of the window.
    pub stride: [usize; 2],
    /// Border around the input that never wins.
    pub padding: [usize; 2],
    /// Distance of the window's taps.
    pub dilation: [usize; 2],
}

/// A composite operation that a backend may do at once. It agrees with the composite to the op
/// table's tolerance.
#[derive(Clone, Debug, PartialEq)]
pub enum Fused {
    /// `input [N, C, H, W]`, `weight [O, C/groups, KH, KW]` → `[N, O, OH, OW]`.
    Conv2d(Conv2dOptions),
    /// As [`Fused::Conv2d`], plus `bias [O]`.
    Conv2dBias(Conv2dOptions),
    /// `gradient [N, O, OH, OW]`, `weight` → gradient of the input, of height and width `input`.
    Conv2dInputGrad {
        /// The convolution's options.
        options: Conv2dOptions,
        /// Height and width of its input.
        input: [usize; 2],
    },
    /// `input`, `gradient` → gradient of the weight, of height and width `kernel`.
    Conv2dWeightGrad {
        /// The convolution's options.
        options: Conv2dOptions,
        /// Height and width of its kernel.
        kernel: [usize; 2],
    },
    /// As [`Fused::Conv2dWeightGrad`], and the gradient of the bias, `[O]`.
    Conv2dParameterGrads {
        /// The convolution's options.
        options: Conv2dOptions,
        /// Height and width of its kernel.
        kernel: [usize; 2],
    },
    /// `input [M, K]`, `weight [N, K]`, `bias [N]` → `input · weightᵀ + bias`, `[M, N]`.
    Linear,
    /// `input [N, C, H, W]` → greatest of each window, and its position `h * W + w` as `i64`.
    /// The first of equals in row-major order; a NaN wins.
    MaxPool2d(Pool2dOptions),
    /// As [`Fused::MaxPool2d`], the values alone.
    MaxPool2dValues(Pool2dOptions),
    /// `gradient [N, C, OH, OW]`, `input [N, C, H, W]` → gradient of the input: each number of the
    /// gradient goes to the place [`Fused::MaxPool2d`] gives.
    MaxPool2dGrad(Pool2dOptions),
    /// `gradient`, `output` of `max(x, 0)` → gradient of `x`: 0 where the output is at most 0, else the
    /// gradient.
    ReluGrad,
}

/// The size of a convolution's or pooling's output along one dimension.
///
/// `⌊(input + 2·padding − dilation·(kernel−1) − 1) / stride⌋ + 1`, `None` where the window does not fit.
pub fn window_count(
    input: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
) -> Option<usize> {
    let span = dilation * kernel.checked_sub(1)? + 1;
    (stride > 0).then_some(())?;
    Some((input + 2 * padding).checked_sub(span)? / stride + 1)
}

impl Fused {
    /// Its name, as errors and profiles print it.
    pub fn name(&self) -> &'static str {
        match self {
            Fused::Conv2d(_) => "conv2d",
            Fused::Conv2dBias(_) => "conv2d",
            Fused::Conv2dInputGrad { .. } => "conv2d_input_grad",
            Fused::Conv2dWeightGrad { .. } => "conv2d_weight_grad",
            Fused::Conv2dParameterGrads { .. } => "conv2d_parameter_grads",
            Fused::Linear => "linear",
            Fused::MaxPool2d(_) | Fused::MaxPool2dValues(_) => "max_pool2d",
            Fused::MaxPool2dGrad(_) => "max_pool2d_grad",
            Fused::ReluGrad => "relu_grad",
        }
    }

    /// Shapes and dtypes of its results.
    ///
    /// # Errors
    /// Shapes that do not go together.
    pub fn outputs(&self, shapes: &[&Shape], dtype: DType) -> Result<Vec<(Shape, DType)>> {
        let op = self.name();
        if matches!(self, Fused::Linear) {
            return match shapes.iter().map(|s| &s[..]).collect::<Vec<_>>()[..] {
                [&[m, k], &[n, inner], &[each]] if k == inner && n == each => {
                    Ok(vec![(Shape::new(&[m, n]), dtype)])
                }
                _ => Err(Error::Shape {
                    op,
                    lhs: shapes[0].to_vec(),
                    rhs: shapes.get(1).map_or_else(Vec::new, |s| s.to_vec()),
                    rule: "expected input [M, K], weight [N, K] and bias [N]".into(),
                }),
            };
        }
        if matches!(self, Fused::ReluGrad) {
            return match shapes {
                [g, y] if g == y => Ok(vec![((*g).clone(), dtype)]),
                _ => Err(Error::Shape {
                    op,
                    lhs: shapes[0].to_vec(),
                    rhs: shapes.get(1).map_or_else(Vec::new, |s| s.to_vec()),
                    rule: "expected gradient and output of one shape".into(),
                }),
            };
        }
        let four = |s: &Shape| {
            (s.ndim() == 4).then_some(()).ok_or_else(|| Error::Input {
                op,
                shape: s.to_vec(),
                rule: "expected 4 dimensions [N, C, H, W]".into(),
            })
        };
        // The bias of a convolution has one dimension.
        shapes.iter().take(2).try_for_each(|s| four(s))?;
        let no_fit = |input: &Shape, kernel: [usize; 2]| {
            Error::Shape {
            op,
            lhs: input.to_vec(),
            rhs: kernel.to_vec(),
            rule: "the kernel (with its dilation) cannot be larger than the padded input, nor the stride 0".into(),
        }
        };
        let windows =
            |input: &Shape, k: [usize; 2], s: [usize; 2], p: [usize; 2], d: [usize; 2]| {
                let h = window_count(input[2], k[0], s[0], p[0], d[0]);
                let w = window_count(input[3], k[1], s[1], p[1], d[1]);
                h.zip(w).ok_or_else(|| no_fit(input, k))
            };
        Ok(match *self {
            Fused::Conv2d(o) | Fused::Conv2dBias(o) => {
                let (x, w) = (shapes[0], shapes[1]);
                if let Some(bias) = shapes.get(2)
                    && bias[..] != [w[0]]
                {
                    return Err(Error::Shape {
                        op,
                        lhs: w.to_vec(),
                        rhs: bias.to_vec(),
                        rule: "expected a bias with one number for each output channel".into(),
                    });
                }
                let (oh, ow) = windows(x, [w[2], w[3]], o.stride, o.padding, o.dilation)?;
                vec![(Shape::new(&[x[0], w[0], oh, ow]), dtype)]
            }
            Fused::Conv2dInputGrad { options, input } => {
                let (g, w) = (shapes[0], shapes[1]);
                vec![(
                    Shape::new(&[g[0], w[1] * options.groups, input[0], input[1]]),
                    dtype,
                )]
            }
            Fused::Conv2dWeightGrad { options, kernel }
            | Fused::Conv2dParameterGrads { options, kernel } => {
                let (x, g) = (shapes[0], shapes[1]);
                let weight = [g[1], x[1] / options.groups, kernel[0], kernel[1]];
                let mut made = vec![(Shape::new(&weight), dtype)];
                if matches!(self, Fused::Conv2dParameterGrads { .. }) {
                    made.push((Shape::new(&[g[1]]), dtype));
                }
                made
            }
            Fused::Linear | Fused::ReluGrad => unreachable!("dealt with above"),
            Fused::MaxPool2dValues(o) => {
                let x = shapes[0];
                let (oh, ow) = windows(x, o.kernel, o.stride, o.padding, o.dilation)?;
                vec![(Shape::new(&[x[0], x[1], oh, ow]), dtype)]
            }
            Fused::MaxPool2dGrad(o) => {
                let (g, x) = (shapes[0], shapes[1]);
                let (oh, ow) = windows(x, o.kernel, o.stride, o.padding, o.dilation)?;
                if g[..] != [x[0], x[1], oh, ow] {
                    return Err(Error::Shape {
                        op,
                        lhs: g.to_vec(),
                        rhs: x.to_vec(),
                        rule: "expected a gradient of the shape of the pooled input".into(),
                    });
                }
                vec![(x.clone(), dtype)]
            }
            Fused::MaxPool2d(o) => {
                let x = shapes[0];
                let (oh, ow) = windows(x, o.kernel, o.stride, o.padding, o.dilation)?;
                let shape = Shape::new(&[x[0], x[1], oh, ow]);
                vec![(shape.clone(), dtype), (shape, DType::I64)]
            }
        })
    }
}

/// An update in place that a backend may do in one pass over each parameter.
///
/// `in_outs` holds, for each parameter in turn, the parameter and its states; `inputs` one
/// gradient for each. All have the parameter's shape and dtype and are contiguous.
#[derive(Clone, Debug, PartialEq)]
pub enum FusedStep {
    /// `torch.optim.SGD`; one state, the momentum buffer, where `momentum != 0`.
    Sgd {
        /// Learning rate.
        lr: f64,
        /// Momentum factor μ.
        momentum: f64,
        /// Dampening τ.
        dampening: f64,
        /// Whether to use Nesterov momentum.
        nesterov: bool,
        /// Weight decay λ, added to the gradient.
        weight_decay: f64,
        /// Whether to ascend.
        maximize: bool,
        /// Whether the momentum buffer is yet to be set: it then becomes the gradient, undampened.
        first: bool,
    },
    /// `torch.optim.Adam` and `AdamW`; two states, first and second moment.
    Adam {
        /// Learning rate.
        lr: f64,
        /// Decay of the first moment.
        beta1: f64,
        /// Decay of the second moment.
        beta2: f64,
        /// Added to the denominator.
        eps: f64,
        /// Weight decay λ.
        weight_decay: f64,
        /// Whether decay multiplies the weight (AdamW) instead of joining the gradient.
        decoupled: bool,
        /// Whether to ascend.
        maximize: bool,
        /// The step's number, from 1.
        step: u64,
    },
}

impl FusedStep {
    /// How many in-outs belong to one parameter.
    pub fn in_outs(&self) -> usize {
        match self {
            FusedStep::Sgd { momentum, .. } => 1 + usize::from(*momentum != 0.0),
            FusedStep::Adam { .. } => 3,
        }
    }
}

thread_local! {
    static OFF: Cell<bool> = const { Cell::new(false) };
}

/// Runs `f` with every fused path switched off on this thread, so that composites can be compared.
pub fn without_fused<T>(f: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            OFF.set(self.0);
        }
    }
    let _restore = Restore(OFF.replace(true));
    f()
}

/// Whether fused paths may be taken on this thread.
fn fused_enabled() -> bool {
    !OFF.get()
}

impl Array {
    /// The backend's own way to do a composite; `None` where it has none for these operands or
    /// where they differ in dtype or device.
    pub fn fused(op: &Fused, inputs: &[&Array]) -> Option<Result<Vec<Array>>> {
        let first = inputs.first()?;
        let same = inputs
            .iter()
            .all(|a| a.dtype == first.dtype && a.device == first.device);
        if !same || !fused_enabled() || !first.backend().has_fused(op, first.dtype) {
            return None;
        }
        let shapes: Vec<&Shape> = inputs.iter().map(|a| a.shape()).collect();
        let made = op.outputs(&shapes, first.dtype).and_then(|outputs| {
            outputs
                .into_iter()
                .map(|(shape, dtype)| Array::empty(shape, dtype, &first.device))
                .collect::<Result<Vec<_>>>()
        });
        let mut outputs = match made {
            Ok(outputs) => outputs,
            Err(e) => return Some(Err(e)),
        };
        if outputs.iter().all(|o| o.numel() == 0) {
            return Some(Ok(outputs));
        }
        let views: Vec<_> = inputs.iter().map(|a| a.view_()).collect();
        let mut muts: Vec<_> = outputs.iter_mut().map(Array::fresh_mut).collect();
        let done = first.backend().fused(op, &views, &mut muts)?;
        drop(muts);
        Some(done.map(|()| outputs))
    }

    /// The backend's own way to update arrays in place; `None` where it has none. Arrays that are
    /// shared or strided are copied first.
    pub fn fused_step(
        op: &FusedStep,
        in_outs: &mut [&mut Array],
        inputs: &[&Array],
    ) -> Option<Result<()>> {
        let first = inputs.first()?;
        let fits = |a: &Array| a.dtype == first.dtype && a.device == first.device;
        if !fused_enabled() || !in_outs.iter().all(|a| fits(a)) || !inputs.iter().all(|a| fits(a)) {
            return None;
        }
        let mut run = || -> Result<Option<()>> {
            let gradients = inputs
                .iter()
                .map(|a| a.contiguous())
                .collect::<Result<Vec<_>>>()?;
            for a in in_outs.iter_mut() {
                a.make_unique()?;
                if !a.is_contiguous() {
                    **a = a.copy()?;
                }
            }
            let mut muts: Vec<_> = in_outs.iter_mut().map(|a| a.fresh_mut()).collect();
            let views: Vec<_> = gradients.iter().map(|a| a.view_()).collect();
            first
                .backend()
                .fused_step(op, &mut muts, &views)
                .transpose()
        };
        run().transpose()
    }
}
