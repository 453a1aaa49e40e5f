//! Special functions, roundings and signs.

use ondol_autograd::Tensor;

use super::{CONSTANT, WHOLE};
use crate::line::{Line, any, between, int, line, mask};

macro_rules! unary {
    ($($name:ident on $input:expr;)*) => {
        vec![$(line(stringify!($name), [$input], |t| t[0].$name()).elementwise()),*]
    };
}

pub(super) fn lines() -> Vec<Line> {
    let mut lines = unary! {
        exp2 on any([3, 4]);
        asinh on any([3, 4]);
        acosh on between(1.3, 3.0, [3, 4]);
        atanh on between(-0.8, 0.8, [3, 4]);
        erfc on any([3, 4]);
        erfinv on between(-0.8, 0.8, [3, 4]);
        lgamma on between(0.6, 3.0, [3, 4]);
        digamma on between(0.8, 3.0, [3, 4]);
        i0 on any([3, 4]);
        i1 on any([3, 4]);
        i0e on any([3, 4]);
        i1e on any([3, 4]);
        sinc on any([3, 4]);
        entr on between(0.3, 2.0, [3, 4]);
        ndtr on any([3, 4]);
        ndtri on between(0.1, 0.9, [3, 4]);
        log_ndtr on any([3, 4]);
        erfcx on any([3, 4]);
        // Between the whole numbers, where it jumps.
        frac on between(1.1, 1.8, [3, 4]);
        positive on any([3, 4]);
        deg2rad on any([3, 4]);
        rad2deg on any([3, 4]);
    };
    lines.extend(arguments());
    lines.extend(pairs());
    lines.extend(truths());
    lines
}

fn arguments() -> Vec<Line> {
    vec![
        line("lgamma", [between(-1.8, -1.2, [3])], |t| t[0].lgamma())
            .case("negative")
            .elementwise(),
        line("polygamma", [between(0.9, 2.0, [3, 4])], |t| {
            t[0].polygamma(1)
        })
        .case("1")
        .elementwise(),
        line("polygamma", [between(1.0, 2.0, [3, 4])], |t| {
            t[0].polygamma(2)
        })
        .case("2")
        .elementwise(),
        line("polygamma", [between(0.9, 2.0, [3])], |t| t[0].polygamma(0))
            .case("0")
            .elementwise(),
        line("mvlgamma", [between(1.6, 3.0, [3, 4])], |t| {
            t[0].mvlgamma(3)
        })
        .elementwise(),
        line("logit", [between(0.2, 0.8, [3, 4])], |t| t[0].logit(None)).elementwise(),
        line("logit", [between(0.2, 0.8, [3, 4])], |t| t[0].logit(0.1))
            .case("with eps")
            .elementwise(),
        line("round_decimals", [between(0.11, 0.14, [3, 4])], |t| {
            t[0].round_decimals(1)
        })
        .elementwise()
        .first_only(CONSTANT),
        line("round_decimals", [between(11.0, 14.0, [3])], |t| {
            t[0].round_decimals(-1)
        })
        .case("before the point")
        .elementwise()
        .first_only(CONSTANT),
        line("frexp", [between(1.1, 1.9, [3, 4])], |t| t[0].frexp()).elementwise(),
        line("angle", [any([3, 4])], |t| t[0].angle())
            .elementwise()
            .first_only(CONSTANT),
        line("nan_to_num", [any([3, 4])], |t| {
            t[0].nan_to_num(None, None, None)
        })
        .elementwise(),
        line("nan_to_num", [any([3, 4])], |t| {
            let hole = Tensor::where_(&mask(&t[0], &[3, 4]), f64::NAN, &t[0]);
            hole.nan_to_num(0.5, None, None).square()
        })
        .case("with NaN")
        .no_edges("as without NaN"),
    ]
}

fn pairs() -> Vec<Line> {
    vec![
        line("xlogy", [any([3, 4]), between(0.4, 2.0, [4])], |t| {
            t[0].xlogy(&t[1])
        })
        .elementwise(),
        line("xlogy", [any([3, 4])], |t| t[0].xlogy(2.5))
            .case("number")
            .elementwise(),
        line("xlog1py", [any([3, 4]), between(-0.4, 2.0, [4])], |t| {
            t[0].xlog1py(&t[1])
        })
        .elementwise(),
        line("zeta", [between(0.8, 2.0, [3, 4])], |t| {
            t[0].full_like(2.5).zeta(&t[0])
        })
        .elementwise(),
    ]
}

fn truths() -> Vec<Line> {
    let one = || [any([3, 4])];
    let lines = vec![
        line("signbit", one(), |t| t[0].signbit()),
        line("isposinf", one(), |t| t[0].isposinf()),
        line("isneginf", one(), |t| t[0].isneginf()),
        line("isreal", one(), |t| t[0].isreal()),
        line("bitwise_not", [int(9, [3, 4])], |t| t[0].bitwise_not()),
        line("bitwise_not", [int(9, [3, 4])], |t| !&t[0]).case("operator"),
    ];
    lines
        .into_iter()
        .map(|line| line.elementwise().stops(WHOLE))
        .collect()
}
