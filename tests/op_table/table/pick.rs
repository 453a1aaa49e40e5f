//! Picking and placing by index tensors, sorting.

use super::WHOLE;
use crate::line::{Line, any, distinct, int, line, positions};

pub(super) fn lines() -> Vec<Line> {
    [picks(), places(), orders()]
        .into_iter()
        .flatten()
        .collect()
}

fn picks() -> Vec<Line> {
    vec![
        line("gather", [any([3, 4])], |t| {
            t[0].gather(1, &positions(&t[0], &[0, 3, 3, 1, 2, 2], [3, 2]))
        })
        .empty_fails([&[3, 0]])
        .scalar_fails(),
        line("gather", [any([3, 4])], |t| {
            t[0].gather(0, &positions(&t[0], &[2, 0, 2], [1, 3]))
        })
        .case("fewer columns")
        .empty_fails([&[0, 4]])
        .scalar_fails(),
        line("gather", [any([3, 4])], |t| {
            t[0].gather(0, &positions(&t[0], &[], [0, 4]))
        })
        .case("nothing")
        .empty([&[0, 4]], &[0, 4])
        .scalar_fails(),
        line("gather", [any([1])], |t| {
            t[0].gather(0, &positions(&t[0], &[0], [1]))
        })
        .case("one")
        .empty_fails([&[0]])
        .scalar_fails(),
        line("gather", [any([])], |t| {
            t[0].gather(0, &positions(&t[0], &[0], []))
        })
        .case("0-dim")
        .no_empty("0-dim only")
        .scalar([&[]], &[]),
        line("index_select", [any([3, 4])], |t| {
            t[0].index_select(0, &positions(&t[0], &[2, 0, 2], [3]))
        })
        .empty([&[3, 0]], &[3, 0])
        .scalar_fails(),
        line("index_select", [any([3, 4])], |t| {
            t[0].index_select(-1, &positions(&t[0], &[3], [1]))
        })
        .case("last")
        .empty([&[0, 4]], &[0, 1])
        .scalar_fails(),
    ]
}

fn places() -> Vec<Line> {
    let two = || [any([3, 4]), any([3, 2])];
    vec![
        line("scatter", two(), |t| {
            t[0].scatter(1, &positions(&t[0], &[0, 3, 2, 1, 2, 0], [3, 2]), &t[1])
        })
        .empty_fails([&[3, 0], &[3, 2]])
        .scalar_fails(),
        line("scatter", two(), |t| {
            t[0].scatter(0, &positions(&t[0], &[2, 0], [1, 2]), &t[1])
        })
        .case("part of the source")
        .empty_fails([&[0, 4], &[3, 2]])
        .scalar_fails(),
        line("scatter_add", two(), |t| {
            t[0].scatter_add(1, &positions(&t[0], &[0, 0, 2, 1, 2, 2], [3, 2]), &t[1])
        })
        .empty_fails([&[3, 0], &[3, 2]])
        .scalar_fails(),
        line("scatter_add", two(), |t| {
            t[0].scatter_add(-2, &positions(&t[0], &[2, 0], [1, 2]), &t[1])
        })
        .case("part of the source")
        .empty_fails([&[0, 4], &[3, 2]])
        .scalar_fails(),
        line("index_add", [any([3, 4]), any([3, 4])], |t| {
            t[0].index_add(0, &positions(&t[0], &[2, 0, 2], [3]), &t[1])
        })
        .empty([&[3, 0], &[3, 0]], &[3, 0])
        .scalar_fails(),
        line("index_add", [any([3, 4]), any([3, 1])], |t| {
            t[0].index_add(1, &positions(&t[0], &[3], [1]), &t[1])
        })
        .case("second")
        .empty([&[0, 4], &[0, 1]], &[0, 4])
        .scalar_fails(),
        line("one_hot", [int(3, [4])], |t| t[0].one_hot(3))
            .empty([&[0]], &[0, 3])
            .scalar([&[]], &[3])
            .stops(WHOLE),
    ]
}

fn orders() -> Vec<Line> {
    let one = || [distinct([3, 4])];
    vec![
        line("sort", one(), |t| t[0].sort(-1, false))
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
        line("sort", one(), |t| t[0].sort(0, true))
            .case("descending")
            .empty([&[3, 0]], &[3, 0])
            .scalar([&[]], &[]),
        line("argsort", one(), |t| t[0].argsort(1, true))
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails()
            .stops(WHOLE),
        line("topk", one(), |t| t[0].topk(2, 1, true))
            .empty([&[0, 4]], &[0, 2])
            .scalar_fails(),
        line("topk", one(), |t| t[0].topk(1, 0, false))
            .case("least")
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[]),
    ]
}
