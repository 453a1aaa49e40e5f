//! Two and three operands: remainders, extremes, sums of products, interpolation.

use ondol_tensor::{Binary, Error, Kind, Scalar, result_type};

use crate::{Op, Operand, Scope, Tensor, no_grad_guard, ok, raise};

/// How [`Tensor::div_with`] rounds a quotient to a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundingMode {
    /// Towards zero, as C does.
    Trunc,
    /// Towards minus infinity, as Python does.
    Floor,
}

impl Tensor {
    /// `self / other` rounded to a whole number, `torch.div(rounding_mode)`. Integers stay integers;
    /// the gradient is 0.
    ///
    /// ```
    /// use ondol_autograd::{RoundingMode, tensor};
    /// let x = tensor!([7, -7]);
    /// assert_eq!(x.div_with(2, RoundingMode::Trunc).to_vec::<i64>(), [3, -3]);
    /// assert_eq!(x.div_with(2, RoundingMode::Floor).to_vec::<i64>(), [3, -4]);
    /// ```
    #[track_caller]
    pub fn div_with(&self, other: impl Into<Operand>, rounding: RoundingMode) -> Tensor {
        let other = other.into().to_tensor(self);
        let value = {
            let _guard = no_grad_guard();
            let whole = |t: &Tensor| t.dtype().kind() == Kind::Int;
            match rounding {
                RoundingMode::Floor => self.floor_divide(&other),
                // What is left over is taken off first, so that the quotient is exact.
                RoundingMode::Trunc if whole(self) && whole(&other) => {
                    self.sub(self.fmod(&other)).floor_divide(&other)
                }
                RoundingMode::Trunc => self.div(&other).trunc(),
            }
        };
        Op::new("div", [self, &other])
            .rule(0, |g| g.zeros_like())
            .rule(1, |g| g.zeros_like())
            .output(value.value())
    }

