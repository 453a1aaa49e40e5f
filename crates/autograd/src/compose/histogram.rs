//! Counting: how many elements are equal, or fall between edges.

use ondol_tensor::{DType, Error, Kind};

use crate::{Tensor, raise};

impl Tensor {
    /// How often each of `0, 1, …` is there, or the sum of its `weights`, for at least `minlength`
    /// numbers; `torch.bincount`. Counts are `i64`; weights are summed in their dtype where it is
    /// `f32`, else in `f64`. No gradient flows; one number comes back from the device.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// assert_eq!(tensor!([1, 1, 3]).bincount(None, 0).to_vec::<i64>(), [0, 2, 0, 1]);
    /// ```
    ///
    /// # Panics
    /// On what is not a vector of integers from 0 on, or weights of another size.
    #[track_caller]
    pub fn bincount(&self, weights: Option<&Tensor>, minlength: usize) -> Tensor {
        const OP: &str = "bincount";
        let invalid = || Error::Input {
            op: OP,
            shape: self.shape().to_vec(),
            rule: format!(
                "bincount only supports 1-d non-negative integral inputs, and this one is of {}",
                self.dtype()
            ),
        };
        if self.ndim() != 1 || self.dtype().kind() != Kind::Int {
            raise(invalid());
        }
        if let Some(w) = weights
            && w.shape() != self.shape()
        {
            raise(Error::Shape {
                op: OP,
                lhs: self.shape().to_vec(),
                rhs: w.shape().to_vec(),
                rule: "weights should be 1-d and have the same length as input".into(),
            });
        }
        let places = self.long();
        let size = match self.numel() {
            0 => 0,
            _ => {
                // One number says both how many there are and whether one is below 0.
                let (least, most) = (places.min(), places.max());
                let most = Tensor::where_(&least.lt(0), least.full_like(-1), &most);
                most.item_as::<i64>() + 1
            }
        };
        if size == 0 && self.numel() > 0 {
            raise(invalid());
        }
        let amounts = match weights {
            None => places.ones_like(),
            Some(w) if w.dtype() == DType::F32 => w.detach(),
            Some(w) => w.detach().double(),
        };
        let size = minlength.max(size as usize);
        Tensor::zeros_with(size, (amounts.dtype(), &self.device()))
            .scatter_add(0, &places, &amounts)
    }

    /// How many elements fall into each of `bins` equal parts of `[min, max]` (of the elements' own
    /// range, where both are 0), in this tensor's dtype; others do not count. `torch.histc`. No
    /// gradient flows.
    ///
    /// # Panics
    /// On integers, no bins, `min > max`, or a range that is not finite.
    #[track_caller]
    pub fn histc(&self, bins: usize, min: f64, max: f64) -> Tensor {
        const OP: &str = "histc";
        let x = self.counted(OP, bins);
        let (low, high) =
            self.histogram_range(OP, (min != 0.0 || max != 0.0).then_some((min, max)), 1.0);
        let inside = x.ge(&low).logical_and(x.le(&high));
        let at = x
            .sub(&low)
            .mul(bins as f64)
            .div(high.sub(&low))
            .clamp(0.0, bins as f64 - 1.0);
        // One place behind takes what lies outside.
        let outside = at.full_like(bins as f64);
        let places = Tensor::where_(&inside, &at, &outside).long();
        Tensor::zeros_with(bins + 1, (x.dtype(), &self.device()))
            .scatter_add(0, &places, &x.ones_like())
            .narrow(0, 0, bins)
            .clone_data()
    }

    /// How many elements (or how much of their `weight`) fall into each of `bins` equal parts of
    /// `range` (of the elements' own, without one), and the `bins + 1` edges; as a density, where
    /// `density`, whose integral is 1. `torch.histogram`. No gradient flows.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let (counts, edges) = tensor!([1.0, 2.0, 1.0, 4.0]).histogram(4, Some((0.0, 4.0)), None, false);
    /// assert_eq!(counts.to_vec::<f32>(), [0.0, 2.0, 1.0, 1.0]);
    /// assert_eq!(edges.to_vec::<f32>(), [0.0, 1.0, 2.0, 3.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// As [`Tensor::histc`].
    #[track_caller]
    pub fn histogram(
        &self,
        bins: usize,
        range: Option<(f64, f64)>,
        weight: Option<&Tensor>,
        density: bool,
    ) -> (Tensor, Tensor) {
        const OP: &str = "histogram";
        self.counted(OP, bins);
        let (low, high) = self.histogram_range(OP, range, 0.5);
        let steps = Tensor::linspace_with(0.0, 1.0, bins + 1, (DType::F64, &self.device()));
        let (low, high) = (low.double(), high.double());
        let edges = low.add(high.sub(&low).mul(&steps));
        // The last edge is the end exactly.
        let edges = Tensor::where_(&steps.eq(1.0), &high, &edges).to_dtype(self.dtype());
        let counts = self.histogram_edges(&edges, weight, density);
        (counts, edges)
    }

