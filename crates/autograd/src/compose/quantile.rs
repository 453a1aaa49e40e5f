//! Quantiles.

use ondol_tensor::{DType, Error, wrap_dim};

use crate::{Operand, Tensor, ok, raise};

/// What a quantile between two elements is, `torch.quantile`'s `interpolation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpolation {
    /// On the line between them.
    #[default]
    Linear,
    /// The lower one.
    Lower,
    /// The higher one.
    Higher,
    /// The middle of both.
    Midpoint,
    /// The nearer one; of two equally near ones that of even rank.
    Nearest,
}

impl Tensor {
    /// The elements below which the fractions `q` (a number or a vector) lie, along a dimension or
    /// of all, `torch.quantile`; NaN if any is. A vector `q` gives a first dimension.
    ///
    /// ```
    /// use ondol_autograd::{Interpolation, tensor};
    /// let x = tensor!([3.0, 1.0, 4.0, 1.0]);
    /// assert_eq!(x.quantile(0.5, None, false, Interpolation::Linear).item(), 2.0);
    /// let ends = x.quantile(tensor!([0.0, 1.0]), 0, false, Interpolation::Linear);
    /// assert_eq!(ends.to_vec::<f32>(), [1.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// On dtypes other than `f32` and `f64`, no elements, or a `q` outside of `[0, 1]`.
    #[track_caller]
    pub fn quantile(
        &self,
        q: impl Into<Operand>,
        dim: impl Into<Option<isize>>,
        keepdim: bool,
        interpolation: Interpolation,
    ) -> Tensor {
        self.quantiles(q.into(), dim.into(), keepdim, interpolation, false)
    }

    /// [`Tensor::quantile`] of the elements that are not NaN, `torch.nanquantile`.
    #[track_caller]
    pub fn nanquantile(
        &self,
        q: impl Into<Operand>,
        dim: impl Into<Option<isize>>,
        keepdim: bool,
        interpolation: Interpolation,
    ) -> Tensor {
        self.quantiles(q.into(), dim.into(), keepdim, interpolation, true)
    }

    #[track_caller]
    fn quantiles(
        &self,
        q: Operand,
        dim: Option<isize>,
        keepdim: bool,
        interpolation: Interpolation,
        skip_nan: bool,
    ) -> Tensor {
        const OP: &str = "quantile";
        let q = self.fractions(q);
        if let Some(dim) = dim {
            ok(wrap_dim(OP, dim, self.ndim()));
        }
        // The dimension last, and a 1 where it was.
        let line = match dim {
            Some(dim) if self.ndim() > 0 => {
                let d = ok(wrap_dim(OP, dim, self.ndim())) as isize;
                self.unsqueeze(-1).transpose(d, -1)
            }
            _ => self.reshape(-1),
        };
        let sorted = line.sort(-1, false).0;
        let n = sorted.size(-1);
        let missing = sorted.detach().isnan().long().sum_dim(-1, true);
        let flat = q.reshape(-1);
        let ranks = if skip_nan {
            let last = missing.neg().add(n as i64 - 1).clamp_min(0.0);
            last.to_dtype(self.dtype()).mul(&flat)
        } else {
            // NaN is last in order, and taken where there is one.
            let whole = flat.mul(n as f64 - 1.0).add(missing.zeros_like());
            let last = whole.full_like(n as f64 - 1.0);
            Tensor::where_(&missing.gt(0), &last, &whole)
        };
        let below = sorted.gather(-1, &whole_ranks(&ranks, interpolation));
        let picked = match interpolation {
            Interpolation::Linear | Interpolation::Midpoint => {
                let floor = ranks.floor();
                let weight = match interpolation {
                    Interpolation::Midpoint => ranks.full_like(0.5),
                    _ => ranks.sub(floor),
                };
                let above = sorted.gather(-1, &ranks.ceil().long());
                between(&below, &above, &weight)
            }
            _ => below,
        };
        self.quantile_shape(picked, &q, dim, keepdim)
    }

    /// From `[…, number of fractions]` to the result's shape.
    #[track_caller]
    fn quantile_shape(
        &self,
        picked: Tensor,
        q: &Tensor,
        dim: Option<isize>,
        keepdim: bool,
    ) -> Tensor {
        // Fractions first; then the shape with a 1 where the dimension was.
        let n = picked.ndim() as isize;
        let order: Vec<isize> = std::iter::once(n - 1).chain(0..n - 1).collect();
        let picked = picked.permute(&order[..]);
        let picked = match dim {
            Some(dim) if self.ndim() > 0 && !keepdim => {
                let d = ok(wrap_dim("quantile", dim, self.ndim())) as isize;
                picked.squeeze_dim(d + 1)
            }
            None if keepdim => {
                let mut shape = vec![1; self.ndim() + 1];
                shape[0] = picked.size(0);
                picked.reshape(&shape[..])
            }
            _ => picked,
        };
        if q.ndim() == 0 {
            picked.squeeze_dim(0)
        } else {
            picked
        }
    }

    /// Checked fractions, of this tensor's dtype.
    #[track_caller]
    fn fractions(&self, q: Operand) -> Tensor {
        const OP: &str = "quantile";
        if !matches!(self.dtype(), DType::F32 | DType::F64) {
            raise(Error::DType {
                op: OP,
                got: self.dtype().to_string(),
                expected: "quantile() input tensor must be either float or double dtype".into(),
            });
        }
        if self.numel() == 0 {
            raise(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: "quantile() input tensor must be non-empty".into(),
            });
        }
        match q {
            Operand::Scalar(s) => {
                let f = s.to_f64();
                if !(0.0..=1.0).contains(&f) {
                    raise(Error::value(
                        OP,
                        format!("quantile() q must be in the range [0, 1] but got {f}"),
                    ));
                }
                Tensor::full_with((), f, (self.dtype(), &self.device()))
            }
            Operand::Tensor(q) => {
                if q.ndim() > 1 || q.dtype() != self.dtype() {
                    raise(Error::Input {
                        op: OP,
                        shape: q.shape().to_vec(),
                        rule: format!(
                            "q must be a scalar or 1D tensor of the input's dtype {}, not of {}",
                            self.dtype(),
                            q.dtype()
                        ),
                    });
                }
                let q = q.detach();
                // On other devices PyTorch does not wait for the answer either.
                let outside = || q.lt(0.0).logical_or(q.gt(1.0)).any().item_as::<bool>();
                if q.device().is_cpu() && outside() {
                    raise(Error::value(
                        OP,
                        "quantile() q values must be in the range [0, 1]",
                    ));
                }
                q
            }
        }
    }
}

/// The ranks to take, rounded as the interpolation asks.
#[track_caller]
fn whole_ranks(ranks: &Tensor, interpolation: Interpolation) -> Tensor {
    match interpolation {
        Interpolation::Higher => ranks.ceil(),
        Interpolation::Nearest => ranks.round(),
        _ => ranks.floor(),
    }
    .long()
}

/// `a + weight · (b - a)`, from the nearer end.
#[track_caller]
fn between(a: &Tensor, b: &Tensor, weight: &Tensor) -> Tensor {
    let span = b.sub(a);
    let from_a = a.add(span.mul(weight));
    let from_b = b.sub(span.mul(weight.neg().add(1.0)));
    Tensor::where_(&weight.lt(0.5), &from_a, &from_b)
}
