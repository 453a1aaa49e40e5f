//! How near two vectors are.

use ondol_autograd::{Scope, Tensor};

use crate::functional::{cosine_similarity, pairwise_distance};
use crate::module::repr::shown;
use crate::{Module, Visitor};

/// The cosine of the angle between vectors along a dimension, `torch.nn.CosineSimilarity`.
///
/// ```
/// use ondol_nn::{CosineSimilarity, tensor};
/// let cosine = CosineSimilarity::new().forward(&tensor!([[3.0, 4.0]]), &tensor!([[4.0, -3.0]]));
/// assert_eq!(cosine.to_vec::<f32>(), [0.0]);
/// ```
#[derive(Clone, Copy)]
pub struct CosineSimilarity {
    dim: isize,
    eps: f64,
}

impl CosineSimilarity {
    /// Along dimension 1, with lengths of 1e-8 at least.
    pub fn new() -> CosineSimilarity {
        CosineSimilarity { dim: 1, eps: 1e-8 }
    }

    /// The dimension of the vectors.
    pub fn dim(mut self, dim: isize) -> CosineSimilarity {
        self.dim = dim;
        self
    }

    /// What lengths are at least.
    pub fn eps(mut self, eps: f64) -> CosineSimilarity {
        self.eps = eps;
        self
    }

    /// The cosines; the inputs broadcast.
    #[track_caller]
    pub fn forward(&self, x1: &Tensor, x2: &Tensor) -> Tensor {
        let _scope = Scope::enter("CosineSimilarity", &[]).of(self);
        cosine_similarity(x1, x2, self.dim, self.eps)
    }
}

impl Default for CosineSimilarity {
    fn default() -> Self {
        CosineSimilarity::new()
    }
}

impl Module for CosineSimilarity {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }
}

/// The `p`-norm of differences along the last dimension, `torch.nn.PairwiseDistance`.
///
/// ```
/// use ondol_nn::{PairwiseDistance, tensor};
/// let d = PairwiseDistance::new().forward(&tensor!([[3.0, 4.0]]), &tensor!([[0.0, 0.0]]));
/// assert!((d.item() - 5.0).abs() < 1e-5);
/// ```
#[derive(Clone, Copy)]
pub struct PairwiseDistance {
    p: f64,
    eps: f64,
    keepdim: bool,
}

impl PairwiseDistance {
    /// The Euclidean distance of differences to which 1e-6 is added.
    pub fn new() -> PairwiseDistance {
        PairwiseDistance {
            p: 2.0,
            eps: 1e-6,
            keepdim: false,
        }
    }

    /// Which norm it is.
    pub fn p(mut self, p: f64) -> PairwiseDistance {
        self.p = p;
        self
    }

    /// What is added to differences.
    pub fn eps(mut self, eps: f64) -> PairwiseDistance {
        self.eps = eps;
        self
    }

    /// Whether the last dimension stays, with size 1.
    pub fn keepdim(mut self, keepdim: bool) -> PairwiseDistance {
        self.keepdim = keepdim;
        self
    }

    /// The distances; the inputs broadcast.
    #[track_caller]
    pub fn forward(&self, x1: &Tensor, x2: &Tensor) -> Tensor {
        let _scope = Scope::enter("PairwiseDistance", &[]).of(self);
        pairwise_distance(x1, x2, self.p, self.eps, self.keepdim)
    }
}

impl Default for PairwiseDistance {
    fn default() -> Self {
        PairwiseDistance::new()
    }
}

impl Module for PairwiseDistance {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
    }
}

shown!(CosineSimilarity, PairwiseDistance);
