//! Copies with one part replaced.

use crate::Tensor;

impl Tensor {
    /// A copy with `src` at one position of a dimension, `torch.select_scatter`.
    ///
    /// # Panics
    /// Where `src` has not that part's shape.
    #[track_caller]
    pub fn select_scatter(&self, src: &Tensor, dim: isize, index: isize) -> Tensor {
        self.with_shown("select_scatter", src, move |a| a.select_index(dim, index))
    }

    /// A copy with `src` in elements `start, start + step, …` before `end` of a dimension,
    /// `torch.slice_scatter`.
    ///
    /// # Panics
    /// Where `src` has not that part's shape.
    #[track_caller]
    pub fn slice_scatter(
        &self,
        src: &Tensor,
        dim: isize,
        start: isize,
        end: isize,
        step: usize,
    ) -> Tensor {
        self.with_shown("slice_scatter", src, move |a| {
            a.slice(dim, start, end, step)
        })
    }

    /// A copy of `length` elements of a dimension from `start` on, `torch.narrow_copy`.
    #[track_caller]
    pub fn narrow_copy(&self, dim: isize, start: usize, length: usize) -> Tensor {
        self.narrow(dim, start, length).clone_data()
    }
}
