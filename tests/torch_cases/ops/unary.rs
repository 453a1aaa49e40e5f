//! One tensor in, one of the same shape out.

use ondol::Tensor;

use super::one;
use crate::torch_cases::call::Call;

/// Methods of PyTorch's own name that take nothing.
macro_rules! methods {
    ($op:expr, $x:expr; $($name:ident $(| $alias:literal)*),* $(,)?) => {
        match $op {
            $(stringify!($name) $(| $alias)* => Some($x.$name()),)*
            _ => None,
        }
    };
}

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    match op {
        "logit" => return one(x().logit(call.float("eps"))),
        "round" => {
            return one(match call.int("decimals") {
                None | Some(0) => x().round(),
                Some(n) => x().round_decimals(n as i32),
            });
        }
        "nan_to_num" => {
            return one(x().nan_to_num(
                call.float_or("nan", 0.0),
                call.float("posinf"),
                call.float("neginf"),
            ));
        }
        "polygamma" => return one(x().polygamma(call.size("n").expect("n"))),
        "mvlgamma" | "multigammaln" => return one(x().mvlgamma(call.size("p").expect("p"))),
        _ => {}
    }
    // Asking for the tensor marks it as read, so nothing is asked before the name is known.
    let known = methods!(op, x();
        neg | "negative", abs | "absolute", sign | "sgn", square, relu, exp, exp2, expm1, log, log2, log10, log1p,
        sqrt, rsqrt, reciprocal, sin, cos, tan, asin | "arcsin", acos | "arccos", atan | "arctan", sinh, cosh, tanh,
        asinh | "arcsinh", acosh | "arccosh", atanh | "arctanh", sigmoid | "expit", erf, erfc, erfinv, lgamma | "gammaln", digamma | "psi",
        sinc, frac, floor, ceil, trunc | "fix", positive, deg2rad, rad2deg,
        i0, i1, i0e | "special_i0e", i1e | "special_i1e", entr, ndtr, log_ndtr, erfcx, angle,
        isnan, isinf, isfinite, isposinf, isneginf, signbit, logical_not, bitwise_not,
    );
    known.map(|y| vec![y])
}
