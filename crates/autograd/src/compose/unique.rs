//! Distinct elements.

use ondol_tensor::{DType, Error, wrap_dim};

use super::rank::new_runs;
use crate::{Op, Tensor, ok, raise};

impl Tensor {
    /// The distinct elements in ascending order (or rows along `dim`, in lexicographic order), where
    /// among them each element is, and how often each is there: `torch.unique` with `sorted`,
    /// `return_inverse` and `return_counts`. Each NaN is one of its own. No gradient flows; one number
    /// comes back from the device.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let (values, inverse, counts) = tensor!([3, 1, 3, 2]).unique(None);
    /// assert_eq!(values.to_vec::<i64>(), [1, 2, 3]);
    /// assert_eq!(inverse.to_vec::<i64>(), [2, 0, 2, 1]);
    /// assert_eq!(counts.to_vec::<i64>(), [1, 1, 2]);
    /// ```
    ///
    /// # Panics
    /// Where rows have no elements.
    #[track_caller]
    pub fn unique(&self, dim: impl Into<Option<isize>>) -> (Tensor, Tensor, Tensor) {
        let x = self.detach();
        match dim.into() {
            None => {
                let line = x.reshape(-1);
                let (sorted, order) = line.sort(0, false);
                let runs = new_runs(&sorted, 0);
                let (values, inverse, counts) = x.runs_of(&line, &order, &runs);
                (values, inverse.reshape(self.shape()), counts)
            }
            Some(dim) => {
                let (x, rows, d) = x.rows_along(dim);
                // A stable sort by each column, from the last to the first.
                let mut order = x.positions(rows.size(0));
                for column in (0..rows.size(1)).rev() {
                    let keys = rows.select(1, column as isize).index_select(0, &order);
                    order = order.index_select(0, &keys.argsort(0, false));
                }
                let runs = row_runs(&rows.index_select(0, &order));
                let (values, inverse, counts) = x.runs_of(&x, &order, &runs);
                (values.transpose(0, d).contiguous(), inverse, counts)
            }
        }
    }

    /// The first element (or row along `dim`) of each run of equal ones, which run each belongs to,
    /// and how long each is: `torch.unique_consecutive`. No gradient flows; one number comes back
    /// from the device.
    #[track_caller]
    pub fn unique_consecutive(&self, dim: impl Into<Option<isize>>) -> (Tensor, Tensor, Tensor) {
        let x = self.detach();
        match dim.into() {
            None => {
                let line = x.reshape(-1);
                let order = x.positions(line.numel());
                let (values, inverse, counts) = x.runs_of(&line, &order, &new_runs(&line, 0));
                (values, inverse.reshape(self.shape()), counts)
            }
            Some(dim) => {
                let (x, rows, d) = x.rows_along(dim);
                let order = x.positions(rows.size(0));
                let (values, inverse, counts) = x.runs_of(&x, &order, &row_runs(&rows));
                (values.transpose(0, d).contiguous(), inverse, counts)
            }
        }
    }

    /// `0, 1, …` on this tensor's device.
    #[track_caller]
    fn positions(&self, n: usize) -> Tensor {
        Tensor::arange_with(0i64, n, 1i64, (DType::I64, &self.device()))
    }

    /// With a dimension first, and the same as a matrix of rows.
    #[track_caller]
    fn rows_along(&self, dim: isize) -> (Tensor, Tensor, isize) {
        let d = ok(wrap_dim("unique", dim, self.ndim())) as isize;
        if self.ndim() == 0 {
            let line = self.reshape(1);
            return (line.clone(), line.reshape((1, 1)), 0);
        }
        let x = self.transpose(0, d);
        let n = x.size(0);
        if x.numel() == 0 && n > 0 || x.shape()[1..].contains(&0) {
            raise(Error::Input {
                op: "unique",
                shape: self.shape().to_vec(),
                rule: "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied".into(),
            });
        }
        let width = x.shape()[1..].iter().product::<usize>();
        let rows = x.reshape((n, width));
        (x, rows, d)
    }

    /// Of elements `of` in an order, of which `runs` says where a new run begins: one of each run,
    /// the run of each element, and the runs' lengths.
    #[track_caller]
    fn runs_of(&self, of: &Tensor, order: &Tensor, runs: &Tensor) -> (Tensor, Tensor, Tensor) {
        let n = order.numel();
        let run = if n == 0 {
            order.clone_data()
        } else {
            runs.cumsum(0).sub(1)
        };
        let count = if n == 0 {
            0
        } else {
            run.select(0, -1).item_as::<i64>() as usize + 1
        };
        let inverse = order.zeros_like().scatter(0, order, &run);
        let empty = Tensor::zeros_with(count, (DType::I64, &self.device()));
        let counts = empty.scatter_add(0, &run, &run.ones_like());
        // From the back, so that the first of each run stays.
        let firsts = if n == 0 {
            empty
        } else {
            empty.scatter(0, &run.flip(0), order.flip(0))
        };
        let values = of.index_select(0, &firsts);
        let still = |t: &Tensor| {
            Op::new("unique", [self])
                .not_differentiable()
                .output(t.value())
        };
        (still(&values), inverse, counts)
    }
}

/// [`new_runs`] of whole rows.
#[track_caller]
fn row_runs(rows: &Tensor) -> Tensor {
    if rows.size(0) == 0 {
        return rows.reshape(-1).long();
    }
    let n = rows.size(0);
    let first = Tensor::ones_with(1, (DType::I64, &rows.device()));
    let differs = rows.narrow(0, 1, n - 1).ne(rows.narrow(0, 0, n - 1));
    Tensor::cat(&[&first, &differs.any_dim(1, false).long()], 0)
}
