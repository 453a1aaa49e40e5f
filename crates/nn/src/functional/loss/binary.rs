//! Cross-entropy of yes and no.

use ondol_autograd::{Error, Op, Tensor, autocast_to_single, fused, no_grad, raise};

use super::{Reduction, check_same_size};
use crate::functional::logsigmoid;

/// PyTorch's bound for a logarithm, so that a sure mistake costs 100 and not infinitely much.
const LEAST_LOG: f64 = -100.0;

/// `−w·(y·ln p + (1−y)·ln(1−p))` for probabilities `p`, `torch.nn.functional.binary_cross_entropy`.
///
/// Logarithms are no less than −100 and gradients finite: `p = 0, y = 1` costs exactly 100.
/// Targets may lie between 0 and 1.
///
/// ```
/// use ondol_nn::{functional::{Reduction, binary_cross_entropy}, tensor};
/// let loss = binary_cross_entropy(&tensor!([0.0, 0.5]), &tensor!([1.0, 1.0]), None, Reduction::None);
/// assert_eq!(loss.to_vec::<f32>(), [100.0, 2f32.ln()]);
/// ```
///
/// # Panics
/// Where a probability is not on `[0, 1]`, or sizes differ.
#[track_caller]
pub fn binary_cross_entropy(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduction: Reduction,
) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("binary_cross_entropy", input, target);
    let target = target.to_dtype(input.dtype());
    // With weights each loss is needed, else only what becomes of all.
    let reduced = match weight {
        Some(_) => fused::Reduced::Each,
        None => reduction.fused(),
    };
    if let Some(loss) = fused::binary_cross_entropy(input, &target, reduced) {
        return match weight {
            Some(_) => reduction.of(&weighted(loss, weight)),
            None => loss,
        };
    }
    check_probabilities(input);
    let value = no_grad(|| {
        let (not, yes) = logarithms(input);
        target.sub(1.0).mul(not).sub(target.mul(yes))
    });
    let (p, y) = (input.snapshot(), target.snapshot());
    let p_too = input.snapshot();
    // The composite's own rules would give 0·∞ at the ends.
    let loss = Op::new("binary_cross_entropy", [input, &target])
        .rule(0, move |g| {
            let slope = p.mul(p.neg().add(1.0)).clamp_min(1e-12);
            g.mul(p.sub(&y).div(slope))
        })
        .rule(1, move |g| {
            let (not, yes) = logarithms(&p_too);
            g.mul(not.sub(yes))
        })
        .output(value.value());
    reduction.of(&weighted(loss, weight))
}

/// `ln(1−p)` and `ln p`, bounded.
#[track_caller]
fn logarithms(p: &Tensor) -> (Tensor, Tensor) {
    (
        p.neg().log1p().clamp_min(LEAST_LOG),
        p.log().clamp_min(LEAST_LOG),
    )
}

#[track_caller]
fn check_probabilities(input: &Tensor) {
    let x = input.detach();
    // A NaN is not equal to itself clamped, and so is refused too.
    if !x.clamp(0.0, 1.0).eq(&x).all().item_as::<bool>() {
        let values = x.double().to_vec::<f64>();
        let wrong = values
            .iter()
            .enumerate()
            .find(|(_, v)| !(0.0..=1.0).contains(*v));
        let (place, value) = wrong.map_or((0, f64::NAN), |(place, value)| (place, *value));
        raise(Error::value(
            "binary_cross_entropy",
            format!(
                "all elements of input should be between 0 and 1, but element {place} is {value}; \
                 apply sigmoid() first, or use binary_cross_entropy_with_logits"
            ),
        ));
    }
}

/// The loss of `sigmoid(x)`, computed from `x` so that it is exact for any,
/// `torch.nn.functional.binary_cross_entropy_with_logits`,
/// `torch.binary_cross_entropy_with_logits`: `(1−y)·x − l·ln σ(x)` with
/// `l = 1 + (pos_weight − 1)·y`.
///
/// `pos_weight` multiplies the cost of a missed yes; it broadcasts.
///
/// # Panics
/// Where sizes differ.
#[track_caller]
pub fn binary_cross_entropy_with_logits(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    pos_weight: Option<&Tensor>,
    reduction: Reduction,
) -> Tensor {
    let (input, target) = (&autocast_to_single(input), &autocast_to_single(target));
    check_same_size("binary_cross_entropy_with_logits", input, target);
    let target = target.to_dtype(input.dtype());
    let missed = target.neg().add(1.0).mul(input);
    let log = logsigmoid(input);
    let loss = match pos_weight {
        Some(pos_weight) => missed.sub(pos_weight.sub(1.0).mul(&target).add(1.0).mul(log)),
        None => missed.sub(log),
    };
    reduction.of(&weighted(loss, weight))
}

#[track_caller]
fn weighted(loss: Tensor, weight: Option<&Tensor>) -> Tensor {
    match weight {
        Some(weight) => loss.mul(weight),
        None => loss,
    }
}
