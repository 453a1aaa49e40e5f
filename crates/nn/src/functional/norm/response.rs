//! Normalisation by the channels beside each.

use ondol_autograd::{Error, Tensor, raise};

/// `x / (k + alpha·m)^beta` for `x [N, C, ..]`, where `m` is the mean of the squares of `size` channels
/// around each (PyTorch: `alpha` 1e-4, `beta` 0.75, `k` 1);
/// `torch.nn.functional.local_response_norm`.
///
/// ```
/// use ondol_nn::{Tensor, functional};
/// let y = functional::local_response_norm(&Tensor::ones([1, 3, 2]), 3, 3.0, 1.0, 0.0);
/// assert_eq!(y.i((0, .., 0)).to_vec::<f32>(), [0.5, 1.0 / 3.0, 0.5]);
/// ```
///
/// # Panics
/// On fewer than three dimensions, or a size of 0.
#[track_caller]
pub fn local_response_norm(x: &Tensor, size: usize, alpha: f64, beta: f64, k: f64) -> Tensor {
    if x.ndim() < 3 || size == 0 {
        raise(Error::Input {
            op: "local_response_norm",
            shape: x.shape().to_vec(),
            rule: format!(
                "Expected 3D or higher dimensionality input (got {} dimensions) and a size above 0",
                x.ndim()
            ),
        });
    }
    let mut around = vec![(0, 0); x.ndim() - 1];
    if let Some(channels) = around.last_mut() {
        *channels = (size / 2, (size - 1) / 2);
    }
    let squares = x.square().pad(&around, 0.0);
    let mean = squares.unfold(1, size, 1).mean_dim(-1, false);
    x.div(mean.mul(alpha).add(k).pow(beta))
}
