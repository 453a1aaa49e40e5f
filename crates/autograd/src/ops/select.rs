//! Comparisons, logic, and choosing by a condition.

use ondol_tensor::{Array, Binary, Compare, Error, Result, Unary};

use crate::{Op, Operand, Tensor, no_grad_guard, ok, raise};

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident = $op:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self, other: impl Into<Operand>) -> Tensor {
                let other = other.into();
                let value = ok(match &other {
                    Operand::Tensor(b) => self.value().compare(Compare::$op, &b.value()),
                    Operand::Scalar(s) => self.value().compare_scalar(Compare::$op, *s),
                });
                Op::new(stringify!($name), [self]).not_differentiable().output(value)
            }
        )*}
    };
}

comparisons! {
    /// `self == other`, to `bool`, `torch.eq`.
    eq = Eq;
    /// `self != other`, to `bool`; true where either is NaN, `torch.ne`, `torch.not_equal`.
    ne = Ne;
    /// `self < other`, to `bool`, `torch.lt`, `torch.less`.
    lt = Lt;
    /// `self <= other`, to `bool`, `torch.le`, `torch.less_equal`.
    le = Le;
    /// `self > other`, to `bool`, `torch.gt`, `torch.greater`.
    gt = Gt;
    /// `self >= other`, to `bool`, `torch.ge`, `torch.greater_equal`.
    ge = Ge;
}

macro_rules! logic {
    ($($(#[$doc:meta])* $name:ident = $op:ident, $truth:literal;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&self, other: impl Into<Operand>) -> Tensor {
                let (a, b) = (self.value(), other.into().to_tensor(self).value());
                let compute = || -> Result<Array> {
                    if $truth {
                        truth(&a)?.binary(Binary::$op, &truth(&b)?)
                    } else {
                        a.binary(Binary::$op, &b)
                    }
                };
                Op::new(stringify!($name), [self]).not_differentiable().output(ok(compute()))
            }
        )*}
    };
}

/// What is not 0.
fn truth(a: &Array) -> Result<Array> {
    if a.dtype() == ondol_tensor::DType::Bool {
        Ok(a.clone())
    } else {
        a.compare_scalar(Compare::Ne, 0i64)
    }
}

logic! {
    /// Whether both are true (not 0), `torch.logical_and`.
    logical_and = And, true;
    /// Whether either is true (not 0), `torch.logical_or`.
    logical_or = Or, true;
    /// Whether one of them is true (not 0), `torch.logical_xor`.
    logical_xor = Xor, true;
    /// Bits in both, `torch.bitwise_and`; not for floats.
    bitwise_and = And, false;
    /// Bits in either, `torch.bitwise_or`; not for floats.
    bitwise_or = Or, false;
    /// Bits in one of them, `torch.bitwise_xor`; not for floats.
    bitwise_xor = Xor, false;
}

impl Tensor {
    /// Whether each element is 0 (false), `torch.logical_not`.
    #[track_caller]
    pub fn logical_not(&self) -> Tensor {
        let value = ok(truth(&self.value()).and_then(|a| a.unary(Unary::Not)));
        Op::new("logical_not", [self])
            .not_differentiable()
            .output(value)
    }

    /// Whether each element is NaN, `torch.isnan`.
    #[track_caller]
    pub fn isnan(&self) -> Tensor {
        self.ne(self)
    }

    /// Whether each element is infinite, `torch.isinf`.
    #[track_caller]
    pub fn isinf(&self) -> Tensor {
        if !self.dtype().is_floating_point() {
            return self.ne(self);
        }
        self.eq(f64::INFINITY)
            .logical_or(self.eq(f64::NEG_INFINITY))
    }

    /// Whether each element is a number and not infinite, `torch.isfinite`.
    #[track_caller]
    pub fn isfinite(&self) -> Tensor {
        self.isnan().logical_or(self.isinf()).logical_not()
    }

    /// `a` where `condition` is true, else `b`, all broadcast together, `torch.where`. Either may be
    /// a number, which counts in promotion as numbers do.
    ///
    /// ```
    /// use ondol_autograd::{Tensor, tensor};
    /// let x = tensor!([-1.0, 2.0]);
    /// assert_eq!(Tensor::where_(&x.gt(0.0), &x, 0.5).to_vec::<f32>(), [0.5, 2.0]);
    /// ```
    #[track_caller]
    pub fn where_(condition: &Tensor, a: impl Into<Operand>, b: impl Into<Operand>) -> Tensor {
        let (a, b) = match (a.into(), b.into()) {
            (Operand::Tensor(a), b) => (a.clone(), b.to_tensor(&a)),
            (a, Operand::Tensor(b)) => (a.to_tensor(&b), b),
            (Operand::Scalar(a), Operand::Scalar(b)) => {
                let device = condition.device();
                let number = |s: ondol_tensor::Scalar| (s.dtype(), &device);
                (
                    Tensor::full_with((), a, number(a)),
                    Tensor::full_with((), b, number(b)),
                )
            }
        };
        let value = ok(Array::select(&condition.value(), &a.value(), &b.value()));
        let op = Op::new("where", [&a, &b]);
        if !op.needs(0) && !op.needs(1) {
            return Tensor::from(value);
        }
        let (yes, no) = (condition.snapshot(), condition.snapshot());
        op.rule(0, move |g| Tensor::where_(&yes, g, 0.0))
            .rule(1, move |g| Tensor::where_(&no, 0.0, g))
            .output(value)
    }

