//! What losses share, and the losses of differences.

use ondol_autograd::{Error, Shape, Tensor, raise};

/// How a loss becomes one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Not at all: one number for each element.
    None,
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
}

impl Reduction {
    #[track_caller]
    pub(crate) fn of(self, loss: &Tensor) -> Tensor {
        match self {
            Reduction::None => loss.clone(),
            Reduction::Mean => loss.mean(),
            Reduction::Sum => loss.sum(),
        }
    }
}

/// `(input − target)²`, `torch.nn.functional.mse_loss`.
///
/// # Panics
/// Where the sizes differ. PyTorch warns and broadcasts: `[80, 1]` with `[80]` would become 6400
/// differences instead of 80.
#[track_caller]
pub fn mse_loss(input: &Tensor, target: &Tensor, reduction: Reduction) -> Tensor {
    check_same_size("mse_loss", input, target);
    reduction.of(&input.sub(target).square())
}

/// `|input − target|`, `torch.nn.functional.l1_loss`.
///
/// # Panics
/// Where the sizes differ.
#[track_caller]
pub fn l1_loss(input: &Tensor, target: &Tensor, reduction: Reduction) -> Tensor {
    check_same_size("l1_loss", input, target);
    reduction.of(&input.sub(target).abs())
}

/// Refuses an input and a target of different sizes, and says which of them to squeeze.
#[track_caller]
pub(crate) fn check_same_size(op: &'static str, input: &Tensor, target: &Tensor) {
    let (from, to) = (input.shape(), target.shape());
    if from == to {
        return;
    }
    let mut rule = "input and target must have the same size".to_owned();
    let squeezed = |shape: &Shape| {
        shape
            .iter()
            .copied()
            .filter(|&size| size != 1)
            .collect::<Vec<_>>()
    };
    if squeezed(&from) == squeezed(&to) {
        let longer = if from.ndim() > to.ndim() {
            "input"
        } else {
            "target"
        };
        rule.push_str(&format!(
            "; call .squeeze() on the {longer} to take its dimensions of size 1 off"
        ));
    }
    raise(Error::Shape {
        op,
        lhs: from.to_vec(),
        rhs: to.to_vec(),
        rule,
    });
}
