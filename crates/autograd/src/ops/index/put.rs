//! Writes into a part.

use ondol_tensor::{Error, Scalar};

use super::Plan;
use crate::{IntoIndex, Op, Operand, Tensor, ok, raise};

impl Tensor {
    /// Writes `value`, broadcast and cast, into the part that `index` shows: `x[0:2, ...] = value`;
    /// every way of indexing that [`Tensor::i`] has. `torch.Tensor.__setitem__`.
    ///
    /// Where an index tensor names one place more than once, the last value stays.
    ///
    /// ```
    /// use ondol_autograd::{Tensor, tensor};
    /// let x = Tensor::zeros([2, 3]);
    /// x.set((.., 1), tensor!(7.0));
    /// assert_eq!(x.to_vec::<f32>(), [0.0, 7.0, 0.0, 0.0, 7.0, 0.0]);
    /// x.set(x.gt(0.0), 1.0);
    /// x.set((1, [0, 2]), tensor!([5.0, 6.0]));
    /// assert_eq!(x.to_vec::<f32>(), [0.0, 1.0, 0.0, 5.0, 1.0, 6.0]);
    /// ```
    ///
    /// # Panics
    /// Where the index or the value does not fit, on a leaf that requires a gradient (outside
    /// `no_grad`), and on a view of a living tensor.
    #[track_caller]
    pub fn set(&self, index: impl IntoIndex, value: impl Into<Operand>) {
        let value = value.into().to_tensor(self);
        let plan = ok(index.into_index().plan(&self.value(), value.ndim() == 0));
        let array = value.value();
        self.write_in_place(
            "set",
            &[&value],
            |old| old.with_part(&plan, &value),
            |whole| plan.set(whole, &array),
        );
    }

    /// Writes one number into the part that `index` shows, `torch.Tensor.__setitem__`.
    #[track_caller]
    pub fn fill_at(&self, index: impl IntoIndex, value: impl Into<Scalar>) {
        self.set(index, Operand::Scalar(value.into()));
    }

    /// This tensor with `value` in the part of a plan.
    #[track_caller]
    pub(crate) fn with_part(&self, plan: &Plan, value: &Tensor) -> Tensor {
        let mut whole = self.value();
        ok(plan.set(&mut whole, &value.value()));
        let (left, right, shape) = (plan.clone(), plan.clone(), value.shape());
        Op::new("set", [self, value])
            .rule(0, move |g| {
                g.with_part(&left, &Tensor::zeros_with((), (g.dtype(), &g.device())))
            })
            .rule(1, move |g| g.picked(&right).summed_to(&shape))
            .output(whole)
    }

    /// This tensor with `value` added to the part of a plan.
    #[track_caller]
    fn with_added(&self, plan: &Plan, value: &Tensor) -> Tensor {
        let mut whole = self.value();
        ok(plan.add(&mut whole, &value.value()));
        let (part, shape) = (plan.clone(), value.shape());
        Op::new("index_put", [self, value])
            .rule(0, Tensor::clone)
            .rule(1, move |g| g.picked(&part).summed_to(&shape))
            .output(whole)
    }

    /// A copy with `values`, broadcast, in the part that `index` shows, or added to it where
    /// `accumulate`; `torch.index_put`. The gradient reaches this tensor and the values.
    ///
    /// ```
    /// use ondol_autograd::{Tensor, tensor};
    /// let x = Tensor::zeros(3).index_put(tensor!([0, 2, 0]), tensor!([1.0, 2.0, 4.0]), true);
    /// assert_eq!(x.to_vec::<f32>(), [5.0, 0.0, 2.0]);
    /// ```
    ///
    /// # Panics
    /// Where index or values do not fit, or the values are of another dtype.
    #[track_caller]
    pub fn index_put(
        &self,
        index: impl IntoIndex,
        values: impl Into<Operand>,
        accumulate: bool,
    ) -> Tensor {
        let values = values.into();
        let tensor = values.to_tensor(self);
        if let Operand::Tensor(t) = &values
            && t.dtype() != self.dtype()
        {
            raise(Error::DType {
                op: "index_put",
                got: format!("values of {}", t.dtype()),
                expected: format!(
                    "{}: Index put requires the source and destination dtypes match",
                    self.dtype()
                ),
            });
        }
        let plan = ok(index.into_index().plan(&self.value(), tensor.ndim() == 0));
        if accumulate {
            self.with_added(&plan, &tensor)
        } else {
            self.with_part(&plan, &tensor)
        }
    }

    /// [`Tensor::index_put`] in place, `torch.Tensor.index_put_`; returns the same tensor.
    #[track_caller]
    pub fn index_put_(
        &self,
        index: impl IntoIndex,
        values: impl Into<Operand>,
        accumulate: bool,
    ) -> Tensor {
        let values = values.into();
        let new = self.index_put(index, values.clone(), accumulate);
        self.become_("index_put_", values.tensor().as_slice(), &new);
        self.clone()
    }

    /// The gradient of a value that was broadcast, where it had dimensions of size 1 in front that
    /// its place had not.
    #[track_caller]
    fn summed_to(&self, shape: &ondol_tensor::Shape) -> Tensor {
        let extra = shape.ndim().saturating_sub(self.ndim());
        if extra == 0 {
            return self.clone();
        }
        // The engine sums over what was stretched behind them.
        let lead = std::iter::repeat_n(1usize, extra);
        let to: ondol_tensor::Shape = lead.chain(self.shape().iter().copied()).collect();
        self.reshape(&to)
    }
}
