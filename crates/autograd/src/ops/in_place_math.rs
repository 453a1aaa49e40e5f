//! Mathematics in place. Each gives what its form without the underscore gives, in the dtype that
//! the tensor has; a result of a higher kind is an error.

use ondol_tensor::{Error, Scalar, can_cast};

use crate::{Op, Operand, Tensor, no_grad_guard, raise};

/// A result as the tensor it is written to can hold it.
#[track_caller]
pub(super) fn fitted(op: &'static str, old: &Tensor, new: &Tensor) -> Tensor {
    if new.shape() != old.shape() {
        raise(Error::Shape {
            op,
            lhs: old.shape().to_vec(),
            rhs: new.shape().to_vec(),
            rule: "in place, the result must have the shape of the tensor".into(),
        });
    }
    if !can_cast(new.dtype(), old.dtype()) {
        raise(Error::DType {
            op,
            got: format!("a result of {} in place on {}", new.dtype(), old.dtype()),
            expected: format!(
                "a result that {} can hold; cast the tensor first",
                old.dtype()
            ),
        });
    }
    if old.requires_grad() && !new.requires_grad() {
        // The old numbers no longer count: their gradient is 0.
        let value = new.to_dtype(old.dtype()).value();
        return Op::new(op, [old]).rule(0, Tensor::zeros_like).output(value);
    }
    new.to_dtype(old.dtype())
}

impl Tensor {
    /// The tensor becomes `f` of itself. `operands` are snapshots: one may be this very tensor.
    #[track_caller]
    pub(crate) fn rewrite(
        &self,
        op: &'static str,
        operands: &[&Tensor],
        f: impl Fn(&Tensor) -> Tensor,
    ) -> Tensor {
        self.write_in_place(
            op,
            operands,
            |old| fitted(op, old, &f(old)),
            |array| {
                let _guard = no_grad_guard();
                let old = Tensor::from(array.clone());
                *array = fitted(op, &old, &f(&old)).into_value();
                Ok(())
            },
        );
        self.clone()
    }
}

macro_rules! in_place_unary {
    ($($(#[$doc:meta])* $name:ident = $op:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            /// Returns the same tensor.
            #[track_caller]
            pub fn $name(&self) -> Tensor {
                self.rewrite(stringify!($name), &[], Tensor::$op)
            }
        )*}
    };
}

