//! Diagonals of two dimensions, as views and as new matrices.

use ondol_tensor::{Error, Shape, wrap_dim};

use crate::{Tensor, ok, raise};

impl Tensor {
    /// The diagonal of two dimensions, which go away, as a new last one: a view. `offset` counts
    /// upwards into `dim2`; `torch.diagonal`, `torch.linalg.diagonal`.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// let x = Tensor::arange(0, 6, 1).view((2, 3));
    /// assert_eq!(x.diagonal(1, 0, 1).to_vec::<i64>(), [1, 5]);
    /// ```
    ///
    /// # Panics
    /// Where both dimensions are one.
    #[track_caller]
    pub fn diagonal(&self, offset: isize, dim1: isize, dim2: isize) -> Tensor {
        self.show(move |a| a.diagonal(offset, dim1, dim2))
    }

    /// The last dimension on the diagonal of two new ones, zeros beside it, `torch.diag_embed`.
    ///
    /// # Panics
    /// On a 0-dim tensor, or where both dimensions are one.
    #[track_caller]
    pub fn diag_embed(&self, offset: isize, dim1: isize, dim2: isize) -> Tensor {
        const OP: &str = "diag_embed";
        let Some(&length) = self.shape().last() else {
            raise(Error::Input {
                op: OP,
                shape: vec![],
                rule: "the last dimension becomes the diagonal, and a 0-dim tensor has none".into(),
            });
        };
        let ndim = self.ndim() + 1;
        let (a, b) = (ok(wrap_dim(OP, dim1, ndim)), ok(wrap_dim(OP, dim2, ndim)));
        if a == b {
            raise(Error::value(
                OP,
                format!("diagonal dimensions cannot be identical {dim1}, {dim2}"),
            ));
        }
        let size = length + offset.unsigned_abs();
        let from = self.shape();
        let mut to = Shape::new(&from[..from.ndim() - 1]);
        to.insert(a.min(b), size);
        to.insert(a.max(b), size);
        let (a, b) = (a as isize, b as isize);
        self.embed(&to, move |x| x.diagonal(offset, a, b))
    }

    /// Of a vector the matrix that has it on a diagonal, of a matrix that diagonal, `torch.diag`.
    ///
    /// # Panics
    /// On other numbers of dimensions.
    #[track_caller]
    pub fn diag(&self, offset: isize) -> Tensor {
        match self.ndim() {
            1 => self.diag_embed(offset, 0, 1),
            2 => self.diagonal(offset, 0, 1),
            n => raise(Error::Input {
                op: "diag",
                shape: self.shape().to_vec(),
                rule: format!("diag(): Supports 1D or 2D tensors. Got {n}D"),
            }),
        }
    }

    /// All elements on the diagonal of a matrix, `torch.diagflat`.
    #[track_caller]
    pub fn diagflat(&self, offset: isize) -> Tensor {
        self.reshape(-1).diag_embed(offset, 0, 1)
    }

    /// The sum of a matrix's diagonal, `torch.trace`.
    ///
    /// # Panics
    /// On what is not a matrix, or on `bool`.
    #[track_caller]
    pub fn trace(&self) -> Tensor {
        if self.ndim() != 2 {
            raise(Error::Input {
                op: "trace",
                shape: self.shape().to_vec(),
                rule: format!(
                    "trace: expected a matrix, but got tensor with dim {}",
                    self.ndim()
                ),
            });
        }
        if self.dtype() == ondol_tensor::DType::Bool {
            raise(Error::DType {
                op: "trace",
                got: "bool".into(),
                expected: "numbers".into(),
            });
        }
        self.diagonal(0, 0, 1).sum()
    }

    /// A copy with `src` on the diagonal of two dimensions, `torch.diagonal_scatter`.
    ///
    /// # Panics
    /// Where `src` has not the diagonal's shape.
    #[track_caller]
    pub fn diagonal_scatter(
        &self,
        src: &Tensor,
        offset: isize,
        dim1: isize,
        dim2: isize,
    ) -> Tensor {
        self.with_shown("diagonal_scatter", src, move |a| {
            a.diagonal(offset, dim1, dim2)
        })
    }
}
