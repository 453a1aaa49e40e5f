//! One tensor in, one of the same shape out.

use ondol_tensor::{Array, Fused, Unary};

use crate::{Op, Tensor, is_grad_enabled, ok};

impl Tensor {
    /// A unary whose rule reads the input `x`.
    #[track_caller]
    pub(super) fn unary_x(
        &self,
        op: Unary,
        rule: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'static,
    ) -> Tensor {
        let value = ok(self.value().unary(op));
        let record = Op::new(op.name(), [self]);
        if !record.needs(0) {
            return Tensor::from(value);
        }
        let x = self.snapshot();
        record.rule(0, move |g| rule(g, &x)).output(value)
    }

    /// A unary whose rule reads the output `y`.
    #[track_caller]
    pub(super) fn unary_y(
        &self,
        op: Unary,
        rule: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync + 'static,
    ) -> Tensor {
        let value = ok(self.value().unary(op));
        Op::new(op.name(), [self]).rule_y(0, rule).output(value)
    }

    /// As `unary_y`, of a function whose rule a backend may do at once; what is recorded itself goes
    /// the way of `rule`.
    #[track_caller]
    fn unary_slope(&self, op: Unary, rule: fn(&Tensor, &Tensor) -> Tensor) -> Tensor {
        self.unary_y(op, move |g, y| {
            slope(op, g, y).unwrap_or_else(|| rule(g, y))
        })
    }

    /// A step function: its gradient is 0 wherever it has one.
    #[track_caller]
    fn unary_step(&self, op: Unary) -> Tensor {
        let value = ok(self.value().unary(op));
        Op::new(op.name(), [self])
            .rule(0, |g| g.zeros_like())
            .output(value)
    }

    /// `-x`, `torch.neg`, `torch.negative`.
    #[track_caller]
    pub fn neg(&self) -> Tensor {
        let value = ok(self.value().unary(Unary::Neg));
        Op::new("neg", [self]).rule(0, |g| g.neg()).output(value)
    }

    /// `|x|`, `torch.abs`, `torch.absolute`. The gradient at 0 is 0.
    #[track_caller]
    pub fn abs(&self) -> Tensor {
        self.unary_x(Unary::Abs, |g, x| g.mul(x.sign()))
    }

    /// -1, 0 or 1, `torch.sign`, `torch.sgn`.
    #[track_caller]
    pub fn sign(&self) -> Tensor {
        self.unary_step(Unary::Sign)
    }

    /// `x²`, `torch.square`.
    #[track_caller]
    pub fn square(&self) -> Tensor {
        self.unary_x(Unary::Square, |g, x| g.mul(x.mul(2.0)))
    }

    /// `max(x, 0)`, `torch.relu`. The gradient at 0 is 0; NaN stays NaN.
    #[track_caller]
    pub fn relu(&self) -> Tensor {
        self.unary_slope(Unary::Relu, |g, y| g.masked_fill(&y.le(0.0), 0.0))
    }

    /// `eˣ`, `torch.exp`.
    #[track_caller]
    pub fn exp(&self) -> Tensor {
        self.unary_y(Unary::Exp, |g, y| g.mul(y))
    }

    /// `eˣ - 1`, exact near 0, `torch.expm1`, `torch.special.expm1`.
    #[track_caller]
    pub fn expm1(&self) -> Tensor {
        self.unary_y(Unary::Expm1, |g, y| g.mul(y.add(1.0)))
    }

    /// Natural logarithm, `torch.log`.
    #[track_caller]
    pub fn log(&self) -> Tensor {
        self.unary_x(Unary::Log, |g, x| g.div(x))
    }

    /// `ln(1 + x)`, exact near 0, `torch.log1p`, `torch.special.log1p`.
    #[track_caller]
    pub fn log1p(&self) -> Tensor {
        self.unary_x(Unary::Log1p, |g, x| g.div(x.add(1.0)))
    }

    /// Logarithm of base 2, `torch.log2`.
    #[track_caller]
    pub fn log2(&self) -> Tensor {
        self.unary_x(Unary::Log2, |g, x| g.div(x.mul(std::f64::consts::LN_2)))
    }

    /// Logarithm of base 10, `torch.log10`.
    #[track_caller]
    pub fn log10(&self) -> Tensor {
        self.unary_x(Unary::Log10, |g, x| g.div(x.mul(std::f64::consts::LN_10)))
    }

    /// `√x`, `torch.sqrt`. The gradient at 0 is infinite.
    #[track_caller]
    pub fn sqrt(&self) -> Tensor {
        self.unary_y(Unary::Sqrt, |g, y| g.div(y.mul(2.0)))
    }

