//! What moves elements without computing: views, joins, padding and writes into a part.

use crate::{
    Array, Binary, DType, Element, Error, Layout, Result, Scalar, Shape, Source, ViewMut, wrap_dim,
};

impl Array {
    fn with_layout(&self, layout: Layout) -> Array {
        Array {
            layout,
            ..self.clone()
        }
    }

    /// The same elements under another shape, sharing the buffer, `torch.Tensor.view`.
    ///
    /// # Errors
    /// Where the numbers of elements differ or the strides do not allow it; `reshape` copies then.
    pub fn view(&self, shape: impl Into<Shape>) -> Result<Array> {
        let shape = shape.into();
        if shape.numel() != self.numel() {
            return Err(Error::Input {
                op: "view",
                shape: self.shape().to_vec(),
                rule: format!(
                    "shape '{shape}' is invalid for input of size {}",
                    self.numel()
                ),
            });
        }
        let layout = self.layout.view(&shape).ok_or_else(|| Error::Input {
            op: "view",
            shape: self.shape().to_vec(),
            rule: format!(
                "view size {shape} is not compatible with input tensor's size and stride (at least one dimension \
                 spans across two contiguous subspaces). Use .reshape(...) instead"
            ),
        })?;
        Ok(self.with_layout(layout))
    }

    /// The same elements under another shape; a copy only where a view is not possible.
    pub fn reshape(&self, shape: impl Into<Shape>) -> Result<Array> {
        let shape = shape.into();
        if shape.numel() != self.numel() {
            return Err(Error::Input {
                op: "reshape",
                shape: self.shape().to_vec(),
                rule: format!(
                    "shape '{shape}' is invalid for input of size {}",
                    self.numel()
                ),
            });
        }
        match self.layout.view(&shape) {
            Some(layout) => Ok(self.with_layout(layout)),
            None => self.copy()?.view(shape),
        }
    }

    /// Swaps two dimensions.
    pub fn transpose(&self, a: isize, b: isize) -> Result<Array> {
        let (a, b) = (
            wrap_dim("transpose", a, self.ndim())?,
            wrap_dim("transpose", b, self.ndim())?,
        );
        if self.ndim() == 0 {
            return Ok(self.clone());
        }
        Ok(self.with_layout(self.layout.transpose(a, b)))
    }

