//! Tensors as planes of floats on the CPU, for what goes faster in a loop than in operations.

use ondol_autograd::{Tensor, is_grad_enabled};
use ondol_tensor::{Array, DType, Error, Result};

/// Whether a loop may do it: on the CPU, with no gradient wanted and in single precision at most.
pub(in crate::transforms) fn on_host(x: &Tensor) -> bool {
    x.is_cpu() && !(is_grad_enabled() && x.requires_grad()) && x.dtype() != DType::F64
}

/// A tensor's numbers as `f32`, in order.
pub(in crate::transforms) struct Planes {
    dtype: DType,
    values: Array,
}

impl Planes {
    pub(in crate::transforms) fn of(x: &Tensor) -> Result<Planes> {
        Ok(Planes {
            dtype: x.dtype(),
            values: x.value().cast(DType::F32)?.contiguous()?,
        })
    }

    /// What `f` makes of the numbers.
    pub(in crate::transforms) fn with<T>(&self, f: impl FnOnce(&[f32]) -> T) -> T {
        let view = self.values.view_nd::<f32>();
        match view.as_ref().ok().and_then(|view| view.as_slice()) {
            Some(values) => f(values),
            None => f(&self.values.to_vec().unwrap_or_default()),
        }
    }

    /// Numbers as a tensor of the old dtype, rounded where that holds integers.
    pub(in crate::transforms) fn back(
        &self,
        values: Vec<f32>,
        shape: [usize; 4],
    ) -> Result<Tensor> {
        let array = match self.dtype {
            DType::F32 => Array::from_vec(values, shape)?,
            DType::U8 => {
                let bytes = values.into_iter().map(|v| v.round_ties_even() as u8);
                Array::from_vec(bytes.collect::<Vec<u8>>(), shape)?
            }
            dtype if dtype.is_floating_point() => Array::from_vec(values, shape)?.cast(dtype)?,
            dtype => {
                let whole: Vec<f32> = values.into_iter().map(f32::round_ties_even).collect();
                Array::from_vec(whole, shape)?.cast(dtype)?
            }
        };
        Ok(Tensor::from(array))
    }
}

/// Runs `f` on `x` as `[N, C, H, W]`, whatever stands before its last two dimensions.
pub(in crate::transforms) fn as_batch(
    op: &'static str,
    x: &Tensor,
    f: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let shape = x.shape();
    let lead = match *shape {
        [h, w] => [1, 1, h, w],
        [ref many @ .., c, h, w] => [many.iter().product(), c, h, w],
        _ => {
            return Err(Error::Input {
                op,
                shape: shape.to_vec(),
                rule: "Tensor is not a torch image.".into(),
            });
        }
    };
    if shape.ndim() == 4 {
        return f(x);
    }
    let y = f(&x.reshape(&lead[..]))?;
    let mut back = shape.to_vec();
    let n = back.len();
    back[n - 2] = y.shape()[2];
    back[n - 1] = y.shape()[3];
    Ok(y.reshape(&back[..]))
}
