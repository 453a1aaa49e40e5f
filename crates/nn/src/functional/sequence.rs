//! Convolution of sequences whose time comes first.

use ondol_autograd::{ConvOptions, Error, Tensor, functional::conv1d, raise};

/// [`conv1d`] with time first and channels last: `x [T, N, C]`, `weight [K, C, O]`, `bias [O]` and
/// `pad` zeros on both sides → `[T', N, O]`; `torch.nn.functional.conv_tbc`, `torch.conv_tbc`.
///
/// ```
/// use ondol_nn::{Tensor, functional};
/// let (x, w) = (Tensor::ones([5, 2, 3]), Tensor::ones([3, 3, 4]));
/// let y = functional::conv_tbc(&x, &w, &Tensor::zeros(4), 1);
/// assert_eq!((y.shape(), y.i((2, 0, 0)).item()), ([5, 2, 4].into(), 9.0));
/// ```
///
/// # Panics
/// Where sizes do not go together.
#[track_caller]
pub fn conv_tbc(x: &Tensor, weight: &Tensor, bias: &Tensor, pad: usize) -> Tensor {
    if x.ndim() != 3 || weight.ndim() != 3 {
        raise(Error::Shape {
            op: "conv_tbc",
            lhs: x.shape().to_vec(),
            rhs: weight.shape().to_vec(),
            rule: "expected an input [T, N, C] and a weight [K, C, O]".into(),
        });
    }
    let (x, weight) = (x.permute([1, 2, 0]), weight.permute([2, 1, 0]));
    let options = ConvOptions::new().padding(pad);
    conv1d(&x, &weight, Some(bias), options).permute([2, 0, 1])
}