in_place_unary! {
    /// [`Tensor::abs`] in place, `torch.Tensor.abs_`, `torch.Tensor.absolute_`.
    abs_ = abs;
    /// [`Tensor::neg`] in place, `torch.Tensor.neg_`, `torch.Tensor.negative_`.
    neg_ = neg;
    /// [`Tensor::sign`] in place, `torch.Tensor.sign_`, `torch.Tensor.sgn_`.
    sign_ = sign;
    /// [`Tensor::square`] in place, `torch.Tensor.square_`.
    square_ = square;
    /// [`Tensor::exp`] in place, `torch.Tensor.exp_`.
    exp_ = exp;
    /// [`Tensor::exp2`] in place, `torch.Tensor.exp2_`.
    exp2_ = exp2;
    /// [`Tensor::expm1`] in place, `torch.Tensor.expm1_`.
    expm1_ = expm1;
    /// [`Tensor::log`] in place, `torch.Tensor.log_`.
    log_ = log;
    /// [`Tensor::log1p`] in place, `torch.Tensor.log1p_`.
    log1p_ = log1p;
    /// [`Tensor::log2`] in place, `torch.Tensor.log2_`.
    log2_ = log2;
    /// [`Tensor::log10`] in place, `torch.Tensor.log10_`.
    log10_ = log10;
    /// [`Tensor::sqrt`] in place, `torch.Tensor.sqrt_`.
    sqrt_ = sqrt;
    /// [`Tensor::rsqrt`] in place, `torch.Tensor.rsqrt_`.
    rsqrt_ = rsqrt;
    /// [`Tensor::reciprocal`] in place, `torch.Tensor.reciprocal_`.
    reciprocal_ = reciprocal;
    /// [`Tensor::sin`] in place, `torch.Tensor.sin_`.
    sin_ = sin;
    /// [`Tensor::cos`] in place, `torch.Tensor.cos_`.
    cos_ = cos;
    /// [`Tensor::tan`] in place, `torch.Tensor.tan_`.
    tan_ = tan;
    /// [`Tensor::asin`] in place, `torch.Tensor.asin_`, `torch.Tensor.arcsin_`.
    asin_ = asin;
    /// [`Tensor::acos`] in place, `torch.Tensor.acos_`, `torch.Tensor.arccos_`.
    acos_ = acos;
    /// [`Tensor::atan`] in place, `torch.Tensor.atan_`, `torch.Tensor.arctan_`.
    atan_ = atan;
    /// [`Tensor::sinh`] in place, `torch.Tensor.sinh_`.
    sinh_ = sinh;
    /// [`Tensor::cosh`] in place, `torch.Tensor.cosh_`.
    cosh_ = cosh;
    /// [`Tensor::tanh`] in place, `torch.Tensor.tanh_`.
    tanh_ = tanh;
    /// [`Tensor::asinh`] in place, `torch.Tensor.asinh_`, `torch.Tensor.arcsinh_`.
    asinh_ = asinh;
    /// [`Tensor::acosh`] in place, `torch.Tensor.acosh_`, `torch.Tensor.arccosh_`.
    acosh_ = acosh;
    /// [`Tensor::atanh`] in place, `torch.Tensor.atanh_`, `torch.Tensor.arctanh_`.
    atanh_ = atanh;
    /// [`Tensor::sigmoid`] in place, `torch.Tensor.sigmoid_`.
    sigmoid_ = sigmoid;
    /// [`Tensor::erf`] in place, `torch.Tensor.erf_`.
    erf_ = erf;
    /// [`Tensor::erfc`] in place, `torch.Tensor.erfc_`.
    erfc_ = erfc;
    /// [`Tensor::erfinv`] in place, `torch.Tensor.erfinv_`.
    erfinv_ = erfinv;
    /// [`Tensor::lgamma`] in place, `torch.Tensor.lgamma_`.
    lgamma_ = lgamma;
    /// [`Tensor::digamma`] in place, `torch.Tensor.digamma_`.
    digamma_ = digamma;
    /// [`Tensor::i0`] in place, `torch.Tensor.i0_`.
    i0_ = i0;
    /// [`Tensor::sinc`] in place, `torch.Tensor.sinc_`.
    sinc_ = sinc;
    /// [`Tensor::floor`] in place, `torch.Tensor.floor_`.
    floor_ = floor;
    /// [`Tensor::ceil`] in place, `torch.Tensor.ceil_`.
    ceil_ = ceil;
    /// [`Tensor::round`] in place, `torch.Tensor.round_`.
    round_ = round;
    /// [`Tensor::trunc`] in place, `torch.Tensor.trunc_`, `torch.Tensor.fix_`.
    trunc_ = trunc;
    /// [`Tensor::frac`] in place, `torch.Tensor.frac_`.
    frac_ = frac;
    /// [`Tensor::deg2rad`] in place, `torch.Tensor.deg2rad_`.
    deg2rad_ = deg2rad;
    /// [`Tensor::rad2deg`] in place, `torch.Tensor.rad2deg_`.
    rad2deg_ = rad2deg;
    /// [`Tensor::logical_not`] in place, `torch.Tensor.logical_not_`.
    logical_not_ = logical_not;
    /// [`Tensor::bitwise_not`] in place, `torch.Tensor.bitwise_not_`.
    bitwise_not_ = bitwise_not;
}

macro_rules! in_place_binary {
    ($($(#[$doc:meta])* $name:ident = $op:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            /// Returns the same tensor.
            #[track_caller]
            pub fn $name(&self, other: impl Into<Operand>) -> Tensor {
                let other = other.into().snapshot();
                let operands: Vec<&Tensor> = other.tensor().into_iter().collect();
                self.rewrite(stringify!($name), &operands, |old| old.$op(other.clone()))
            }
        )*}
    };
}

