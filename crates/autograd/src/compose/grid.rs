//! Elements spread over grids, and at strides of their own.

use std::borrow::Borrow;

use ondol_tensor::{Error, Shape};

use crate::{Scope, Tensor, ok, raise};

/// Whether the first of `torch.meshgrid`'s vectors runs along rows or columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexing {
    /// Vector `i` runs along dimension `i`: matrix indexing.
    #[default]
    Ij,
    /// The first two dimensions are swapped: Cartesian indexing.
    Xy,
}

impl Tensor {
    /// Vectors spread over a grid of all of them, one tensor each, `torch.meshgrid`: views.
    ///
    /// ```
    /// use ondol_autograd::{Indexing, Tensor, tensor};
    /// let grids = Tensor::meshgrid(&[tensor!([1, 2]), tensor!([3, 4, 5])], Indexing::Ij);
    /// assert_eq!(grids[0].to_vec::<i64>(), [1, 1, 1, 2, 2, 2]);
    /// assert_eq!(grids[1].to_vec::<i64>(), [3, 4, 5, 3, 4, 5]);
    /// ```
    ///
    /// # Panics
    /// On nothing, more than one dimension, or different dtypes.
    #[track_caller]
    pub fn meshgrid<T: Borrow<Tensor>>(tensors: &[T], indexing: Indexing) -> Vec<Tensor> {
        const OP: &str = "meshgrid";
        let Some(first) = tensors.first() else {
            raise(Error::value(OP, "meshgrid expects a non-empty TensorList"));
        };
        if let Some(bad) = tensors.iter().map(T::borrow).find(|t| t.ndim() > 1) {
            raise(Error::Input {
                op: OP,
                shape: bad.shape().to_vec(),
                rule: "Expected 0D or 1D tensor in the tensor list".into(),
            });
        }
        let dtype = first.borrow().dtype();
        if let Some(other) = tensors.iter().map(T::borrow).find(|t| t.dtype() != dtype) {
            raise(Error::DType {
                op: OP,
                got: format!("{dtype} and {}", other.dtype()),
                expected: "meshgrid expects all tensors to have the same dtype".into(),
            });
        }
        let swap = indexing == Indexing::Xy && tensors.len() >= 2;
        let mut shape: Shape = tensors.iter().map(|t| t.borrow().numel()).collect();
        if swap {
            shape.swap(0, 1);
        }
        let _here = Scope::here();
        let mut grids = Vec::with_capacity(tensors.len());
        for (i, t) in tensors.iter().enumerate() {
            let d = if swap && i < 2 { 1 - i } else { i };
            let mut line = vec![1; tensors.len()];
            line[d] = t.borrow().numel();
            grids.push(t.borrow().reshape(&line[..]).expand(&shape));
        }
        grids
    }

    /// All tensors stretched to their common shape, `torch.broadcast_tensors`: views.
    #[track_caller]
    pub fn broadcast_tensors<T: Borrow<Tensor>>(tensors: &[T]) -> Vec<Tensor> {
        let mut shape = Shape::default();
        for t in tensors {
            shape = ok(shape.broadcast(&t.borrow().shape(), "broadcast_tensors"));
        }
        let _here = Scope::here();
        tensors.iter().map(|t| t.borrow().expand(&shape)).collect()
    }

    /// Elements at positions that strides say, `offset` the first: `torch.as_strided`. A copy; the
    /// tensor must lie row-major without gaps, and only its own elements are reached, positions
    /// counting from the start of its memory.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// let x = Tensor::arange(0, 9, 1);
    /// assert_eq!(x.as_strided([2, 2], [1, 2], 1).to_vec::<i64>(), [1, 3, 2, 4]);
    /// ```
    ///
    /// # Panics
    /// Where the tensor is not contiguous, or a position is not its own.
    #[track_caller]
    pub fn as_strided(
        &self,
        size: impl Into<Shape>,
        stride: impl Into<Shape>,
        offset: usize,
    ) -> Tensor {
        const OP: &str = "as_strided";
        let (size, stride) = (size.into(), stride.into());
        let wrong = |rule: String| Error::Input {
            op: OP,
            shape: self.shape().to_vec(),
            rule,
        };
        if size.ndim() != stride.ndim() {
            raise(wrong(format!(
                "mismatch in length of strides and shape: {size} and {stride}"
            )));
        }
        if !self.is_contiguous() {
            raise(wrong(
                "the tensor must be contiguous; call .contiguous() first".into(),
            ));
        }
        let start = self.storage_offset();
        let reach: usize = size
            .iter()
            .zip(stride.iter())
            .map(|(&n, &s)| n.saturating_sub(1) * s)
            .sum();
        if size.numel() > 0 && (offset < start || offset + reach >= start + self.numel()) {
            raise(wrong(format!(
                "sizes {size}, strides {stride} and storage offset {offset} reach out of the tensor's own elements, \
                 {start} to {}",
                start + self.numel()
            )));
        }
        let mut places = vec![offset.saturating_sub(start) as i64];
        for (&n, &s) in size.iter().zip(stride.iter()) {
            let steps = (0..n as i64).map(|i| i * s as i64);
            places = places
                .iter()
                .flat_map(|&p| steps.clone().map(move |step| p + step))
                .collect();
        }
        let places = Tensor::from(places).to(self.device());
        self.reshape(-1).index_select(0, &places).reshape(&size)
    }
}
