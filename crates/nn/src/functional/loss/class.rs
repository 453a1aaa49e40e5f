//! Cross-entropy of classes.

use ondol_autograd::{DType, Error, Tensor, autocast_to_single, fused, raise};

use super::Reduction;

/// What [`nll_loss`] and [`cross_entropy`] can be told.
#[derive(Clone, Debug)]
pub struct ClassOptions<'a> {
    /// A factor for each class, `[C]`.
    pub weight: Option<&'a Tensor>,
    /// Targets of this number cost nothing and do not count. Default: −100.
    pub ignore_index: i64,
    /// How much of the target is spread over all classes. Default: 0.
    pub label_smoothing: f64,
    /// How the losses become one number. The mean divides by the sum of the weights that counted.
    pub reduction: Reduction,
}

impl Default for ClassOptions<'_> {
    fn default() -> Self {
        ClassOptions {
            weight: None,
            ignore_index: -100,
            label_smoothing: 0.0,
            reduction: Reduction::Mean,
        }
    }
}

/// `−w_y · x_y` for log-probabilities `x [N, C, ..]` (or `[C]`) and class indices `y [N, ..]` (or
/// none), `torch.nn.functional.nll_loss`. Where every target is ignored the mean is NaN.
///
/// # Panics
/// On a target that is no class, or sizes that do not go together.
#[track_caller]
pub fn nll_loss(input: &Tensor, target: &Tensor, options: &ClassOptions<'_>) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    Classes::new("nll_loss", input, target, options).nll(&input.clone(), options)
}

/// `−Σ_c w_c · y_c · ln softmax(x)_c`, `torch.nn.functional.cross_entropy`: logits `x [N, C, ..]`
/// (or `[C]`) and either class indices `[N, ..]` or probabilities of the size of `x`.
///
/// ```
/// use ondol_nn::{functional::{ClassOptions, cross_entropy}, tensor};
/// let logits = tensor!([[2.0, 1.0, 0.1]]);
/// let loss = cross_entropy(&logits, &tensor!([0]), &ClassOptions::default());
/// assert!((loss.item() - 0.4170300).abs() < 1e-6);
/// let loss = cross_entropy(&logits, &tensor!([[1.0, 0.0, 0.0]]), &ClassOptions::default());
/// assert!((loss.item() - 0.4170300).abs() < 1e-6);
/// ```
///
/// # Panics
/// On a target that is no class, or sizes that do not go together.
#[track_caller]
pub fn cross_entropy(input: &Tensor, target: &Tensor, options: &ClassOptions<'_>) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    let smoothing = options.label_smoothing;
    if !(0.0..=1.0).contains(&smoothing) {
        raise(Error::value(
            "cross_entropy",
            format!("label_smoothing must be between 0.0 and 1.0. Got: {smoothing}"),
        ));
    }
    let floating = target.dtype().is_floating_point();
    if input.shape() == target.shape() && input.ndim() > 0 && floating {
        return of_probabilities(input, target, options);
    }
    if let Some(loss) = of_classes_at_once(input, target, options) {
        return loss;
    }
    of_classes(input, target, options)
}

/// Log-softmax and the pick of one element in one operation, where the backend has it.
#[track_caller]
fn of_classes_at_once(
    input: &Tensor,
    target: &Tensor,
    options: &ClassOptions<'_>,
) -> Option<Tensor> {
    let plain = options.weight.is_none() && options.label_smoothing == 0.0;
    let (from, to) = (input.shape(), target.shape());
    // What does not fit, the composite says.
    if !plain || from.ndim() != 2 || to[..] != from[..1] || from[1] == 0 {
        return None;
    }
    if target.dtype().is_floating_point() || target.dtype() == DType::Bool {
        return None;
    }
    let (reduction, ignore) = (options.reduction, options.ignore_index);
    let target = target.long();
    let classes = target.clone();
    let composite = move |input: &Tensor| {
        let options = ClassOptions {
            ignore_index: ignore,
            reduction,
            ..ClassOptions::default()
        };
        of_classes(input, &classes, &options)
    };
    fused::cross_entropy(input, &target, reduction.fused(), ignore, composite)
}

#[track_caller]
fn of_classes(input: &Tensor, target: &Tensor, options: &ClassOptions<'_>) -> Tensor {
    let smoothing = options.label_smoothing;
    let classes = Classes::new("cross_entropy", input, target, options);
    let log = input.log_softmax(classes.dim);
    let loss = classes.nll(&log, options);
    if smoothing == 0.0 {
        return loss;
    }
    let spread = classes.spread(&log, options);
    loss.mul(1.0 - smoothing)
        .add(spread.mul(smoothing / classes.count as f64))
}

#[track_caller]
fn of_probabilities(input: &Tensor, target: &Tensor, options: &ClassOptions<'_>) -> Tensor {
    let dim = class_dim(input);
    let count = input.size(dim);
    let smoothing = options.label_smoothing;
    let mut target = target.to_dtype(input.dtype());
    if smoothing > 0.0 {
        target = target.mul(1.0 - smoothing).add(smoothing / count as f64);
    }
    let mut terms = input.log_softmax(dim).mul(target);
    if let Some(weight) = options.weight {
        check_weight("cross_entropy", weight, count);
        terms = terms.mul(beside(weight, input.ndim(), dim));
    }
    let loss = terms.sum_dim(dim, false).neg();
    match options.reduction {
        // The weights do not count here: PyTorch's mean is over the batch.
        Reduction::Mean => loss.mean(),
        other => other.of(&loss),
    }
}

