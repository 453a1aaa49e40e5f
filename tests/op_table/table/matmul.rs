//! Matrix products of every rank.

use crate::line::{Line, any, line};

pub(super) fn lines() -> Vec<Line> {
    [plain(), ranks()].into_iter().flatten().collect()
}

fn plain() -> Vec<Line> {
    vec![
        line("mm", [any([3, 4]), any([4, 2])], |t| t[0].mm(&t[1]))
            .empty([&[0, 4], &[4, 2]], &[0, 2])
            .scalar_fails(),
        line("mm", [any([3, 4]), any([4, 2])], |t| t[0].mm(&t[1]))
            .case("nothing inside")
            .empty([&[3, 0], &[0, 2]], &[3, 2])
            .scalar_fails(),
        line("mm", [any([3, 3])], |t| t[0].mm(&t[0]))
            .case("itself")
            .empty([&[0, 0]], &[0, 0])
            .scalar_fails(),
        line("mm", [any([3, 4])], |t| t[0].mm(&t[0].t()))
            .case("its own transpose")
            .empty([&[3, 0]], &[3, 3])
            .scalar_fails(),
        line("bmm", [any([2, 3, 4]), any([2, 4, 2])], |t| t[0].bmm(&t[1]))
            .empty([&[0, 3, 4], &[0, 4, 2]], &[0, 3, 2])
            .scalar_fails(),
        line("addmm", [any([3, 2]), any([3, 4]), any([4, 2])], |t| {
            t[0].addmm(&t[1], &t[2])
        })
        .empty([&[0, 2], &[0, 4], &[4, 2]], &[0, 2])
        .scalar_fails(),
        line("addmm", [any([2]), any([3, 4]), any([4, 2])], |t| {
            t[0].addmm(&t[1], &t[2])
        })
        .case("broadcast")
        .empty([&[2], &[3, 0], &[0, 2]], &[3, 2])
        .scalar([&[], &[3, 4], &[4, 2]], &[3, 2]),
        line("dot", [any([5]), any([5])], |t| t[0].dot(&t[1]))
            .empty([&[0], &[0]], &[])
            .scalar_fails(),
        line("outer", [any([3]), any([2])], |t| t[0].outer(&t[1]))
            .empty([&[0], &[2]], &[0, 2])
            .scalar_fails(),
    ]
}

/// `matmul` by the ranks of its operands.
fn ranks() -> Vec<Line> {
    let product =
        |left, right| line("matmul", [left, right], |t| t[0].matmul(&t[1])).scalar_fails();
    vec![
        product(any([4]), any([4]))
            .case("1-D, 1-D")
            .empty([&[0], &[0]], &[]),
        product(any([4]), any([4, 2]))
            .case("1-D, 2-D")
            .empty([&[0], &[0, 2]], &[2]),
        product(any([3, 4]), any([4]))
            .case("2-D, 1-D")
            .empty([&[0, 4], &[4]], &[0]),
        product(any([3, 4]), any([4, 2]))
            .case("2-D, 2-D")
            .empty([&[3, 4], &[4, 0]], &[3, 0]),
        product(any([2, 3, 4]), any([4]))
            .case("3-D, 1-D")
            .empty([&[0, 3, 4], &[4]], &[0, 3]),
        product(any([4]), any([2, 4, 3]))
            .case("1-D, 3-D")
            .empty([&[4], &[0, 4, 3]], &[0, 3]),
        product(any([2, 3, 4]), any([4, 2]))
            .case("3-D, 2-D")
            .empty([&[0, 3, 4], &[4, 2]], &[0, 3, 2]),
        product(any([3, 4]), any([2, 4, 2]))
            .case("2-D, 3-D")
            .empty([&[3, 4], &[0, 4, 2]], &[0, 3, 2]),
        product(any([2, 3, 4]), any([2, 4, 2]))
            .case("batches")
            .empty([&[2, 0, 4], &[2, 4, 2]], &[2, 0, 2]),
        product(any([2, 1, 2, 3]), any([3, 3, 2]))
            .case("batches broadcast")
            .empty([&[2, 1, 2, 0], &[3, 0, 2]], &[2, 3, 2, 2]),
        product(any([2, 2, 2, 3]), any([3, 2]))
            .case("4-D, 2-D")
            .empty([&[0, 2, 2, 3], &[3, 2]], &[0, 2, 2, 2]),
    ]
}
