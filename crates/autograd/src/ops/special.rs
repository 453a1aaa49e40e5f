//! Special functions, `torch.special`.

use ondol_tensor::{Binary, Unary};

use crate::{Op, Operand, Tensor, no_grad_guard, ok};

impl Tensor {
    /// `2ˣ`, `torch.exp2`, `torch.special.exp2`.
    #[track_caller]
    pub fn exp2(&self) -> Tensor {
        self.unary_y(Unary::Exp2, |g, y| g.mul(y.mul(std::f64::consts::LN_2)))
    }

    /// Inverse hyperbolic sine, `torch.asinh`, `torch.arcsinh`.
    #[track_caller]
    pub fn asinh(&self) -> Tensor {
        self.unary_x(Unary::Asinh, |g, x| g.mul(x.square().add(1.0).rsqrt()))
    }

    /// Inverse hyperbolic cosine, `torch.acosh`, `torch.arccosh`; NaN below 1.
    #[track_caller]
    pub fn acosh(&self) -> Tensor {
        self.unary_x(Unary::Acosh, |g, x| g.mul(x.square().sub(1.0).rsqrt()))
    }

    /// Inverse hyperbolic tangent, `torch.atanh`, `torch.arctanh`; NaN outside of `[-1, 1]`.
    #[track_caller]
    pub fn atanh(&self) -> Tensor {
        self.unary_x(Unary::Atanh, |g, x| g.div(x.square().neg().add(1.0)))
    }

    /// `1 - erf(x)`, exact where that is small, `torch.erfc`, `torch.special.erfc`.
    #[track_caller]
    pub fn erfc(&self) -> Tensor {
        self.unary_x(Unary::Erfc, |g, x| {
            g.mul(
                x.square()
                    .neg()
                    .exp()
                    .mul(-std::f64::consts::FRAC_2_SQRT_PI),
            )
        })
    }

    /// The inverse of [`Tensor::erf`], `torch.erfinv`, `torch.special.erfinv`; infinite at -1 and 1,
    /// NaN beyond.
    #[track_caller]
    pub fn erfinv(&self) -> Tensor {
        self.unary_y(Unary::Erfinv, |g, y| {
            g.mul(y.square().exp().mul(0.5 * std::f64::consts::PI.sqrt()))
        })
    }

    /// `ln |Γ(x)|`, `torch.lgamma`, `torch.special.gammaln`; infinite at 0 and the negative integers.
    #[track_caller]
    pub fn lgamma(&self) -> Tensor {
        self.unary_x(Unary::Lgamma, |g, x| g.mul(x.digamma()))
    }

    /// The slope of [`Tensor::lgamma`], `torch.digamma`, `torch.special.digamma`,
    /// `torch.special.psi`; NaN at the negative integers.
    #[track_caller]
    pub fn digamma(&self) -> Tensor {
        self.unary_x(Unary::Digamma, |g, x| g.mul(x.polygamma(1)))
    }

    /// The `n`-th derivative of [`Tensor::digamma`], `torch.polygamma(n, x)`,
    /// `torch.special.polygamma`.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let basel = tensor!(1.0).polygamma(1).item();
    /// assert!((basel - std::f64::consts::PI.powi(2) / 6.0).abs() < 1e-6);
    /// ```
    #[track_caller]
    pub fn polygamma(&self, n: usize) -> Tensor {
        if n == 0 {
            return self.digamma();
        }
        // (-1)ⁿ⁺¹ n! ζ(n + 1, x)
        let factor: f64 = (1..=n).map(|k| k as f64).product();
        let factor = if n.is_multiple_of(2) { -factor } else { factor };
        let value = {
            let zeta = self.value().scalar_binary(Binary::Zeta, (n + 1) as f64);
            ok(zeta.and_then(|zeta| zeta.binary_scalar(Binary::Mul, factor)))
        };
        let op = Op::new("polygamma", [self]);
        if !op.needs(0) {
            return Tensor::from(value);
        }
        let x = self.snapshot();
        op.rule(0, move |g| g.mul(x.polygamma(n + 1))).output(value)
    }

    /// `ln Γₚ(x)`, the logarithm of the multivariate gamma function, `torch.mvlgamma`,
    /// `torch.special.multigammaln`: `p (p - 1) / 4 ln π + Σ lgamma(x - j / 2)` over `j` below `p`.
    #[track_caller]
    pub fn mvlgamma(&self, p: usize) -> Tensor {
        let constant = (p * p.saturating_sub(1)) as f64 / 4.0 * std::f64::consts::PI.ln();
        let mut sum = self.mul(0.0).add(constant);
        for j in 0..p {
            sum = sum.add(self.sub(j as f64 / 2.0).lgamma());
        }
        sum
    }

