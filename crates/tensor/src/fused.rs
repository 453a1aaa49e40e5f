//! Composites a backend may have a faster way for.

mod shapes;
mod step;

use std::cell::Cell;

use smallvec::SmallVec;

pub use self::step::FusedStep;
use crate::{Array, Backend, DType, Result, Shape, Unary, View, ViewMut};

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
    /// `gradient`, `y` → gradient of the operand of a unary that gave `y`: relu, sigmoid or tanh.
    UnaryGrad(Unary),
    /// `input` → `eˣ / Σ eˣ` along a dimension, or the logarithm of that.
    Softmax {
        /// The dimension.
        dim: usize,
        /// Whether the logarithm is wanted.
        log: bool,
    },
    /// `gradient`, `y` → gradient of the input of the softmax that gave `y`.
    SoftmaxGrad {
        /// Its dimension.
        dim: usize,
        /// Whether `y` is the logarithm.
        log: bool,
    },
    /// `input [N, C]`, `target [N]` of `i64` → `−ln softmax(input)_target` of each row (0 where the
    /// target is ignored) reduced; the greatest of each row, and the row's `Σ eˣ` divided by `e` to
    /// that.
    CrossEntropy {
        /// How the losses become one.
        reduced: Reduced,
        /// The target that costs nothing and does not count.
        ignore: i64,
    },
    /// `gradient`, `input`, the two other results of the cross-entropy, `target` → gradient of its
    /// input.
    CrossEntropyGrad {
        /// How the losses became one.
        reduced: Reduced,
        /// The target that costs nothing and does not count.
        ignore: i64,
    },
    /// `p`, `y` of one shape → `−(y·ln p + (1−y)·ln(1−p))` reduced, the logarithms no less than
    /// −100. A `p` that is not on `[0, 1]` is an error.
    BinaryCrossEntropy(Reduced),
    /// `gradient`, `p`, `y` → gradient of `p`, the slope's divisor no less than 1e-12.
    BinaryCrossEntropyGrad(Reduced),
    /// `input [M, N]`, perhaps `weight [N]`, perhaps `bias [N]` → `(x − mean) / √(var + eps) ·
    /// weight + bias` of each row, its mean `[M]` and biased variance `[M]`, in `f32` for halves.
    LayerNorm {
        /// Added to the variance.
        eps: f64,
    },
    /// `gradient [M, N]`, `input`, mean and variance of its rows, perhaps `weight` → gradients of
    /// input, weight and bias.
    LayerNormGrad {
        /// Added to the variance.
        eps: f64,
    },
    /// `input [N, C, S]`, perhaps `weight [C]`, perhaps `bias [C]` → as [`Fused::LayerNorm`], of
    /// each channel.
    BatchNorm {
        /// Added to the variance.
        eps: f64,
    },
    /// As [`Fused::LayerNormGrad`], of [`Fused::BatchNorm`].
    BatchNormGrad {
        /// Added to the variance.
        eps: f64,
    },
}

/// How the losses of a batch become one number, or do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduced {
    /// Each stays.
    Each,
    /// Their sum.
    Sum,
    /// The sum divided by how many there are; those that do not count are not among them.
    Mean,
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
            Fused::UnaryGrad(_) => "unary_grad",
            Fused::Softmax { log: false, .. } => "softmax",
            Fused::Softmax { log: true, .. } => "log_softmax",
            Fused::SoftmaxGrad { log: false, .. } => "softmax_grad",
            Fused::SoftmaxGrad { log: true, .. } => "log_softmax_grad",
            Fused::CrossEntropy { .. } => "cross_entropy",
            Fused::CrossEntropyGrad { .. } => "cross_entropy_grad",
            Fused::BinaryCrossEntropy(_) => "binary_cross_entropy",
            Fused::BinaryCrossEntropyGrad(_) => "binary_cross_entropy_grad",
            Fused::LayerNorm { .. } => "layer_norm",
            Fused::LayerNormGrad { .. } => "layer_norm_grad",
            Fused::BatchNorm { .. } => "batch_norm",
            Fused::BatchNormGrad { .. } => "batch_norm_grad",
        }
    }

    /// The dtype of operand `i` beside a first one of `dtype`.
    fn operand_dtype(&self, i: usize, dtype: DType) -> DType {
        match (self, i) {
            (Fused::CrossEntropy { .. }, 1) | (Fused::CrossEntropyGrad { .. }, 4) => DType::I64,
            // The row's greatest elements and sums.
            (Fused::CrossEntropyGrad { .. }, 2 | 3)
            | (Fused::LayerNormGrad { .. } | Fused::BatchNormGrad { .. }, 2 | 3) => wide(dtype),
            _ => dtype,
        }
    }
}

/// The dtype that statistics are kept in.
fn wide(dtype: DType) -> DType {
    match dtype {
        DType::F16 | DType::BF16 => DType::F32,
        other => other,
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
    /// where they differ in dtype (but for classes and statistics) or device.
    pub fn fused(op: &Fused, inputs: &[&Array]) -> Option<Result<SmallVec<[Array; 1]>>> {
        let first = inputs.first()?;
        let fits = |(i, a): (usize, &&Array)| {
            a.dtype == op.operand_dtype(i, first.dtype) && a.device == first.device
        };
        let all = inputs.iter().enumerate().all(fits);
        if !all || !fused_enabled() || !first.backend().has_fused(op, first.dtype) {
            return None;
        }
        let shapes: SmallVec<[&Shape; 4]> = inputs.iter().map(|a| a.shape()).collect();
        let mut outputs: SmallVec<[Array; 1]> = SmallVec::new();
        let made = op.outputs(&shapes, first.dtype).and_then(|wanted| {
            for (shape, dtype) in wanted {
                outputs.push(Array::empty(shape, dtype, &first.device)?);
            }
            Ok(())
        });
        if let Err(e) = made {
            return Some(Err(e));
        }
        if outputs.iter().all(|o| o.numel() == 0) {
            return Some(Ok(outputs));
        }
        let done = run(first.backend(), op, inputs, &mut outputs)?;
        Some(done.map(|()| outputs))
    }
}

/// Calls the backend, which writes into `outputs`.
fn run(
    backend: &dyn Backend,
    op: &Fused,
    inputs: &[&Array],
    outputs: &mut [Array],
) -> Option<Result<()>> {
    let views: SmallVec<[View<'_>; 4]> = inputs.iter().map(|a| a.view_()).collect();
    let mut muts: SmallVec<[ViewMut<'_>; 3]> = outputs.iter_mut().map(Array::fresh_mut).collect();
    backend.fused(op, &views, &mut muts)
}
