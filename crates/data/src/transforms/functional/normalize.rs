//! Channels shifted and scaled.

use ondol_autograd::Tensor;
use ondol_tensor::{DType, Error, Result};

/// `(x − mean[c]) / std[c]` for each channel of floats `[…, C, H, W]`,
/// `torchvision.transforms.functional.normalize`; one mean or std serves all channels.
///
/// With `inplace` the tensor itself is changed and returned.
///
/// # Errors
/// A tensor of integers or of fewer than three dimensions, other numbers of means than channels, a std
/// of zero.
pub fn normalize(tensor: &Tensor, mean: &[f64], std: &[f64], inplace: bool) -> Result<Tensor> {
    let (mean, std) = checked(tensor, mean, std)?;
    Ok(match inplace {
        true => tensor.sub_(&mean).div_(&std),
        false => tensor.sub(&mean).div(&std),
    })
}

/// Means and stds as tensors `[C or 1, 1, 1]` like `x`.
fn checked(x: &Tensor, mean: &[f64], std: &[f64]) -> Result<(Tensor, Tensor)> {
    const OP: &str = "normalize";
    let (shape, dtype) = (x.shape(), x.dtype());
    if !dtype.is_floating_point() {
        return Err(Error::DType {
            op: OP,
            got: dtype.to_string(),
            expected: "a float tensor; put ToTensor or ConvertImageDtype before it".into(),
        });
    }
    let wrong = |rule: String| Error::Input {
        op: OP,
        shape: shape.to_vec(),
        rule,
    };
    let [.., channels, _, _] = *shape else {
        return Err(wrong(format!(
            "Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {shape}"
        )));
    };
    for (name, values) in [("mean", mean), ("std", std)] {
        if values.len() != 1 && values.len() != channels {
            let rule = format!("{channels} channels, but {name} has {}", values.len());
            return Err(wrong(rule));
        }
    }
    let tensor = |values: &[f64]| {
        let values = Tensor::from_vec(values.to_vec(), [values.len(), 1, 1]);
        values.to_dtype(dtype).to(x.device())
    };
    let std = tensor(std);
    if std.to_dtype(DType::F64).to_vec::<f64>().contains(&0.0) {
        return Err(Error::value(
            OP,
            format!(
                "std evaluated to zero after conversion to {dtype}, leading to division by zero."
            ),
        ));
    }
    Ok((tensor(mean), std))
}
