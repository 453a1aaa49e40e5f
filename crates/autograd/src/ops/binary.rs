//! Two operands, broadcast and promoted as PyTorch does. Rules give gradients of the broadcast
//! shape; the engine sums and casts them.

use ondol_tensor::{Array, Binary, Result, Scalar};

use super::arithmetic::kept;
use crate::{Op, Operand, Tensor, is_grad_enabled, ok};

fn compute(op: Binary, a: &Tensor, b: &Operand) -> Result<Array> {
    match b {
        Operand::Tensor(b) => a.value().binary(op, &b.value()),
        Operand::Scalar(s) => a.value().binary_scalar(op, *s),
    }
}

/// Whether either operand is recorded, so that snapshots are worth taking.
fn tracked(a: &Tensor, b: &Operand) -> bool {
    is_grad_enabled() && (a.requires_grad() || b.tensor().is_some_and(Tensor::requires_grad))
}

impl Tensor {
    /// Records a binary operation given its two rules, which get the gradient and both operands.
    #[track_caller]
    pub(super) fn binary(
        &self,
        op: Binary,
        other: &Operand,
        left: fn(&Tensor, &Tensor, &Operand) -> Tensor,
        right: fn(&Tensor, &Tensor, &Tensor) -> Tensor,
    ) -> Tensor {
        let value = ok(compute(op, self, other));
        if !tracked(self, other) {
            return Tensor::from(value);
        }
        let (a, b) = (self.snapshot(), other.snapshot());
        match &b {
            Operand::Scalar(_) => Op::new(op.name(), [self])
                .rule(0, move |g| left(g, &a, &b))
                .output(value),
            Operand::Tensor(t) => {
                let (a2, b2) = (a.clone(), t.clone());
                let Operand::Tensor(other) = other else {
                    unreachable!("a snapshot keeps the kind")
                };
                Op::new(op.name(), [self, other])
                    .rule(0, move |g| left(g, &a, &b))
                    .rule(1, move |g| right(g, &a2, &b2))
                    .output(value)
            }
        }
    }

    /// As `binary`, for sums and differences: nothing is saved.
    #[track_caller]
    fn additive(&self, op: Binary, other: &Operand, right: fn(&Tensor) -> Tensor) -> Tensor {
        let value = ok(compute(op, self, other));
        match other {
            Operand::Scalar(_) => Op::new(op.name(), [self])
                .rule(0, Tensor::clone)
                .output(value),
            Operand::Tensor(b) => Op::new(op.name(), [self, b])
                .rule(0, Tensor::clone)
                .rule(1, right)
                .output(value),
        }
    }

    /// `self + other`, `torch.add`.
    #[track_caller]
    pub fn add(&self, other: impl Into<Operand>) -> Tensor {
        self.additive(Binary::Add, &other.into(), Tensor::clone)
    }

    /// `self - other`, `torch.sub`, `torch.subtract`.
    #[track_caller]
    pub fn sub(&self, other: impl Into<Operand>) -> Tensor {
        self.additive(Binary::Sub, &other.into(), Tensor::neg)
    }

    /// `self * other`, element by element, `torch.mul`, `torch.multiply`.
    #[track_caller]
    pub fn mul(&self, other: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Mul,
            &other.into(),
            |g, _, b| g.mul(b.clone()),
            |g, a, _| g.mul(a),
        )
    }

    /// `self / other`, true division, `torch.div`, `torch.divide`, `torch.true_divide`: integers give floats.
    #[track_caller]
    pub fn div(&self, other: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Div,
            &other.into(),
            |g, _, b| g.div(b.clone()),
            |g, a, b| g.mul(a.div(b).div(b)).neg(),
        )
    }

    /// `number - self`.
    #[track_caller]
    pub(crate) fn scalar_sub(&self, number: Scalar) -> Tensor {
        let value = ok(self.value().scalar_binary(Binary::Sub, number));
        Op::new("sub", [self]).rule(0, Tensor::neg).output(value)
    }

    /// `number / self`.
    #[track_caller]
    pub(crate) fn scalar_div(&self, number: Scalar) -> Tensor {
        let value = ok(self.value().scalar_binary(Binary::Div, number));
        let x = self.snapshot();
        Op::new("div", [self])
            .rule_y(0, move |g, y| g.mul(y).div(&x).neg())
            .output(value)
    }

    /// `selfᵒᵗʰᵉʳ`, `torch.pow`. Where the exponent is 0 the gradient of the base is 0.
    #[track_caller]
    pub fn pow(&self, exponent: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Pow,
            &exponent.into(),
            |g, a, b| match b {
                Operand::Scalar(s) if s.to_f64() == 0.0 => g.zeros_like(),
                Operand::Scalar(s) => g.mul(a.pow(s.to_f64() - 1.0).mul(s.to_f64())),
                Operand::Tensor(b) => {
                    let slope = a.pow(b.sub(1.0)).mul(b);
                    g.mul(Tensor::where_(&b.eq(0.0), &slope.zeros_like(), &slope))
                }
            },
            |g, a, b| {
                // 0ᵇ is constant in b for b >= 0, where ln 0 would give NaN.
                let slope = a.pow(b).mul(a.log());
                let flat = a.eq(0.0).logical_and(b.ge(0.0));
                g.mul(Tensor::where_(&flat, &slope.zeros_like(), &slope))
            },
        )
    }

    /// The greater of each pair, `torch.maximum`; a tie shares the gradient. NaN if either is.
    #[track_caller]
    pub fn maximum(&self, other: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Maximum,
            &other.into(),
            |g, a, b| kept(g, &a.lt(b.clone()), &a.eq(b.clone())),
            |g, a, b| kept(g, &b.lt(a), &a.eq(b)),
        )
    }

    /// The lesser of each pair, `torch.minimum`; a tie shares the gradient. NaN if either is.
    #[track_caller]
    pub fn minimum(&self, other: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Minimum,
            &other.into(),
            |g, a, b| kept(g, &a.gt(b.clone()), &a.eq(b.clone())),
            |g, a, b| kept(g, &b.gt(a), &a.eq(b)),
        )
    }

    /// `a - b ⌊a / b⌋`, with the sign of `b`, `torch.remainder`.
    #[track_caller]
    pub fn remainder(&self, other: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Remainder,
            &other.into(),
            |g, _, _| g.clone(),
            |g, a, b| g.mul(a.floor_divide(b)).neg(),
        )
    }

    /// `⌊a / b⌋`, `torch.floor_divide`. No gradient flows.
    #[track_caller]
    pub fn floor_divide(&self, other: impl Into<Operand>) -> Tensor {
        let other = other.into();
        let value = ok(compute(Binary::FloorDivide, self, &other));
        Op::new("floor_divide", [self])
            .not_differentiable()
            .output(value)
    }

    /// The angle of the point `(other, self)`, `torch.atan2`, `torch.arctan2`.
    #[track_caller]
    pub fn atan2(&self, other: impl Into<Operand>) -> Tensor {
        self.binary(
            Binary::Atan2,
            &other.into(),
            |g, a, b| {
                g.mul(b.to_tensor(a))
                    .div(a.square().add(b.to_tensor(a).square()))
            },
            |g, a, b| g.mul(a).div(a.square().add(b.square())).neg(),
        )
    }
}