in_place_binary! {
    /// [`Tensor::pow`] in place, `torch.Tensor.pow_`.
    pow_ = pow;
    /// [`Tensor::float_power`] in place, `torch.Tensor.float_power_`.
    float_power_ = float_power;
    /// [`Tensor::remainder`] in place, `torch.Tensor.remainder_`.
    remainder_ = remainder;
    /// [`Tensor::fmod`] in place, `torch.Tensor.fmod_`.
    fmod_ = fmod;
    /// [`Tensor::floor_divide`] in place, `torch.Tensor.floor_divide_`.
    floor_divide_ = floor_divide;
    /// [`Tensor::hypot`] in place, `torch.Tensor.hypot_`.
    hypot_ = hypot;
    /// [`Tensor::copysign`] in place, `torch.Tensor.copysign_`.
    copysign_ = copysign;
    /// [`Tensor::ldexp`] in place, `torch.Tensor.ldexp_`.
    ldexp_ = ldexp;
    /// [`Tensor::atan2`] in place, `torch.Tensor.atan2_`, `torch.Tensor.arctan2_`.
    atan2_ = atan2;
    /// [`Tensor::xlogy`] in place, `torch.Tensor.xlogy_`.
    xlogy_ = xlogy;
    /// [`Tensor::gcd`] in place, `torch.Tensor.gcd_`.
    gcd_ = gcd;
    /// [`Tensor::lcm`] in place, `torch.Tensor.lcm_`.
    lcm_ = lcm;
    /// [`Tensor::bitwise_left_shift`] in place, `torch.Tensor.bitwise_left_shift_`.
    bitwise_left_shift_ = bitwise_left_shift;
    /// [`Tensor::bitwise_right_shift`] in place, `torch.Tensor.bitwise_right_shift_`.
    bitwise_right_shift_ = bitwise_right_shift;
    /// [`Tensor::bitwise_and`] in place, `torch.Tensor.bitwise_and_`.
    bitwise_and_ = bitwise_and;
    /// [`Tensor::bitwise_or`] in place, `torch.Tensor.bitwise_or_`.
    bitwise_or_ = bitwise_or;
    /// [`Tensor::bitwise_xor`] in place, `torch.Tensor.bitwise_xor_`.
    bitwise_xor_ = bitwise_xor;
    /// [`Tensor::logical_and`] in place, `torch.Tensor.logical_and_`.
    logical_and_ = logical_and;
    /// [`Tensor::logical_or`] in place, `torch.Tensor.logical_or_`.
    logical_or_ = logical_or;
    /// [`Tensor::logical_xor`] in place, `torch.Tensor.logical_xor_`.
    logical_xor_ = logical_xor;
    /// [`Tensor::eq`] in place, `torch.Tensor.eq_`.
    eq_ = eq;
    /// [`Tensor::ne`] in place, `torch.Tensor.ne_`, `torch.Tensor.not_equal_`.
    ne_ = ne;
    /// [`Tensor::lt`] in place, `torch.Tensor.lt_`, `torch.Tensor.less_`.
    lt_ = lt;
    /// [`Tensor::le`] in place, `torch.Tensor.le_`, `torch.Tensor.less_equal_`.
    le_ = le;
    /// [`Tensor::gt`] in place, `torch.Tensor.gt_`, `torch.Tensor.greater_`.
    gt_ = gt;
    /// [`Tensor::ge`] in place, `torch.Tensor.ge_`, `torch.Tensor.greater_equal_`.
    ge_ = ge;
}

impl Tensor {
    /// [`Tensor::clamp`] in place, `torch.Tensor.clamp_`, `torch.Tensor.clip_`; returns the same tensor.
    #[track_caller]
    pub fn clamp_(&self, min: impl Into<Option<f64>>, max: impl Into<Option<f64>>) -> Tensor {
        let (min, max) = (min.into(), max.into());
        self.rewrite("clamp_", &[], |old| old.clamp(min, max))
    }

    /// [`Tensor::clamp_min`] in place, `torch.Tensor.clamp_min_`; returns the same tensor.
    #[track_caller]
    pub fn clamp_min_(&self, min: f64) -> Tensor {
        self.rewrite("clamp_min_", &[], |old| old.clamp_min(min))
    }

    /// [`Tensor::clamp_max`] in place, `torch.Tensor.clamp_max_`; returns the same tensor.
    #[track_caller]
    pub fn clamp_max_(&self, max: f64) -> Tensor {
        self.rewrite("clamp_max_", &[], |old| old.clamp_max(max))
    }

