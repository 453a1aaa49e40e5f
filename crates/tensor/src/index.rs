//! What picks elements by index arrays.

use crate::{Array, DType, Error, Result, Scatter, Shape, Source, wrap_dim};

impl Array {
    /// An index as the kernels read it.
    fn as_index(op: &'static str, index: &Array) -> Result<Array> {
        match index.dtype() {
            DType::I64 | DType::I32 => index.cast(DType::I64),
            other => Err(Error::DType {
                op,
                got: format!("an index of {other}"),
                expected: "an index of i64 or i32".into(),
            }),
        }
    }

    /// `out[…, i, …] = self[…, index[…, i, …], …]`, `torch.gather`. `index` has this array's rank
    /// and, but for `dim`, sizes no larger.
    pub fn gather(&self, dim: isize, index: &Array) -> Result<Array> {
        const OP: &str = "gather";
        Array::same_device(OP, &[self, index])?;
        let index = &Array::as_index(OP, index)?;
        if self.ndim() == 0 && index.ndim() == 0 {
            return self.unsqueeze(0)?.gather(0, &index.unsqueeze(0)?)?.view(());
        }
        let d = wrap_dim(OP, dim, self.ndim())?;
        let src = self.cut_to(OP, d, index)?;
        let mut out = Array::empty(index.shape().clone(), self.dtype, &self.device)?;
        if out.numel() > 0 {
            self.backend()
                .gather(src.view_(), d, index.view_(), out.fresh_mut())?;
        }
        Ok(out)
    }

    /// This array cut to the index's sizes, but for `dim`.
    fn cut_to(&self, op: &'static str, d: usize, index: &Array) -> Result<Array> {
        let fits = self.ndim() == index.ndim()
            && (0..self.ndim()).all(|i| i == d || index.shape()[i] <= self.shape()[i]);
        if !fits {
            return Err(Error::Shape {
                op,
                lhs: self.shape().to_vec(),
                rhs: index.shape().to_vec(),
                rule: format!(
                    "the index needs the same number of dimensions and, apart from dimension {d}, sizes no larger"
                ),
            });
        }
        let mut src = self.clone();
        for i in (0..self.ndim()).filter(|&i| i != d) {
            src = src.narrow(i as isize, 0, index.shape()[i])?;
        }
        Ok(src)
    }

    /// Places `src` by `index` along `dim` of a copy of this array, `torch.scatter`,
    /// `torch.scatter_add`.
    pub fn scatter(&self, op: Scatter, dim: isize, index: &Array, src: &Array) -> Result<Array> {
        let mut out = self.clone();
        out.scatter_(op, dim, index, src)?;
        Ok(out)
    }

    /// The same in place; copies first where the buffer is shared.
    pub fn scatter_(&mut self, op: Scatter, dim: isize, index: &Array, src: &Array) -> Result<()> {
        let name = op.name();
        Array::same_device(name, &[self, index, src])?;
        let index = &Array::as_index(name, index)?;
        if src.dtype() != self.dtype {
            return Err(Error::DType {
                op: name,
                got: format!("a source of {}", src.dtype()),
                expected: self.dtype.to_string(),
            });
        }
        if self.ndim() == 0 {
            let mut line = self.unsqueeze(0)?;
            line.make_unique()?;
            line.scatter_(
                op,
                0,
                &index.reshape([index.numel()])?,
                &src.reshape([src.numel()])?,
            )?;
            *self = line.view(())?;
            return Ok(());
        }
        let d = wrap_dim(name, dim, self.ndim())?;
        self.cut_to(name, d, index)?;
        let src = if src.shape() == index.shape() {
            src.clone()
        } else {
            src.cut_exact(name, index.shape())?
        };
        self.make_unique()?;
        if index.numel() == 0 {
            return Ok(());
        }
        // The kernel sees the destination cut to the index's sizes.
        let mut layout = self.layout.clone();
        for i in (0..self.ndim()).filter(|&i| i != d) {
            layout = layout.slice(i, 0, 1, index.shape()[i]);
        }
        let device = self.device.clone();
        let whole = self.fresh_mut();
        let dst = crate::ViewMut {
            layout: &layout,
            ..whole
        };
        device
            .backend()
            .scatter(op, d, index.view_(), Source::View(src.view_()), dst)
    }

