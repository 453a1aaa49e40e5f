//! Mathematics in place.

use ondol_autograd::Tensor;

use super::{CONSTANT, WHOLE};
use crate::line::{Line, any, between, int, line};

/// A tensor of its own to write to, that a gradient flows through.
fn own(t: &Tensor) -> Tensor {
    if t.dtype().is_floating_point() {
        t.mul(1.0)
    } else {
        t.clone_data()
    }
}

macro_rules! unary {
    ($($name:ident on $input:expr;)*) => {
        vec![$(
            line(stringify!($name), [$input], |t| own(&t[0]).$name()).elementwise()
        ),*]
    };
}

macro_rules! binary {
    ($($name:ident on $left:expr, $right:expr;)*) => {
        vec![$(
            line(stringify!($name), [$left, $right], |t| {
                let x = own(&t[0]);
                let same = x.$name(&t[1]);
                // The same tensor comes back, under both names.
                assert!(same.same(&x));
                x
            })
            .elementwise()
        ),*]
    };
}

pub(super) fn lines() -> Vec<Line> {
    [smooth(), steps(), pairs(), truths(), integers(), others()]
        .into_iter()
        .flatten()
        .collect()
}

fn smooth() -> Vec<Line> {
    let above = || between(0.4, 2.0, [3, 4]);
    let inside = || between(-0.8, 0.8, [3, 4]);
    unary! {
        abs_ on any([3, 4]);
        neg_ on any([3, 4]);
        square_ on any([3, 4]);
        exp_ on any([3, 4]);
        exp2_ on any([3, 4]);
        expm1_ on any([3, 4]);
        log_ on above();
        log1p_ on above();
        log2_ on above();
        log10_ on above();
        sqrt_ on above();
        rsqrt_ on above();
        reciprocal_ on above();
        sin_ on any([3, 4]);
        cos_ on any([3, 4]);
        tan_ on inside();
        asin_ on inside();
        acos_ on inside();
        atan_ on any([3, 4]);
        sinh_ on any([3, 4]);
        cosh_ on any([3, 4]);
        tanh_ on any([3, 4]);
        asinh_ on any([3, 4]);
        acosh_ on between(1.3, 3.0, [3, 4]);
        atanh_ on inside();
        sigmoid_ on any([3, 4]);
        erf_ on any([3, 4]);
        erfc_ on any([3, 4]);
        erfinv_ on inside();
        lgamma_ on above();
        digamma_ on between(0.8, 2.0, [3, 4]);
        i0_ on any([3, 4]);
        sinc_ on any([3, 4]);
        frac_ on between(1.1, 1.8, [3, 4]);
        deg2rad_ on any([3, 4]);
        rad2deg_ on any([3, 4]);
    }
}

fn steps() -> Vec<Line> {
    let lines = unary! {
        sign_ on any([3, 4]);
        floor_ on between(1.1, 1.4, [3, 4]);
        ceil_ on between(1.1, 1.4, [3, 4]);
        round_ on between(1.1, 1.4, [3, 4]);
        trunc_ on between(1.1, 1.4, [3, 4]);
        logical_not_ on any([3, 4]);
    };
    lines.into_iter().map(|l| l.first_only(CONSTANT)).collect()
}

fn pairs() -> Vec<Line> {
    let above = || between(0.5, 2.0, [3, 4]);
    let (dividend, divisor) = (|| between(1.1, 1.4, [3, 4]), || between(0.75, 1.0, [4]));
    let mut lines = binary! {
        pow_ on above(), any([4]);
        float_power_ on above(), any([4]);
        remainder_ on dividend(), divisor();
        fmod_ on dividend(), divisor();
        hypot_ on any([3, 4]), any([4]);
        copysign_ on any([3, 4]), any([4]);
        ldexp_ on any([3, 4]), any([4]);
        atan2_ on any([3, 4]), any([4]);
        xlogy_ on any([3, 4]), between(0.5, 2.0, [4]);
    };
    let whole = binary! {
        floor_divide_ on dividend(), divisor();
    };
    lines.extend(whole.into_iter().map(|l| l.first_only(CONSTANT)));
    lines
}

