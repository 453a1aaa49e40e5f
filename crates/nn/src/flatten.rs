//! Dimensions made one, and taken apart.

use ondol_autograd::{IntoView, Scope, Tensor};

use crate::module::repr::shown;
use crate::pair::tuple;
use crate::{Forward, Module, Visitor};

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
        let _scope = Scope::enter("Flatten", &[]).of(self);
        x.flatten(self.start_dim, self.end_dim)
    }
}

/// Makes several dimensions of one, `torch.nn.Unflatten`; one of the sizes may be −1.
///
/// ```
/// use ondol_nn::{Forward, Tensor, Unflatten};
/// let layer = Unflatten::new(1, (2, -1));
/// assert_eq!(layer.forward(&Tensor::zeros([8, 6])).shape(), [8, 2, 3]);
/// ```
#[derive(Clone)]
pub struct Unflatten {
    dim: isize,
    sizes: Vec<i64>,
}

impl Unflatten {
    /// The dimension and what becomes of it.
    pub fn new(dim: isize, unflattened_size: impl IntoView) -> Unflatten {
        Unflatten {
            dim,
            sizes: unflattened_size.sizes(),
        }
    }
}

impl Module for Unflatten {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }

    fn extra_repr(&self) -> String {
        format!("dim={}, unflattened_size={}", self.dim, tuple(&self.sizes))
    }
}
shown!(Unflatten);

impl Forward for Unflatten {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("Unflatten", &[]).of(self);
        x.unflatten(self.dim, &self.sizes[..])
    }
}
