//! A product of two inputs.

use ondol_autograd::{Error, Tensor, raise};

/// `y_o = aᵀ·W_o·b + bias_o` for `a [.., I]`, `b [.., J]`, `weight [O, I, J]` and `bias [O]`;
/// `torch.nn.functional.bilinear`, `torch.bilinear`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// let weight = tensor!([[[1.0, 0.0], [0.0, 1.0]]]);
/// let y = functional::bilinear(&tensor!([1.0, 2.0]), &tensor!([3.0, 4.0]), &weight, None);
/// assert_eq!(y.to_vec::<f32>(), [11.0]);
/// ```
///
/// # Panics
/// Where sizes do not go together.
#[track_caller]
pub fn bilinear(
    input1: &Tensor,
    input2: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
) -> Tensor {
    let (a, b, w) = (input1.shape(), input2.shape(), weight.shape());
    let fits = w.ndim() == 3
        && a.ndim() == b.ndim()
        && a.ndim() > 0
        && a[..a.ndim() - 1] == b[..b.ndim() - 1]
        && a[a.ndim() - 1] == w[1]
        && b[b.ndim() - 1] == w[2]
        && bias.is_none_or(|bias| bias.shape() == [w[0]]);
    if !fits {
        raise(Error::Shape {
            op: "bilinear",
            lhs: a.to_vec(),
            rhs: b.to_vec(),
            rule: format!(
                "expected inputs [.., I] and [.., J] of the same other sizes, and a bias [O], for the weight [O, I, J] {w}"
            ),
        });
    }
    // [O, I, J] as [I, O·J]: one product, then one for each row.
    let left = weight.permute([1, 0, 2]).reshape(&[w[1], w[0] * w[2]][..]);
    let mut sizes = a[..a.ndim() - 1].to_vec();
    let rows: usize = sizes.iter().product();
    let halves = input1
        .reshape(&[rows, w[1]][..])
        .matmul(&left)
        .reshape(&[rows, w[0], w[2]][..]);
    let y = halves.matmul(&input2.reshape(&[rows, w[2], 1][..]));
    sizes.push(w[0]);
    let y = y.reshape(&sizes[..]);
    match bias {
        Some(bias) => y.add(bias),
        None => y,
    }
}
