//! Placing by index tensors and masks, in place.

use ondol_tensor::{Array, Error, Result, Scatter, wrap_dim};

use crate::{Operand, ScatterReduce, Tensor, ok, raise};

/// Which rows a 1-D index names, stretched over the other dimensions.
fn rows(array: &Array, dim: isize, index: &Array) -> Result<Array> {
    let d = wrap_dim("index", dim, array.ndim())?;
    let mut line = vec![1; array.ndim()];
    line[d] = index.numel();
    index
        .reshape(line)?
        .expand(array.shape().clone().with(d, index.numel()))
}

macro_rules! in_place {
    ($($(#[$doc:meta])* $name:ident = $of:ident($($arg:ident: $t:ty),*);)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Panics
            /// As the form that copies; on a leaf that requires a gradient (outside `no_grad`), and on
            /// a view of a living tensor.
            #[track_caller]
            pub fn $name(&self, $($arg: $t),*) -> Tensor {
                let new = self.$of($($arg),*);
                self.become_(stringify!($name), &[], &new);
                self.clone()
            }
        )*}
    };
}

in_place! {
    /// [`Tensor::scatter_reduce`] in place, `torch.Tensor.scatter_reduce_`; returns the same tensor.
    scatter_reduce_ = scatter_reduce(dim: isize, index: &Tensor, src: &Tensor, reduce: ScatterReduce, include_self: bool);
    /// [`Tensor::index_reduce`] in place, `torch.Tensor.index_reduce_`; returns the same tensor.
    index_reduce_ = index_reduce(dim: isize, index: &Tensor, src: &Tensor, reduce: ScatterReduce, include_self: bool);
    /// [`Tensor::index_fill`] in place, `torch.Tensor.index_fill_`; returns the same tensor.
    index_fill_ = index_fill(dim: isize, index: &Tensor, value: impl Into<Operand>);
    /// [`Tensor::masked_scatter`] in place, `torch.Tensor.masked_scatter_`; returns the same tensor.
    masked_scatter_ = masked_scatter(mask: &Tensor, source: &Tensor);
    /// [`Tensor::put`] in place, `torch.Tensor.put_`; returns the same tensor.
    put_ = put(index: &Tensor, source: &Tensor, accumulate: bool);
    /// [`Tensor::tril`] in place, `torch.Tensor.tril_`; returns the same tensor.
    tril_ = tril(diagonal: isize);
    /// [`Tensor::triu`] in place, `torch.Tensor.triu_`; returns the same tensor.
    triu_ = triu(diagonal: isize);
}

impl Tensor {
    /// The tensor takes over a value and a graph computed from it; shape and dtype must stay.
    #[track_caller]
    pub(crate) fn become_(&self, op: &'static str, operands: &[&Tensor], new: &Tensor) {
        let (was, is) = (self.shape(), new.shape());
        if was != is {
            raise(Error::Shape {
                op,
                lhs: was.to_vec(),
                rhs: is.to_vec(),
                rule: format!("output with shape {was} doesn't match the broadcast shape {is}"),
            });
        }
        if new.dtype() != self.dtype() {
            raise(Error::DType {
                op,
                got: format!("a result of {} in place on {}", new.dtype(), self.dtype()),
                expected: format!("a result that {} can hold", self.dtype()),
            });
        }
        let mut operands = operands.to_vec();
        operands.push(new);
        self.write_in_place(
            op,
            &operands,
            |_| new.clone(),
            |array| {
                *array = new.value();
                Ok(())
            },
        );
    }

    /// [`Tensor::scatter`] in place, `torch.Tensor.scatter_`; returns the same tensor.
    ///
    /// # Panics
    /// As [`Tensor::scatter`]; on a leaf that requires a gradient (outside `no_grad`), and on a view
    /// of a living tensor.
    #[track_caller]
    pub fn scatter_(&self, dim: isize, index: &Tensor, src: impl Into<Operand>) -> Tensor {
        let src = match src.into() {
            Operand::Tensor(t) => t.snapshot(),
            Operand::Scalar(s) => super::pick::spread_number(self, s, index),
        };
        let (at, value) = (index.value(), src.value());
        self.write_in_place(
            "scatter_",
            &[&src],
            |old| old.scatter(dim, index, &src),
            |array| array.scatter_(Scatter::Set, dim, &at, &value),
        );
        self.clone()
    }

    /// [`Tensor::scatter_add`] in place, `torch.Tensor.scatter_add_`; returns the same tensor.
    ///
    /// # Panics
    /// As [`Tensor::scatter_add`]; on a leaf that requires a gradient (outside `no_grad`), and on a
    /// view of a living tensor.
    #[track_caller]
    pub fn scatter_add_(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        let (src, at) = (src.snapshot(), index.value());
        let value = src.value();
        self.write_in_place(
            "scatter_add_",
            &[&src],
            |old| old.scatter_add(dim, index, &src),
            |array| array.scatter_(Scatter::Add, dim, &at, &value),
        );
        self.clone()
    }

    /// [`Tensor::index_add`] in place, `torch.Tensor.index_add_`; returns the same tensor.
    ///
    /// # Panics
    /// As [`Tensor::index_add`]; on a leaf that requires a gradient (outside `no_grad`), and on a
    /// view of a living tensor.
    #[track_caller]
    pub fn index_add_(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        if self.ndim() == 0 || index.ndim() > 1 {
            let new = self.index_add(dim, index, src);
            self.become_("index_add_", &[src], &new);
            return self.clone();
        }
        self.check_rows("index_add", dim, index, src);
        let (src, at) = (src.snapshot(), index.value());
        let value = src.value();
        let at = ok(rows(&self.value(), dim, &at));
        self.write_in_place(
            "index_add_",
            &[&src],
            |old| old.index_add(dim, index, &src),
            |array| array.scatter_(Scatter::Add, dim, &at, &value),
        );
        self.clone()
    }

    /// [`Tensor::index_copy`] in place, `torch.Tensor.index_copy_`; returns the same tensor.
    ///
    /// # Panics
    /// As [`Tensor::index_copy`]; on a leaf that requires a gradient (outside `no_grad`), and on a
    /// view of a living tensor.
    #[track_caller]
    pub fn index_copy_(&self, dim: isize, index: &Tensor, src: &Tensor) -> Tensor {
        if self.ndim() == 0 || index.ndim() > 1 {
            let new = self.index_copy(dim, index, src);
            self.become_("index_copy_", &[src], &new);
            return self.clone();
        }
        self.check_rows("index_copy", dim, index, src);
        let (src, at) = (src.snapshot(), index.value());
        let value = src.value();
        let at = ok(rows(&self.value(), dim, &at));
        self.write_in_place(
            "index_copy_",
            &[&src],
            |old| old.index_copy(dim, index, &src),
            |array| array.scatter_(Scatter::Set, dim, &at, &value),
        );
        self.clone()
    }

    /// [`Tensor::masked_fill`] in place, `torch.Tensor.masked_fill_`; returns the same tensor.
    ///
    /// # Panics
    /// As [`Tensor::masked_fill`]; where the mask is of more dimensions, on a leaf that requires a
    /// gradient (outside `no_grad`), and on a view of a living tensor.
    #[track_caller]
    pub fn masked_fill_(&self, mask: &Tensor, value: impl Into<Operand>) -> Tensor {
        let value = value.into();
        let new = self.masked_fill(mask, value.clone());
        self.become_("masked_fill_", value.tensor().as_slice(), &new);
        self.clone()
    }
}
