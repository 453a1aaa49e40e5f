//! Connectionist temporal classification: the loss of a sequence that is not aligned.

use ondol_autograd::{DType, Error, Tensor, autocast_to_single, raise};

use super::Reduction;

/// What [`ctc_loss`] can be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct CtcOptions {
    /// The class that stands for nothing. Default: 0.
    pub blank: usize,
    /// How the losses become one number; the mean divides each by its target's length first.
    /// Default: their mean.
    pub reduction: Reduction,
    /// Whether infinite losses, of inputs too short for their target, count as 0. Default: no.
    pub zero_infinity: bool,
}

/// Stands for the logarithm of 0, so that no gradient is NaN.
const NEVER: f64 = -1e30;

/// The negative log-likelihood of `targets` under log-probabilities `[T, N, C]` (or `[T, C]`),
/// summed over all alignments, `torch.nn.functional.ctc_loss`, `torch.ctc_loss`.
///
/// Targets are `[N, S]`, or all one after another in one dimension; lengths are `[N]` of an integer
/// dtype. The gradient is PyTorch's, that for log-probabilities which a `log_softmax` gave: it sums
/// to 0 over the classes. Where a target cannot be reached it is 0 (PyTorch: NaN).
///
/// ```
/// use ondol_nn::{functional::{CtcOptions, ctc_loss}, Tensor, tensor};
/// let log_probs = Tensor::zeros([2, 1, 3]).log_softmax(-1);
/// let loss = ctc_loss(&log_probs, &tensor!([[1]]), &tensor!([2]), &tensor!([1]), CtcOptions::default());
/// assert!((loss.item() - 3f64.ln()).abs() < 1e-6); // 3 of 9 paths say "1"
/// ```
///
/// # Panics
/// Where lengths or sizes do not go together, or a target is no class.
#[track_caller]
pub fn ctc_loss(
    log_probs: &Tensor,
    targets: &Tensor,
    input_lengths: &Tensor,
    target_lengths: &Tensor,
    o: CtcOptions,
) -> Tensor {
    let (log_probs, targets) = (&autocast_to_single(log_probs), &autocast_to_single(targets));
    if log_probs.ndim() == 2 {
        let rows = if targets.ndim() == 1 {
            targets.unsqueeze(0)
        } else {
            targets.clone()
        };
        let (from, to) = (input_lengths.reshape(-1), target_lengths.reshape(-1));
        let loss = ctc_loss(&log_probs.unsqueeze(1), &rows, &from, &to, o);
        return if loss.ndim() == 1 {
            loss.squeeze_dim(0)
        } else {
            loss
        };
    }
    let given = log_probs.dtype();
    let log_probs = if given == DType::F64 {
        log_probs.clone()
    } else {
        log_probs.float()
    };
    let lengths = Lengths::new(&log_probs, targets, input_lengths, target_lengths, o.blank);
    let forward = lengths.likelihood(&log_probs, o.blank);

    // Worth nothing, but its slope eˣ makes the gradient one of normalised probabilities.
    let total = log_probs
        .exp()
        .sum_dim(2, false)
        .mul(&lengths.steps)
        .sum_dim(0, false);
    let loss = forward.neg().add(&total).sub(total.detach());
    let lost = forward.detach().lt(NEVER / 10.0);
    let loss = loss.masked_fill(&lost, if o.zero_infinity { 0.0 } else { f64::INFINITY });
    let loss = match o.reduction {
        Reduction::Mean => loss.div(lengths.targets.clamp_min(1.0)).mean(),
        other => other.of(&loss),
    };
    loss.to_dtype(given)
}

/// What the lengths say, as tensors beside the log-probabilities.
struct Lengths {
    /// `[N, S]`, 0 beyond a target's end.
    labels: Tensor,
    /// `[T, N]`: 1 for a step within its input, else 0.
    steps: Tensor,
    /// `[N]`.
    targets: Tensor,
}