    /// [`Tensor::histogram`] between ascending edges of your own, `torch.histogram(bins)`; the last
    /// part includes its end.
    #[track_caller]
    pub fn histogram_edges(
        &self,
        edges: &Tensor,
        weight: Option<&Tensor>,
        density: bool,
    ) -> Tensor {
        const OP: &str = "histogram";
        let bins = edges.numel().saturating_sub(1);
        let x = self.counted(OP, bins);
        let edges = edges.detach();
        if edges.ndim() != 1 || edges.dtype() != self.dtype() {
            raise(Error::Input {
                op: OP,
                shape: edges.shape().to_vec(),
                rule: format!(
                    "the edges must be a vector of the input's dtype {}, not of {}",
                    self.dtype(),
                    edges.dtype()
                ),
            });
        }
        let weight = match weight {
            None => x.ones_like(),
            Some(w) if w.shape() == self.shape() && w.dtype() == self.dtype() => {
                w.detach().reshape(-1)
            }
            Some(w) => raise(Error::Shape {
                op: OP,
                lhs: self.shape().to_vec(),
                rhs: w.shape().to_vec(),
                rule: "if weight tensor is provided it should have the same shape and dtype as the input tensor"
                    .into(),
            }),
        };
        let (first, last) = (edges.select(0, 0), edges.select(0, -1));
        let inside = x.ge(first).logical_and(x.le(last));
        let at = edges
            .searchsorted(&x, true)
            .sub(1)
            .clamp(0.0, bins as f64 - 1.0);
        let places = Tensor::where_(&inside, &at, at.full_like(bins as i64));
        let counts = Tensor::zeros_with(bins + 1, (x.dtype(), &self.device()))
            .scatter_add(0, &places, &weight)
            .narrow(0, 0, bins)
            .clone_data();
        if !density {
            return counts;
        }
        let widths = edges.narrow(0, 1, bins).sub(edges.narrow(0, 0, bins));
        counts.div(counts.sum()).div(widths)
    }

    /// The elements as a vector without history, of a dtype that can be divided into parts.
    #[track_caller]
    fn counted(&self, op: &'static str, bins: usize) -> Tensor {
        if !self.dtype().is_floating_point() {
            raise(Error::DType {
                op,
                got: self.dtype().to_string(),
                expected: "a floating-point dtype; use .float() first".into(),
            });
        }
        if bins == 0 {
            raise(Error::value(op, "bins must be > 0"));
        }
        self.detach().reshape(-1)
    }

    /// Both ends as 0-dim tensors; a range without width is widened by `apart` to both sides.
    #[track_caller]
    fn histogram_range(
        &self,
        op: &'static str,
        range: Option<(f64, f64)>,
        apart: f64,
    ) -> (Tensor, Tensor) {
        let number = |v: f64| Tensor::full_with((), v, (self.dtype(), &self.device()));
        let (low, high) = match range {
            Some((low, high)) if low > high => raise(Error::value(
                op,
                format!("max must be larger than min, but got [{low}, {high}]"),
            )),
            Some((low, high)) => (number(low), number(high)),
            None if self.numel() == 0 => return (number(0.0), number(1.0)),
            None => (self.detach().min(), self.detach().max()),
        };
        if !high.sub(&low).isfinite().item_as::<bool>() {
            raise(Error::value(
                op,
                format!("range of [{}, {}] is not finite", low.item(), high.item()),
            ));
        }
        let flat = low.eq(&high);
        (
            Tensor::where_(&flat, low.sub(apart), &low),
            Tensor::where_(&flat, high.add(apart), &high),
        )
    }
}
