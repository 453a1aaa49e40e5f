//! Looking elements up in sorted ones.

use ondol_tensor::{DType, Error};

use crate::{Operand, Tensor, raise};

impl Tensor {
    /// Where each of `values` would go in this sorted tensor: before equal ones, or behind them
    /// where `right`, `i64`; `torch.searchsorted(sorted_sequence, values)`. The sequence is a vector,
    /// or has the values' leading sizes. NaN goes last.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let edges = tensor!([1.0, 3.0, 5.0]);
    /// assert_eq!(edges.searchsorted(tensor!([3.0, 0.0, 9.0]), false).to_vec::<i64>(), [1, 0, 3]);
    /// assert_eq!(edges.searchsorted(3.0, true).item(), 2.0);
    /// ```
    ///
    /// # Panics
    /// On a 0-dim sequence, or leading sizes that differ.
    #[track_caller]
    pub fn searchsorted(&self, values: impl Into<Operand>, right: bool) -> Tensor {
        const OP: &str = "searchsorted";
        let (edges, values) = (self.detach(), values.into().to_tensor(self).detach());
        let (e, v) = (edges.shape(), values.shape());
        let Some((&m, lead)) = e.split_last() else {
            raise(Error::Input {
                op: OP,
                shape: vec![],
                rule: "boundaries tensor should have positive dimension, but got 0 dimension"
                    .into(),
            });
        };
        let line = e.ndim() == 1;
        if !line && (v.ndim() != e.ndim() || &v[..lead.len()] != lead) {
            raise(Error::Shape {
                op: OP,
                lhs: e.to_vec(),
                rhs: v.to_vec(),
                rule: "boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and \
                       input value tensor must match"
                    .into(),
            });
        }
        let zeros = Tensor::zeros_with(&v, (DType::I64, &self.device()));
        if m == 0 || values.numel() == 0 {
            return zeros;
        }
        let at = |places: &Tensor| {
            if line {
                edges
                    .index_select(0, &places.reshape(-1))
                    .reshape(places.shape())
            } else {
                edges.gather(-1, places)
            }
        };
        // All values halve their own range at once: `low ..= high` holds the answer.
        let (mut low, mut high) = (zeros.clone(), zeros.full_like(m as i64));
        for _ in 0..=m.ilog2() {
            let middle = low.add(&high).floor_divide(2);
            // Where the answer is found the middle may lie behind the last edge.
            let edge = at(&middle.clamp_max(m as f64 - 1.0));
            let before = if right {
                edge.gt(&values).logical_not()
            } else {
                edge.ge(&values).logical_not()
            };
            let open = low.lt(&high);
            low = Tensor::where_(&open.logical_and(&before), middle.add(1), &low);
            high = Tensor::where_(&open.logical_and(before.logical_not()), &middle, &high);
        }
        low
    }

    /// Into which of the ranges between sorted `boundaries` each element falls, `i64`: the number of
    /// boundaries below it, or not above it where `right`; `torch.bucketize`.
    ///
    /// # Panics
    /// Where the boundaries are not a vector.
    #[track_caller]
    pub fn bucketize(&self, boundaries: &Tensor, right: bool) -> Tensor {
        if boundaries.ndim() != 1 {
            raise(Error::Input {
                op: "bucketize",
                shape: boundaries.shape().to_vec(),
                rule: format!(
                    "boundaries tensor must be 1 dimension, but got dim({})",
                    boundaries.ndim()
                ),
            });
        }
        boundaries.searchsorted(self, right)
    }

    /// Whether each element is among `test` (or is not, where `invert`), `torch.isin`. NaN is among
    /// nothing.
    #[track_caller]
    pub fn isin(&self, test: impl Into<Operand>, invert: bool) -> Tensor {
        let test = test.into().to_tensor(self).detach().reshape(-1);
        let x = self.detach();
        let found = if test.numel() == 0 {
            x.zeros_like().bool()
        } else {
            let sorted = test.sort(0, false).0;
            let at = sorted.searchsorted(&x, false);
            let at = at.clamp_max(test.numel() as f64 - 1.0);
            let near = sorted.index_select(0, &at.reshape(-1)).reshape(x.shape());
            near.eq(&x)
        };
        if invert { found.logical_not() } else { found }
    }
}
