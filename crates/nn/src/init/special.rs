//! First values with a structure: identities, orthogonal rows, zeros among the numbers, no tails.

use ondol_autograd::{
    DType, Error, Shape, Tensor, default_generator, linalg, no_grad_guard, raise,
};

use super::{check_std, normal_};

#[track_caller]
fn refuse(op: &'static str, shape: &Shape, rule: &str) -> ! {
    raise(Error::Input {
        op,
        shape: shape.to_vec(),
        rule: rule.into(),
    })
}

/// Takes numbers over in the tensor's own dtype and place.
#[track_caller]
fn put(tensor: &Tensor, values: &Tensor) -> Tensor {
    let values = values.to(tensor.device()).to_dtype(tensor.dtype());
    tensor.set_data(values.value());
    tensor.clone()
}

/// 1 on the diagonal of a matrix, else 0, `torch.nn.init.eye_`: as much of the input as fits goes
/// through a linear layer unchanged.
///
/// # Panics
/// Where it is not a matrix.
#[track_caller]
pub fn eye_(tensor: &Tensor) -> Tensor {
    let _guard = no_grad_guard();
    let shape = tensor.shape();
    if shape.ndim() != 2 {
        refuse(
            "eye_",
            &shape,
            "Only tensors with 2 dimensions are supported",
        );
    }
    let rows = Tensor::range(shape[0]).unsqueeze(1);
    put(tensor, &rows.eq(Tensor::range(shape[1])))
}

/// The convolution that changes nothing, `torch.nn.init.dirac_`: for a weight `[out, in, …]` with 1
/// to 3 kernel dimensions, a 1 in the middle of the kernel from channel `c` to channel `c`, in each
/// of the groups; else 0.
///
/// ```
/// use ondol_nn::{Tensor, init};
/// let weight = init::dirac_(&Tensor::zeros([2, 1, 3]), 2);
/// assert_eq!(weight.to_vec::<f32>(), [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
/// ```
///
/// # Panics
/// On other ranks, or where the groups do not divide the output channels.
#[track_caller]
pub fn dirac_(tensor: &Tensor, groups: usize) -> Tensor {
    let _guard = no_grad_guard();
    let shape = tensor.shape();
    if !(3..=5).contains(&shape.ndim()) {
        let rule = "Only tensors with 3, 4, or 5 dimensions are supported";
        refuse("dirac_", &shape, rule);
    }
    if groups == 0 || !shape[0].is_multiple_of(groups) {
        refuse("dirac_", &shape, "dim 0 must be divisible by groups");
    }
    let kernel: usize = shape[2..].iter().product();
    let middle = shape[2..].iter().fold(0, |at, size| at * size + size / 2);
    let own = shape[0] / groups;
    let mut values = vec![0f32; shape.numel()];
    for channel in 0..shape[0] {
        if kernel > 0 && channel % own < shape[1] {
            values[(channel * shape[1] + channel % own) * kernel + middle] = 1.0;
        }
    }
    put(tensor, &Tensor::from_vec(values, &shape))
}

/// Rows (or columns, where there are fewer) of length `gain` at right angles to each other,
/// `torch.nn.init.orthogonal_`; dimensions after the first count as one. Uniform among all such.
///
/// # Panics
/// On fewer than two dimensions.
#[track_caller]
pub fn orthogonal_(tensor: &Tensor, gain: f64) -> Tensor {
    let _guard = no_grad_guard();
    let shape = tensor.shape();
    if shape.ndim() < 2 {
        let rule = "Only tensors with 2 or more dimensions are supported";
        refuse("orthogonal_", &shape, rule);
    }
    if tensor.numel() == 0 {
        return tensor.clone();
    }
    let (rows, columns) = (shape[0], shape.numel() / shape[0]);
    let like = (DType::F64, &tensor.device());
    let drawn = Tensor::randn_with([rows.max(columns), rows.min(columns)], like);
    let (q, r) = linalg::qr(&drawn);
    // With the signs of R's diagonal every such matrix is as likely as any other.
    let basis = q.mul(r.diagonal(0, 0, 1).sign());
    let rows_first = match rows < columns {
        true => basis.t(),
        false => basis,
    };
    put(tensor, &rows_first.mul(gain).reshape(&shape))
}

/// A matrix with a share `sparsity` of every column 0 and the rest Gaussian,
/// `torch.nn.init.sparse_`.
///
/// # Panics
/// Where it is not a matrix.
#[track_caller]
pub fn sparse_(tensor: &Tensor, sparsity: f64, std: f64) -> Tensor {
    let _guard = no_grad_guard();
    let shape = tensor.shape();
    if shape.ndim() != 2 {
        refuse(
            "sparse_",
            &shape,
            "Only tensors with 2 dimensions are supported",
        );
    }
    let (rows, columns) = (shape[0], shape[1]);
    let zeros = (sparsity * rows as f64).ceil() as usize;
    let mut mask = vec![false; shape.numel()];
    for column in 0..columns {
        let order = default_generator().permutation(rows);
        for row in order.into_iter().take(zeros) {
            mask[row * columns + column] = true;
        }
    }
    normal_(tensor, 0.0, std);
    let mask = Tensor::from_vec(mask, &shape).to(tensor.device());
    put(tensor, &tensor.detach().masked_fill(&mask, 0.0))
}

/// Gaussian, as if drawn again until it lies on `[a, b]`, `torch.nn.init.trunc_normal_` (whose
/// defaults are mean 0, std 1, `a` −2, `b` 2).
///
/// ```
/// use ondol_nn::{Tensor, init};
/// let weight = init::trunc_normal_(&Tensor::zeros([100]), 0.0, 1.0, -0.5, 2.0);
/// assert!(weight.min().item() >= -0.5 && weight.max().item() <= 2.0);
/// ```
///
/// # Panics
/// Where `std` is negative.
#[track_caller]
pub fn trunc_normal_(tensor: &Tensor, mean: f64, std: f64, a: f64, b: f64) -> Tensor {
    let _guard = no_grad_guard();
    check_std(std);
    let like = (DType::F64, &tensor.device());
    // Uniform between the values of the error function at the bounds, and back through it.
    let bounds = Tensor::from_vec(vec![a, b], 2);
    let bounds = bounds.sub(mean).div(std * 2f64.sqrt()).erf();
    let (low, high) = (bounds.i(0).item(), bounds.i(1).item());
    let least = f64::EPSILON / 2.0;
    let y = Tensor::rand_with(tensor.shape(), like)
        .mul(high - low)
        .add(low);
    let y = y.clamp(least - 1.0, 1.0 - least);
    let x = y.erfinv().mul(std * 2f64.sqrt()).add(mean);
    put(tensor, &x.clamp(a, b))
}
