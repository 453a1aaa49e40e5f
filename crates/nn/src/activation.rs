//! Layers without parameters.

use ondol_autograd::{Scope, Tensor};

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
                let _scope = Scope::enter(stringify!($layer), &[]);
                $y
            }
        }
    )*};
}

plain! {
    /// What comes in goes out, `torch.nn.Identity`: the same tensor.
    Identity |x| x.clone();
    /// `max(x, 0)`, `torch.nn.ReLU`.
    ReLU |x| x.relu();
    /// `1 / (1 + e⁻ˣ)`, `torch.nn.Sigmoid`.
    Sigmoid |x| x.sigmoid();
    /// `tanh x`, `torch.nn.Tanh`.
    Tanh |x| x.tanh();
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
                let _scope = Scope::enter(stringify!($layer), &[]);
                x.$method(self.dim)
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
    LogSoftmax log_softmax;
}

/// Makes one dimension of several, `torch.nn.Flatten`: all but the first unless said otherwise.
///
/// ```
/// use ondol_nn::{Flatten, Forward, Tensor};
/// assert_eq!(Flatten::new().forward(&Tensor::zeros([8, 1, 28, 28])).shape(), [8, 784]);
/// ```
#[derive(Clone, Copy)]
pub struct Flatten {
    start_dim: isize,
    end_dim: isize,
}

impl Flatten {
    /// From dimension 1 to the last.
    pub fn new() -> Flatten {
        Flatten {
            start_dim: 1,
            end_dim: -1,
        }
    }

    /// The first dimension taken in.
    pub fn start_dim(mut self, start_dim: isize) -> Flatten {
        self.start_dim = start_dim;
        self
    }

    /// The last dimension taken in.
    pub fn end_dim(mut self, end_dim: isize) -> Flatten {
        self.end_dim = end_dim;
        self
    }
}

impl Default for Flatten {
    fn default() -> Flatten {
        Flatten::new()
    }
}

impl Module for Flatten {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }

    fn extra_repr(&self) -> String {
        format!("start_dim={}, end_dim={}", self.start_dim, self.end_dim)
    }
}
shown!(Flatten);

impl Forward for Flatten {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("Flatten", &[]);
        x.flatten(self.start_dim, self.end_dim)
    }
}