    fn cut_exact(&self, op: &'static str, shape: &Shape) -> Result<Array> {
        let fits =
            self.ndim() == shape.ndim() && (0..shape.ndim()).all(|i| shape[i] <= self.shape()[i]);
        if !fits {
            return Err(Error::Shape {
                op,
                lhs: shape.to_vec(),
                rhs: self.shape().to_vec(),
                rule: "the source must be at least as large as the index in every dimension".into(),
            });
        }
        let mut out = self.clone();
        for i in 0..shape.ndim() {
            out = out.narrow(i as isize, 0, shape[i])?;
        }
        Ok(out)
    }

    /// An index along one dimension, stretched over the others without a copy.
    fn spread(&self, op: &'static str, d: usize, index: &Array) -> Result<Array> {
        let index = Array::as_index(op, index)?;
        if index.ndim() > 1 {
            return Err(Error::Input {
                op,
                shape: index.shape().to_vec(),
                rule: "the index must have one dimension".into(),
            });
        }
        let n = index.numel();
        let mut line = Shape::from_iter(std::iter::repeat_n(1, self.ndim()));
        line[d] = n;
        index.reshape(line)?.expand(self.shape().clone().with(d, n))
    }

    /// Rows of dimension `dim` at the places in a 1-D `i64` index, `torch.index_select`.
    pub fn index_select(&self, dim: isize, index: &Array) -> Result<Array> {
        const OP: &str = "index_select";
        if self.ndim() == 0 {
            return self.unsqueeze(0)?.index_select(0, index)?.squeeze(&[0]);
        }
        let d = wrap_dim(OP, dim, self.ndim())?;
        self.gather(d as isize, &self.spread(OP, d, index)?)
    }

    /// Adds rows of `src` to a copy of this array at the places in a 1-D index, `torch.index_add`.
    pub fn index_add(&self, dim: isize, index: &Array, src: &Array) -> Result<Array> {
        const OP: &str = "index_add";
        let d = wrap_dim(OP, dim, self.ndim())?;
        self.scatter(Scatter::Add, d as isize, &self.spread(OP, d, index)?, src)
    }

    /// Places rows of `src` at the places in a 1-D index along dimension `dim` of the elements that
    /// `part` shows of this array, in place; copies first where the buffer is shared.
    ///
    /// ```
    /// use ondol_tensor::{Array, Scatter};
    /// let mut a = Array::from_vec(vec![0.0f32; 4], [2, 2])?;
    /// let (index, src) = (Array::from_vec(vec![1i64], 1)?, Array::from_vec(vec![5.0f32], 1)?);
    /// a.scatter_part(|a| a.select_index(0, 0), Scatter::Add, 0, &index, &src)?;
    /// assert_eq!(a.to_vec::<f32>()?, [0.0, 5.0, 0.0, 0.0]);
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// An index out of range, a source of another dtype or shape, a part that is no view.
    pub fn scatter_part(
        &mut self,
        part: impl FnOnce(&Array) -> Result<Array>,
        op: Scatter,
        dim: usize,
        index: &Array,
        src: &Array,
    ) -> Result<()> {
        let name = op.name();
        Array::same_device(name, &[self, index, src])?;
        self.make_unique()?;
        let shown = part(self)?;
        let index = shown.spread(name, dim, index)?;
        if !shown.shares_buffer(self) || src.dtype != self.dtype || src.shape() != index.shape() {
            return Err(Error::Shape {
                op: name,
                lhs: index.shape().to_vec(),
                rhs: src.shape().to_vec(),
                rule: format!(
                    "the part must be a view, and the source a {} of the index's shape",
                    self.dtype
                ),
            });
        }
        let layout = shown.layout.clone();
        // The part holds the buffer that is written to.
        drop(shown);
        if index.numel() == 0 {
            return Ok(());
        }
        let device = self.device.clone();
        let whole = self.fresh_mut();
        let dst = crate::ViewMut {
            layout: &layout,
            ..whole
        };
        device
            .backend()
            .scatter(op, dim, index.view_(), Source::View(src.view_()), dst)
    }
}
