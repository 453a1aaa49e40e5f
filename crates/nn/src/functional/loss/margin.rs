//! Losses that are 0 beyond a margin.

use ondol_autograd::{Error, Tensor, autocast_to_single, raise};

use super::{Reduction, check_same_size};
use crate::functional::logsigmoid;

/// `x` where the target is 1 and `max(0, margin − x)` where it is −1 (PyTorch's margin: 1),
/// `torch.nn.functional.hinge_embedding_loss`, `torch.hinge_embedding_loss`.
///
/// ```
/// use ondol_nn::{functional::{Reduction, hinge_embedding_loss}, tensor};
/// let loss = hinge_embedding_loss(&tensor!([0.2, 0.2]), &tensor!([1, -1]), 1.0, Reduction::None);
/// assert_eq!(loss.to_vec::<f32>(), [0.2, 0.8]);
/// ```
#[track_caller]
pub fn hinge_embedding_loss(
    input: &Tensor,
    target: &Tensor,
    margin: f64,
    reduction: Reduction,
) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("hinge_embedding_loss", input, target);
    let hinge = input.neg().add(margin).clamp_min(0.0);
    let apart = hinge.masked_fill(&target.eq(1), 0.0);
    let alike = input.masked_fill(&target.eq(-1), 0.0);
    reduction.of(&apart.add(alike))
}

/// `max(0, −y·(a − b) + margin)`: whether `a` ranks above `b` (`y = 1`) or below (`y = −1`);
/// `torch.nn.functional.margin_ranking_loss`, `torch.margin_ranking_loss`.
///
/// # Panics
/// Where the numbers of dimensions differ.
#[track_caller]
pub fn margin_ranking_loss(
    input1: &Tensor,
    input2: &Tensor,
    target: &Tensor,
    margin: f64,
    reduction: Reduction,
) -> Tensor {
    let (input1, input2, target) = (
        &autocast_to_single(input1),
        &autocast_to_single(input2),
        &autocast_to_single(target),
    );
    if input1.ndim() != input2.ndim() || input1.ndim() != target.ndim() {
        raise(Error::Shape {
            op: "margin_ranking_loss",
            lhs: input1.shape().to_vec(),
            rhs: input2.shape().to_vec(),
            rule: format!(
                "All input tensors should have the same dimension, but the target is {}",
                target.shape()
            ),
        });
    }
    let target = target.to_dtype(input1.dtype());
    let loss = input2.sub(input1).mul(target).add(margin).clamp_min(0.0);
    reduction.of(&loss)
}

/// `ln(1 + e^(−y·x))` for targets `y` of 1 or −1, `torch.nn.functional.soft_margin_loss`.
///
/// It is finite for any input; PyTorch's overflows.
#[track_caller]
pub fn soft_margin_loss(input: &Tensor, target: &Tensor, reduction: Reduction) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("soft_margin_loss", input, target);
    let agreement = input.mul(target.to_dtype(input.dtype()));
    reduction.of(&logsigmoid(&agreement).neg())
}

/// What [`multi_margin_loss`] can be told.
#[derive(Clone, Copy, Debug)]
pub struct MultiMarginOptions<'a> {
    /// The power of each term, 1 or 2. Default: 1.
    pub p: u32,
    /// Default: 1.
    pub margin: f64,
    /// A factor for each class, `[C]`.
    pub weight: Option<&'a Tensor>,
    /// How the losses become one number. Default: their mean.
    pub reduction: Reduction,
}

impl Default for MultiMarginOptions<'_> {
    fn default() -> Self {
        MultiMarginOptions {
            p: 1,
            margin: 1.0,
            weight: None,
            reduction: Reduction::Mean,
        }
    }
}

