//! What moves elements without computing. Most results are views: they share the buffer.

use std::borrow::Borrow;

use ondol_tensor::{Array, Error, Result, Shape, wrap_dim};

use crate::operand::infer_shape;
use crate::{Axes, IntoView, Op, Scope, Tensor, ok, raise};

/// Dimensions as wrapped indices, each once.
fn distinct(op: &'static str, dims: &[isize], ndim: usize) -> Result<Vec<usize>> {
    let wrapped = dims
        .iter()
        .map(|&d| wrap_dim(op, d, ndim))
        .collect::<Result<Vec<_>>>()?;
    let mut seen = wrapped.clone();
    seen.sort_unstable();
    if seen.windows(2).any(|w| w[0] == w[1]) {
        return Err(Error::value(
            op,
            format!("a dimension appears more than once in {dims:?}"),
        ));
    }
    Ok(wrapped)
}

impl Tensor {
    /// A view whose gradient is moved back by `back`.
    #[track_caller]
    fn moved(
        &self,
        op: &'static str,
        value: Result<Array>,
        back: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static,
    ) -> Tensor {
        Op::new(op, [self])
            .rule(0, back)
            .output_view(ok(value), self)
    }

    /// The same elements under another shape, without a copy; one size may be -1. `torch.Tensor.view`.
    ///
    /// # Panics
    /// Where the number of elements differs, or the strides do not allow it: then use `reshape`.
    #[track_caller]
    pub fn view(&self, shape: impl IntoView) -> Tensor {
        let from = self.shape();
        let to = ok(infer_shape("view", &from, &shape.sizes()));
        self.moved("view", self.value().view(to), move |g| g.reshape(&from))
    }

    /// The same elements under another shape; a copy only where a view is not possible.
    /// `torch.reshape`.
    #[track_caller]
    pub fn reshape(&self, shape: impl IntoView) -> Tensor {
        let from = self.shape();
        let to = ok(infer_shape("reshape", &from, &shape.sizes()));
        self.moved("reshape", self.value().reshape(to), move |g| {
            g.reshape(&from)
        })
    }

    /// [`Tensor::view`] in the shape of another tensor, `torch.Tensor.view_as`.
    #[track_caller]
    pub fn view_as(&self, other: &Tensor) -> Tensor {
        self.view(other.shape())
    }

    /// Dimensions `start` to `end` (both included) as one, `torch.flatten`.
    #[track_caller]
    pub fn flatten(&self, start: isize, end: isize) -> Tensor {
        let shape = self.shape();
        let (s, e) = (
            ok(wrap_dim("flatten", start, shape.ndim())),
            ok(wrap_dim("flatten", end, shape.ndim())),
        );
        if s > e {
            raise(Error::value(
                "flatten",
                "flatten() has invalid args: start_dim cannot come after end_dim",
            ));
        }
        if shape.is_empty() {
            return self.reshape(1);
        }
        let one: usize = shape[s..=e].iter().product();
        let to: Shape = shape[..s]
            .iter()
            .copied()
            .chain([one])
            .chain(shape[e + 1..].iter().copied())
            .collect();
        self.reshape(&to)
    }

    /// Without any of its dimensions of size 1, `torch.squeeze`. A batch of one loses its batch
    /// dimension too; `squeeze_dim` is safer.
    #[track_caller]
    pub fn squeeze(&self) -> Tensor {
        self.squeeze_dim(..)
    }

    /// Without the given dimensions where they have size 1; others stay, `torch.squeeze(dim)`.
    #[track_caller]
    pub fn squeeze_dim(&self, dims: impl Into<Axes>) -> Tensor {
        let from = self.shape();
        self.moved("squeeze", self.value().squeeze(&dims.into().0), move |g| {
            g.reshape(&from)
        })
    }

    /// With a new dimension of size 1 before `dim` (`-(n+1) ..= n`), `torch.unsqueeze`.
    #[track_caller]
    pub fn unsqueeze(&self, dim: isize) -> Tensor {
        let from = self.shape();
        self.moved("unsqueeze", self.value().unsqueeze(dim), move |g| {
            g.reshape(&from)
        })
    }