    /// Hurwitz's zeta function `Σ (q + k)⁻ˣ` over `k >= 0`, `torch.special.zeta`. As in PyTorch it
    /// has a gradient in `q` only.
    #[track_caller]
    pub fn zeta(&self, q: impl Into<Operand>) -> Tensor {
        let q = q.into().to_tensor(self);
        let value = ok(self.value().binary(Binary::Zeta, &q.value()));
        let op = Op::new("zeta", [self, &q]);
        if !op.needs(0) && !op.needs(1) {
            return Tensor::from(value);
        }
        let (x, at) = (self.snapshot(), q.snapshot());
        op.rule(1, move |g| g.mul(x.add(1.0).zeta(&at).mul(&x)).neg())
            .output(value)
    }

    /// The modified Bessel function of order 0, `torch.i0`, `torch.special.i0`.
    #[track_caller]
    pub fn i0(&self) -> Tensor {
        let value = {
            let _guard = no_grad_guard();
            self.grown(Tensor::i0e)
        };
        let op = Op::new("i0", [self]);
        if !op.needs(0) {
            return value;
        }
        let x = self.snapshot();
        op.rule(0, move |g| g.mul(x.i1())).output(value.value())
    }

    /// The modified Bessel function of order 1, `torch.special.i1`.
    #[track_caller]
    pub fn i1(&self) -> Tensor {
        let value = {
            let _guard = no_grad_guard();
            self.grown(Tensor::i1e)
        };
        let op = Op::new("i1", [self]);
        if !op.needs(0) {
            return value;
        }
        let x = self.snapshot();
        op.rule_y(0, move |g, y| {
            let slope = x.i0().sub(y.div(x.away_from_zero()));
            g.mul(Tensor::where_(&x.eq(0.0), 0.5, &slope))
        })
        .output(value.value())
    }

    /// `e^|x|` times a scaled Bessel function.
    #[track_caller]
    fn grown(&self, scaled: fn(&Tensor) -> Tensor) -> Tensor {
        let x = self.wide();
        let dtype = self.dtype().to_float();
        scaled(&x).mul(x.abs().exp()).to_dtype(dtype)
    }

    /// Itself with 1 in place of 0, to divide by.
    #[track_caller]
    fn away_from_zero(&self) -> Tensor {
        Tensor::where_(&self.eq(0.0), 1.0, self)
    }

    /// `e^-|x|` [`Tensor::i0`], which does not overflow, `torch.special.i0e`.
    #[track_caller]
    pub fn i0e(&self) -> Tensor {
        let value = ok(self.value().unary(Unary::I0e));
        let op = Op::new("i0e", [self]);
        if !op.needs(0) {
            return Tensor::from(value);
        }
        let x = self.snapshot();
        op.rule_y(0, move |g, y| g.mul(x.i1e().sub(x.sign().mul(y))))
            .output(value)
    }

    /// `e^-|x|` [`Tensor::i1`], which does not overflow, `torch.special.i1e`.
    #[track_caller]
    pub fn i1e(&self) -> Tensor {
        let value = ok(self.value().unary(Unary::I1e));
        let op = Op::new("i1e", [self]);
        if !op.needs(0) {
            return Tensor::from(value);
        }
        let x = self.snapshot();
        op.rule_y(0, move |g, y| {
            let inverse = x.away_from_zero().reciprocal();
            let slope = x.i0e().sub(y.mul(x.sign().add(inverse)));
            g.mul(Tensor::where_(&x.eq(0.0), 0.5, &slope))
        })
        .output(value)
    }

    /// `sin(πx) / πx`, 1 at 0, `torch.sinc`, `torch.special.sinc`.
    #[track_caller]
    pub fn sinc(&self) -> Tensor {
        let zero = self.eq(0.0);
        let x = Tensor::where_(&zero, 1.0, self.mul(std::f64::consts::PI));
        Tensor::where_(&zero, 1.0, x.sin().div(&x))
    }

