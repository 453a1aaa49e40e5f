//! Convolutional layers.

mod plain;
mod transpose;

pub use self::plain::{Conv1d, Conv2d, Conv3d};
pub use self::transpose::{ConvTranspose1d, ConvTranspose2d, ConvTranspose3d};

use ondol_autograd::{PadMode, Tensor};

use crate::functional;
use crate::pair::tuple;

/// What a convolution's border is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaddingMode {
    /// Zeros.
    #[default]
    Zeros,
    /// The input reflected at its border, without the border itself.
    Reflect,
    /// The border again and again.
    Replicate,
    /// The input's other end.
    Circular,
}

impl PaddingMode {
    /// PyTorch's name.
    pub fn name(self) -> &'static str {
        match self {
            PaddingMode::Zeros => "zeros",
            PaddingMode::Reflect => "reflect",
            PaddingMode::Replicate => "replicate",
            PaddingMode::Circular => "circular",
        }
    }

    /// The input with its border: amounts from the first dimension of space on.
    #[track_caller]
    fn pad(self, x: &Tensor, amounts: &[(usize, usize)]) -> Tensor {
        let sides = amounts.iter().rev();
        let sides: Vec<isize> = sides.flat_map(|&(a, b)| [a as isize, b as isize]).collect();
        let mode = match self {
            PaddingMode::Zeros => PadMode::Constant(0.0),
            PaddingMode::Reflect => PadMode::Reflect,
            PaddingMode::Replicate => PadMode::Replicate,
            PaddingMode::Circular => PadMode::Circular,
        };
        functional::pad(x, &sides, mode)
    }
}

/// The parts that convolutions and their transposes share.
macro_rules! common {
    ($layer:ident $n:literal) => {
        /// The same layer with another weight; the bias is shared.
        pub(crate) fn sharing(&self, weight: Parameter) -> $layer {
            $layer {
                weight,
                bias: self.bias.clone(),
                ..*self
            }
        }

        /// Steps of the window; 1 unless said otherwise.
        pub fn stride(mut self, stride: impl Into<Size<$n>>) -> $layer {
            self.options.stride = stride.into().0;
            self
        }

        /// Distance of the kernel's taps; 1 unless said otherwise.
        pub fn dilation(mut self, dilation: impl Into<Size<$n>>) -> $layer {
            self.options.dilation = dilation.into().0;
            self
        }

        /// Groups of channels that do not mix; 1 unless said otherwise. The weight is drawn anew, as
        /// its shape changes.
        ///
        /// # Panics
        /// Where `groups` does not divide the channels.
        #[track_caller]
        pub fn groups(mut self, groups: usize) -> $layer {
            for (name, channels) in [
                ("in_channels", self.in_channels),
                ("out_channels", self.out_channels),
            ] {
                if groups == 0 || channels % groups != 0 {
                    raise(Error::value(
                        stringify!($layer),
                        format!("{name} must be divisible by groups: {channels} by {groups}"),
                    ));
                }
            }
            self.options.groups = groups;
            let like = (self.weight.dtype(), &self.weight.device());
            self.weight = Parameter::new(Tensor::zeros_with(self.weight_shape(), like));
            self.reset_parameters();
            self
        }

        /// Whether there is a bias; there is unless said otherwise.
        pub fn bias(mut self, bias: bool) -> $layer {
            let made = || {
                let like = (self.weight.dtype(), &self.weight.device());
                let zeros = Parameter::new(Tensor::zeros_with([self.out_channels], like));
                init::bias_(&zeros, &self.weight);
                zeros
            };
            self.bias = bias.then(|| self.bias.take().unwrap_or_else(made));
            self
        }

        /// The layer in another floating-point dtype.
        ///
        /// # Panics
        /// On a dtype that is not floating point.
        #[track_caller]
        pub fn dtype(self, dtype: DType) -> $layer {
            ok(self.to_dtype(dtype));
            self
        }

        /// The layer on a device.
        #[track_caller]
        pub fn device(self, device: &Device) -> $layer {
            ok(self.to(device));
            self
        }

        /// Draws weight and bias anew.
        pub fn reset_parameters(&self) {
            init::weight_(&self.weight);
            if let Some(bias) = &self.bias {
                init::bias_(bias, &self.weight);
            }
        }
    };
}
use common;

/// One setting of a layer, as PyTorch prints it unless it is at its default.
fn setting<const N: usize>(text: &mut String, name: &str, each: [usize; N], default: usize) {
    if each != [default; N] {
        text.push_str(&format!(", {name}={}", tuple(&each)));
    }
}
