//! One idiom for reading and writing parts: `x.i((0..2, .., -1))`, `x.set((0..2, ..), value)`.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo};

use ondol_tensor::{Array, Error, Result};

use crate::{Op, Tensor, ok};

/// What is taken of one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// One position; the dimension goes away. Negative counts from the back.
    At(isize),
    /// Positions from `start` before `end`, every `step`-th; negative ends count from the back.
    Slice {
        /// The first.
        start: isize,
        /// The first not taken; `None` means to the end.
        end: Option<isize>,
        /// The distance between taken ones.
        step: usize,
    },
    /// A new dimension of size 1, `None` in Python.
    NewAxis,
    /// All dimensions not named, `...` in Python.
    Ellipsis,
}

impl Index {
    /// All of a dimension.
    pub const ALL: Index = Index::Slice {
        start: 0,
        end: None,
        step: 1,
    };

    /// Every `step`-th of these.
    pub fn step(self, step: usize) -> Index {
        match self {
            Index::Slice { start, end, .. } => Index::Slice { start, end, step },
            other => other,
        }
    }
}

macro_rules! index_from {
    ($($t:ty),*) => {$(
        impl From<$t> for Index {
            fn from(i: $t) -> Self { Index::At(i as isize) }
        }
        impl From<Range<$t>> for Index {
            fn from(r: Range<$t>) -> Self {
                Index::Slice { start: r.start as isize, end: Some(r.end as isize), step: 1 }
            }
        }
        impl From<RangeFrom<$t>> for Index {
            fn from(r: RangeFrom<$t>) -> Self { Index::Slice { start: r.start as isize, end: None, step: 1 } }
        }
        impl From<RangeTo<$t>> for Index {
            fn from(r: RangeTo<$t>) -> Self { Index::Slice { start: 0, end: Some(r.end as isize), step: 1 } }
        }
        impl From<RangeInclusive<$t>> for Index {
            fn from(r: RangeInclusive<$t>) -> Self {
                // Up to -1 inclusive is up to the end.
                let end = *r.end() as isize + 1;
                Index::Slice { start: *r.start() as isize, end: (end != 0).then_some(end), step: 1 }
            }
        }
    )*};
}
index_from!(i32, isize, usize, i64);

impl From<RangeFull> for Index {
    fn from(_: RangeFull) -> Self {
        Index::ALL
    }
}

/// One [`Index`], or a tuple or slice of them, for the first dimensions of a tensor.
pub trait IntoIndex {
    /// The indices, in order.
    fn into_index(self) -> Indices;
}

/// Indices of several dimensions.
#[derive(Clone, Debug)]
pub struct Indices(Vec<Index>);

impl<T: Into<Index>> IntoIndex for T {
    fn into_index(self) -> Indices {
        Indices(vec![self.into()])
    }
}
impl IntoIndex for &[Index] {
    fn into_index(self) -> Indices {
        Indices(self.to_vec())
    }
}
macro_rules! tuple_index {
    ($($t:ident)+) => {
        impl<$($t: Into<Index>),+> IntoIndex for ($($t,)+) {
            #[allow(non_snake_case)]
            fn into_index(self) -> Indices {
                let ($($t,)+) = self;
                Indices(vec![$($t.into()),+])
            }
        }
    };
}
tuple_index!(A);
tuple_index!(A B);
tuple_index!(A B C);
tuple_index!(A B C D);
tuple_index!(A B C D E);
tuple_index!(A B C D E F);

impl Indices {
    /// The part as a view of an array.
    pub(crate) fn apply(&self, array: &Array) -> Result<Array> {
        const OP: &str = "index";
        let named = self
            .0
            .iter()
            .filter(|i| matches!(i, Index::At(_) | Index::Slice { .. }))
            .count();
        if self
            .0
            .iter()
            .filter(|i| matches!(i, Index::Ellipsis))
            .count()
            > 1
        {
            return Err(Error::value(OP, "an index can only have a single ellipsis"));
        }
        if named > array.ndim() {
            return Err(Error::Input {
                op: OP,
                shape: array.shape().to_vec(),
                rule: format!(
                    "too many indices for tensor of dimension {}: {named} were given",
                    array.ndim()
                ),
            });
        }
        let mut out = array.clone();
        // Dimensions of the result so far, and of the input, which errors name.
        let (mut d, mut from) = (0isize, 0);
        for index in &self.0 {
            match *index {
                Index::At(i) => {
                    let size = array.shape()[from];
                    if i >= size as isize || i < -(size as isize) {
                        return Err(Error::Index {
                            op: OP,
                            index: i as i64,
                            dim: from,
                            size,
                        });
                    }
                    out = out.select_index(d, i)?;
                    from += 1;
                }
                Index::Slice { start, end, step } => {
                    out = out.slice(d, start, end.unwrap_or(isize::MAX), step)?;
                    d += 1;
                    from += 1;
                }
                Index::NewAxis => {
                    out = out.unsqueeze(d)?;
                    d += 1;
                }
                Index::Ellipsis => {
                    d += (array.ndim() - named) as isize;
                    from += array.ndim() - named;
                }
            }
        }
        Ok(out)
    }
}

impl Tensor {
    /// The part that an index shows, as a view: `x[0:2, ..., -1]` is
    /// `x.i((0..2, Index::Ellipsis, -1))`.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.i((.., 1..)).to_vec::<i64>(), [2, 3, 5, 6]);
    /// assert_eq!(x.i((-1, 0)).item(), 4.0);
    /// ```
    ///
    /// # Panics
    /// On a position out of range, or more indices than dimensions.
    #[track_caller]
    pub fn i(&self, index: impl IntoIndex) -> Tensor {
        let indices = index.into_index();
        self.show(move |a| indices.apply(a))
    }

    /// This tensor with `value` in the part that `index` shows: what [`Tensor::set`] makes of it.
    #[track_caller]
    pub(crate) fn with_part(&self, index: &Indices, value: &Tensor) -> Tensor {
        let mut whole = self.value();
        ok(whole.set_part(|a| index.apply(a), &value.value()));
        let (left, right) = (index.clone(), index.clone());
        Op::new("set", [self, value])
            .rule(0, move |g| {
                g.with_part(&left, &Tensor::zeros_with((), (g.dtype(), &g.device())))
            })
            .rule(1, move |g| {
                let index = right.clone();
                g.show(move |a| index.apply(a))
            })
            .output(whole)
    }
}
