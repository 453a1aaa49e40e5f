//! Two operands: tensors of equal and of broadcast shapes, and numbers on either side.

use super::{CONSTANT, WHOLE};
use crate::line::{Line, any, between, distinct, line};

pub(super) fn lines() -> Vec<Line> {
    [arithmetic(), powers(), extremes(), divisions()]
        .into_iter()
        .flatten()
        .collect()
}

fn arithmetic() -> Vec<Line> {
    let wide = || [any([3, 4]), any([4])];
    vec![
        line("add", [any([3, 4]), any([3, 4])], |t| t[0].add(&t[1])).elementwise(),
        line("add", wide(), |t| &t[0] + &t[1])
            .case("broadcast, operator")
            .elementwise(),
        line("add", [any([3, 1]), any([1, 4])], |t| t[0].add(&t[1]))
            .case("both broadcast")
            .elementwise(),
        line("add", [any([3, 4]), any([])], |t| t[0].add(&t[1]))
            .case("0-dim right")
            .elementwise(),
        line("add", [any([3, 4])], |t| t[0].add(2.5))
            .case("number")
            .elementwise(),
        line("add", [any([3, 4])], |t| 2.5 + &t[0])
            .case("number on the left")
            .elementwise(),
        line("add", [any([3])], |t| t[0].add(&t[0]))
            .case("itself")
            .elementwise(),
        line("sub", [any([3, 4]), any([3, 4])], |t| t[0].sub(&t[1])).elementwise(),
        line("sub", wide(), |t| &t[0] - &t[1])
            .case("broadcast, operator")
            .elementwise(),
        line("sub", [any([4]), any([3, 4])], |t| t[0].sub(&t[1]))
            .case("left broadcast")
            .elementwise(),
        line("sub", [any([3, 4])], |t| t[0].sub(2.5))
            .case("number")
            .elementwise(),
        line("sub", [any([3, 4])], |t| 2.5 - &t[0])
            .case("number on the left")
            .elementwise(),
        line("mul", [any([3, 4]), any([3, 4])], |t| t[0].mul(&t[1])).elementwise(),
        line("mul", wide(), |t| &t[0] * &t[1])
            .case("broadcast, operator")
            .elementwise(),
        line("mul", [any([3, 1]), any([2, 1, 4])], |t| t[0].mul(&t[1]))
            .case("both broadcast")
            .elementwise(),
        line("mul", [any([3, 4])], |t| t[0].mul(-1.5))
            .case("number")
            .elementwise(),
        line("mul", [any([3, 4])], |t| 3 * &t[0])
            .case("whole number on the left")
            .elementwise(),
        line("mul", [any([3])], |t| t[0].mul(&t[0]))
            .case("itself")
            .elementwise(),
        line("div", [any([3, 4]), between(0.5, 2.0, [3, 4])], |t| {
            t[0].div(&t[1])
        })
        .elementwise(),
        line("div", [any([3, 4]), between(0.5, 2.0, [4])], |t| {
            &t[0] / &t[1]
        })
        .case("broadcast, operator")
        .elementwise(),
        line("div", [any([3, 4])], |t| t[0].div(-1.5))
            .case("number")
            .elementwise(),
        line("div", [between(0.5, 2.0, [3, 4])], |t| 2.5 / &t[0])
            .case("number on the left")
            .elementwise(),
        line("atan2", [any([3, 4]), any([3, 4])], |t| t[0].atan2(&t[1])).elementwise(),
        line("atan2", [any([3, 1]), any([4])], |t| t[0].atan2(&t[1]))
            .case("broadcast")
            .elementwise(),
        line("atan2", [any([3, 4])], |t| t[0].atan2(1.5))
            .case("number")
            .elementwise(),
    ]
}

fn powers() -> Vec<Line> {
    let positive = || between(0.5, 2.0, [3, 4]);
    vec![
        line("pow", [positive(), any([3, 4])], |t| t[0].pow(&t[1])).elementwise(),
        line("pow", [positive(), any([4])], |t| t[0].pow(&t[1]))
            .case("broadcast")
            .elementwise(),
        line("pow", [any([3, 4])], |t| t[0].pow(2))
            .case("square")
            .elementwise(),
        line("pow", [any([3, 4])], |t| t[0].pow(3.0))
            .case("cube")
            .elementwise(),
        line("pow", [any([3, 4])], |t| t[0].pow(1))
            .case("first")
            .elementwise(),
        line("pow", [positive()], |t| t[0].pow(0.5))
            .case("root")
            .elementwise(),
        line("pow", [positive()], |t| t[0].pow(-1.5))
            .case("negative")
            .elementwise(),
        line("pow", [any([3, 4])], |t| t[0].pow(0))
            .case("zeroth")
            .elementwise()
            .first_only(CONSTANT),
    ]
}

fn extremes() -> Vec<Line> {
    let two = || [any([3, 4]), any([3, 4])];
    vec![
        line("maximum", two(), |t| t[0].maximum(&t[1])).elementwise(),
        line("maximum", [any([3, 1]), any([4])], |t| t[0].maximum(&t[1]))
            .case("broadcast")
            .elementwise(),
        line("maximum", [distinct([3, 4])], |t| t[0].maximum(0.0))
            .case("number")
            .elementwise(),
        line("minimum", two(), |t| t[0].minimum(&t[1])).elementwise(),
        line("minimum", [any([3, 1]), any([4])], |t| t[0].minimum(&t[1]))
            .case("broadcast")
            .elementwise(),
        line("minimum", [distinct([3, 4])], |t| t[0].minimum(0.0))
            .case("number")
            .elementwise(),
    ]
}

fn divisions() -> Vec<Line> {
    // The quotients stay between 1 and 2, or -2 and -1, away from the jumps.
    let (top, below) = (|| between(1.3, 1.7, [3, 4]), || between(1.0, 1.2, [3, 4]));
    vec![
        line("remainder", [top(), below()], |t| t[0].remainder(&t[1])).elementwise(),
        line("remainder", [top(), below()], |t| &t[0] % -&t[1])
            .case("operator, negative")
            .elementwise(),
        line("remainder", [top()], |t| t[0].remainder(-1.0))
            .case("number")
            .elementwise(),
        line("remainder", [below()], |t| 1.7 % &t[0])
            .case("number on the left")
            .elementwise(),
        line("floor_divide", [top(), below()], |t| {
            t[0].floor_divide(&t[1])
        })
        .elementwise()
        .stops(WHOLE),
        line("floor_divide", [top()], |t| t[0].floor_divide(-1.1))
            .case("number")
            .elementwise()
            .stops(WHOLE),
    ]
}