/// Class indices, looked through once.
struct Classes<'a> {
    op: &'static str,
    dim: isize,
    count: usize,
    /// The indices with 0 where ignored.
    index: Tensor,
    /// Where targets are ignored, if any are.
    ignored: Option<Tensor>,
    kept: usize,
    weight: Option<&'a Tensor>,
}

impl<'a> Classes<'a> {
    #[track_caller]
    fn new(
        op: &'static str,
        input: &Tensor,
        target: &Tensor,
        options: &ClassOptions<'a>,
    ) -> Classes<'a> {
        let (from, to) = (input.shape(), target.shape());
        let mismatch = |rule: String| Error::Shape {
            op,
            lhs: from.to_vec(),
            rhs: to.to_vec(),
            rule,
        };
        if from.ndim() == 0 {
            raise(mismatch("expected an input [N, C, ..] or [C]".into()));
        }
        if target.dtype().is_floating_point() || target.dtype() == DType::Bool {
            raise(Error::DType {
                op,
                got: format!("a target of {}", target.dtype()),
                expected: "class indices of an integer dtype, or probabilities of a floating-point dtype and the input's size"
                    .into(),
            });
        }
        let dim = class_dim(input);
        let count = input.size(dim);
        let mut expected = from.to_vec();
        expected.remove(dim as usize);
        if to[..] != expected[..] {
            raise(mismatch(match (expected.first(), to.first()) {
                (Some(n), Some(m)) if n != m => {
                    format!("Expected input batch_size ({n}) to match target batch_size ({m})")
                }
                _ => format!(
                    "class indices must have the input's size without its classes, {expected:?}"
                ),
            }));
        }
        if let Some(weight) = options.weight {
            check_weight(op, weight, count);
        }

        let index = target.long();
        let values = index.to_vec::<i64>();
        let is_class = |y: i64| usize::try_from(y).is_ok_and(|y| y < count);
        let wrong = values
            .iter()
            .enumerate()
            .find(|(_, y)| **y != options.ignore_index && !is_class(**y));
        if let Some((place, y)) = wrong {
            let message = format!(
                "Target {y} is out of bounds: it is element {place}, and there are {count} classes"
            );
            raise(Error::value(op, message));
        }
        let kept = values
            .iter()
            .filter(|y| **y != options.ignore_index)
            .count();
        let ignored = (kept < values.len()).then(|| index.eq(options.ignore_index));
        let index = match &ignored {
            Some(ignored) => index.masked_fill(ignored, 0i64),
            None => index,
        };
        Classes {
            op,
            dim,
            count,
            index,
            ignored,
            kept,
            weight: options.weight,
        }
    }

    /// `−w_y · x_y`, reduced.
    #[track_caller]
    fn nll(&self, log: &Tensor, options: &ClassOptions<'_>) -> Tensor {
        if self.count == 0 && self.kept == 0 {
            raise(Error::value(self.op, "there are no classes"));
        }
        let picked = log
            .gather(self.dim, &self.index.unsqueeze(self.dim))
            .squeeze_dim(self.dim);
        let loss = match self.weights() {
            Some(weights) => picked.mul(weights),
            None => picked,
        };
        self.reduced(self.without_ignored(loss.neg()), options.reduction)
    }

    /// `−Σ_c w_c · x_c`, reduced as the loss itself is.
    #[track_caller]
    fn spread(&self, log: &Tensor, options: &ClassOptions<'_>) -> Tensor {
        let terms = match self.weight {
            Some(weight) => log.mul(beside(weight, log.ndim(), self.dim)),
            None => log.clone(),
        };
        let loss = terms.sum_dim(self.dim, false).neg();
        self.reduced(self.without_ignored(loss), options.reduction)
    }

    #[track_caller]
    fn without_ignored(&self, loss: Tensor) -> Tensor {
        match &self.ignored {
            Some(ignored) => loss.masked_fill(ignored, 0.0),
            None => loss,
        }
    }

    /// The weight of each target; 0 where ignored.
    #[track_caller]
    fn weights(&self) -> Option<Tensor> {
        let weight = self.weight?;
        let flat = self.index.reshape(-1);
        Some(self.without_ignored(weight.index_select(0, &flat).reshape(self.index.shape())))
    }

    #[track_caller]
    fn reduced(&self, loss: Tensor, reduction: Reduction) -> Tensor {
        match (reduction, self.weights()) {
            (Reduction::Mean, Some(weights)) => loss.sum().div(weights.sum()),
            (Reduction::Mean, None) => loss.sum().div(self.kept as f64),
            (other, _) => other.of(&loss),
        }
    }
}

/// Classes stand in the second dimension, or in the only one.
fn class_dim(input: &Tensor) -> isize {
    if input.ndim() == 1 { 0 } else { 1 }
}

/// `[C]` beside an input whose classes stand in `dim`.
#[track_caller]
fn beside(weight: &Tensor, ndim: usize, dim: isize) -> Tensor {
    let mut sizes = vec![1usize; ndim];
    sizes[dim as usize] = weight.numel();
    weight.reshape(&sizes[..])
}

#[track_caller]
fn check_weight(op: &'static str, weight: &Tensor, count: usize) {
    if weight.shape() != [count] {
        raise(Error::Input {
            op,
            shape: weight.shape().to_vec(),
            rule: format!(
                "weight tensor should be defined either for all {count} classes or no classes"
            ),
        });
    }
}
