//! First values of parameters, `torch.nn.init`.
//!
//! Every function writes into the tensor it is given, outside of any graph, and returns its handle.
//! The numbers come from the default generator, which [`crate::manual_seed`] seeds.
//!
//! ```
//! use ondol_nn::{Linear, init};
//! let layer = Linear::new(256, 128);
//! init::kaiming_normal_(&layer.weight, 0.0, init::Fan::In, init::Nonlinearity::ReLU);
//! init::zeros_(layer.bias.as_ref().unwrap());
//! ```

mod special;

pub use self::special::{dirac_, eye_, orthogonal_, sparse_, trunc_normal_};

use ondol_autograd::{Array, Distribution, Error, Scalar, Tensor, default_generator, ok, raise};

/// Fills with one draw after another.
#[track_caller]
fn draw(tensor: &Tensor, distribution: Distribution) -> Tensor {
    let value = Array::random(
        distribution,
        tensor.shape(),
        tensor.dtype(),
        &tensor.device(),
        &default_generator(),
    );
    tensor.set_data(ok(value));
    tensor.clone()
}

/// Uniform on `[low, high)`, `torch.nn.init.uniform_`.
///
/// # Panics
/// Where `low` is above `high`.
#[track_caller]
pub fn uniform_(tensor: &Tensor, low: f64, high: f64) -> Tensor {
    if low > high {
        let message = format!(
            "uniform_ expects to return a [from, to) range, but found from={low} > to={high}"
        );
        raise(Error::value("uniform_", message));
    }
    draw(tensor, Distribution::Uniform { low, high })
}

#[track_caller]
fn check_std(std: f64) {
    if std < 0.0 {
        let message = format!("normal expects std >= 0.0, but found std {std}");
        raise(Error::value("normal_", message));
    }
}

/// Gaussian, `torch.nn.init.normal_`.
///
/// # Panics
/// Where `std` is negative.
#[track_caller]
pub fn normal_(tensor: &Tensor, mean: f64, std: f64) -> Tensor {
    check_std(std);
    draw(tensor, Distribution::Normal { mean, std })
}

/// One value, `torch.nn.init.constant_`.
#[track_caller]
pub fn constant_(tensor: &Tensor, value: impl Into<Scalar>) -> Tensor {
    tensor.set_data(ok(Array::full(
        tensor.shape(),
        value,
        tensor.dtype(),
        &tensor.device(),
    )));
    tensor.clone()
}

/// All zeros, `torch.nn.init.zeros_`.
#[track_caller]
pub fn zeros_(tensor: &Tensor) -> Tensor {
    constant_(tensor, 0i64)
}

/// All ones, `torch.nn.init.ones_`.
#[track_caller]
pub fn ones_(tensor: &Tensor) -> Tensor {
    constant_(tensor, 1i64)
}

/// Which side of a layer keeps its variance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fan {
    /// The inputs: activations keep their variance on the way forward, PyTorch's `fan_in`.
    #[default]
    In,
    /// The outputs: gradients keep theirs on the way back, PyTorch's `fan_out`.
    Out,
}

/// What follows the layer, for its [`calculate_gain`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Nonlinearity {
    /// Nothing, or a convolution.
    Linear,
    /// `σ(x)`.
    Sigmoid,
    /// `tanh(x)`.
    Tanh,
    /// `max(x, 0)`.
    ReLU,
    /// `x` above 0 and a multiple of it below: the `a` of Kaiming's formula.
    #[default]
    LeakyReLU,
    /// The self-normalising unit.
    SELU,
}

/// The factor by which a layer's weights make up for the nonlinearity after it,
/// `torch.nn.init.calculate_gain`; `slope` is [`Nonlinearity::LeakyReLU`]'s.
///
/// ```
/// use ondol_nn::init::{Nonlinearity, calculate_gain};
/// assert_eq!(calculate_gain(Nonlinearity::ReLU, 0.0), 2f64.sqrt());
/// assert_eq!(calculate_gain(Nonlinearity::Tanh, 0.0), 5.0 / 3.0);
/// ```
pub fn calculate_gain(nonlinearity: Nonlinearity, slope: f64) -> f64 {
    match nonlinearity {
        Nonlinearity::Linear | Nonlinearity::Sigmoid => 1.0,
        Nonlinearity::Tanh => 5.0 / 3.0,
        Nonlinearity::ReLU => 2f64.sqrt(),
        Nonlinearity::LeakyReLU => (2.0 / (1.0 + slope * slope)).sqrt(),
        Nonlinearity::SELU => 0.75,
    }
}

