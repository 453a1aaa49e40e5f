//! Parts of numbers, signs, and what stands in for those that are not finite.

use ondol_tensor::{Binary, DType, Error, finfo};

use crate::{Op, Tensor, ok, raise};

impl Tensor {
    /// What is left after [`Tensor::trunc`], with the sign of `x`, `torch.frac`.
    ///
    /// # Panics
    /// On integers.
    #[track_caller]
    pub fn frac(&self) -> Tensor {
        self.floating("frac");
        self.sub(self.trunc())
    }

    /// To so many decimals, ties to even, `torch.round(decimals)`; negative counts before the point.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// assert_eq!(tensor!([1250.0, 1350.0]).round_decimals(-2).to_vec::<f32>(), [1200.0, 1400.0]);
    /// ```
    ///
    /// # Panics
    /// On integers.
    #[track_caller]
    pub fn round_decimals(&self, decimals: i32) -> Tensor {
        self.floating("round");
        let ten = 10f64.powi(decimals.abs());
        if decimals < 0 {
            self.div(ten).round().mul(ten)
        } else {
            self.mul(ten).round().div(ten)
        }
    }

    /// Numbers in place of those that are not finite, `torch.nan_to_num`: of NaN, ∞ and -∞; where not
    /// given, 0 and the greatest and least of the dtype. The gradient is 0 there.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([f32::NAN, f32::INFINITY, 2.0]);
    /// assert_eq!(x.nan_to_num(None, None, None).to_vec::<f32>(), [0.0, f32::MAX, 2.0]);
    /// assert_eq!(x.nan_to_num(-1.0, 9.0, None).to_vec::<f32>(), [-1.0, 9.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn nan_to_num(
        &self,
        nan: impl Into<Option<f64>>,
        posinf: impl Into<Option<f64>>,
        neginf: impl Into<Option<f64>>,
    ) -> Tensor {
        let Ok(limits) = finfo(self.dtype()) else {
            return self.clone();
        };
        let x = Tensor::where_(&self.isnan(), nan.into().unwrap_or(0.0), self);
        let (most, least) = (posinf.into(), neginf.into());
        let x = Tensor::where_(&self.eq(f64::INFINITY), most.unwrap_or(limits.max), x);
        let infinite = self.eq(f64::NEG_INFINITY);
        Tensor::where_(&infinite, least.unwrap_or(limits.min), x)
    }

    /// Whether the sign is minus, that of -0 too, `torch.signbit`.
    #[track_caller]
    pub fn signbit(&self) -> Tensor {
        if !self.dtype().is_floating_point() {
            return self.lt(0i64);
        }
        let signs = ok(self.value().scalar_binary(Binary::Copysign, 1.0));
        Tensor::from(signs).lt(0.0)
    }

    /// Whether each element is ∞, `torch.isposinf`.
    #[track_caller]
    pub fn isposinf(&self) -> Tensor {
        if !self.dtype().is_floating_point() {
            return self.ne(self);
        }
        self.eq(f64::INFINITY)
    }

    /// Whether each element is -∞, `torch.isneginf`.
    #[track_caller]
    pub fn isneginf(&self) -> Tensor {
        if !self.dtype().is_floating_point() {
            return self.ne(self);
        }
        self.eq(f64::NEG_INFINITY)
    }

    /// Whether each element is a real number, `torch.isreal`: always, as there are no complex ones.
    #[track_caller]
    pub fn isreal(&self) -> Tensor {
        Tensor::ones_with(self.shape(), (DType::Bool, &self.device()))
    }

    /// Itself, `torch.positive`.
    ///
    /// # Panics
    /// On `bool`.
    #[track_caller]
    pub fn positive(&self) -> Tensor {
        if self.dtype() == DType::Bool {
            raise(Error::DType {
                op: "positive",
                got: "bool".into(),
                expected: "numbers".into(),
            });
        }
        self.clone()
    }

    /// Degrees to radians, `torch.deg2rad`.
    #[track_caller]
    pub fn deg2rad(&self) -> Tensor {
        self.mul(std::f64::consts::PI / 180.0)
    }

    /// Radians to degrees, `torch.rad2deg`.
    #[track_caller]
    pub fn rad2deg(&self) -> Tensor {
        self.mul(180.0 / std::f64::consts::PI)
    }

    /// Every bit turned, `torch.bitwise_not`: `-x - 1`, and not on `bool`.
    ///
    /// # Panics
    /// On floats.
    #[track_caller]
    pub fn bitwise_not(&self) -> Tensor {
        if self.dtype() == DType::Bool {
            return self.logical_not();
        }
        let value = ok(self.value().binary_scalar(Binary::Xor, -1i64));
        Op::new("bitwise_not", [self])
            .not_differentiable()
            .output(value)
    }

    /// Refuses a dtype that is not floating.
    #[track_caller]
    pub(crate) fn floating(&self, op: &'static str) {
        if !self.dtype().is_floating_point() {
            raise(Error::DType {
                op,
                got: self.dtype().to_string(),
                expected: "a floating-point dtype; use .float() first".into(),
            });
        }
    }
}