    /// `ln(x / (1 - x))`, the inverse of [`Tensor::sigmoid`], `torch.logit`, `torch.special.logit`;
    /// with `eps`, of `x` kept within `[eps, 1 - eps]`, beyond which the gradient is 0.
    #[track_caller]
    pub fn logit(&self, eps: impl Into<Option<f64>>) -> Tensor {
        let eps = eps.into();
        let value = {
            let _guard = no_grad_guard();
            let x = self.wide();
            let x = match eps {
                Some(e) => x.clamp(e, 1.0 - e),
                None => x,
            };
            let odds = x.div(x.neg().add(1.0));
            odds.log().to_dtype(self.dtype().to_float())
        };
        let op = Op::new("logit", [self]);
        if !op.needs(0) {
            return value;
        }
        let x = self.snapshot();
        op.rule(0, move |g| {
            let slope = x.mul(x.neg().add(1.0)).reciprocal();
            let (low, high, beyond) = match eps {
                Some(e) => (e, 1.0 - e, 0.0),
                None => (0.0, 1.0, f64::NAN),
            };
            let outside = x.lt(low).logical_or(x.gt(high));
            g.mul(Tensor::where_(&outside, beyond, &slope))
        })
        .output(value.value())
    }

    /// `x ln y`, 0 where `x` is 0 unless `y` is NaN, `torch.xlogy`, `torch.special.xlogy`.
    #[track_caller]
    pub fn xlogy(&self, other: impl Into<Operand>) -> Tensor {
        self.times_logarithm("xlogy", other.into().to_tensor(self), 0.0)
    }

    /// `x ln(1 + y)`, 0 where `x` is 0 unless `y` is NaN, `torch.special.xlog1py`.
    #[track_caller]
    pub fn xlog1py(&self, other: impl Into<Operand>) -> Tensor {
        self.times_logarithm("xlog1py", other.into().to_tensor(self), 1.0)
    }

    /// `x ln(shift + y)`, for a shift of 0 or 1.
    #[track_caller]
    fn times_logarithm(&self, name: &'static str, other: Tensor, shift: f64) -> Tensor {
        let logarithm = move |y: &Tensor| if shift == 0.0 { y.log() } else { y.log1p() };
        let value = {
            let _guard = no_grad_guard();
            let plain = self.mul(logarithm(&other));
            let nothing = self.eq(0.0).logical_and(other.isnan().logical_not());
            Tensor::where_(&nothing, 0.0, &plain)
        };
        let op = Op::new(name, [self, &other]);
        if !op.needs(0) && !op.needs(1) {
            return value;
        }
        let ((x, y), (x2, y2)) = (
            (self.snapshot(), other.snapshot()),
            (self.snapshot(), other.snapshot()),
        );
        op.rule(0, move |g| {
            let nothing = x.eq(0.0).logical_and(y.le(-shift));
            Tensor::where_(&nothing, 0.0, g.mul(logarithm(&y)))
        })
        .rule(1, move |g| g.mul(&x2).div(y2.add(shift)))
        .output(value.value())
    }

    /// `-x ln x`: 0 at 0, -∞ below, `torch.special.entr`.
    #[track_caller]
    pub fn entr(&self) -> Tensor {
        let value = {
            let _guard = no_grad_guard();
            let x = self.wide();
            let plain = x.mul(x.log()).neg();
            let y = Tensor::where_(&x.eq(0.0), 0.0, &plain);
            Tensor::where_(&x.lt(0.0), f64::NEG_INFINITY, &y).to_dtype(self.dtype().to_float())
        };
        let op = Op::new("entr", [self]);
        if !op.needs(0) {
            return value;
        }
        let x = self.snapshot();
        op.rule(0, move |g| g.mul(x.log().add(1.0)).neg())
            .output(value.value())
    }

    /// The area under the normal density left of `x`, `torch.special.ndtr`.
    #[track_caller]
    pub fn ndtr(&self) -> Tensor {
        self.mul(-std::f64::consts::FRAC_1_SQRT_2).erfc().mul(0.5)
    }

    /// The inverse of [`Tensor::ndtr`], `torch.special.ndtri`: how far out the area to the left is `x`.
    /// Infinite at 0 and 1, NaN beyond.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// // Of 95 in a hundred the deviation is at most 1.96.
    /// assert!((tensor!(0.975).ndtri().item() - 1.95996).abs() < 1e-5);
    /// ```
    #[track_caller]
    pub fn ndtri(&self) -> Tensor {
        self.unary_y(Unary::Ndtri, |g, y| {
            let slope = y.square().mul(0.5).exp();
            g.mul(slope.mul((2.0 * std::f64::consts::PI).sqrt()))
        })
    }
}