    /// `1 / √x`, `torch.rsqrt`.
    #[track_caller]
    pub fn rsqrt(&self) -> Tensor {
        self.unary_y(Unary::Rsqrt, |g, y| g.mul(y.mul(y).mul(y).mul(-0.5)))
    }

    /// `1 / x`, `torch.reciprocal`.
    #[track_caller]
    pub fn reciprocal(&self) -> Tensor {
        self.unary_y(Unary::Reciprocal, |g, y| g.mul(y.square()).neg())
    }

    /// Sine, `torch.sin`.
    #[track_caller]
    pub fn sin(&self) -> Tensor {
        self.unary_x(Unary::Sin, |g, x| g.mul(x.cos()))
    }

    /// Cosine, `torch.cos`.
    #[track_caller]
    pub fn cos(&self) -> Tensor {
        self.unary_x(Unary::Cos, |g, x| g.mul(x.sin()).neg())
    }

    /// Tangent, `torch.tan`.
    #[track_caller]
    pub fn tan(&self) -> Tensor {
        self.unary_y(Unary::Tan, |g, y| g.mul(y.square().add(1.0)))
    }

    /// Arc sine, `torch.asin`, `torch.arcsin`.
    #[track_caller]
    pub fn asin(&self) -> Tensor {
        self.unary_x(Unary::Asin, |g, x| g.mul(x.square().neg().add(1.0).rsqrt()))
    }

    /// Arc cosine, `torch.acos`, `torch.arccos`.
    #[track_caller]
    pub fn acos(&self) -> Tensor {
        self.unary_x(Unary::Acos, |g, x| {
            g.mul(x.square().neg().add(1.0).rsqrt()).neg()
        })
    }

    /// Arc tangent, `torch.atan`, `torch.arctan`.
    #[track_caller]
    pub fn atan(&self) -> Tensor {
        self.unary_x(Unary::Atan, |g, x| g.div(x.square().add(1.0)))
    }

    /// Hyperbolic sine, `torch.sinh`.
    #[track_caller]
    pub fn sinh(&self) -> Tensor {
        self.unary_x(Unary::Sinh, |g, x| g.mul(x.cosh()))
    }

    /// Hyperbolic cosine, `torch.cosh`.
    #[track_caller]
    pub fn cosh(&self) -> Tensor {
        self.unary_x(Unary::Cosh, |g, x| g.mul(x.sinh()))
    }

    /// Hyperbolic tangent, `torch.tanh`.
    #[track_caller]
    pub fn tanh(&self) -> Tensor {
        self.unary_slope(Unary::Tanh, |g, y| g.mul(y.square().neg().add(1.0)))
    }

    /// `1 / (1 + e⁻ˣ)`, `torch.sigmoid`, `torch.special.expit`.
    #[track_caller]
    pub fn sigmoid(&self) -> Tensor {
        self.unary_slope(Unary::Sigmoid, |g, y| g.mul(y.mul(y.neg().add(1.0))))
    }

    /// The error function, `torch.erf`, `torch.special.erf`.
    #[track_caller]
    pub fn erf(&self) -> Tensor {
        self.unary_x(Unary::Erf, |g, x| {
            g.mul(x.square().neg().exp().mul(std::f64::consts::FRAC_2_SQRT_PI))
        })
    }

    /// Towards minus infinity, `torch.floor`.
    #[track_caller]
    pub fn floor(&self) -> Tensor {
        self.unary_step(Unary::Floor)
    }

    /// Towards infinity, `torch.ceil`.
    #[track_caller]
    pub fn ceil(&self) -> Tensor {
        self.unary_step(Unary::Ceil)
    }

    /// To the nearest whole number, ties to even, `torch.round`, `torch.special.round`.
    #[track_caller]
    pub fn round(&self) -> Tensor {
        self.unary_step(Unary::Round)
    }

    /// Towards zero, `torch.trunc`, `torch.fix`.
    #[track_caller]
    pub fn trunc(&self) -> Tensor {
        self.unary_step(Unary::Trunc)
    }
}

/// The gradient of a unary's operand in one operation, where the backend has it and nothing is
/// recorded.
fn slope(op: Unary, g: &Tensor, y: &Tensor) -> Option<Tensor> {
    if is_grad_enabled() {
        return None;
    }
    let made = Array::fused(&Fused::UnaryGrad(op), &[&g.value(), &y.value()])?;
    Some(Tensor::from(ok(made).remove(0)))
}