/// How many numbers of the input go into one output, and of the output come from one input, for a
/// weight `[out, in, …]`: the sizes after the second are the kernel's.
///
/// # Panics
/// Where the tensor has fewer than two dimensions.
#[track_caller]
pub fn calculate_fan_in_and_fan_out(tensor: &Tensor) -> (usize, usize) {
    let shape = tensor.shape();
    if shape.ndim() < 2 {
        raise(Error::Input {
            op: "calculate_fan_in_and_fan_out",
            shape: shape.to_vec(),
            rule: "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
                .into(),
        });
    }
    let kernel: usize = shape[2..].iter().product();
    (shape[1] * kernel, shape[0] * kernel)
}

/// `U(-a, a)` with `a = gain·√(6 / (fan_in + fan_out))`, Glorot's, `torch.nn.init.xavier_uniform_`.
#[track_caller]
pub fn xavier_uniform_(tensor: &Tensor, gain: f64) -> Tensor {
    let (fan_in, fan_out) = calculate_fan_in_and_fan_out(tensor);
    let bound = gain * (6.0 / (fan_in + fan_out) as f64).sqrt();
    uniform_(tensor, -bound, bound)
}

/// `N(0, gain²·2 / (fan_in + fan_out))`, Glorot's, `torch.nn.init.xavier_normal_`.
#[track_caller]
pub fn xavier_normal_(tensor: &Tensor, gain: f64) -> Tensor {
    let (fan_in, fan_out) = calculate_fan_in_and_fan_out(tensor);
    normal_(tensor, 0.0, gain * (2.0 / (fan_in + fan_out) as f64).sqrt())
}

#[track_caller]
fn kaiming_std(tensor: &Tensor, a: f64, fan: Fan, nonlinearity: Nonlinearity) -> f64 {
    let (fan_in, fan_out) = calculate_fan_in_and_fan_out(tensor);
    let fan = if fan == Fan::In { fan_in } else { fan_out };
    calculate_gain(nonlinearity, a) / (fan as f64).sqrt()
}

/// `U(-b, b)` with `b = gain·√(3 / fan)`, He's, `torch.nn.init.kaiming_uniform_`; `a` is the slope
/// of [`Nonlinearity::LeakyReLU`]. A tensor without elements stays.
#[track_caller]
pub fn kaiming_uniform_(tensor: &Tensor, a: f64, fan: Fan, nonlinearity: Nonlinearity) -> Tensor {
    // A layer without inputs has nothing to draw.
    if tensor.numel() == 0 {
        return tensor.clone();
    }
    let bound = 3f64.sqrt() * kaiming_std(tensor, a, fan, nonlinearity);
    uniform_(tensor, -bound, bound)
}

/// `N(0, gain² / fan)`, He's, `torch.nn.init.kaiming_normal_`; `a` is the slope of
/// [`Nonlinearity::LeakyReLU`].
#[track_caller]
pub fn kaiming_normal_(tensor: &Tensor, a: f64, fan: Fan, nonlinearity: Nonlinearity) -> Tensor {
    // A layer without inputs has nothing to draw.
    if tensor.numel() == 0 {
        return tensor.clone();
    }
    let std = kaiming_std(tensor, a, fan, nonlinearity);
    normal_(tensor, 0.0, std)
}

/// What PyTorch gives the weight of linear layers and convolutions: uniform on `±1/√fan_in`, which
/// is `kaiming_uniform_` with `a = √5`.
pub(crate) fn weight_(weight: &Tensor) {
    // A layer without inputs has nothing to draw.
    if calculate_fan_in_and_fan_out(weight).0 > 0 {
        kaiming_uniform_(weight, 5f64.sqrt(), Fan::In, Nonlinearity::LeakyReLU);
    }
}

/// What it gives their bias: uniform on `±1/√fan_in` of the weight.
pub(crate) fn bias_(bias: &Tensor, weight: &Tensor) {
    let (fan_in, _) = calculate_fan_in_and_fan_out(weight);
    if fan_in > 0 {
        let bound = 1.0 / (fan_in as f64).sqrt();
        uniform_(bias, -bound, bound);
    }
}