/// `Σ_{j≠y} max(0, margin − x_y + x_j)ᵖ / C` for `x [N, C]` (or `[C]`) and classes `y [N]` (or
/// none), `torch.nn.functional.multi_margin_loss`.
///
/// ```
/// use ondol_nn::{functional::{MultiMarginOptions, multi_margin_loss}, tensor};
/// let (x, y) = (tensor!([[0.1, 0.2, 0.4, 0.8]]), tensor!([3]));
/// let loss = multi_margin_loss(&x, &y, MultiMarginOptions::default());
/// assert!((loss.item() - 0.325).abs() < 1e-6);
/// ```
///
/// # Panics
/// On a target that is no class, sizes that do not go together, or another power.
#[track_caller]
pub fn multi_margin_loss(input: &Tensor, target: &Tensor, o: MultiMarginOptions<'_>) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    if o.p != 1 && o.p != 2 {
        raise(Error::value(
            "multi_margin_loss",
            "only p == 1 and p == 2 supported",
        ));
    }
    let rows = match input.ndim() {
        0 => input.reshape((1, 1)),
        1 => input.unsqueeze(0),
        _ => input.clone(),
    };
    let y = target.reshape(-1);
    if rows.ndim() != 2 || y.numel() != rows.size(0) || (input.ndim() > 1) != (target.ndim() > 0) {
        raise(Error::Shape {
            op: "multi_margin_loss",
            lhs: input.shape().to_vec(),
            rhs: target.shape().to_vec(),
            rule: "inconsistent target size: expected an input [N, C] and a target [N], or [C] and no dimension".into(),
        });
    }
    let y = y.long().unsqueeze(1);
    let own = rows.gather(1, &y);
    // PyTorch's terms pull only where they are above 0.
    let mut terms = rows.sub(own).add(o.margin).relu();
    if o.p == 2 {
        terms = terms.square();
    }
    if let Some(weight) = o.weight {
        terms = terms.mul(weight.index_select(0, &y.reshape(-1)).unsqueeze(1));
    }
    let classes = Tensor::range(rows.size(1)).to(rows.device());
    let terms = terms.masked_fill(&classes.eq(&y), 0.0);
    let loss = terms.sum_dim(1, false).div(rows.size(1));
    let loss = if input.ndim() < 2 {
        loss.reshape(())
    } else {
        loss
    };
    o.reduction.of(&loss)
}

/// `Σ_{y, j} max(0, 1 − (x_y − x_j)) / C` over the classes `y` that a row of the target lists and
/// those `j` that it does not, `torch.nn.functional.multilabel_margin_loss`. Targets `[N, C]` (or
/// `[C]`) list classes from the left, up to a −1.
///
/// ```
/// use ondol_nn::{functional::{Reduction, multilabel_margin_loss}, tensor};
/// let (x, y) = (tensor!([[0.1, 0.2, 0.4, 0.8]]), tensor!([[3, 0, -1, 1]]));
/// assert!((multilabel_margin_loss(&x, &y, Reduction::Mean).item() - 0.85).abs() < 1e-6);
/// ```
///
/// # Panics
/// Where the sizes differ, or on a target that is no class.
#[track_caller]
pub fn multilabel_margin_loss(input: &Tensor, target: &Tensor, reduction: Reduction) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("multilabel_margin_loss", input, target);
    if input.ndim() > 2 {
        raise(Error::Input {
            op: "multilabel_margin_loss",
            shape: input.shape().to_vec(),
            rule: "expected an input [N, C] or [C]".into(),
        });
    }
    let classes = input.shape().last().copied().unwrap_or(1);
    let rows = input.reshape(&[input.numel() / classes.max(1), classes][..]);
    let target = target.long().reshape(rows.shape());
    let ended = target.lt(0).long().cumsum(1).gt(0);
    let index = target.masked_fill(&ended, 0i64);
    let listed = ended.logical_not().to_dtype(rows.dtype());
    let among = rows.zeros_like().scatter_add(1, &index, &listed).gt(0);
    // [N, listed, others]
    let own = rows.gather(1, &index).unsqueeze(2);
    let terms = rows.unsqueeze(1).sub(own).add(1.0).relu();
    let apart = ended.unsqueeze(2).logical_or(among.unsqueeze(1));
    let loss = terms
        .masked_fill(&apart, 0.0)
        .sum_dim([1, 2], false)
        .div(classes);
    let loss = if input.ndim() < 2 {
        loss.reshape(())
    } else {
        loss
    };
    reduction.of(&loss)
}

/// `−Σ_c (y·ln σ(x) + (1 − y)·ln σ(−x)) / C` for `x [.., C]` and targets of its size,
/// `torch.nn.functional.multilabel_soft_margin_loss`.
///
/// # Panics
/// Where the sizes differ.
#[track_caller]
pub fn multilabel_soft_margin_loss(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduction: Reduction,
) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("multilabel_soft_margin_loss", input, target);
    let target = target.to_dtype(input.dtype());
    let yes = target.mul(logsigmoid(input));
    let no = target.neg().add(1.0).mul(logsigmoid(&input.neg()));
    let mut loss = yes.add(no).neg();
    if let Some(weight) = weight {
        loss = loss.mul(weight);
    }
    reduction.of(&loss.mean_dim(-1, false))
}