impl Lengths {
    #[track_caller]
    fn new(
        log_probs: &Tensor,
        targets: &Tensor,
        inputs: &Tensor,
        lengths: &Tensor,
        blank: usize,
    ) -> Lengths {
        let shape = log_probs.shape();
        let wrong = |rule: String| Error::Shape {
            op: "ctc_loss",
            lhs: shape.to_vec(),
            rhs: targets.shape().to_vec(),
            rule,
        };
        if shape.ndim() != 3 || !matches!(targets.ndim(), 1 | 2) {
            raise(wrong(
                "expected log-probabilities [T, N, C] and targets [N, S] or in one dimension"
                    .into(),
            ));
        }
        let (time, batch) = (shape[0], shape[1]);
        if blank >= shape[2] {
            raise(wrong("blank must be in label range".into()));
        }
        let host = |t: &Tensor| t.long().reshape(-1).to_vec::<i64>();
        let (from, to) = (host(inputs), host(lengths));
        if from.len() != batch || to.len() != batch {
            raise(wrong(format!(
                "input_lengths and target_lengths must be of size {batch}"
            )));
        }
        if let Some(bad) = from.iter().find(|&&n| n < 0 || n as usize > time) {
            raise(wrong(format!(
                "Expected input_lengths to have value at most {time}, but got value {bad}"
            )));
        }
        let longest = to.iter().copied().max().unwrap_or(0).max(0) as usize;
        let room = if targets.ndim() == 2 {
            targets.size(1)
        } else {
            targets.numel()
        };
        let taken = if targets.ndim() == 2 {
            longest
        } else {
            to.iter().sum::<i64>().max(0) as usize
        };
        if to.iter().any(|&n| n < 0)
            || taken > room
            || (targets.ndim() == 2 && targets.size(0) != batch)
        {
            raise(wrong(
                "the targets are shorter than target_lengths say".into(),
            ));
        }
        // One row for each target, with 0 beyond its end.
        let (mut index, mut beyond, mut start) = (Vec::new(), Vec::new(), 0);
        for (n, &length) in to.iter().enumerate() {
            let row = if targets.ndim() == 2 { n * room } else { start };
            let length = length as usize;
            index.extend((0..longest).map(|s| if s < length { (row + s) as i64 } else { 0 }));
            beyond.extend((0..longest).map(|s| s >= length));
            start += length;
        }
        let device = log_probs.device();
        let like = (log_probs.dtype(), &device);
        let rows = [batch, longest];
        let flat = targets.to(&device).long().reshape(-1);
        let labels = if longest == 0 {
            Tensor::zeros_with(rows, (DType::I64, &device))
        } else {
            let beyond = Tensor::from_vec(beyond, rows).to(&device);
            let index = Tensor::from_vec(index, batch * longest).to(&device);
            let picked = flat.index_select(0, &index).reshape(&rows[..]);
            picked.masked_fill(&beyond, 0i64)
        };
        let of = |values: &[i64]| Tensor::from_slice(values, values.len()).to(&device);
        let steps = Tensor::range(time).to(&device).unsqueeze(1).lt(of(&from));
        Lengths {
            labels,
            steps: steps.to_dtype(like.0),
            targets: of(&to).to_dtype(like.0),
        }
    }

    /// `[N]`: the logarithm of what all alignments are worth together.
    #[track_caller]
    fn likelihood(&self, log_probs: &Tensor, blank: usize) -> Tensor {
        let (time, batch) = (log_probs.size(0), log_probs.size(1));
        // Blanks before, between and after the labels.
        let nothing =
            Tensor::full_with([batch, 1], blank as i64, (DType::I64, &log_probs.device()));
        let between = nothing.expand(self.labels.shape());
        let states = Tensor::stack(&[between, self.labels.clone()], -1).flatten(1, 2);
        let states = Tensor::cat(&[states, nothing], 1);
        let count = states.size(1);
        let place = Tensor::range(count).to(log_probs.device());
        let last = self.targets.mul(2).unsqueeze(1);
        let unreachable = place.to_dtype(log_probs.dtype()).gt(&last);
        // A label may follow the one before it without a blank where the two differ.
        let earlier = states.pad(&[(2, 0)], blank as f64).narrow(1, 0, count);
        let stuck = states.eq(blank as i64).logical_or(states.eq(&earlier));

        let wide = states.unsqueeze(0).expand(&[time, batch, count][..]);
        let emitted = log_probs.gather(2, &wide).masked_fill(&unreachable, NEVER);
        let mut alpha = emitted_at(&emitted, 0).masked_fill(&place.ge(2i64), NEVER);
        for t in 1..time {
            let by = |steps: usize| alpha.pad(&[(steps, 0)], NEVER).narrow(1, 0, count);
            let skipped = by(2).masked_fill(&stuck, NEVER);
            let sum = Tensor::stack(&[alpha.clone(), by(1), skipped], -1).logsumexp(-1, false);
            let next = sum.add(emitted_at(&emitted, t)).clamp_min(NEVER);
            let goes_on = self.steps.select(0, t as isize).gt(0.0).unsqueeze(1);
            alpha = Tensor::where_(&goes_on, &next, &alpha);
        }
        // An alignment ends with the last label or with a blank after it.
        let end = |back: f64| {
            let at = last.sub(back);
            let none = at.lt(0.0);
            let at = at.clamp_min(0.0).long();
            alpha.gather(1, &at).masked_fill(&none, NEVER)
        };
        let ends = Tensor::cat(&[end(0.0), end(1.0)], 1).logsumexp(1, false);
        // Without any step only nothing can be said.
        let empty = self.steps.select(0, 0).eq(0.0);
        let said = self.targets.gt(0.0);
        ends.masked_fill(&empty, 0.0)
            .masked_fill(&empty.logical_and(said), NEVER)
    }
}

#[track_caller]
fn emitted_at(emitted: &Tensor, t: usize) -> Tensor {
    emitted.select(0, t as isize)
}
