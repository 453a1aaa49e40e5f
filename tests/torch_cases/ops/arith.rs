//! Two operands and more, element by element.

use ondol::{Operand, RoundingMode, Tensor};

use super::one;
use crate::torch_cases::call::Call;

macro_rules! pairs {
    ($op:expr, $call:expr; $($name:ident $(| $alias:literal)*),* $(,)?) => {
        match $op {
            $(stringify!($name) $(| $alias)* => Some($call.x().$name($call.operand("other"))),)*
            _ => None,
        }
    };
}

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let known = pairs!(op, call;
        mul | "multiply", maximum, minimum, remainder, fmod, floor_divide, atan2 | "arctan2", hypot, copysign,
        ldexp, gcd, lcm,
        eq, ne | "not_equal", lt | "less", le | "less_equal", gt | "greater", ge | "greater_equal",
        logical_and, logical_or, logical_xor, bitwise_and, bitwise_or, bitwise_xor,
        bitwise_left_shift, bitwise_right_shift, xlogy, xlog1py, zeta,
    );
    if let Some(y) = known {
        return one(y);
    }
    let both = |f: fn(&Tensor, &Tensor) -> Tensor| f(&call.x(), &call.at(1));
    let (x, other) = (|| call.x(), || call.operand("other"));
    one(match op {
        "add" | "sub" | "subtract" => {
            let (x, other) = (x(), other());
            match (op, call.number("alpha")) {
                ("add", None) => x.add(other),
                ("add", Some(alpha)) => x.add_scaled(other, alpha),
                (_, None) => x.sub(other),
                (_, Some(alpha)) => x.sub_scaled(other, alpha),
            }
        }
        "fmax" => both(Tensor::fmax),
        "fmin" => both(Tensor::fmin),
        "logaddexp" => both(Tensor::logaddexp),
        "logaddexp2" => both(Tensor::logaddexp2),
        "rsub" => {
            let alpha = call.number("alpha");
            match alpha {
                None => x().rsub(other()),
                Some(alpha) => x().mul(alpha).rsub(other()),
            }
        }
        "div" | "divide" | "true_divide" => match call.text("rounding_mode") {
            None => x().div(other()),
            Some("trunc") => x().div_with(other(), RoundingMode::Trunc),
            Some("floor") => x().div_with(other(), RoundingMode::Floor),
            Some(mode) => panic!("rounding_mode {mode}"),
        },
        "pow" | "float_power" => {
            let exponent = match call.optional("exponent") {
                Some(t) => Operand::from(t),
                None => call.operand("exponent"),
            };
            // A number to the power of a tensor: the number is a 0-dim tensor.
            let base = match call.number("self") {
                Some(number) => Tensor::full((), number),
                None => x(),
            };
            if op == "pow" {
                base.pow(exponent)
            } else {
                base.float_power(exponent)
            }
        }
        "heaviside" => x().heaviside(&call.at(1)),
        "clamp" | "clip" => {
            let (min, max) = (call.optional("min"), call.optional("max"));
            if min.is_some() || max.is_some() {
                x().clamp_tensor(min.as_ref(), max.as_ref())
            } else {
                x().clamp(call.float("min"), call.float("max"))
            }
        }
        "clamp_min" => x().clamp_min(call.float("min").expect("min")),
        "clamp_max" => x().clamp_max(call.float("max").expect("max")),
        "lerp" => x().lerp(&call.tensor("end"), call.operand("weight")),
        "addcmul" => x().addcmul(&call.at(1), &call.at(2), call.float_or("value", 1.0)),
        "addcdiv" => x().addcdiv(&call.at(1), &call.at(2), call.float_or("value", 1.0)),
        "where" => Tensor::where_(&call.at(0), call.at(1), call.at(2)),
        "isclose" => x().isclose(
            &call.tensor("other"),
            call.float_or("rtol", 1e-5),
            call.float_or("atol", 1e-8),
            call.bool_or("equal_nan", false),
        ),
        "threshold" => x().threshold(
            call.float("threshold").expect("threshold"),
            call.float("value").expect("value"),
        ),
        "dist" => x().dist(&call.tensor("other"), call.float_or("p", 2.0)),
        _ => return None,
    })
}
