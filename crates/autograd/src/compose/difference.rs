//! Differences of neighbours, and areas under lines through them.

use ondol_tensor::{DType, Error, wrap_dim};

use crate::{Operand, Tensor, ok, raise};

impl Tensor {
    /// The differences of neighbours along a dimension, taken `n` times, `torch.diff`; of truths,
    /// whether they differ.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([1.0, 3.0, 6.0]);
    /// assert_eq!(x.diff(1, -1).to_vec::<f32>(), [2.0, 3.0]);
    /// assert_eq!(x.diff(2, -1).to_vec::<f32>(), [1.0]);
    /// ```
    ///
    /// # Panics
    /// On a 0-dim tensor.
    #[track_caller]
    pub fn diff(&self, n: usize, dim: isize) -> Tensor {
        self.has_dimensions("diff");
        ok(wrap_dim("diff", dim, self.ndim()));
        let mut x = self.clone();
        for _ in 0..n {
            let size = x.size(dim);
            let (low, high) = x.neighbours(dim);
            x = if self.dtype() == DType::Bool {
                high.logical_xor(low)
            } else {
                high.sub(low)
            };
            if size == 0 {
                break;
            }
        }
        x
    }

    /// [`Tensor::diff`] with tensors put before and after, `torch.diff(prepend, append)`.
    #[track_caller]
    pub fn diff_with(
        &self,
        n: usize,
        dim: isize,
        prepend: Option<&Tensor>,
        append: Option<&Tensor>,
    ) -> Tensor {
        self.has_dimensions("diff");
        let parts: Vec<&Tensor> = prepend.into_iter().chain([self]).chain(append).collect();
        Tensor::cat(&parts, dim).diff(n, dim)
    }

    /// All but the last along a dimension, and all but the first.
    #[track_caller]
    fn neighbours(&self, dim: isize) -> (Tensor, Tensor) {
        let n = self.size(dim);
        let rest = n.saturating_sub(1);
        (self.narrow(dim, 0, rest), self.narrow(dim, n.min(1), rest))
    }

    /// The area under the line through the points along a dimension, `torch.trapezoid`,
    /// `torch.trapz`: `spacing` is a number, or a tensor of the places of the points.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let y = tensor!([1.0, 3.0, 6.0]);
    /// assert_eq!(y.trapezoid(1.0, -1).item(), 6.5);
    /// assert_eq!(y.trapezoid(tensor!([0.0, 1.0, 3.0]), -1).item(), 11.0);
    /// ```
    ///
    /// # Panics
    /// On a 0-dim tensor, and where the places do not fit the points.
    #[track_caller]
    pub fn trapezoid(&self, spacing: impl Into<Operand>, dim: isize) -> Tensor {
        self.trapezoids("trapezoid", spacing.into(), dim)
            .sum_dim(dim, false)
    }

    /// The areas from the first point to each later one, `torch.cumulative_trapezoid`; see
    /// [`Tensor::trapezoid`].
    #[track_caller]
    pub fn cumulative_trapezoid(&self, spacing: impl Into<Operand>, dim: isize) -> Tensor {
        self.trapezoids("cumulative_trapezoid", spacing.into(), dim)
            .cumsum(dim)
    }

    /// The area between each two neighbours.
    #[track_caller]
    fn trapezoids(&self, op: &'static str, spacing: Operand, dim: isize) -> Tensor {
        self.has_dimensions(op);
        let d = ok(wrap_dim(op, dim, self.ndim()));
        let (low, high) = self.neighbours(dim);
        let sum = low.add(high);
        let steps = match spacing {
            Operand::Scalar(step) => return sum.mul(step).div(2.0),
            Operand::Tensor(places) if places.ndim() == 1 => {
                if places.size(0) != self.size(dim) {
                    raise(Error::Shape {
                        op,
                        lhs: self.shape().to_vec(),
                        rhs: places.shape().to_vec(),
                        rule: "there must be one x value for each sample point".into(),
                    });
                }
                let mut shape = vec![1usize; self.ndim()];
                shape[d] = places.size(0).saturating_sub(1);
                places.diff(1, 0).reshape(shape)
            }
            Operand::Tensor(places) => places.diff(1, dim),
        };
        sum.mul(steps).div(2.0)
    }

    #[track_caller]
    fn has_dimensions(&self, op: &'static str) {
        if self.ndim() == 0 {
            raise(Error::Input {
                op,
                shape: vec![],
                rule: "expects input to be at least one-dimensional".into(),
            });
        }
    }
}
