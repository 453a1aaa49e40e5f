//! Writes in place, on the result of an operation: a leaf refuses them.

use ondol_autograd::Tensor;

use super::CONSTANT;
use crate::line::{Line, any, between, line};

/// A tensor of its own to write to, that a gradient flows through.
fn own(t: &Tensor) -> Tensor {
    t.mul(1.5)
}

macro_rules! writes {
    ($right:expr; $($name:ident)*) => {
        vec![$(
            line(stringify!($name), [any([3, 4]), $right], |t| own(&t[0]).$name(&t[1])).elementwise(),
            line(stringify!($name), [any([3, 4])], |t| own(&t[0]).$name(2.5)).case("number").elementwise(),
            // What was computed from the old numbers keeps them.
            line(stringify!($name), [any([3, 4]), $right], |t| {
                let x = own(&t[0]);
                let before = x.square();
                x.$name(&t[1]);
                before.mul(&x)
            })
            .case("used before and after")
            .elementwise(),
        )*]
    };
}

pub(super) fn lines() -> Vec<Line> {
    let mut lines = writes!(between(0.5, 2.0, [4]); add_ sub_ mul_ div_);
    lines.extend(operators());
    lines.extend(whole());
    lines.extend(parts());
    lines
}

fn operators() -> Vec<Line> {
    vec![
        line("add_", [any([3]), any([3])], |t| {
            let mut x = own(&t[0]);
            x += &t[1];
            x *= 2.0;
            x -= &t[0];
            x /= 4.0;
            x
        })
        .case("operators in a row")
        .elementwise(),
        line("mul_", [any([3])], |t| {
            let x = own(&t[0]);
            x.mul_(&x)
        })
        .case("itself")
        .elementwise(),
    ]
}

fn whole() -> Vec<Line> {
    vec![
        line("relu_", [any([3, 4])], |t| own(&t[0]).relu_()).elementwise(),
        line("fill_", [any([3, 4])], |t| {
            let x = own(&t[0]);
            let before = x.square();
            x.fill_(0.5);
            before.add(&x)
        })
        .elementwise(),
        line("fill_", [any([3, 4])], |t| own(&t[0]).fill_(0.5))
            .case("alone")
            .elementwise()
            .first_only(CONSTANT),
        line("zero_", [any([3, 4])], |t| own(&t[0]).zero_())
            .elementwise()
            .first_only(CONSTANT),
        line("copy_", [any([3, 4]), any([4])], |t| {
            own(&t[0]).copy_(&t[1].square())
        })
        .empty([&[0, 4], &[4]], &[0, 4])
        .scalar([&[], &[]], &[]),
        line("copy_", [any([4])], |t| {
            Tensor::zeros_with([3, 4], (t[0].dtype(), &t[0].device())).copy_(&t[0].square())
        })
        .case("into a tensor without a graph")
        .empty([&[1]], &[3, 4])
        .scalar([&[]], &[3, 4]),
    ]
}

fn parts() -> Vec<Line> {
    vec![
        line("set", [any([3, 4]), any([3])], |t| {
            let x = own(&t[0]);
            x.set((.., 1), t[1].square());
            x
        })
        .empty([&[0, 4], &[0]], &[0, 4])
        .scalar_fails(),
        line("set", [any([3, 4]), any([2, 1])], |t| {
            let x = own(&t[0]);
            x.set((1.., 1..3), &t[1]);
            x.square()
        })
        .case("broadcast")
        .empty_fails([&[0, 4], &[2, 1]])
        .scalar_fails(),
        line("fill_at", [any([3, 4])], |t| {
            let x = own(&t[0]);
            x.fill_at((-1, ..), 0.5);
            x.square()
        })
        .empty([&[3, 0]], &[3, 0])
        .scalar_fails(),
    ]
}
