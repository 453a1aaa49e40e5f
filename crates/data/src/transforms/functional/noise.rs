//! Noise.

use ondol_autograd::{RandomOptions, Tensor};
use ondol_tensor::{DType, Error, Result};

use crate::sample_generator;

const OP: &str = "gaussian_noise";

/// A tensor with normal numbers added, `torchvision.transforms.v2.functional.gaussian_noise`.
///
/// `mean` and `sigma` are of floats from 0 to 1; for bytes they count 255 times. With `clip` the result
/// keeps to these bounds, without it bytes go round.
///
/// # Errors
/// A negative `sigma`; a tensor of neither floats nor bytes.
pub fn gaussian_noise(image: &Tensor, mean: f64, sigma: f64, clip: bool) -> Result<Tensor> {
    with_noise(image, &noise(&image.shape(), image), mean, sigma, clip)
}

/// Standard normal numbers from the sample's stream, for `x`.
fn noise(shape: &[usize], x: &Tensor) -> Tensor {
    let noise = Tensor::randn_with(shape, RandomOptions::from(&sample_generator()));
    noise.to(x.device())
}

/// The same with noise that was drawn before.
pub(in crate::transforms) fn with_noise(
    x: &Tensor,
    noise: &Tensor,
    mean: f64,
    sigma: f64,
    clip: bool,
) -> Result<Tensor> {
    if sigma.is_nan() || sigma < 0.0 {
        return Err(Error::value(
            OP,
            format!("sigma shouldn't be negative. Got {sigma:?}"),
        ));
    }
    match x.dtype() {
        dtype if dtype.is_floating_point() => {
            let out = x.add(noise.to_dtype(dtype).mul(sigma).add(mean));
            Ok(if clip { out.clamp(0.0, 1.0) } else { out })
        }
        DType::U8 => {
            let noise = noise.mul(sigma * 255.0).add(mean * 255.0);
            let out = x.to_dtype(DType::I32).add(noise.to_dtype(DType::I32));
            let out = if clip { out.clamp(0.0, 255.0) } else { out };
            Ok(out.to_dtype(DType::U8))
        }
        dtype => Err(Error::DType {
            op: OP,
            got: dtype.to_string(),
            expected: "a tensor of u8 or of floats".into(),
        }),
    }
}
