//! Activations without settings, and those along a dimension.

use ondol_autograd::{Error, Scope, Tensor, raise};

use crate::functional;
use crate::module::repr::shown;
use crate::{Forward, Module, Visitor};

/// A layer without settings. Its name alone is a value: `sequential![Linear::new(2, 5), ReLU]`.
macro_rules! plain {
    ($($(#[$doc:meta])* $layer:ident |$x:ident| $y:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        pub struct $layer;

        impl $layer {
            /// The layer.
            pub fn new() -> $layer {
                $layer
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, $x: &Tensor) -> Tensor {
                let _scope = Scope::enter(stringify!($layer), &[]).of(self);
                $y
            }
        }
    )*};
}

plain! {
    /// What comes in goes out, `torch.nn.Identity`: the same tensor.
    ///
    /// ```
    /// use ondol_nn::{Forward, Identity, tensor};
    /// assert_eq!(Identity.forward(&tensor!([1.0, -2.0])).to_vec::<f32>(), [1.0, -2.0]);
    /// ```
    Identity |x| x.clone();
    /// `max(x, 0)`, `torch.nn.ReLU`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ReLU, tensor};
    /// assert_eq!(ReLU.forward(&tensor!([1.0, -2.0])).to_vec::<f32>(), [1.0, 0.0]);
    /// ```
    ReLU |x| x.relu();
    /// `1 / (1 + e⁻ˣ)`, `torch.nn.Sigmoid`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Sigmoid, tensor};
    /// assert_eq!(Sigmoid.forward(&tensor!([0.0])).to_vec::<f32>(), [0.5]);
    /// ```
    Sigmoid |x| x.sigmoid();
    /// `tanh x`, `torch.nn.Tanh`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Tanh, tensor};
    /// assert_eq!(Tanh.forward(&tensor!([0.0])).to_vec::<f32>(), [0.0]);
    /// ```
    Tanh |x| x.tanh();
    /// `min(max(x, 0), 6)`, `torch.nn.ReLU6`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ReLU6, tensor};
    /// assert_eq!(ReLU6.forward(&tensor!([-1.0, 3.0, 9.0])).to_vec::<f32>(), [0.0, 3.0, 6.0]);
    /// ```
    ReLU6 |x| functional::relu6(x);
    /// `1.0507·(x above 0, 1.6733·(eˣ − 1) below)`, the self-normalising unit, `torch.nn.SELU`.
    ///
    /// ```
    /// use ondol_nn::{Forward, SELU, tensor};
    /// assert!((SELU.forward(&tensor!(1.0)).item() - 1.0507009873554805).abs() < 1e-6);
    /// ```
    SELU |x| functional::selu(x);
    /// `x·σ(x)`, also called swish, `torch.nn.SiLU`.
    ///
    /// ```
    /// use ondol_nn::{Forward, SiLU, tensor};
    /// assert!((SiLU.forward(&tensor!(1.0)).item() - 0.7310586).abs() < 1e-6);
    /// ```
    SiLU |x| functional::silu(x);
    /// `x·tanh(softplus(x))`, `torch.nn.Mish`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Mish, tensor};
    /// assert!((Mish.forward(&tensor!(1.0)).item() - 0.8650983882673103).abs() < 1e-6);
    /// ```
    Mish |x| functional::mish(x);
    /// `x / (1 + |x|)`, `torch.nn.Softsign`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Softsign, tensor};
    /// assert_eq!(Softsign.forward(&tensor!([1.0, -3.0])).to_vec::<f32>(), [0.5, -0.75]);
    /// ```
    Softsign |x| functional::softsign(x);
    /// `x − tanh x`, `torch.nn.Tanhshrink`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Tanhshrink, tensor};
    /// assert!((Tanhshrink.forward(&tensor!(1.0)).item() - 0.23840584404423515).abs() < 1e-6);
    /// ```
    Tanhshrink |x| functional::tanhshrink(x);
    /// `min(max(x + 3, 0), 6) / 6`, `torch.nn.Hardsigmoid`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Hardsigmoid, tensor};
    /// assert_eq!(Hardsigmoid.forward(&tensor!([-3.0, 0.0, 3.0])).to_vec::<f32>(), [0.0, 0.5, 1.0]);
    /// ```
    Hardsigmoid |x| functional::hardsigmoid(x);
    /// `x·hardsigmoid(x)`, `torch.nn.Hardswish`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Hardswish, tensor};
    /// assert_eq!(Hardswish.forward(&tensor!([-3.0, 0.0, 4.0])).to_vec::<f32>(), [0.0, 0.0, 4.0]);
    /// ```
    Hardswish |x| functional::hardswish(x);
    /// `ln σ(x)`, `torch.nn.LogSigmoid`.
    ///
    /// ```
    /// use ondol_nn::{Forward, LogSigmoid, tensor};
    /// assert!((LogSigmoid.forward(&tensor!(0.0)).item() - (-std::f64::consts::LN_2)).abs() < 1e-6);
    /// ```
    LogSigmoid |x| functional::logsigmoid(x);
    /// Softmax over the channels of each place of `x [N, C, H, W]` (or `[C, H, W]`),
    /// `torch.nn.Softmax2d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Softmax2d, Tensor};
    /// assert_eq!(Softmax2d.forward(&Tensor::zeros([2, 1, 1])).to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    Softmax2d |x| {
        if x.ndim() != 3 && x.ndim() != 4 {
            let rule = "Softmax2d: expected input to be 3D or 4D".to_owned();
            raise(Error::Input { op: "Softmax2d", shape: x.shape().to_vec(), rule });
        }
        x.softmax(-3)
    };
}

/// A layer along one dimension.
macro_rules! along {
    ($($(#[$doc:meta])* $layer:ident $method:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $layer {
            dim: isize,
        }

        impl $layer {
            /// Along a dimension; negative counts from the back.
            pub fn new(dim: isize) -> $layer {
                $layer { dim }
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                format!("dim={}", self.dim)
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter(stringify!($layer), &[]).of(self);
                functional::$method(x, self.dim)
            }
        }
    )*};
}

along! {
    /// `eˣ / Σ eˣ` along a dimension, `torch.nn.Softmax`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Softmax, tensor};
    /// assert_eq!(Softmax::new(-1).forward(&tensor!([[3.0, 3.0]])).to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    Softmax softmax;
    /// `x − ln Σ eˣ` along a dimension, `torch.nn.LogSoftmax`.
    ///
    /// ```
    /// use ondol_nn::{Forward, LogSoftmax, tensor};
    /// let y = LogSoftmax::new(-1).forward(&tensor!([3.0, 3.0]));
    /// assert!((y.i(0).item() + std::f64::consts::LN_2).abs() < 1e-6);
    /// ```
    LogSoftmax log_softmax;
    /// `softmax(−x)` along a dimension, `torch.nn.Softmin`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Softmin, tensor};
    /// assert_eq!(Softmin::new(-1).forward(&tensor!([3.0, 3.0])).to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    Softmin softmin;
    /// `a·σ(b)` for the two halves of a dimension, `torch.nn.GLU`.
    ///
    /// ```
    /// use ondol_nn::{Forward, GLU, tensor};
    /// assert_eq!(GLU::default().forward(&tensor!([4.0, 0.0])).to_vec::<f32>(), [2.0]);
    /// ```
    GLU glu;
}

impl Default for GLU {
    /// PyTorch's: along the last dimension.
    fn default() -> GLU {
        GLU::new(-1)
    }
}
