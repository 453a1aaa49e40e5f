//! Functions of the tails of the normal distribution, where `erfc` is too small to hold. They are
//! computed in double precision, and from asymptotic series far out.

use ondol_tensor::DType;

use crate::{Op, Tensor, no_grad_guard};

/// `Σ cₖ zᵏ`, the constant first.
#[track_caller]
fn polynomial(z: &Tensor, coefficients: &[f64]) -> Tensor {
    let mut sum = z.mul(0.0);
    for &c in coefficients.iter().rev() {
        sum = sum.mul(z).add(c);
    }
    sum
}

impl Tensor {
    /// `e^(x²) erfc(x)`, which does not underflow, `torch.special.erfcx`.
    #[track_caller]
    pub fn erfcx(&self) -> Tensor {
        let value = {
            let _guard = no_grad_guard();
            let x = self.to_dtype(DType::F64);
            let near = x.square().exp().mul(x.erfc());
            // 1 / (x √π) (1 - 1/2x² + 3/4x⁴ - …)
            let series = [1.0, -0.5, 0.75, -1.875, 6.5625, -29.531_25, 162.421_875];
            let far = polynomial(&x.square().reciprocal(), &series);
            let far = far.div(x.mul(std::f64::consts::PI.sqrt()));
            Tensor::where_(&x.gt(20.0), &far, &near).to_dtype(self.dtype().to_float())
        };
        let op = Op::new("erfcx", [self]);
        if !op.needs(0) {
            return value;
        }
        let x = self.snapshot();
        op.rule_y(0, move |g, y| {
            let slope = x.mul(y).mul(2.0).sub(std::f64::consts::FRAC_2_SQRT_PI);
            g.mul(slope)
        })
        .output(value.value())
    }

    /// The logarithm of [`Tensor::ndtr`], exact in both tails, `torch.special.log_ndtr`.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([-30.0, 3.0]).log_ndtr().to_vec::<f32>();
    /// assert!((x[0] + 454.321).abs() < 1e-2 && (x[1] + 0.001_350_8).abs() < 1e-6);
    /// ```
    #[track_caller]
    pub fn log_ndtr(&self) -> Tensor {
        let half_log = (2.0 * std::f64::consts::PI).ln() / 2.0;
        let value = {
            let _guard = no_grad_guard();
            let x = self.to_dtype(DType::F64);
            let z = x.mul(std::f64::consts::FRAC_1_SQRT_2);
            let left = z.neg().erfc().mul(0.5).log();
            let right = z.erfc().mul(-0.5).log1p();
            // Far out, ln φ(x) - ln -x + ln(1 - 1/x² + 3/x⁴ - …)
            let series = [0.0, -1.0, 3.0, -15.0, 105.0];
            let far = polynomial(&x.square().reciprocal(), &series).log1p();
            let far = far
                .sub(x.square().mul(0.5))
                .sub(x.neg().log())
                .sub(half_log);
            let near = Tensor::where_(&x.gt(0.0), &right, &left);
            Tensor::where_(&x.lt(-30.0), &far, &near).to_dtype(self.dtype().to_float())
        };
        let op = Op::new("log_ndtr", [self]);
        if !op.needs(0) {
            return value;
        }
        let x = self.snapshot();
        op.rule_y(0, move |g, y| {
            // φ(x) / Φ(x), in logarithms.
            let density = x.wide().square().mul(-0.5).sub(half_log);
            g.wide().mul(density.sub(y.wide()).exp())
        })
        .output(value.value())
    }
}