    /// [`Tensor::threshold`] in place, `torch.threshold_`, `torch.nn.functional.threshold_`; returns
    /// the same tensor.
    #[track_caller]
    pub fn threshold_(&self, threshold: f64, value: f64) -> Tensor {
        self.rewrite("threshold_", &[], |old| old.threshold(threshold, value))
    }

    /// [`Tensor::nan_to_num`] in place, `torch.Tensor.nan_to_num_`; returns the same tensor.
    #[track_caller]
    pub fn nan_to_num_(
        &self,
        nan: impl Into<Option<f64>>,
        posinf: impl Into<Option<f64>>,
        neginf: impl Into<Option<f64>>,
    ) -> Tensor {
        let (nan, posinf, neginf) = (nan.into(), posinf.into(), neginf.into());
        self.rewrite("nan_to_num_", &[], |old| {
            old.nan_to_num(nan, posinf, neginf)
        })
    }

    /// [`Tensor::logit`] in place, `torch.Tensor.logit_`; returns the same tensor.
    #[track_caller]
    pub fn logit_(&self, eps: impl Into<Option<f64>>) -> Tensor {
        let eps = eps.into();
        self.rewrite("logit_", &[], |old| old.logit(eps))
    }

    /// [`Tensor::polygamma`] in place, `torch.Tensor.polygamma_`; returns the same tensor.
    #[track_caller]
    pub fn polygamma_(&self, n: usize) -> Tensor {
        self.rewrite("polygamma_", &[], |old| old.polygamma(n))
    }

    /// [`Tensor::lerp`] in place, `torch.Tensor.lerp_`; returns the same tensor.
    #[track_caller]
    pub fn lerp_(&self, end: &Tensor, weight: impl Into<Operand>) -> Tensor {
        let (end, weight) = (end.snapshot(), weight.into().snapshot());
        let operands: Vec<&Tensor> = [&end].into_iter().chain(weight.tensor()).collect();
        self.rewrite("lerp_", &operands, |old| old.lerp(&end, weight.clone()))
    }

    /// [`Tensor::addcmul`] in place, `torch.Tensor.addcmul_`; returns the same tensor.
    #[track_caller]
    pub fn addcmul_(&self, a: &Tensor, b: &Tensor, value: impl Into<Scalar>) -> Tensor {
        let (a, b, value) = (a.snapshot(), b.snapshot(), value.into());
        self.rewrite("addcmul_", &[&a, &b], |old| old.addcmul(&a, &b, value))
    }

    /// [`Tensor::addcdiv`] in place, `torch.Tensor.addcdiv_`; returns the same tensor.
    #[track_caller]
    pub fn addcdiv_(&self, a: &Tensor, b: &Tensor, value: impl Into<Scalar>) -> Tensor {
        let (a, b, value) = (a.snapshot(), b.snapshot(), value.into());
        self.rewrite("addcdiv_", &[&a, &b], |old| old.addcdiv(&a, &b, value))
    }

    /// [`Tensor::heaviside`] in place, `torch.Tensor.heaviside_`; returns the same tensor.
    #[track_caller]
    pub fn heaviside_(&self, values: &Tensor) -> Tensor {
        let values = values.snapshot();
        self.rewrite("heaviside_", &[&values], |old| old.heaviside(&values))
    }

    /// [`Tensor::renorm`] in place, `torch.Tensor.renorm_`; returns the same tensor.
    #[track_caller]
    pub fn renorm_(&self, p: f64, dim: isize, maxnorm: f64) -> Tensor {
        self.rewrite("renorm_", &[], |old| old.renorm(p, dim, maxnorm))
    }

    /// [`Tensor::cumsum`] in place, `torch.Tensor.cumsum_`; returns the same tensor.
    #[track_caller]
    pub fn cumsum_(&self, dim: isize) -> Tensor {
        self.rewrite("cumsum_", &[], |old| old.cumsum(dim))
    }

    /// [`Tensor::cumprod`] in place, `torch.Tensor.cumprod_`; returns the same tensor.
    #[track_caller]
    pub fn cumprod_(&self, dim: isize) -> Tensor {
        self.rewrite("cumprod_", &[], |old| old.cumprod(dim))
    }
}