    /// Reorders the dimensions.
    pub fn permute(&self, dims: &[isize]) -> Result<Array> {
        const OP: &str = "permute";
        let order = dims
            .iter()
            .map(|&d| wrap_dim(OP, d, self.ndim()))
            .collect::<Result<Vec<_>>>()?;
        let mut seen = order.clone();
        seen.sort_unstable();
        if order.len() != self.ndim() || seen.iter().enumerate().any(|(i, &d)| i != d) {
            return Err(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: format!(
                    "dims {dims:?} must name each of the {} dimensions once",
                    self.ndim()
                ),
            });
        }
        Ok(self.with_layout(self.layout.permute(&order)))
    }

    /// Stretches dimensions of size 1, without a copy.
    pub fn expand(&self, shape: impl Into<Shape>) -> Result<Array> {
        Ok(self.with_layout(self.layout.broadcast_to(&shape.into(), "expand")?))
    }

    /// Puts a dimension of size 1 in; `dim` may be `-(n+1) ..= n`.
    pub fn unsqueeze(&self, dim: isize) -> Result<Array> {
        let d = wrap_dim("unsqueeze", dim, self.ndim() + 1)?;
        Ok(self.with_layout(self.layout.unsqueeze(d)))
    }

    /// Takes out the given dimensions that have size 1 (all such, where none are given).
    pub fn squeeze(&self, dims: &[isize]) -> Result<Array> {
        let wanted = self.reduce_dims("squeeze", dims)?;
        let shape = self.shape().clone();
        Ok(self.with_layout(
            self.layout
                .squeeze(|d| shape[d] == 1 && wanted.contains(&d)),
        ))
    }

    /// `length` elements of a dimension from `start` on.
    pub fn narrow(&self, dim: isize, start: usize, length: usize) -> Result<Array> {
        const OP: &str = "narrow";
        let d = self.real_dim(OP, dim)?;
        let size = self.shape()[d];
        if start.checked_add(length).is_none_or(|end| end > size) {
            return Err(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: format!(
                    "start ({start}) + length ({length}) exceeds dimension size ({size})"
                ),
            });
        }
        Ok(self.with_layout(self.layout.slice(d, start, 1, length)))
    }

    /// Elements `start, start + step, …` before `end`, as Python's slices: negative ends count from
    /// the back, ends past the size are cut.
    pub fn slice(&self, dim: isize, start: isize, end: isize, step: usize) -> Result<Array> {
        const OP: &str = "slice";
        let d = self.real_dim(OP, dim)?;
        if step == 0 {
            return Err(Error::value(OP, "slice step must be positive"));
        }
        let size = self.shape()[d] as isize;
        let clamp = |i: isize| (if i < 0 { i + size } else { i }).clamp(0, size) as usize;
        let (start, end) = (clamp(start), clamp(end));
        let len = end.saturating_sub(start).div_ceil(step);
        Ok(self.with_layout(self.layout.slice(d, start, step as isize, len)))
    }

    /// Takes a dimension out, at one position of it (negative counts from the back).
    pub fn select_index(&self, dim: isize, index: isize) -> Result<Array> {
        const OP: &str = "select";
        let d = self.real_dim(OP, dim)?;
        let size = self.shape()[d];
        let i = if index < 0 {
            index + size as isize
        } else {
            index
        };
        if i < 0 || i >= size as isize {
            return Err(Error::Index {
                op: OP,
                index: index as i64,
                dim: d,
                size,
            });
        }
        Ok(self.with_layout(self.layout.select(d, i as usize)))
    }

    /// Reverses dimensions.
    pub fn flip(&self, dims: &[isize]) -> Result<Array> {
        let mut layout = self.layout.clone();
        for &dim in dims {
            layout = layout.flip(self.real_dim("flip", dim)?);
        }
        Ok(self.with_layout(layout))
    }

    /// A window sliding over a dimension; its elements become a new last dimension.
    pub fn windows(&self, dim: isize, size: usize, step: usize, dilation: usize) -> Result<Array> {
        const OP: &str = "unfold";
        let d = self.real_dim(OP, dim)?;
        let span = (size > 0 && step > 0 && dilation > 0).then(|| dilation * (size - 1) + 1);
        if span.is_none_or(|span| span > self.shape()[d]) {
            return Err(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: format!(
                    "a window of size {size} (step {step}, dilation {dilation}) must be positive and fit into the {} elements of dimension {d}",
                    self.shape()[d]
                ),
            });
        }
        Ok(self.with_layout(self.layout.windows(d, size, step, dilation)))
    }

    /// The diagonal of two dimensions, which go away, as a new last one, `torch.diagonal`; `offset`
    /// counts upwards into the second.
    pub fn diagonal(&self, offset: isize, dim1: isize, dim2: isize) -> Result<Array> {
        const OP: &str = "diagonal";
        let (a, b) = (
            wrap_dim(OP, dim1, self.ndim())?,
            wrap_dim(OP, dim2, self.ndim())?,
        );
        if a == b {
            return Err(Error::value(
                OP,
                format!("diagonal dimensions cannot be identical {dim1}, {dim2}"),
            ));
        }
        Ok(self.with_layout(self.layout.diagonal(offset, a, b)))
    }

    /// A dimension that exists: a scalar has none.
    fn real_dim(&self, op: &'static str, dim: isize) -> Result<usize> {
        if self.ndim() == 0 {
            return Err(Error::Input {
                op,
                shape: vec![],
                rule: "cannot be applied to a 0-dim tensor".into(),
            });
        }
        wrap_dim(op, dim, self.ndim())
    }

    /// Arrays one after another along a dimension that exists, `torch.cat`.
    pub fn cat(arrays: &[&Array], dim: isize) -> Result<Array> {
        const OP: &str = "cat";
        // PyTorch lets empty 1-D tensors stand in for nothing; so do we.
        let is_filler = |a: &&Array| a.shape() == &[0usize];
        let real: Vec<&Array> = arrays.iter().copied().filter(|a| !is_filler(a)).collect();
        let Some(first) = real.first().or(arrays.first()) else {
            return Err(Error::value(OP, "expected a non-empty list of tensors"));
        };
        Array::same_device(OP, arrays)?;
        let dtype = arrays
            .iter()
            .map(|a| a.dtype())
            .reduce(DType::promote)
            .unwrap_or(DType::F32);
        if first.ndim() == 0 {
            return Err(Error::Input {
                op: OP,
                shape: vec![],
                rule: "zero-dimensional tensors cannot be concatenated; use stack".into(),
            });
        }
        let d = wrap_dim(OP, dim, first.ndim())?;
        let mut total = 0;
        for a in &real {
            let fits = a.ndim() == first.ndim()
                && (0..a.ndim()).all(|i| i == d || a.shape()[i] == first.shape()[i]);
            if !fits {
                return Err(Error::Shape {
                    op: OP,
                    lhs: first.shape().to_vec(),
                    rhs: a.shape().to_vec(),
                    rule: format!("sizes must match except in dimension {d}"),
                });
            }
            total += a.shape()[d];
        }
        let mut out = Array::empty(first.shape().clone().with(d, total), dtype, first.device())?;
        let mut start = 0;
        for a in real {
            let len = a.shape()[d];
            let part = out.layout.slice(d, start, 1, len);
            out.write(&part, a)?;
            start += len;
        }
        Ok(out)
    }

    /// Writes `value` (already of the part's shape) into a part of a buffer that is held alone.
    fn write(&mut self, part: &Layout, value: &Array) -> Result<()> {
        if part.numel() == 0 {
            return Ok(());
        }
        let device = self.device.clone();
        let whole = self.fresh_mut();
        device.backend().copy(
            value.view_(),
            ViewMut {
                layout: part,
                ..whole
            },
        )
    }

    /// Writes `value`, broadcast and cast, into the elements that `part` shows of this array;
    /// copies first where the buffer is shared. `part` is any movement method or chain of them.
    ///
    /// ```
    /// use ondol_tensor::Array;
    /// let mut a = Array::from_vec(vec![0.0f32; 4], [2, 2])?;
    /// a.set_part(|a| a.select_index(1, 0), &Array::scalar(7.0f32))?;
    /// assert_eq!(a.to_vec::<f32>()?, [7.0, 0.0, 7.0, 0.0]);
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    pub fn set_part(
        &mut self,
        part: impl FnOnce(&Array) -> Result<Array>,
        value: &Array,
    ) -> Result<()> {
        let (layout, value) = self.open_part("set", part, value)?;
        self.write(&layout, &value)
    }

    /// Adds `value`, broadcast and cast, to the elements that `part` shows of this array.
    pub fn add_part(
        &mut self,
        part: impl FnOnce(&Array) -> Result<Array>,
        value: &Array,
    ) -> Result<()> {
        let (layout, value) = self.open_part("add", part, value)?;
        if layout.numel() == 0 {
            return Ok(());
        }
        let value = value.cast(self.dtype)?;
        let device = self.device.clone();
        let whole = self.fresh_mut();
        let dst = ViewMut {
            layout: &layout,
            ..whole
        };
        device
            .backend()
            .binary(Binary::Add, Source::Destination, value.source(), dst)
    }

    fn open_part(
        &mut self,
        op: &'static str,
        part: impl FnOnce(&Array) -> Result<Array>,
        value: &Array,
    ) -> Result<(Layout, Array)> {
        Array::same_device(op, &[self, value])?;
        // A value that looks into this buffer counts as a holder, so the write goes to a copy.
        self.make_unique()?;
        let shown = part(self)?;
        if !shown.shares_buffer(self) {
            return Err(Error::value(
                op,
                "the part must be a view of the array, not a copy",
            ));
        }
        let layout = shown.layout.clone();
        let value = value
            .expand(layout.shape().clone())
            .map_err(|_| Error::Shape {
                op,
                lhs: layout.shape().to_vec(),
                rhs: value.shape().to_vec(),
                rule: "the value must broadcast to the part it is written to".into(),
            })?;
        Ok((layout, value))
    }

    /// Around the last dimensions, `(before, after)` of each from the last on, filled with `value`;
    /// `torch.nn.functional.pad` in constant mode without negative amounts.
    pub fn pad(&self, amounts: &[(usize, usize)], value: impl Into<Scalar>) -> Result<Array> {
        const OP: &str = "pad";
        if amounts.len() > self.ndim() {
            return Err(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: format!("cannot pad {} dimensions", amounts.len()),
            });
        }
        let mut shape = self.shape().clone();
        for (i, &(before, after)) in amounts.iter().enumerate() {
            shape[self.ndim() - 1 - i] += before + after;
        }
        let mut out = Array::full(shape, value, self.dtype, &self.device)?;
        let mut part = out.layout.clone();
        for (i, &(before, _)) in amounts.iter().enumerate() {
            let d = self.ndim() - 1 - i;
            part = part.slice(d, before, 1, self.shape()[d]);
        }
        out.write(&part, self)?;
        Ok(out)
    }

    /// One element, as a value.
    pub(crate) fn element<T: Element>(&self) -> Result<T> {
        let v = self.to_vec::<T>()?;
        match v.as_slice() {
            [one] => Ok(*one),
            _ => Err(Error::Input {
                op: "item",
                shape: self.shape().to_vec(),
                rule: format!(
                    "a Tensor with {} elements cannot be converted to Scalar",
                    self.numel()
                ),
            }),
        }
    }
}
