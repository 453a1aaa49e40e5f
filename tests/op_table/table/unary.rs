//! One tensor in, one of the same shape out.

use super::CONSTANT;
use crate::line::{Line, any, between, line};

macro_rules! unary {
    ($($name:ident on $input:expr;)*) => {
        vec![$(line(stringify!($name), [$input], |t| t[0].$name()).elementwise()),*]
    };
}

pub(super) fn lines() -> Vec<Line> {
    let smooth = unary! {
        neg on any([3, 4]);
        abs on any([3, 4]);
        square on any([3, 4]);
        exp on any([3, 4]);
        expm1 on any([3, 4]);
        log on between(0.3, 2.0, [3, 4]);
        log1p on between(-0.5, 2.0, [3, 4]);
        log2 on between(0.3, 2.0, [3, 4]);
        log10 on between(0.3, 2.0, [3, 4]);
        sqrt on between(0.3, 2.0, [3, 4]);
        rsqrt on between(0.4, 2.0, [3, 4]);
        reciprocal on between(0.5, 2.0, [3, 4]);
        sin on any([3, 4]);
        cos on any([3, 4]);
        tan on between(-1.0, 1.0, [3, 4]);
        asin on between(-0.8, 0.8, [3, 4]);
        acos on between(-0.8, 0.8, [3, 4]);
        atan on any([3, 4]);
        sinh on any([3, 4]);
        cosh on any([3, 4]);
        tanh on any([3, 4]);
        sigmoid on any([3, 4]);
        erf on any([3, 4]);
    };
    let steps = unary! {
        sign on any([3, 4]);
        // Between the whole numbers and the halves, where these functions jump.
        floor on between(1.1, 1.4, [3, 4]);
        ceil on between(-1.4, -1.1, [3, 4]);
        round on between(-0.4, 0.4, [3, 4]);
        trunc on between(2.6, 2.9, [3, 4]);
    };
    let steps = steps.into_iter().map(|line| line.first_only(CONSTANT));
    let mut lines: Vec<Line> = smooth.into_iter().chain(steps).collect();
    lines.push(
        line("relu", [any([3, 4])], |t| t[0].relu())
            .elementwise()
            .fused(),
    );
    lines.push(
        line("neg", [any([3, 4])], |t| -&t[0])
            .case("operator")
            .elementwise(),
    );
    lines.push(
        line("exp", [any([2, 3, 1, 2])], |t| t[0].exp())
            .case("4-D")
            .elementwise(),
    );
    lines
}