    /// Two dimensions swapped, `torch.transpose`.
    #[track_caller]
    pub fn transpose(&self, a: isize, b: isize) -> Tensor {
        self.moved("transpose", self.value().transpose(a, b), move |g| {
            g.transpose(a, b)
        })
    }

    /// The transpose of a matrix; a vector or scalar stays, `torch.t`.
    #[track_caller]
    pub fn t(&self) -> Tensor {
        match self.ndim() {
            0 | 1 => self.clone(),
            2 => self.transpose(0, 1),
            n => raise(Error::Input {
                op: "t",
                shape: self.shape().to_vec(),
                rule: format!(
                    "t() expects a tensor with <= 2 dimensions, but self is {n}D; use transpose(-2, -1)"
                ),
            }),
        }
    }

    /// The dimensions in another order, `torch.permute`.
    #[track_caller]
    pub fn permute(&self, dims: impl Into<Axes>) -> Tensor {
        let dims = dims.into().0;
        let value = ok(self.value().permute(&dims));
        let mut inverse = vec![0isize; dims.len()];
        for (i, &d) in dims.iter().enumerate() {
            inverse[ok(wrap_dim("permute", d, dims.len()))] = i as isize;
        }
        self.moved("permute", Ok(value), move |g| g.permute(&inverse[..]))
    }

    /// Dimensions of size 1 stretched, and new ones in front, without a copy; -1 keeps a size.
    /// `torch.Tensor.expand`.
    #[track_caller]
    pub fn expand(&self, shape: impl IntoView) -> Tensor {
        let from = self.shape();
        let sizes = shape.sizes();
        let lead = sizes.len().saturating_sub(from.ndim());
        if let Some(bad) = (0..sizes.len()).find(|&i| sizes[i] < if i < lead { 0 } else { -1 }) {
            let rule = match sizes[bad] {
                -1 => "-1 is not allowed for a dimension that is not there yet".into(),
                size => format!("invalid size {size}"),
            };
            raise(Error::value("expand", rule));
        }
        let keep = |(i, &size): (usize, &i64)| {
            if size == -1 {
                from[i - lead]
            } else {
                size as usize
            }
        };
        let to: Shape = sizes.iter().enumerate().map(keep).collect();
        // The engine sums over what was stretched.
        self.moved("expand", self.value().expand(to), Tensor::clone)
    }

    /// [`Tensor::expand`] to the shape of another tensor.
    #[track_caller]
    pub fn expand_as(&self, other: &Tensor) -> Tensor {
        self.expand(other.shape())
    }

    /// `length` elements of a dimension from `start` on, `torch.narrow`.
    #[track_caller]
    pub fn narrow(&self, dim: isize, start: usize, length: usize) -> Tensor {
        let from = self.shape();
        self.moved(
            "narrow",
            self.value().narrow(dim, start, length),
            move |g| g.embed(&from, move |a| a.narrow(dim, start, length)),
        )
    }

    /// Elements `start, start + step, …` before `end` of a dimension, as Python's slices.
    #[track_caller]
    pub fn slice(&self, dim: isize, start: isize, end: isize, step: usize) -> Tensor {
        let from = self.shape();
        self.moved(
            "slice",
            self.value().slice(dim, start, end, step),
            move |g| g.embed(&from, move |a| a.slice(dim, start, end, step)),
        )
    }

    /// One position of a dimension, which goes away, `torch.select`.
    #[track_caller]
    pub fn select(&self, dim: isize, index: isize) -> Tensor {
        let from = self.shape();
        self.moved("select", self.value().select_index(dim, index), move |g| {
            g.embed(&from, move |a| a.select_index(dim, index))
        })
    }

    /// Zeros of shape `shape` with this tensor in the part that `part` shows: what a cut's gradient is.
    #[track_caller]
    pub(crate) fn embed(
        &self,
        shape: &Shape,
        part: impl Fn(&Array) -> Result<Array> + Clone + Send + Sync + 'static,
    ) -> Tensor {
        let mut whole = ok(Array::zeros(shape.clone(), self.dtype(), &self.device()));
        ok(whole.set_part(part.clone(), &self.value()));
        Op::new("embed", [self])
            .rule(0, move |g| g.show(part.clone()))
            .output(whole)
    }

