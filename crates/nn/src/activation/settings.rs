//! Activations with settings.

use ondol_autograd::{Scope, Tensor};

use crate::functional::{self, Gelu};
use crate::module::repr::{python_float, python_number, shown};
use crate::{Forward, Module, Visitor};

macro_rules! settings {
    ($(
        $(#[$doc:meta])*
        $layer:ident { $($(#[$of:meta])* $field:ident = $value:expr),* } $this:ident, $x:ident $text:expr, $y:expr;
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $layer {
            $($field: f64,)*
        }

        impl $layer {
            /// PyTorch's settings.
            pub fn new() -> $layer {
                $layer {
                    $($field: $value,)*
                }
            }

            $(
                $(#[$of])*
                pub fn $field(mut self, $field: f64) -> $layer {
                    self.$field = $field;
                    self
                }
            )*
        }

        impl Default for $layer {
            fn default() -> $layer {
                $layer::new()
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                let $this = self;
                $text
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, $x: &Tensor) -> Tensor {
                let _scope = Scope::enter(stringify!($layer), &[]).of(self);
                let $this = self;
                $y
            }
        }
    )*};
}

settings! {
    /// `x` above 0 and `negative_slope·x` below, `torch.nn.LeakyReLU`.
    ///
    /// ```
    /// use ondol_nn::{Forward, LeakyReLU, tensor};
    /// let y = LeakyReLU::new().negative_slope(0.5).forward(&tensor!([-2.0, 2.0]));
    /// assert_eq!(y.to_vec::<f32>(), [-1.0, 2.0]);
    /// ```
    LeakyReLU {
        /// 0.01 unless said otherwise.
        negative_slope = 0.01
    } this, x
        format!("negative_slope={}", python_float(this.negative_slope)),
        functional::leaky_relu(x, this.negative_slope);
    /// `x` above 0 and `alpha·(eˣ − 1)` below, `torch.nn.ELU`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ELU, tensor};
    /// assert!((ELU::new().forward(&tensor!(-1.0)).item() - (-0.6321205588285577)).abs() < 1e-6);
    /// ```
    ELU {
        /// 1 unless said otherwise.
        alpha = 1.0
    } this, x
        format!("alpha={}", python_float(this.alpha)),
        functional::elu(x, this.alpha);
    /// `x` above 0 and `alpha·(e^(x/alpha) − 1)` below, `torch.nn.CELU`.
    ///
    /// ```
    /// use ondol_nn::{Forward, CELU, tensor};
    /// assert!((CELU::new().forward(&tensor!(-1.0)).item() - (-0.6321205588285577)).abs() < 1e-6);
    /// ```
    CELU {
        /// 1 unless said otherwise.
        alpha = 1.0
    } this, x
        format!("alpha={}", python_float(this.alpha)),
        functional::celu(x, this.alpha);
    /// `ln(1 + e^(beta·x)) / beta`, and `x` itself where `beta·x` is above `threshold`;
    /// `torch.nn.Softplus`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Softplus, tensor};
    /// assert_eq!(Softplus::new().forward(&tensor!(1000.0)).item(), 1000.0);
    /// ```
    Softplus {
        /// 1 unless said otherwise.
        beta = 1.0,
        /// 20 unless said otherwise.
        threshold = 20.0
    } this, x
        format!("beta={}, threshold={}", python_float(this.beta), python_float(this.threshold)),
        functional::softplus(x, this.beta, this.threshold);
    /// `x` kept within `[min_val, max_val]`, `torch.nn.Hardtanh`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Hardtanh, tensor};
    /// assert_eq!(Hardtanh::new().forward(&tensor!([-3.0, 0.5, 3.0])).to_vec::<f32>(), [-1.0, 0.5, 1.0]);
    /// ```
    Hardtanh {
        /// −1 unless said otherwise.
        min_val = -1.0,
        /// 1 unless said otherwise.
        max_val = 1.0
    } this, x
        format!("min_val={}, max_val={}", python_float(this.min_val), python_float(this.max_val)),
        functional::hardtanh(x, this.min_val, this.max_val);
    /// `x` outside of `[−lambda, lambda]`, else 0, `torch.nn.Hardshrink`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Hardshrink, tensor};
    /// assert_eq!(Hardshrink::new().forward(&tensor!([-2.0, 0.25, 2.0])).to_vec::<f32>(), [-2.0, 0.0, 2.0]);
    /// ```
    Hardshrink {
        /// PyTorch's `lambd`, 0.5 unless said otherwise.
        lambda = 0.5
    } this, x
        python_float(this.lambda),
        functional::hardshrink(x, this.lambda);
    /// `x` drawn towards 0 by `lambda`, `torch.nn.Softshrink`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Softshrink, tensor};
    /// assert_eq!(Softshrink::new().forward(&tensor!([-2.0, 0.25, 2.0])).to_vec::<f32>(), [-1.5, 0.0, 1.5]);
    /// ```
    Softshrink {
        /// PyTorch's `lambd`, 0.5 unless said otherwise.
        lambda = 0.5
    } this, x
        python_float(this.lambda),
        functional::softshrink(x, this.lambda);
}

/// `x` above a threshold, else another value, `torch.nn.Threshold`.
///
/// ```
/// use ondol_nn::{Forward, Threshold, tensor};
/// assert_eq!(Threshold::new(0.1, 20.0).forward(&tensor!([0.0, 1.0])).to_vec::<f32>(), [20.0, 1.0]);
/// ```
#[derive(Clone, Copy)]
pub struct Threshold {
    threshold: f64,
    value: f64,
}

impl Threshold {
    /// The threshold, and what stands for all that is not above it.
    pub fn new(threshold: f64, value: f64) -> Threshold {
        Threshold { threshold, value }
    }
}

impl Module for Threshold {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }

    fn extra_repr(&self) -> String {
        let [threshold, value] = [self.threshold, self.value].map(python_number);
        format!("threshold={threshold}, value={value}")
    }
}

impl Forward for Threshold {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("Threshold", &[]).of(self);
        functional::threshold(x, self.threshold, self.value)
    }
}

/// `x·Φ(x)` with the normal distribution's `Φ`, `torch.nn.GELU`.
///
/// ```
/// use ondol_nn::{Forward, GELU, functional::Gelu, tensor};
/// assert!((GELU::new().forward(&tensor!(1.0)).item() - 0.8413447).abs() < 1e-6);
/// assert_eq!(GELU::new().approximate(Gelu::Tanh).to_string(), "GELU(approximate='tanh')");
/// ```
#[derive(Clone, Copy, Default)]
pub struct GELU {
    approximate: Gelu,
}

impl GELU {
    /// By the error function.
    pub fn new() -> GELU {
        GELU::default()
    }

    /// How it is computed.
    pub fn approximate(mut self, approximate: Gelu) -> GELU {
        self.approximate = approximate;
        self
    }
}

impl Module for GELU {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }

    fn extra_repr(&self) -> String {
        let name = match self.approximate {
            Gelu::Exact => "none",
            Gelu::Tanh => "tanh",
        };
        format!("approximate='{name}'")
    }
}

impl Forward for GELU {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("GELU", &[]).of(self);
        functional::gelu(x, self.approximate)
    }
}

shown!(Threshold, GELU);
