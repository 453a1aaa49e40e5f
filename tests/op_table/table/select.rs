//! Comparisons, logic, and choosing by a condition.

use ondol_autograd::Tensor;

use super::WHOLE;
use crate::line::{Line, any, distinct, int, line, mask, zeros};

pub(super) fn lines() -> Vec<Line> {
    let whole = [comparisons(), logic()]
        .into_iter()
        .flatten()
        .map(|line| line.stops(WHOLE));
    whole.chain(choices()).chain(clamps()).collect()
}

macro_rules! both {
    ($input:expr; $($name:ident)*) => {
        vec![$(
            line(stringify!($name), [$input, $input], |t| t[0].$name(&t[1])).elementwise(),
            line(stringify!($name), [$input], |t| t[0].$name(1)).case("number").elementwise(),
        )*]
    };
}

fn comparisons() -> Vec<Line> {
    let mut lines = both!(int(3, [3, 4]); eq ne lt le gt ge);
    lines.push(
        line("lt", [any([3, 1]), any([4])], |t| t[0].lt(&t[1]))
            .case("floats, broadcast")
            .elementwise(),
    );
    lines.push(
        line("ge", [any([3, 4])], |t| t[0].ge(0.5))
            .case("floats")
            .elementwise(),
    );
    lines.push(line("isnan", [zeros([3, 4])], |t| t[0].div(&t[0]).isnan()).elementwise());
    lines.push(line("isinf", [zeros([3, 4])], |t| t[0].reciprocal().isinf()).elementwise());
    lines.push(
        line("isfinite", [zeros([3, 4])], |t| {
            t[0].reciprocal().isfinite()
        })
        .elementwise(),
    );
    lines
}

fn logic() -> Vec<Line> {
    let mut lines = both!(int(3, [3, 4]); logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor);
    lines.push(line("logical_not", [zeros([3, 4])], |t| t[0].logical_not()).elementwise());
    lines.push(
        line("logical_not", [int(2, [3, 4])], |t| !t[0].bool())
            .case("operator")
            .elementwise(),
    );
    lines.push(
        line("logical_and", [zeros([3, 1]), zeros([4])], |t| {
            t[0].logical_and(&t[1])
        })
        .case("floats")
        .elementwise(),
    );
    lines.push(
        line("bitwise_and", [any([3, 4])], |t| {
            t[0].gt(0.0).bitwise_and(t[0].lt(1.0))
        })
        .case("bools")
        .elementwise(),
    );
    lines
}

fn choices() -> Vec<Line> {
    let fill = |t: &[Tensor]| mask(&t[0], &t[0].shape());
    vec![
        line("where_", [any([3, 4]), any([3, 4])], move |t| {
            Tensor::where_(&fill(t), &t[0], &t[1])
        })
        .elementwise(),
        line("where_", [any([3, 1]), any([4])], |t| {
            Tensor::where_(&mask(&t[0], &[3, 4]), &t[0], &t[1])
        })
        .case("all broadcast")
        .empty([&[3, 1], &[1]], &[3, 4])
        .scalar([&[], &[]], &[3, 4]),
        line("masked_fill", [any([3, 4])], move |t| {
            t[0].masked_fill(&fill(t), 0.5)
        })
        .elementwise(),
        line("masked_fill", [any([3, 4]), any([])], move |t| {
            t[0].masked_fill(&fill(t), &t[1])
        })
        .case("tensor")
        .elementwise(),
        line("masked_fill", [any([3, 4])], |t| {
            t[0].masked_fill(&mask(&t[0], &[4]), -1.0)
        })
        .case("mask broadcast")
        .empty([&[0, 4]], &[0, 4])
        .scalar([&[]], &[4]),
    ]
}

fn clamps() -> Vec<Line> {
    let one = || [distinct([3, 4])];
    vec![
        line("clamp", one(), |t| t[0].clamp(-0.2, 0.3)).elementwise(),
        line("clamp", one(), |t| t[0].clamp(None, 0.3))
            .case("above only")
            .elementwise(),
        line("clamp", [int(5, [3, 4])], |t| t[0].clamp(1.0, 3.0))
            .case("integers")
            .elementwise()
            .stops(WHOLE),
        line("clamp_min", one(), |t| t[0].clamp_min(-0.2)).elementwise(),
        line("clamp_max", one(), |t| t[0].clamp_max(0.2)).elementwise(),
    ]
}