    /// A copy with `src` in the part that `part` shows; `src` has the part's shape.
    #[track_caller]
    pub(crate) fn with_shown(
        &self,
        op: &'static str,
        src: &Tensor,
        part: impl Fn(&Array) -> Result<Array> + Clone + Send + Sync + 'static,
    ) -> Tensor {
        let mut whole = self.value();
        let shown = ok(part(&whole)).shape().clone();
        if shown != src.shape() {
            raise(Error::Shape {
                op,
                lhs: shown.to_vec(),
                rhs: src.shape().to_vec(),
                rule: "expected src to have a size equal to the slice of self".into(),
            });
        }
        ok(whole.set_part(part.clone(), &src.value()));
        let (left, right) = (part.clone(), part);
        Op::new(op, [self, src])
            .rule(0, move |g| {
                let shape = ok(left(&g.value())).shape().clone();
                let zeros = Tensor::zeros_with(shape, (g.dtype(), &g.device()));
                g.with_shown(op, &zeros, left.clone())
            })
            .rule(1, move |g| g.show(right.clone()))
            .output(whole)
    }

    /// The part of this tensor that a chain of movements shows.
    #[track_caller]
    pub(crate) fn show(
        &self,
        part: impl Fn(&Array) -> Result<Array> + Clone + Send + Sync + 'static,
    ) -> Tensor {
        let value = ok(part(&self.value()));
        let from = self.shape();
        self.moved("show", Ok(value), move |g| g.embed(&from, part.clone()))
    }

    /// Dimensions reversed, `torch.flip`. A view: PyTorch copies.
    #[track_caller]
    pub fn flip(&self, dims: impl Into<Axes>) -> Tensor {
        let dims = dims.into().0;
        ok(distinct("flip", &dims, self.ndim()));
        self.moved("flip", self.value().flip(&dims), move |g| g.flip(&dims[..]))
    }

    /// A window of `size` sliding over a dimension by `step`; its elements become a new last
    /// dimension, `torch.Tensor.unfold`.
    #[track_caller]
    pub fn unfold(&self, dim: isize, size: usize, step: usize) -> Tensor {
        self.windows(dim, size, step, 1)
    }

    /// [`Tensor::unfold`] with the window's elements `dilation` apart.
    #[track_caller]
    pub(crate) fn windows(&self, dim: isize, size: usize, step: usize, dilation: usize) -> Tensor {
        let from = self.shape();
        self.moved(
            "unfold",
            self.value().windows(dim, size, step, dilation),
            move |g| g.fold(&from, dim, size, step, dilation),
        )
    }

    /// Adds windows back to where they were taken from: the gradient of [`Tensor::unfold`].
    #[track_caller]
    pub(crate) fn fold(
        &self,
        shape: &Shape,
        dim: isize,
        size: usize,
        step: usize,
        dilation: usize,
    ) -> Tensor {
        let count = self.dim_size("fold", if dim < 0 { dim - 1 } else { dim });
        let (count, g) = (ok(count), self.value());
        let mut whole = ok(Array::zeros(shape.clone(), g.dtype(), g.device()));
        // Window elements at one position never overlap among themselves.
        for tap in 0..size {
            let part = ok(g.select_index(-1, tap as isize));
            let start = (tap * dilation) as isize;
            let end = start + ((count - 1) * step + 1) as isize;
            ok(whole.add_part(|a| a.slice(dim, start, end, step), &part));
        }
        Op::new("fold", [self])
            .rule(0, move |g| g.windows(dim, size, step, dilation))
            .output(whole)
    }

    /// Around the last dimensions, `(before, after)` of each from the last on, filled with a number;
    /// `torch.nn.functional.pad` in constant mode.
    #[track_caller]
    pub fn pad(&self, amounts: &[(usize, usize)], value: f64) -> Tensor {
        let padded = ok(self.value().pad(amounts, value));
        let (shape, amounts) = (self.shape(), amounts.to_vec());
        Op::new("pad", [self])
            .rule(0, move |g| {
                let n = shape.ndim();
                amounts
                    .iter()
                    .enumerate()
                    .fold(g.clone(), |g, (i, &(before, _))| {
                        g.narrow((n - 1 - i) as isize, before, shape[n - 1 - i])
                    })
            })
            .output(padded)
    }

