//! To other dtypes and devices, and copies.

use ondol_autograd::{DType, Device};

use super::WHOLE;
use crate::line::{Line, any, between, line, zeros};

pub(super) fn lines() -> Vec<Line> {
    [casts(), copies()].into_iter().flatten().collect()
}

fn casts() -> Vec<Line> {
    const ROUNDS: &str =
        "rounding hides small differences; the rule is linear, so a second gradient is 0";
    const GIVEN: &str = "the line sets the precision itself";
    let one = || [any([3, 4])];
    let mut lines = vec![
        // Steps wide enough that rounding does not count.
        line("float", one(), |t| t[0].float()).check(0.1, 1e-5),
        line("half", one(), |t| t[0].half()).check(0.25, 1e-2),
        line("bfloat16", one(), |t| t[0].bfloat16()).check(0.5, 5e-2),
        line("to_dtype", one(), |t| t[0].to_dtype(DType::F32).mul(2.0)).check(0.1, 1e-5),
    ];
    lines = lines
        .into_iter()
        .map(|l| l.elementwise().first_only(ROUNDS).double_only(GIVEN))
        .collect();
    lines.push(line("double", one(), |t| t[0].double().square()).elementwise());
    lines.push(
        line("to_dtype", one(), |t| t[0].to_dtype(DType::F64).square())
            .case("the same")
            .elementwise(),
    );
    let whole = vec![
        line("long", [between(-3.0, 3.0, [3, 4])], |t| t[0].long()),
        line("int", [between(-3.0, 3.0, [3, 4])], |t| t[0].int()),
        line("byte", [between(0.0, 9.0, [3, 4])], |t| t[0].byte()),
        line("bool", [zeros([3, 4])], |t| t[0].bool()),
        line("to_dtype", [between(-3.0, 3.0, [3, 4])], |t| {
            t[0].to_dtype(DType::I32)
        })
        .case("whole numbers"),
    ];
    lines
        .into_iter()
        .chain(whole.into_iter().map(|l| l.elementwise().stops(WHOLE)))
        .collect()
}

fn copies() -> Vec<Line> {
    let one = || [any([3, 4])];
    vec![
        line("to", one(), |t| t[0].to(t[0].device()).square()).elementwise(),
        line("to", one(), |t| {
            t[0].to(Device::cpu()).square().to(t[0].device())
        })
        .case("there and back")
        .elementwise(),
        line("cpu", one(), |t| t[0].cpu().square().to(t[0].device())).elementwise(),
        line("clone_data", one(), |t| t[0].clone_data()).elementwise(),
        line("contiguous", [any([3, 4])], |t| t[0].contiguous().square()).elementwise(),
        line("contiguous", [any([3, 4])], |t| {
            t[0].transpose(0, 1).contiguous()
        })
        .case("of a view")
        .empty([&[0, 4]], &[4, 0])
        .scalar_fails(),
    ]
}