    /// `value` where `mask` is true, `torch.Tensor.masked_fill`.
    #[track_caller]
    pub fn masked_fill(&self, mask: &Tensor, value: impl Into<Operand>) -> Tensor {
        let value = value.into().to_tensor(self).to_dtype(self.dtype());
        if value.ndim() != 0 {
            raise(Error::Input {
                op: "masked_fill",
                shape: value.shape().to_vec(),
                rule: "the value must be a number or a 0-dim tensor".into(),
            });
        }
        Tensor::where_(mask, &value, self)
    }

    /// Kept within `[min, max]`, `torch.clamp`, `torch.clip`; the gradient passes at the bounds. NaN stays NaN.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// assert_eq!(tensor!([-1.0, 0.5, 9.0]).clamp(0.0, 1.0).to_vec::<f32>(), [0.0, 0.5, 1.0]);
    /// assert_eq!(tensor!([-1.0, 9.0]).clamp(None, 1.0).to_vec::<f32>(), [-1.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn clamp(&self, min: impl Into<Option<f64>>, max: impl Into<Option<f64>>) -> Tensor {
        let (min, max) = (min.into(), max.into());
        if min.is_none() && max.is_none() {
            raise(Error::value(
                "clamp",
                "At least one of 'min' or 'max' must not be None",
            ));
        }
        let compute = || -> Result<Array> {
            let mut value = self.value();
            // Integers stay integers where the bounds are whole.
            let whole = |b: f64| !value_is_float(self) && b.fract() == 0.0;
            for (bound, op) in [(min, Binary::Maximum), (max, Binary::Minimum)] {
                match bound {
                    Some(b) if whole(b) => value = value.binary_scalar(op, b as i64)?,
                    Some(b) => value = value.binary_scalar(op, b)?,
                    None => {}
                }
            }
            Ok(value)
        };
        let value = ok(compute());
        let op = Op::new("clamp", [self]);
        if !op.needs(0) {
            return Tensor::from(value);
        }
        let x = self.snapshot();
        op.rule(0, move |g| {
            let inside = [min.map(|b| x.ge(b)), max.map(|b| x.le(b))]
                .into_iter()
                .flatten();
            inside.fold(g.clone(), |g, inside| g.mul(inside))
        })
        .output(value)
    }

    /// Kept within bounds of its own for each element, broadcast together, `torch.clamp` with
    /// tensors. Where the bounds cross, the upper one holds. Of one bound alone a tie shares the
    /// gradient, as in [`Tensor::maximum`]; of two it goes to `self`.
    #[track_caller]
    pub fn clamp_tensor(&self, min: Option<&Tensor>, max: Option<&Tensor>) -> Tensor {
        let (min, max) = match (min, max) {
            (None, None) => raise(Error::value(
                "clamp",
                "At least one of 'min' or 'max' must not be None",
            )),
            (Some(min), None) => return self.maximum(min),
            (None, Some(max)) => return self.minimum(max),
            (Some(min), Some(max)) => (min, max),
        };
        let value = {
            let _guard = no_grad_guard();
            self.maximum(min).minimum(max)
        };
        let op = Op::new("clamp", [self, min, max]);
        if !op.needs(0) && !op.needs(1) && !op.needs(2) {
            return value;
        }
        let keep = || (self.snapshot(), min.snapshot(), max.snapshot());
        let ((x, low, high), (x1, low1, high1), (x2, low2, high2)) = (keep(), keep(), keep());
        op.rule(0, move |g| {
            let outside = x.lt(&low).logical_or(x.gt(&high));
            Tensor::where_(&outside, 0.0, g)
        })
        .rule(1, move |g| {
            let below = x1.lt(&low1).logical_and(low1.lt(&high1));
            Tensor::where_(&below, g, 0.0)
        })
        .rule(2, move |g| {
            let above = x2.gt(&high2).logical_or(high2.lt(&low2));
            Tensor::where_(&above, g, 0.0)
        })
        .output(value.value())
    }

    /// At least `min`, `torch.clamp_min`.
    #[track_caller]
    pub fn clamp_min(&self, min: f64) -> Tensor {
        self.clamp(min, None)
    }

    /// At most `max`, `torch.clamp_max`.
    #[track_caller]
    pub fn clamp_max(&self, max: f64) -> Tensor {
        self.clamp(None, max)
    }
}

fn value_is_float(t: &Tensor) -> bool {
    t.dtype().is_floating_point()
}
