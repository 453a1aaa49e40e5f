//! Two and three operands.

use ondol_autograd::RoundingMode;

use super::{CONSTANT, WHOLE};
use crate::line::{Line, any, between, distinct, int, line};

pub(super) fn lines() -> Vec<Line> {
    [
        remainders(),
        extremes(),
        sums(),
        lines_between(),
        integers(),
        closeness(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn remainders() -> Vec<Line> {
    // Quotients between the whole numbers, where remainders jump.
    let pair = || [between(1.1, 1.4, [3, 4]), between(0.75, 1.0, [4])];
    vec![
        line("fmod", pair(), |t| t[0].fmod(&t[1])).elementwise(),
        line("fmod", [between(2.6, 2.9, [3, 4])], |t| t[0].fmod(1.5))
            .case("number")
            .elementwise(),
        line("div_with", pair(), |t| {
            t[0].div_with(&t[1], RoundingMode::Trunc)
        })
        .case("trunc")
        .elementwise()
        .first_only(CONSTANT),
        line("div_with", pair(), |t| {
            t[0].div_with(&t[1], RoundingMode::Floor)
        })
        .case("floor")
        .elementwise()
        .first_only(CONSTANT),
        line("div_with", [between(2.6, 2.9, [3])], |t| {
            t[0].div_with(2.0, RoundingMode::Floor)
        })
        .case("number")
        .elementwise()
        .first_only(CONSTANT),
    ]
}

fn extremes() -> Vec<Line> {
    let pair = || [distinct([3, 4]), between(-0.01, 0.01, [4])];
    vec![
        line("fmax", pair(), |t| t[0].fmax(&t[1])).elementwise(),
        line("fmin", pair(), |t| t[0].fmin(&t[1])).elementwise(),
        line("clamp_tensor", pair(), |t| {
            t[0].clamp_tensor(Some(&t[1]), None)
        })
        .case("min")
        .elementwise(),
        line("clamp_tensor", pair(), |t| {
            t[0].clamp_tensor(None, Some(&t[1]))
        })
        .case("max")
        .elementwise(),
        line(
            "clamp_tensor",
            [
                distinct([3, 4]),
                between(-0.42, -0.4, [4]),
                between(0.3, 0.32, [3, 1]),
            ],
            |t| t[0].clamp_tensor(Some(&t[1]), Some(&t[2])),
        )
        .empty([&[0, 4], &[4], &[1, 1]], &[0, 4])
        .scalar([&[], &[], &[]], &[]),
        line("threshold", [distinct([3, 4])], |t| {
            t[0].threshold(0.0, -2.0)
        })
        .case("a method")
        .elementwise(),
        line("heaviside", [any([3, 4]), any([4])], |t| {
            t[0].heaviside(&t[1])
        })
        .elementwise()
        .stops(WHOLE),
    ]
}

fn sums() -> Vec<Line> {
    let pair = || [any([3, 4]), any([4])];
    vec![
        line("hypot", pair(), |t| t[0].hypot(&t[1])).elementwise(),
        line("hypot", [any([3, 4])], |t| t[0].hypot(1.5))
            .case("number")
            .elementwise(),
        line("copysign", pair(), |t| t[0].copysign(&t[1])).elementwise(),
        line("copysign", [any([3, 4])], |t| t[0].copysign(-1.0))
            .case("number")
            .elementwise(),
        line("ldexp", pair(), |t| t[0].ldexp(&t[1])).elementwise(),
        line("ldexp", [any([3, 4])], |t| t[0].ldexp(3))
            .case("number")
            .elementwise(),
        line("logaddexp", pair(), |t| t[0].logaddexp(&t[1])).elementwise(),
        line("logaddexp2", pair(), |t| t[0].logaddexp2(&t[1])).elementwise(),
        line("float_power", [between(0.5, 2.0, [3, 4]), any([4])], |t| {
            t[0].float_power(&t[1])
        })
        .elementwise(),
        line("float_power", [any([3, 4])], |t| t[0].float_power(3))
            .case("number")
            .elementwise(),
        line("rsub", pair(), |t| t[0].rsub(&t[1])).elementwise(),
        line("rsub", [any([3, 4])], |t| t[0].rsub(1.5))
            .case("number")
            .elementwise(),
        line("add_scaled", pair(), |t| t[0].add_scaled(&t[1], 2.5)).elementwise(),
        line("sub_scaled", pair(), |t| t[0].sub_scaled(&t[1], 2.5)).elementwise(),
    ]
}

fn lines_between() -> Vec<Line> {
    let three = || [any([3, 4]), any([4]), between(0.5, 2.0, [3, 1])];
    let edges = |line: Line| {
        line.empty([&[0, 4], &[4], &[1, 1]], &[0, 4])
            .scalar([&[], &[], &[]], &[])
    };
    vec![
        line("lerp", [any([3, 4]), any([4])], |t| t[0].lerp(&t[1], 0.3)).elementwise(),
        line("lerp", [any([3, 4]), any([4])], |t| t[0].lerp(&t[1], 0.8))
            .case("nearer the end")
            .elementwise(),
        edges(line("lerp", three(), |t| t[0].lerp(&t[1], t[2].sub(0.9))).case("weights")),
        edges(line("addcmul", three(), |t| {
            t[0].addcmul(&t[1], &t[2], 0.5)
        })),
        edges(line("addcdiv", three(), |t| {
            t[0].addcdiv(&t[1], &t[2], 0.5)
        })),
    ]
}

fn integers() -> Vec<Line> {
    let pair = || [int(9, [3, 4]), int(5, [4])];
    let lines = vec![
        line("gcd", pair(), |t| t[0].gcd(&t[1])),
        line("gcd", [int(9, [3, 4])], |t| t[0].gcd(6)).case("number"),
        line("lcm", pair(), |t| t[0].lcm(&t[1])),
        line("bitwise_left_shift", pair(), |t| {
            t[0].bitwise_left_shift(&t[1])
        }),
        line("bitwise_left_shift", [int(9, [3])], |t| &t[0] << 2).case("operator"),
        line("bitwise_right_shift", pair(), |t| {
            t[0].bitwise_right_shift(&t[1])
        }),
        line("bitwise_right_shift", [int(9, [3])], |t| &t[0] >> 2).case("operator"),
        line("bitwise_and", pair(), |t| &t[0] & &t[1]).case("operator"),
        line("bitwise_or", pair(), |t| &t[0] | 1).case("operator"),
        line("bitwise_xor", pair(), |t| &t[0] ^ &t[1]).case("operator"),
    ];
    lines
        .into_iter()
        .map(|line| line.elementwise().stops(WHOLE))
        .collect()
}

fn closeness() -> Vec<Line> {
    vec![
        line("isclose", [any([3, 4]), any([4])], |t| {
            t[0].isclose(&t[1], 0.1, 0.1, true)
        })
        .elementwise()
        .stops(WHOLE),
        line("dist", [any([3, 4]), any([4])], |t| t[0].dist(&t[1], 2.0))
            .empty([&[0, 4], &[4]], &[])
            .scalar([&[], &[]], &[]),
    ]
}
