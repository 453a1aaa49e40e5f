//! Elements of vectors in all ways together, and classes as rows of 0 and 1.

use std::borrow::Borrow;

use ondol_tensor::{DType, Error, Scatter};

use super::grid::Indexing;
use crate::ops::named;
use crate::{Scope, Tensor, ok, raise};

impl Tensor {
    /// Every way to take one element of each vector, one row each, `torch.cartesian_prod`; of one
    /// vector itself.
    ///
    /// # Panics
    /// On what is not a vector, other dtypes, or nothing.
    #[track_caller]
    pub fn cartesian_prod<T: Borrow<Tensor>>(tensors: &[T]) -> Tensor {
        if let Some(bad) = tensors.iter().map(T::borrow).find(|t| t.ndim() != 1) {
            raise(Error::Input {
                op: "cartesian_prod",
                shape: bad.shape().to_vec(),
                rule: "Expect a 1D vector".into(),
            });
        }
        if let [one] = tensors {
            return one.borrow().clone_data();
        }
        let _here = Scope::here();
        let grids = Tensor::meshgrid(tensors, Indexing::Ij);
        let columns: Vec<Tensor> = grids.iter().map(|g| g.reshape(-1)).collect();
        Tensor::stack(&columns, 1)
    }

    /// Every choice of `r` elements of a vector, in order, one row each, `torch.combinations`; an
    /// element more than once where `with_replacement`.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let pairs = tensor!([1, 2, 3]).combinations(2, false);
    /// assert_eq!(pairs.to_vec::<i64>(), [1, 2, 1, 3, 2, 3]);
    /// ```
    ///
    /// # Panics
    /// On what is not a vector.
    #[track_caller]
    pub fn combinations(&self, r: usize, with_replacement: bool) -> Tensor {
        if self.ndim() != 1 {
            raise(Error::Input {
                op: "combinations",
                shape: self.shape().to_vec(),
                rule: format!("Expect a 1D vector, but got shape {}", self.shape()),
            });
        }
        if r == 0 {
            return self.narrow(0, 0, 0).clone_data();
        }
        let places = choices(self.numel(), r, with_replacement);
        let rows = places.len() / r;
        let places = Tensor::from(places).to(self.device());
        self.index_select(0, &places).reshape((rows, r))
    }

    /// For each class index a row of `classes` zeros with a 1 at it, `i64`,
    /// `torch.nn.functional.one_hot`; -1 is one more than the greatest index, which is read back from
    /// the device.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// assert_eq!(tensor!([0, 2]).one_hot(-1).to_vec::<i64>(), [1, 0, 0, 0, 0, 1]);
    /// ```
    ///
    /// # Panics
    /// On an index out of range, one that is not `i64`, or where there is none to take the number of
    /// classes from.
    #[track_caller]
    pub fn one_hot(&self, classes: isize) -> Tensor {
        const OP: &str = "one_hot";
        if self.dtype() != DType::I64 {
            raise(Error::DType {
                op: OP,
                got: self.dtype().to_string(),
                expected: "i64: one_hot is only applicable to index tensor of type LongTensor"
                    .into(),
            });
        }
        let classes = match classes {
            -1 if self.numel() == 0 => raise(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: "Can not infer total number of classes from empty tensor.".into(),
            }),
            // A negative index is found below.
            -1 => (self.max().item_as::<i64>() + 1).max(1) as usize,
            n if n < 0 => raise(Error::value(
                OP,
                format!("a number of classes cannot be {n}"),
            )),
            n => n as usize,
        };
        let mut shape = self.shape();
        shape.push(classes);
        let zeros = Tensor::zeros_with(&shape, (self.dtype(), &self.device())).value();
        let places = self.unsqueeze(-1);
        let ones = places.ones_like().value();
        let value = zeros.scatter(Scatter::Set, -1, &places.value(), &ones);
        Tensor::from(ok(named(OP, value)))
    }
}

/// Every ascending choice of `r` numbers below `n`, one after another.
fn choices(n: usize, r: usize, with_replacement: bool) -> Vec<i64> {
    let mut out = Vec::new();
    let mut at: Vec<usize> = if with_replacement {
        vec![0; r]
    } else {
        (0..r).collect()
    };
    // The greatest number at position i.
    let limit = |i: usize| {
        if with_replacement {
            n
        } else {
            (n + i + 1).saturating_sub(r)
        }
    };
    if n == 0 || (!with_replacement && r > n) {
        return out;
    }
    loop {
        out.extend(at.iter().map(|&i| i as i64));
        let Some(i) = (0..r).rev().find(|&i| at[i] + 1 < limit(i)) else {
            return out;
        };
        at[i] += 1;
        for j in i + 1..r {
            at[j] = if with_replacement {
                at[i]
            } else {
                at[j - 1] + 1
            };
        }
    }
}
