//! One idiom for reading and writing parts: `x.i((0..2, .., -1))`, `x.set((0..2, ..), value)`.

mod mask;
mod plan;
mod put;

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use crate::{Op, Tensor, ok};

pub(crate) use mask::{coordinates, positions_of};
pub(crate) use plan::{Plan, wrapped};

/// What is taken of one dimension; a mask says it of as many as it has.
#[derive(Clone, Debug)]
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
    /// Positions (`i64` or `i32`, of any shape; negative ones count from the back), or a mask
    /// (`bool` or `u8`) over as many dimensions as it has.
    Tensor(Tensor),
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
        impl From<RangeToInclusive<$t>> for Index {
            fn from(r: RangeToInclusive<$t>) -> Self { Index::from(0..=r.end) }
        }
        list_from!($t, |list: &[$t]| list.iter().map(|&i| i as i64).collect::<Vec<i64>>());
    )*};
}

/// Lists of positions, or of truths.
macro_rules! list_from {
    ($t:ty, $convert:expr) => {
        impl From<&[$t]> for Index {
            fn from(list: &[$t]) -> Self {
                Index::Tensor(Tensor::from($convert(list)))
            }
        }
        impl From<Vec<$t>> for Index {
            fn from(list: Vec<$t>) -> Self {
                Index::from(&list[..])
            }
        }
        impl From<&Vec<$t>> for Index {
            fn from(list: &Vec<$t>) -> Self {
                Index::from(&list[..])
            }
        }
        impl<const N: usize> From<[$t; N]> for Index {
            fn from(list: [$t; N]) -> Self {
                Index::from(&list[..])
            }
        }
        impl<const N: usize> From<&[$t; N]> for Index {
            fn from(list: &[$t; N]) -> Self {
                Index::from(&list[..])
            }
        }
    };
}
index_from!(i32, isize, usize, i64);
list_from!(bool, |list: &[bool]| list.to_vec());

impl From<RangeFull> for Index {
    fn from(_: RangeFull) -> Self {
        Index::ALL
    }
}
impl From<&Tensor> for Index {
    fn from(t: &Tensor) -> Self {
        Index::Tensor(t.clone())
    }
}
impl From<Tensor> for Index {
    fn from(t: Tensor) -> Self {
        Index::Tensor(t)
    }
}
impl From<bool> for Index {
    fn from(b: bool) -> Self {
        Index::Tensor(Tensor::from(b))
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
impl IntoIndex for Vec<Index> {
    fn into_index(self) -> Indices {
        Indices(self)
    }
}
impl IntoIndex for &[Tensor] {
    fn into_index(self) -> Indices {
        Indices(self.iter().map(Index::from).collect())
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
tuple_index!(A B C D E F G);
tuple_index!(A B C D E F G H);

impl Tensor {
    /// The part that an index shows: `x[0:2, ..., -1]` is `x.i((0..2, Index::Ellipsis, -1))`.
    /// `torch.Tensor.__getitem__`.
    ///
    /// Numbers, ranges (`Index::from(1..9).step(2)` for every second), [`Index::NewAxis`] and
    /// [`Index::Ellipsis`] give a view. Index tensors and lists of positions pick, and a `bool` mask
    /// keeps where it is true: these copy. Several index tensors are broadcast together; their
    /// common shape takes their place where they stand side by side, and comes first otherwise.
    /// A mask reads one number back from the device: how many are true.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.i((.., 1..)).to_vec::<i64>(), [2, 3, 5, 6]);
    /// assert_eq!(x.i((-1, 0)).item(), 4.0);
    /// assert_eq!(x.i((.., [2, 0])).to_vec::<i64>(), [3, 1, 6, 4]);
    /// assert_eq!(x.i((tensor!([0, 1]), tensor!([-1, 0]))).to_vec::<i64>(), [3, 4]);
    /// assert_eq!(x.i(x.gt(2)).to_vec::<i64>(), [3, 4, 5, 6]);
    /// ```
    ///
    /// # Panics
    /// On a position out of range, more indices than dimensions, a mask of another shape, or index
    /// tensors that do not broadcast.
    #[track_caller]
    pub fn i(&self, index: impl IntoIndex) -> Tensor {
        let plan = ok(index.into_index().plan(&self.value(), false));
        self.picked(&plan)
    }

    /// The part that a plan shows.
    #[track_caller]
    pub(crate) fn picked(&self, plan: &Plan) -> Tensor {
        let part = plan.clone();
        if plan.is_view() {
            return self.show(move |a| part.show(a));
        }
        let value = ok(plan.read(&self.value()));
        Op::new("index", [self])
            .rule(0, move |g| g.unpicked(&part))
            .output(value)
    }

    /// Zeros with this tensor added in the part that a plan shows: the gradient of what was picked.
    #[track_caller]
    fn unpicked(&self, plan: &Plan) -> Tensor {
        let zeros = Tensor::zeros_with(plan.shape(), (self.dtype(), &self.device()));
        let mut whole = zeros.into_value();
        ok(plan.add(&mut whole, &self.value()));
        let part = plan.clone();
        Op::new("index_backward", [self])
            .rule(0, move |g| g.picked(&part))
            .output(whole)
    }
}