fn truths() -> Vec<Line> {
    let lines = binary! {
        eq_ on any([3, 4]), any([4]);
        ne_ on any([3, 4]), any([4]);
        lt_ on any([3, 4]), between(-0.1, 0.1, [4]);
        le_ on any([3, 4]), between(-0.1, 0.1, [4]);
        gt_ on any([3, 4]), between(-0.1, 0.1, [4]);
        ge_ on any([3, 4]), between(-0.1, 0.1, [4]);
        logical_and_ on any([3, 4]), any([4]);
        logical_or_ on any([3, 4]), any([4]);
        logical_xor_ on any([3, 4]), any([4]);
        heaviside_ on any([3, 4]), any([4]);
    };
    lines.into_iter().map(|l| l.first_only(CONSTANT)).collect()
}

fn integers() -> Vec<Line> {
    let pair = || (int(9, [3, 4]), int(5, [4]));
    let mut lines = binary! {
        gcd_ on pair().0, pair().1;
        lcm_ on pair().0, pair().1;
        bitwise_left_shift_ on pair().0, pair().1;
        bitwise_right_shift_ on pair().0, pair().1;
        bitwise_and_ on pair().0, pair().1;
        bitwise_or_ on pair().0, pair().1;
        bitwise_xor_ on pair().0, pair().1;
    };
    lines.extend(unary! { bitwise_not_ on int(9, [3, 4]); });
    lines.into_iter().map(|line| line.stops(WHOLE)).collect()
}

fn others() -> Vec<Line> {
    let one = || [any([3, 4])];
    let three = || [any([3, 4]), any([4]), between(0.5, 2.0, [3, 1])];
    let edges = |line: Line| {
        line.empty([&[0, 4], &[4], &[1, 1]], &[0, 4])
            .scalar([&[], &[], &[]], &[])
    };
    vec![
        line("clamp_", one(), |t| own(&t[0]).clamp_(-0.1, 0.1)).elementwise(),
        line("clamp_min_", one(), |t| own(&t[0]).clamp_min_(0.1)).elementwise(),
        line("clamp_max_", one(), |t| own(&t[0]).clamp_max_(0.1)).elementwise(),
        line("threshold_", one(), |t| own(&t[0]).threshold_(0.1, 2.0))
            .case("a method")
            .elementwise(),
        line("nan_to_num_", one(), |t| {
            own(&t[0]).nan_to_num_(None, None, None)
        })
        .elementwise(),
        line("logit_", [between(0.2, 0.8, [3, 4])], |t| {
            own(&t[0]).logit_(0.1)
        })
        .elementwise(),
        line("polygamma_", [between(0.9, 2.0, [3, 4])], |t| {
            own(&t[0]).polygamma_(1)
        })
        .elementwise(),
        line("mvlgamma_", [between(1.6, 3.0, [3, 4])], |t| {
            own(&t[0]).mvlgamma_(2)
        })
        .elementwise(),
        line("pow_", one(), |t| own(&t[0]).pow_(3))
            .case("number")
            .elementwise(),
        line("pow_", [between(0.5, 1.5, [3])], |t| {
            let x = own(&t[0]);
            x.pow_(&x)
        })
        .case("itself")
        .elementwise(),
        line("lerp_", [any([3, 4]), any([4])], |t| {
            own(&t[0]).lerp_(&t[1], 0.3)
        })
        .elementwise(),
        edges(line("addcmul_", three(), |t| {
            own(&t[0]).addcmul_(&t[1], &t[2], 0.5)
        })),
        edges(line("addcdiv_", three(), |t| {
            own(&t[0]).addcdiv_(&t[1], &t[2], 0.5)
        })),
        line("renorm_", one(), |t| own(&t[0]).renorm_(2.0, 0, 1.0))
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("cumsum_", one(), |t| own(&t[0]).cumsum_(0))
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
        line("cumprod_", one(), |t| own(&t[0]).cumprod_(-1))
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
    ]
}
