//! Parts by position.

use ondol_autograd::Index;

use crate::line::{Line, any, line};

pub(super) fn lines() -> Vec<Line> {
    vec![
        line("i", [any([3, 4])], |t| t[0].i(1))
            .empty([&[3, 0]], &[0])
            .scalar_fails(),
        line("i", [any([3, 4])], |t| t[0].i((.., 1..3)))
            .case("a range")
            .empty([&[0, 4]], &[0, 2])
            .scalar_fails(),
        line("i", [any([3, 4])], |t| t[0].i((-1, 2)))
            .case("one element")
            .empty_fails([&[0, 4]])
            .scalar_fails(),
        line("i", [any([2, 3, 4])], |t| t[0].i((Index::Ellipsis, -2)))
            .case("an ellipsis")
            .empty([&[0, 3, 4]], &[0, 3])
            .scalar_fails(),
        line("i", [any([2, 5])], |t| {
            t[0].i((Index::NewAxis, .., Index::ALL.step(2)))
        })
        .case("a new axis and steps")
        .empty([&[2, 0]], &[1, 2, 0])
        .scalar_fails(),
        line("i", [any([4])], |t| t[0].i(Index::NewAxis))
            .case("a new axis")
            .empty([&[0]], &[1, 0])
            .scalar([&[]], &[1]),
        line("i", [any([4, 2])], |t| t[0].i(-3..-1))
            .case("from the back")
            .empty([&[0, 2]], &[0, 2])
            .scalar_fails(),
    ]
}