    /// `a - b trunc(a / b)`, with the sign of `a`, `torch.fmod`.
    #[track_caller]
    pub fn fmod(&self, other: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Fmod,
            &other.into(),
            |g, _, _| g.clone(),
            |g, a, b| g.mul(a.div(b).trunc()).neg(),
        )
    }

    /// `√(a² + b²)` without overflow, `torch.hypot`; the gradient at `(0, 0)` is NaN.
    #[track_caller]
    pub fn hypot(&self, other: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Hypot,
            &other.into(),
            |g, a, b| g.mul(a.div(a.hypot(b.clone()))),
            |g, a, b| g.mul(b.div(a.hypot(b))),
        )
    }

    /// `|a|` with the sign of `b`, `torch.copysign`; the gradient of `a` is 0 at 0.
    #[track_caller]
    pub fn copysign(&self, other: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Copysign,
            &other.into(),
            |g, a, b| g.mul(a.sign().mul(a.ones_like().copysign(b.clone()))),
            |g, _, _| g.zeros_like(),
        )
    }

    /// `a · 2ᵇ`, `torch.ldexp`.
    #[track_caller]
    pub fn ldexp(&self, other: impl Into<Operand>) -> Tensor {
        self.mul(other.into().to_tensor(self).exp2())
    }

    /// `ln(eᵃ + eᵇ)` without overflow, `torch.logaddexp`.
    #[track_caller]
    pub fn logaddexp(&self, other: &Tensor) -> Tensor {
        self.log_add("logaddexp", other, 1.0)
    }

    /// `log₂(2ᵃ + 2ᵇ)` without overflow, `torch.logaddexp2`.
    #[track_caller]
    pub fn logaddexp2(&self, other: &Tensor) -> Tensor {
        self.log_add("logaddexp2", other, std::f64::consts::LN_2)
    }

    /// `log(eᵃ + eᵇ)` to the base whose logarithm is `base`.
    #[track_caller]
    fn log_add(&self, name: &'static str, other: &Tensor, base: f64) -> Tensor {
        self.floating(name);
        other.floating(name);
        let target = result_type(&[kind(self), kind(other)]);
        let value = {
            let _guard = no_grad_guard();
            let (a, b) = (self.wide(), other.wide());
            let less = a.sub(&b).abs().mul(-base).exp().log1p().div(base);
            let same = a.eq(&b).logical_and(a.isinf());
            Tensor::where_(&same, &a, a.maximum(&b).add(less)).to_dtype(target)
        };
        let op = Op::new(name, [self, other]);
        if !op.needs(0) && !op.needs(1) {
            return value;
        }
        let share = move |a: &Tensor, b: &Tensor| a.sub(b).mul(base).sigmoid();
        let ((a, b), (a2, b2)) = (
            (self.snapshot(), other.snapshot()),
            (self.snapshot(), other.snapshot()),
        );
        op.rule(0, move |g| g.mul(share(&a, &b)))
            .rule(1, move |g| g.mul(share(&b2, &a2)))
            .output(value.value())
    }

    /// The greater of each pair, the other where one is NaN, `torch.fmax`; a tie shares the gradient.
    #[track_caller]
    pub fn fmax(&self, other: &Tensor) -> Tensor {
        self.number_of("fmax", other, Tensor::maximum, Tensor::lt)
    }

    /// The lesser of each pair, the other where one is NaN, `torch.fmin`; a tie shares the gradient.
    #[track_caller]
    pub fn fmin(&self, other: &Tensor) -> Tensor {
        self.number_of("fmin", other, Tensor::minimum, Tensor::gt)
    }

    #[track_caller]
    fn number_of(
        &self,
        name: &'static str,
        other: &Tensor,
        better: fn(&Tensor, Tensor) -> Tensor,
        loses: fn(&Tensor, Tensor) -> Tensor,
    ) -> Tensor {
        let value = {
            let _guard = no_grad_guard();
            let best = better(self, other.clone());
            let best = Tensor::where_(&self.isnan(), other, best);
            Tensor::where_(&other.isnan(), self, best)
        };
        let op = Op::new(name, [self, other]);
        if !op.needs(0) && !op.needs(1) {
            return value;
        }
        let ((a, b), (a2, b2)) = (
            (self.snapshot(), other.snapshot()),
            (self.snapshot(), other.snapshot()),
        );
        op.rule(0, move |g| {
            let lost =
                loses(&a, b.clone()).logical_or(a.isnan().logical_and(b.isnan().logical_not()));
            kept(g, &lost, &a.eq(&b))
        })
        .rule(1, move |g| {
            let lost = loses(&b2, a2.clone()).logical_or(b2.isnan());
            kept(g, &lost, &a2.eq(&b2))
        })
        .output(value.value())
    }

    /// 0 below 0, 1 above, and `values` at 0, `torch.heaviside`. No gradient flows.
    ///
    /// # Panics
    /// Where the dtypes differ.
    #[track_caller]
    pub fn heaviside(&self, values: &Tensor) -> Tensor {
        same_dtype("heaviside", self, values);
        let value = {
            let _guard = no_grad_guard();
            let step = self.gt(0.0).to_dtype(self.dtype());
            Tensor::where_(&self.eq(0.0), values, step)
        };
        Op::new("heaviside", [self, values])
            .not_differentiable()
            .output(value.value())
    }

    /// [`Tensor::pow`] in `f64`, `torch.float_power`.
    #[track_caller]
    pub fn float_power(&self, exponent: impl Into<Operand>) -> Tensor {
        match exponent.into() {
            Operand::Tensor(b) => self.double().pow(b.double()),
            Operand::Scalar(s) => self.double().pow(s),
        }
    }

    /// `other - self`, `torch.rsub`.
    #[track_caller]
    pub fn rsub(&self, other: impl Into<Operand>) -> Tensor {
        match other.into() {
            Operand::Tensor(b) => b.sub(self),
            Operand::Scalar(s) => self.scalar_sub(s),
        }
    }

    /// `self + alpha · other`, `torch.add` with `alpha`.
    ///
    /// # Panics
    /// On integers with a float for `alpha`.
    #[track_caller]
    pub fn add_scaled(&self, other: impl Into<Operand>, alpha: impl Into<Scalar>) -> Tensor {
        let (other, alpha) = (other.into().to_tensor(self), alpha.into());
        whole_numbers("add", result_type(&[kind(self), kind(&other)]), alpha);
        self.add(other.mul(alpha))
    }

    /// `self - alpha · other`, `torch.sub` with `alpha`.
    ///
    /// # Panics
    /// On integers with a float for `alpha`.
    #[track_caller]
    pub fn sub_scaled(&self, other: impl Into<Operand>, alpha: impl Into<Scalar>) -> Tensor {
        let (other, alpha) = (other.into().to_tensor(self), alpha.into());
        whole_numbers("sub", result_type(&[kind(self), kind(&other)]), alpha);
        self.sub(other.mul(alpha))
    }

    /// The greatest common divisor, not negative, `torch.gcd`. For integers.
    #[track_caller]
    pub fn gcd(&self, other: impl Into<Operand>) -> Tensor {
        self.of_integers(Binary::Gcd, other.into())
    }

    /// The least common multiple, not negative, `torch.lcm`. For integers.
    #[track_caller]
    pub fn lcm(&self, other: impl Into<Operand>) -> Tensor {
        let other = other.into().to_tensor(self);
        let divisor = self.gcd(&other);
        let divisor = Tensor::where_(&divisor.eq(0i64), 1i64, &divisor);
        self.floor_divide(divisor).mul(&other).abs()
    }

    /// Bits to the left, `torch.bitwise_left_shift`; 0 where `other` is negative or too great. The
    /// operator `<<`. For integers.
    #[track_caller]
    pub fn bitwise_left_shift(&self, other: impl Into<Operand>) -> Tensor {
        self.of_integers(Binary::Shl, other.into())
    }

    /// Bits to the right, the sign kept, `torch.bitwise_right_shift`. The operator `>>`. For integers.
    #[track_caller]
    pub fn bitwise_right_shift(&self, other: impl Into<Operand>) -> Tensor {
        self.of_integers(Binary::Shr, other.into())
    }

    #[track_caller]
    fn of_integers(&self, op: Binary, other: Operand) -> Tensor {
        let other = other.to_tensor(self);
        let value = ok(self.value().binary(op, &other.value()));
        Op::new(op.name(), [self, &other])
            .not_differentiable()
            .output(value)
    }

    /// From `self` (weight 0) to `end` (weight 1) on a straight line, `torch.lerp`.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let (a, b) = (tensor!([0.0, 10.0]), tensor!([1.0, 20.0]));
    /// assert_eq!(a.lerp(&b, 0.5).to_vec::<f32>(), [0.5, 15.0]);
    /// assert_eq!(a.lerp(&b, tensor!([0.0, 1.0])).to_vec::<f32>(), [0.0, 20.0]);
    /// ```
    ///
    /// # Panics
    /// Where the dtypes differ.
    #[track_caller]
    pub fn lerp(&self, end: &Tensor, weight: impl Into<Operand>) -> Tensor {
        self.floating("lerp");
        same_dtype("lerp", self, end);
        let _here = Scope::here();
        let (a, b) = (self.wide(), end.wide());
        let way = b.sub(&a);
        // From the nearer end, so that both ends are met exactly.
        let from_start = |w: &Operand| a.add(way.mul(w.clone()));
        let from_end = |rest: Operand| b.sub(way.mul(rest));
        let there = match weight.into() {
            Operand::Scalar(w) if w.to_f64().abs() < 0.5 => from_start(&w.into()),
            Operand::Scalar(w) => from_end((1.0 - w.to_f64()).into()),
            Operand::Tensor(w) => {
                same_dtype("lerp", self, &w);
                let w = w.wide();
                let near = w.abs().lt(0.5);
                let far = from_end(w.neg().add(1.0).into());
                Tensor::where_(&near, from_start(&w.into()), far)
            }
        };
        there.to_dtype(self.dtype())
    }

    /// `self + value · a · b`, `torch.addcmul`.
    ///
    /// # Panics
    /// On integers with a float for `value`.
    #[track_caller]
    pub fn addcmul(&self, a: &Tensor, b: &Tensor, value: impl Into<Scalar>) -> Tensor {
        let value = value.into();
        let target = result_type(&[kind(self), kind(a), kind(b)]);
        whole_numbers("addcmul", target, value);
        let product = a.wide().mul(b.wide()).mul(value);
        self.wide().add(product).to_dtype(target)
    }

    /// `self + value · a / b`, `torch.addcdiv`.
    ///
    /// # Panics
    /// Where all three are integers.
    #[track_caller]
    pub fn addcdiv(&self, a: &Tensor, b: &Tensor, value: impl Into<Scalar>) -> Tensor {
        let target = result_type(&[kind(self), kind(a), kind(b)]);
        if !target.is_floating_point() {
            raise(Error::DType {
                op: "addcdiv",
                got: target.to_string(),
                expected: "a floating-point dtype: integers would need a rounding; \
                           use self + value * a.div_with(b, RoundingMode::Trunc)"
                    .into(),
            });
        }
        let quotient = a.wide().mul(value.into()).div(b.wide());
        self.wide().add(quotient).to_dtype(target)
    }

    /// `value` where an element is not above `threshold`, `torch.threshold`,
    /// `torch.nn.functional.threshold`.
    #[track_caller]
    pub fn threshold(&self, threshold: f64, value: f64) -> Tensor {
        let value = Operand::from(value).to_tensor(self).to_dtype(self.dtype());
        Tensor::where_(&self.le(threshold), value, self)
    }
}

/// What [`result_type`] asks of an operand.
fn kind(t: &Tensor) -> (ondol_tensor::DType, bool) {
    (t.dtype(), t.ndim() > 0)
}

/// The gradient where an operand is kept, half of it where both are equal.
pub(super) fn kept(g: &Tensor, lost: &Tensor, ties: &Tensor) -> Tensor {
    let g = Tensor::where_(ties, g.mul(0.5), g);
    Tensor::where_(lost, 0.0, g)
}

#[track_caller]
fn whole_numbers(op: &'static str, target: ondol_tensor::DType, number: Scalar) {
    if target.kind() < Kind::Float && matches!(number, Scalar::Float(_)) {
        raise(Error::DType {
            op,
            got: format!("{target} with a float beside it"),
            expected: "a whole number: for integral input tensors, argument alpha must not be a floating point number".into(),
        });
    }
}

#[track_caller]
pub(super) fn same_dtype(op: &'static str, a: &Tensor, b: &Tensor) {
    if a.dtype() != b.dtype() {
        raise(Error::DType {
            op,
            got: format!("{} and {}", a.dtype(), b.dtype()),
            expected: "tensors of one dtype".into(),
        });
    }
}