    /// Tensors one after another along a dimension that exists, `torch.cat`.
    #[track_caller]
    pub fn cat<T: Borrow<Tensor>>(tensors: &[T], dim: isize) -> Tensor {
        let inputs: Vec<&Tensor> = tensors.iter().map(Borrow::borrow).collect();
        let arrays: Vec<Array> = inputs.iter().map(|t| t.value()).collect();
        let value = ok(Array::cat(&arrays.iter().collect::<Vec<_>>(), dim));
        let mut op = Op::new("cat", inputs);
        let mut start = 0;
        for (i, array) in arrays.iter().enumerate() {
            // An empty 1-D tensor stands in for nothing and gets an empty gradient.
            let filler = array.ndim() != value.ndim();
            let length = if filler {
                0
            } else {
                array.shape()[ok(wrap_dim("cat", dim, value.ndim()))]
            };
            let from = start;
            op = op.rule(i, move |g| {
                if filler {
                    g.flatten(0, -1).narrow(0, 0, 0)
                } else {
                    g.narrow(dim, from, length)
                }
            });
            start += length;
        }
        op.output(value)
    }

    /// Tensors of one shape along a new dimension, `torch.stack`.
    #[track_caller]
    pub fn stack<T: Borrow<Tensor>>(tensors: &[T], dim: isize) -> Tensor {
        let mut shapes = tensors.iter().map(|t| t.borrow().shape());
        if let Some(first) = shapes.next()
            && let Some((i, other)) = shapes.enumerate().find(|(_, s)| s != &first)
        {
            raise(Error::Shape {
                op: "stack",
                lhs: first.to_vec(),
                rhs: other.to_vec(),
                rule: format!(
                    "stack expects each tensor to be equal size, but entry {} differs from entry 0",
                    i + 1
                ),
            });
        }
        let ndim = tensors.first().map_or(0, |t| t.borrow().ndim());
        ok(wrap_dim("stack", dim, ndim + 1));
        let _here = Scope::here();
        let parts: Vec<Tensor> = tensors.iter().map(|t| t.borrow().unsqueeze(dim)).collect();
        Tensor::cat(&parts, dim)
    }

    /// Pieces of `size` along a dimension; the last may be shorter, `torch.split`.
    #[track_caller]
    pub fn split(&self, size: usize, dim: isize) -> Vec<Tensor> {
        if size == 0 {
            raise(Error::value(
                "split",
                "split expects split_size to be positive",
            ));
        }
        let n = ok(self.dim_size("split", dim));
        let _here = Scope::here();
        (0..n.max(1))
            .step_by(size)
            .map(|start| self.narrow(dim, start, size.min(n - start.min(n))))
            .collect()
    }

    /// At most `n` pieces of equal size along a dimension; the last may be shorter, `torch.chunk`.
    #[track_caller]
    pub fn chunk(&self, n: usize, dim: isize) -> Vec<Tensor> {
        if n == 0 {
            raise(Error::value(
                "chunk",
                "chunk expects `chunks` to be greater than 0",
            ));
        }
        let size = ok(self.dim_size("chunk", dim)).div_ceil(n).max(1);
        self.split(size, dim)
    }

    /// Copies of the tensor side by side, so many along each dimension, `torch.Tensor.repeat`.
    #[track_caller]
    pub fn repeat(&self, times: impl Into<Shape>) -> Tensor {
        let (times, shape) = (times.into(), self.shape());
        let Some(lead) = times.ndim().checked_sub(shape.ndim()) else {
            raise(Error::Shape {
                op: "repeat",
                lhs: shape.to_vec(),
                rhs: times.to_vec(),
                rule: "the number of repeats must be at least the number of dimensions".into(),
            });
        };
        let size = |i: usize| if i < lead { 1 } else { shape[i - lead] };
        let n = times.ndim();
        let split: Shape = (0..n).flat_map(|i| [1, size(i)]).collect();
        let wide: Shape = (0..n).flat_map(|i| [times[i], size(i)]).collect();
        let joined: Shape = (0..n).map(|i| times[i] * size(i)).collect();
        self.reshape(&split).expand(&wide).reshape(&joined)
    }
}
