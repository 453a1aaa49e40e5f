//! Elements in another order: rolled, turned, repeated.

use ondol_tensor::{Error, Kind, Shape, wrap_dim};

use crate::{Axes, Operand, Tensor, ok, raise};

impl Tensor {
    /// Elements moved along dimensions, those that leave at the end coming back at the start,
    /// `torch.roll`; along `..` as one line.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.roll(1, 1).to_vec::<i64>(), [3, 1, 2, 6, 4, 5]);
    /// assert_eq!(x.roll(1, ..).to_vec::<i64>(), [6, 1, 2, 3, 4, 5]);
    /// assert_eq!(x.roll([1, -1], [0, 1]).to_vec::<i64>(), [5, 6, 4, 2, 3, 1]);
    /// ```
    ///
    /// # Panics
    /// Where there is not one shift for each dimension.
    #[track_caller]
    pub fn roll(&self, shifts: impl Into<Axes>, dims: impl Into<Axes>) -> Tensor {
        let (shifts, dims) = (shifts.into().0, dims.into().0);
        if dims.is_empty() && shifts.len() == 1 {
            return self.reshape(-1).roll(shifts[0], 0).reshape(self.shape());
        }
        if shifts.len() != dims.len() {
            raise(Error::value(
                "roll",
                format!(
                    "shifts and dimensions must align. shifts: {}, dims:{}",
                    shifts.len(),
                    dims.len()
                ),
            ));
        }
        let mut out = self.clone();
        for (&shift, &dim) in shifts.iter().zip(&dims) {
            let size = ok(out.dim_size("roll", dim));
            if size == 0 || out.ndim() == 0 {
                continue;
            }
            let back = shift.rem_euclid(size as isize) as usize;
            let (front, end) = (
                out.narrow(dim, 0, size - back),
                out.narrow(dim, size - back, back),
            );
            out = Tensor::cat(&[&end, &front], dim);
        }
        if out.same(self) {
            out.clone_data()
        } else {
            out
        }
    }

    /// Turned by `k` quarters in the plane of two dimensions, from the first towards the second,
    /// `torch.rot90`.
    ///
    /// # Panics
    /// Where both dimensions are one.
    #[track_caller]
    pub fn rot90(&self, k: isize, dims: [isize; 2]) -> Tensor {
        const OP: &str = "rot90";
        if self.ndim() < 2 {
            raise(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: format!(
                    "expected total dims >= 2, but got total dims = {}",
                    self.ndim()
                ),
            });
        }
        let [a, b] = dims.map(|d| wrap_dim(OP, d, self.ndim()));
        let (a, b) = (ok(a) as isize, ok(b) as isize);
        if a == b {
            raise(Error::value(
                OP,
                format!(
                    "expected rotation dims to be different, but got dim0 = {a} and dim1 = {b}"
                ),
            ));
        }
        match k.rem_euclid(4) {
            1 => self.flip(b).transpose(a, b),
            2 => self.flip([a, b]),
            3 => self.flip(a).transpose(a, b),
            _ => self.clone_data(),
        }
    }

    /// Columns from right to left, `torch.fliplr`.
    ///
    /// # Panics
    /// With fewer than two dimensions.
    #[track_caller]
    pub fn fliplr(&self) -> Tensor {
        self.at_least("fliplr", 2);
        self.flip(1)
    }

    /// Rows from bottom to top, `torch.flipud`.
    ///
    /// # Panics
    /// On a 0-dim tensor.
    #[track_caller]
    pub fn flipud(&self) -> Tensor {
        self.at_least("flipud", 1);
        self.flip(0)
    }

    #[track_caller]
    fn at_least(&self, op: &'static str, ndim: usize) {
        if self.ndim() < ndim {
            raise(Error::Input {
                op,
                shape: self.shape().to_vec(),
                rule: format!("Input must be >= {ndim}-d."),
            });
        }
    }

    /// [`Tensor::repeat`], where dimensions that are not named count once, `torch.tile`.
    #[track_caller]
    pub fn tile(&self, times: impl Into<Shape>) -> Tensor {
        let times = times.into();
        let lead = self.ndim().saturating_sub(times.ndim());
        let all: Shape = std::iter::repeat_n(1, lead)
            .chain(times.iter().copied())
            .collect();
        self.repeat(all)
    }

    /// Each element (or row along `dim`) as often as `repeats` says, one after another: a number, or
    /// a vector with a number for each. Without a dimension, of all elements as one line.
    /// `torch.repeat_interleave`. With a vector, one number comes back from the device.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([[1, 2], [3, 4]]);
    /// assert_eq!(x.repeat_interleave(2, None).to_vec::<i64>(), [1, 1, 2, 2, 3, 3, 4, 4]);
    /// assert_eq!(x.repeat_interleave(tensor!([1, 2]), 0).to_vec::<i64>(), [1, 2, 3, 4, 3, 4]);
    /// ```
    ///
    /// # Panics
    /// On negative repeats, or not one for each.
    #[track_caller]
    pub fn repeat_interleave(
        &self,
        repeats: impl Into<Operand>,
        dim: impl Into<Option<isize>>,
    ) -> Tensor {
        const OP: &str = "repeat_interleave";
        let repeats = repeats.into();
        let Some(dim) = dim.into() else {
            return self.reshape(-1).repeat_interleave(repeats, 0);
        };
        if self.ndim() == 0 {
            return self.unsqueeze(0).repeat_interleave(repeats, dim);
        }
        let d = ok(wrap_dim(OP, dim, self.ndim()));
        let size = self.shape()[d];
        let negative = || Error::value(OP, "repeats can not be negative");
        if repeats.to_tensor(&Tensor::from(0i64)).dtype().kind() != Kind::Int {
            raise(Error::DType {
                op: OP,
                got: "repeats that are not integers".into(),
                expected: "integers".into(),
            });
        }
        let repeats = match repeats {
            Operand::Scalar(n) => {
                let n = n.to_i64();
                if n < 0 {
                    raise(negative());
                }
                let mut wide = self.shape();
                wide.insert(d + 1, n as usize);
                let joined = self.shape().with(d, size * n as usize);
                let d = d as isize;
                return self.unsqueeze(d + 1).expand(&wide).reshape(&joined);
            }
            Operand::Tensor(t) => t.detach().long(),
        };
        if repeats.ndim() > 1 || !(repeats.numel() == size || repeats.numel() == 1) {
            raise(Error::Shape {
                op: OP,
                lhs: self.shape().to_vec(),
                rhs: repeats.shape().to_vec(),
                rule: format!(
                    "repeats must have the same size as input along dim, but got repeats.size(0) = {} and \
                     input.size({d}) = {size}",
                    repeats.numel()
                ),
            });
        }
        let repeats = repeats.reshape(-1).expand([size]);
        if size == 0 {
            return self.clone_data();
        }
        let ends = repeats.cumsum(0);
        // One number says both how many there will be and whether one is below 0.
        let total = ends.select(0, -1);
        let total = Tensor::where_(&repeats.lt(0).any(), total.full_like(-1), &total);
        let total = total.item_as::<i64>();
        if total < 0 {
            raise(negative());
        }
        let places = Tensor::arange_with(0i64, total, 1i64, (ends.dtype(), &self.device()));
        self.index_select(d as isize, &ends.searchsorted(&places, true))
    }
}
