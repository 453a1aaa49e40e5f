//! What a mask picks, and where elements are not 0.

use ondol_tensor::{DType, Error, Kind, Shape};

use crate::ops::{coordinates, positions_of};
use crate::{Scope, Tensor, ok, raise};

#[track_caller]
fn check_mask(op: &'static str, mask: &Tensor) {
    if mask.dtype() != DType::Bool {
        raise(Error::DType {
            op,
            got: format!("a mask of {}", mask.dtype()),
            expected: "a bool mask".into(),
        });
    }
}

impl Tensor {
    /// The elements where `mask` is true, as a vector; both are broadcast. `torch.masked_select`.
    /// One number comes back from the device: how many there are.
    #[track_caller]
    pub fn masked_select(&self, mask: &Tensor) -> Tensor {
        const OP: &str = "masked_select";
        check_mask(OP, mask);
        let shape = ok(self.shape().broadcast(&mask.shape(), OP));
        let places = ok(positions_of(&mask.expand(&shape).value()));
        self.expand(&shape)
            .reshape(-1)
            .index_select(0, &Tensor::from(places))
    }

    /// A copy with the elements of `source`, in order, where `mask`, broadcast, is true;
    /// `torch.masked_scatter`.
    ///
    /// # Panics
    /// Where the source has too few elements, or another dtype.
    #[track_caller]
    pub fn masked_scatter(&self, mask: &Tensor, source: &Tensor) -> Tensor {
        const OP: &str = "masked_scatter";
        check_mask(OP, mask);
        if source.dtype() != self.dtype() {
            raise(Error::DType {
                op: OP,
                got: format!("a source of {}", source.dtype()),
                expected: format!(
                    "self and source to have same dtypes, and this one is of {}",
                    self.dtype()
                ),
            });
        }
        let shape = ok(self.shape().broadcast(&mask.shape(), OP));
        let mask = mask.detach().expand(&shape);
        let n = source.numel() as i64;
        // False places read an element behind the source; true ones past its end must not, so that
        // they are out of range.
        let rank = mask.reshape(-1).cumsum(0).sub(1i64);
        let past = rank.ge(n);
        let rank = rank.add(past.long());
        let behind = Tensor::full_with((), n, (DType::I64, &self.device()));
        let places = Tensor::where_(&mask.reshape(-1), &rank, &behind);
        let one = Tensor::zeros_with(1, (self.dtype(), &self.device()));
        let line = Tensor::cat(&[&source.reshape(-1), &one], 0);
        let picked = line.value().index_select(0, &places.value());
        if let Err(Error::Index { .. }) = picked {
            raise(Error::Shape {
                op: OP,
                lhs: shape.to_vec(),
                rhs: source.shape().to_vec(),
                rule: "Number of elements of source < number of ones in mask".into(),
            });
        }
        let picked = line.index_select(0, &places).reshape(&shape);
        Tensor::where_(&mask, &picked, self.expand(&shape))
    }

    /// The coordinates of the elements that are not 0, one row each, `i64`, `torch.nonzero`; NaN is
    /// not 0. One number comes back from the device: how many there are.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let at = tensor!([[0.0, 2.0], [3.0, 0.0]]).nonzero();
    /// assert_eq!(at.to_vec::<i64>(), [0, 1, 1, 0]);
    /// ```
    #[track_caller]
    pub fn nonzero(&self) -> Tensor {
        let columns = self.nonzero_columns();
        let n = columns.last().map_or(0, Tensor::numel);
        if self.ndim() == 0 {
            return columns[0].reshape((n, 1)).narrow(1, 0, 0);
        }
        let _here = Scope::here();
        Tensor::stack(&columns, 1)
    }

    /// The same as [`Tensor::nonzero`], `torch.argwhere`.
    #[track_caller]
    pub fn argwhere(&self) -> Tensor {
        self.nonzero()
    }

    /// Row-major positions as coordinates of a shape, one tensor for each dimension,
    /// `torch.unravel_index`; negative positions count from the back.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let at = tensor!([5, -1]).unravel_index([2, 4]);
    /// assert_eq!((at[0].to_vec::<i64>(), at[1].to_vec::<i64>()), (vec![1, 1], vec![1, 3]));
    /// ```
    ///
    /// # Panics
    /// On positions that are not integers.
    #[track_caller]
    pub fn unravel_index(&self, shape: impl Into<Shape>) -> Vec<Tensor> {
        if self.dtype().kind() != Kind::Int {
            raise(Error::DType {
                op: "unravel_index",
                got: self.dtype().to_string(),
                expected: "integers".into(),
            });
        }
        let places = self.value();
        let columns = ok(coordinates(&places, &shape.into()));
        columns.into_iter().map(Tensor::from).collect()
    }

    /// The coordinates of the elements that are not 0, one vector for each dimension: an index for
    /// [`Tensor::i`]. `torch.nonzero(as_tuple=True)`.
    #[track_caller]
    pub fn nonzero_columns(&self) -> Vec<Tensor> {
        let shape = if self.ndim() == 0 {
            1.into()
        } else {
            self.shape()
        };
        let places = ok(positions_of(&self.detach().ne(0).value()));
        let columns = ok(coordinates(&places, &shape));
        columns.into_iter().map(Tensor::from).collect()
    }
}
