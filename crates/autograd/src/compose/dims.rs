//! Dimensions in other places, split, added and transposed.

use ondol_tensor::{Error, Shape, wrap_dim};

use crate::{Axes, IntoView, Tensor, ok, raise};

impl Tensor {
    /// Dimensions `source` moved to the places `destination`; the others keep their order.
    /// `torch.movedim`, `torch.moveaxis`.
    ///
    /// # Panics
    /// Where both name not the same number of dimensions, or one of them one twice.
    #[track_caller]
    pub fn movedim(&self, source: impl Into<Axes>, destination: impl Into<Axes>) -> Tensor {
        const OP: &str = "movedim";
        let (from, to) = (source.into().0, destination.into().0);
        if from.len() != to.len() {
            raise(Error::value(
                OP,
                format!(
                    "Invalid source or destination dims: source ({from:?} dims) should contain the same number of dims \
                     as destination ({to:?} dims)"
                ),
            ));
        }
        let n = self.ndim();
        let mut order: Vec<Option<usize>> = vec![None; n.max(1)];
        let mut moved = vec![false; n.max(1)];
        for (&f, &t) in from.iter().zip(&to) {
            let (f, t) = (ok(wrap_dim(OP, f, n)), ok(wrap_dim(OP, t, n)));
            if moved[f] || order[t].is_some() {
                raise(Error::value(
                    OP,
                    format!("repeated dim in source {from:?} or destination {to:?}"),
                ));
            }
            (moved[f], order[t]) = (true, Some(f));
        }
        let mut rest = (0..n).filter(|&d| !moved[d]);
        let order: Vec<isize> = order[..n]
            .iter()
            .map(|d| d.or_else(|| rest.next()).unwrap_or(0) as isize)
            .collect();
        self.permute(&order[..])
    }

    /// [`Tensor::movedim`], `torch.moveaxis`.
    #[track_caller]
    pub fn moveaxis(&self, source: impl Into<Axes>, destination: impl Into<Axes>) -> Tensor {
        self.movedim(source, destination)
    }

    /// [`Tensor::transpose`], `torch.swapaxes`.
    #[track_caller]
    pub fn swapaxes(&self, a: isize, b: isize) -> Tensor {
        self.transpose(a, b)
    }

    /// [`Tensor::transpose`], `torch.swapdims`.
    #[track_caller]
    pub fn swapdims(&self, a: isize, b: isize) -> Tensor {
        self.transpose(a, b)
    }

    /// The last two dimensions swapped, `torch.Tensor.mT`.
    ///
    /// # Panics
    /// On a vector; a 0-dim tensor stays.
    #[track_caller]
    pub fn mt(&self) -> Tensor {
        self.matrices("mT")
    }

    /// [`Tensor::mt`]: numbers are real. `torch.Tensor.mH`.
    #[track_caller]
    pub fn mh(&self) -> Tensor {
        self.matrices("mH")
    }

    /// [`Tensor::mt`]: numbers are real. `torch.adjoint`.
    #[track_caller]
    pub fn adjoint(&self) -> Tensor {
        self.matrices("adjoint()")
    }

    /// The transpose of a matrix: numbers are real. `torch.Tensor.H`.
    ///
    /// # Panics
    /// On what is neither a matrix nor 0-dim.
    #[track_caller]
    pub fn h(&self) -> Tensor {
        match self.ndim() {
            0 | 2 => self.transpose(0, -1),
            n => raise(Error::Input {
                op: "H",
                shape: self.shape().to_vec(),
                rule: format!(
                    "tensor.H is only supported on matrices (2-D tensors). Got {n}-D tensor. For batches of matrices, \
                     consider using tensor.mH"
                ),
            }),
        }
    }

    #[track_caller]
    fn matrices(&self, called: &'static str) -> Tensor {
        match self.ndim() {
            0 => self.transpose(0, 0),
            1 => raise(Error::Input {
                op: called,
                shape: self.shape().to_vec(),
                rule: format!(
                    "tensor.{called} is only supported on matrices or batches of matrices. Got 1-D tensor."
                ),
            }),
            _ => self.transpose(-2, -1),
        }
    }

    /// One dimension as several, of which one size may be -1, `torch.unflatten`.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// assert_eq!(Tensor::zeros([6, 2]).unflatten(0, (2, -1)).shape(), [2, 3, 2]);
    /// ```
    ///
    /// # Panics
    /// Where the sizes do not multiply up to the dimension's.
    #[track_caller]
    pub fn unflatten(&self, dim: isize, sizes: impl IntoView) -> Tensor {
        const OP: &str = "unflatten";
        let (shape, sizes) = (self.shape(), sizes.sizes());
        let d = ok(wrap_dim(OP, dim, shape.ndim()));
        let wrong = |rule: String| Error::Input {
            op: OP,
            shape: shape.to_vec(),
            rule,
        };
        if sizes.is_empty() || shape.is_empty() {
            raise(wrong(
                "sizes must be non-empty, and the tensor must have the dimension".into(),
            ));
        }
        let line = Shape::new(&[shape[d]]);
        let Ok(parts) = crate::operand::infer_shape(OP, &line, &sizes) else {
            raise(wrong(format!(
                "Provided sizes {sizes:?} don't multiply up to the size of dim {d} ({}) in the input tensor",
                shape[d]
            )));
        };
        let all = shape[..d].iter().chain(parts.iter()).chain(&shape[d + 1..]);
        let all: Shape = all.copied().collect();
        self.reshape(&all)
    }

    /// All elements as a vector, `torch.ravel`.
    #[track_caller]
    pub fn ravel(&self) -> Tensor {
        self.reshape(-1)
    }

    /// [`Tensor::reshape`] to the shape of another tensor, `torch.Tensor.reshape_as`.
    #[track_caller]
    pub fn reshape_as(&self, other: &Tensor) -> Tensor {
        self.reshape(other.shape())
    }

    /// [`Tensor::expand`], `torch.broadcast_to`.
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl IntoView) -> Tensor {
        self.expand(shape)
    }

    /// A 0-dim tensor as a vector of one, others as they are, `torch.atleast_1d`.
    #[track_caller]
    pub fn atleast_1d(&self) -> Tensor {
        match self.ndim() {
            0 => self.reshape(1),
            _ => self.clone(),
        }
    }

    /// At least a matrix: a vector becomes its only row, `torch.atleast_2d`.
    #[track_caller]
    pub fn atleast_2d(&self) -> Tensor {
        match self.ndim() {
            0 => self.reshape((1, 1)),
            1 => self.unsqueeze(0),
            _ => self.clone(),
        }
    }

    /// At least three dimensions: a vector `[n]` becomes `[1, n, 1]`, a matrix gets a last dimension
    /// of size 1, `torch.atleast_3d`.
    #[track_caller]
    pub fn atleast_3d(&self) -> Tensor {
        match self.ndim() {
            0 => self.reshape((1, 1, 1)),
            1 => self.unsqueeze(0).unsqueeze(-1),
            2 => self.unsqueeze(-1),
            _ => self.clone(),
        }
    }
}
