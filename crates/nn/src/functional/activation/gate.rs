//! Activations along a dimension.

use ondol_autograd::{Error, Tensor, no_grad, raise};

/// `eˣ / Σ eˣ` along a dimension, `torch.nn.functional.softmax`.
#[track_caller]
pub fn softmax(x: &Tensor, dim: isize) -> Tensor {
    x.softmax(dim)
}

/// `x − ln Σ eˣ` along a dimension, `torch.nn.functional.log_softmax`.
#[track_caller]
pub fn log_softmax(x: &Tensor, dim: isize) -> Tensor {
    x.log_softmax(dim)
}

/// `softmax(−x)` along a dimension, `torch.nn.functional.softmin`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// assert_eq!(functional::softmin(&tensor!([3.0, 3.0]), 0).to_vec::<f32>(), [0.5, 0.5]);
/// ```
#[track_caller]
pub fn softmin(x: &Tensor, dim: isize) -> Tensor {
    x.neg().softmax(dim)
}

/// `a·σ(b)` for the two halves `a`, `b` of a dimension, `torch.nn.functional.glu`.
///
/// ```
/// use ondol_nn::{functional, tensor};
/// assert_eq!(functional::glu(&tensor!([4.0, 0.0]), -1).to_vec::<f32>(), [2.0]);
/// ```
///
/// # Panics
/// Where the dimension's size is odd.
#[track_caller]
pub fn glu(x: &Tensor, dim: isize) -> Tensor {
    if x.ndim() == 0 {
        raise(Error::Input {
            op: "glu",
            shape: vec![],
            rule: "glu does not support 0-dimensional tensors".into(),
        });
    }
    let size = x.size(dim);
    if !size.is_multiple_of(2) {
        raise(Error::Input {
            op: "glu",
            shape: x.shape().to_vec(),
            rule: format!("Halving dimension must be even, but dimension {dim} is size {size}"),
        });
    }
    let (a, b) = (
        x.narrow(dim, 0, size / 2),
        x.narrow(dim, size / 2, size / 2),
    );
    a.mul(b.sigmoid())
}

/// A sample of the classes that `logits` describe along a dimension, in a form that gradients flow
/// through, `torch.nn.functional.gumbel_softmax`: the softer the higher `tau` (PyTorch: 1). With
/// `hard` the sample is one-hot, and its gradient that of the soft one.
///
/// ```
/// use ondol_nn::{Tensor, functional};
/// let y = functional::gumbel_softmax(&Tensor::zeros([4, 10]), 1.0, true, -1);
/// assert_eq!(y.sum_dim(-1, false).to_vec::<f32>(), [1.0; 4]);
/// ```
#[track_caller]
pub fn gumbel_softmax(logits: &Tensor, tau: f64, hard: bool, dim: isize) -> Tensor {
    // −ln of an exponential variable, kept away from 0, whose logarithm is infinite.
    let noise = no_grad(|| {
        let uniform = logits.detach().rand_like();
        uniform.neg().log1p().neg().clamp_min(6e-8).log().neg()
    });
    let soft = logits.add(noise).div(tau).softmax(dim);
    if !hard {
        return soft;
    }
    let one_hot = no_grad(|| {
        let at = soft.detach().argmax(dim, true);
        soft.zeros_like()
            .scatter(dim, &at, at.ones_like().to_dtype(soft.dtype()))
    });
    one_hot.sub(soft.detach()).add(soft)
}
