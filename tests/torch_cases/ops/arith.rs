//! Two operands and more, element by element.

use ondol::{Operand, Tensor};

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
        mul | "multiply", maximum, minimum, fmax, fmin, remainder, fmod, floor_divide, atan2 | "arctan2", hypot, copysign,
        logaddexp, logaddexp2, ldexp, gcd, lcm,
        eq, ne | "not_equal", lt | "less", le | "less_equal", gt | "greater", ge | "greater_equal",
        logical_and, logical_or, logical_xor, bitwise_and, bitwise_or, bitwise_xor,
        bitwise_left_shift, bitwise_right_shift, xlogy,
    );
    if let Some(y) = known {
        return one(y);
    }
    let (x, other) = (|| call.x(), || call.operand("other"));
    one(match op {
        "add" | "sub" | "subtract" => {
            let other = match call.number("alpha") {
                None => other(),
                Some(alpha) => scaled(other(), alpha),
            };
            if op == "add" {
                x().add(other)
            } else {
                x().sub(other)
            }
        }
        "rsub" => {
            let left = match call.number("alpha") {
                None => x(),
                Some(alpha) => x().mul(alpha),
            };
            match other() {
                Operand::Tensor(t) => t.sub(left),
                Operand::Scalar(s) => left.neg().add(s),
            }
        }
        "div" | "divide" | "true_divide" => match call.text("rounding_mode") {
            None => x().div(other()),
            Some(mode) => x().div_mode(other(), mode.parse().expect("a rounding mode")),
        },
        "pow" | "float_power" => {
            let base = call.number("self");
            let exponent = match call.optional("exponent") {
                Some(t) => Operand::from(t),
                None => call.operand("exponent"),
            };
            match (base, op) {
                (Some(base), _) => {
                    let Operand::Tensor(exponent) = exponent else {
                        panic!("a number to a number")
                    };
                    exponent.exp2_base(base)
                }
                (None, "pow") => x().pow(exponent),
                (None, _) => x().float_power(exponent),
            }
        }
        "heaviside" => x().heaviside(call.operand("values")),
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
        "where" => Tensor::where_(&call.at(0), &call.at(1), &call.at(2)),
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

fn scaled(other: Operand, alpha: ondol::Scalar) -> Operand {
    match other {
        Operand::Tensor(t) => t.mul(alpha).into(),
        Operand::Scalar(s) => Tensor::from(s.to_f64()).mul(alpha).into(),
    }
}
