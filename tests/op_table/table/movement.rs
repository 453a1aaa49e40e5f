//! What moves elements without computing.

use ondol_autograd::Tensor;

use crate::line::{Line, any, line};

pub(super) fn lines() -> Vec<Line> {
    [shapes(), orders(), parts(), joins(), windows()]
        .into_iter()
        .flatten()
        .collect()
}

fn shapes() -> Vec<Line> {
    const STRIDES: &str = "a view of some strides does not exist; `reshape` is the one that copies";
    vec![
        line("view", [any([3, 4])], |t| t[0].view((2, -1)))
            .contiguous_only(STRIDES)
            .empty([&[0, 4]], &[2, 0])
            .scalar_fails(),
        line("view", [any([1])], |t| t[0].view(()))
            .case("to 0-dim")
            .empty_fails([&[0]])
            .scalar([&[]], &[]),
        line("reshape", [any([3, 4])], |t| t[0].reshape((6, 2)))
            .empty_fails([&[0, 4]])
            .scalar_fails(),
        line("reshape", [any([2, 3, 2])], |t| t[0].reshape(-1))
            .case("flat")
            .empty([&[2, 0, 2]], &[0])
            .scalar([&[]], &[1]),
        line("view_as", [any([3, 4]), any([2, 6])], |t| {
            t[0].view_as(&t[1])
        })
        .contiguous_only(STRIDES)
        .empty([&[0, 4], &[2, 0]], &[2, 0])
        .scalar([&[], &[]], &[]),
        line("flatten", [any([2, 3, 2])], |t| t[0].flatten(1, -1))
            .empty([&[0, 3, 2]], &[0, 6])
            .scalar_fails(),
        line("flatten", [any([2, 3, 2])], |t| t[0].flatten(0, -1))
            .case("all")
            .empty([&[2, 0, 2]], &[0])
            .scalar([&[]], &[1]),
        line("squeeze", [any([1, 3, 1])], |t| t[0].squeeze())
            .empty([&[1, 0, 1]], &[0])
            .scalar([&[]], &[]),
        line("squeeze_dim", [any([1, 3, 1])], |t| t[0].squeeze_dim(0))
            .empty([&[1, 0, 1]], &[0, 1])
            .scalar([&[]], &[]),
        line("squeeze_dim", [any([1, 3, 1])], |t| {
            t[0].squeeze_dim([0, 1, -1])
        })
        .case("several, one of another size")
        .empty([&[1, 0, 1]], &[0])
        .scalar_fails(),
        line("unsqueeze", [any([3, 4])], |t| t[0].unsqueeze(0))
            .empty([&[0, 4]], &[1, 0, 4])
            .scalar([&[]], &[1]),
        line("unsqueeze", [any([3, 4])], |t| t[0].unsqueeze(-1))
            .case("behind")
            .empty([&[0, 4]], &[0, 4, 1])
            .scalar([&[]], &[1]),
        line("expand", [any([3, 1])], |t| t[0].expand([2, 3, 4]))
            .empty_fails([&[0, 1]])
            .scalar([&[]], &[2, 3, 4]),
        line("expand", [any([3, 1])], |t| t[0].expand([-1, 4]))
            .case("a size kept")
            .empty([&[0, 1]], &[0, 4])
            .scalar_fails(),
        line("expand_as", [any([4]), any([3, 4])], |t| {
            t[0].expand_as(&t[1])
        })
        .empty([&[4], &[0, 4]], &[0, 4])
        .scalar([&[], &[2, 2]], &[2, 2]),
    ]
}

fn orders() -> Vec<Line> {
    vec![
        line("transpose", [any([2, 3, 4])], |t| t[0].transpose(0, -1))
            .empty([&[0, 3, 4]], &[4, 3, 0])
            .scalar([&[]], &[]),
        line("t", [any([3, 4])], |t| t[0].t())
            .empty([&[0, 4]], &[4, 0])
            .scalar([&[]], &[]),
        line("t", [any([4])], |t| t[0].t().mul(2.0))
            .case("1-D")
            .empty([&[0]], &[0])
            .scalar([&[]], &[]),
        line("permute", [any([2, 3, 4])], |t| t[0].permute([2, 0, -2]))
            .empty([&[2, 3, 0]], &[0, 2, 3])
            .scalar_fails(),
        line("flip", [any([3, 4])], |t| t[0].flip(0))
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("flip", [any([2, 3, 2])], |t| t[0].flip([0, -1]))
            .case("several")
            .empty([&[2, 0, 2]], &[2, 0, 2])
            .scalar_fails(),
    ]
}

fn parts() -> Vec<Line> {
    vec![
        line("narrow", [any([3, 4])], |t| t[0].narrow(1, 1, 2))
            .empty([&[0, 4]], &[0, 2])
            .scalar_fails(),
        line("slice", [any([3, 5])], |t| t[0].slice(-1, 1, 5, 2))
            .empty([&[3, 0]], &[3, 0])
            .scalar_fails(),
        line("slice", [any([5])], |t| t[0].slice(0, -3, isize::MAX, 1))
            .case("from the back")
            .empty([&[0]], &[0])
            .scalar_fails(),
        line("select", [any([3, 4])], |t| t[0].select(0, -1))
            .empty_fails([&[0, 4]])
            .scalar_fails(),
        line("select", [any([3, 4])], |t| t[0].select(1, 2))
            .case("second")
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("split", [any([5, 2])], |t| t[0].split(2, 0))
            .empty([&[0, 2]], &[0, 2])
            .scalar_fails(),
        line("chunk", [any([2, 5])], |t| t[0].chunk(3, -1))
            .empty([&[0, 5]], &[0, 2])
            .scalar_fails(),
    ]
}

fn joins() -> Vec<Line> {
    vec![
        line("cat", [any([2, 3]), any([1, 3])], |t| Tensor::cat(t, 0))
            .empty([&[0, 3], &[1, 3]], &[1, 3])
            .scalar_fails(),
        line("cat", [any([2, 3]), any([2, 1]), any([2, 2])], |t| {
            Tensor::cat(&[&t[0], &t[1], &t[2]], -1)
        })
        .case("last")
        .empty([&[0, 3], &[0, 1], &[0, 2]], &[0, 6])
        .scalar_fails(),
        line("cat", [any([2, 3]), any([2, 3])], |t| Tensor::cat(t, 1))
            .case("an empty vector counts as nothing")
            .empty([&[0], &[2, 3]], &[2, 3])
            .scalar_fails(),
        line("cat", [any([3])], |t| Tensor::cat(&[&t[0], &t[0]], 0))
            .case("itself")
            .empty([&[0]], &[0])
            .scalar_fails(),
        line("stack", [any([2, 3]), any([2, 3])], |t| Tensor::stack(t, 0))
            .empty([&[0, 3], &[0, 3]], &[2, 0, 3])
            .scalar([&[], &[]], &[2]),
        line("stack", [any([2, 3]), any([2, 3])], |t| {
            Tensor::stack(t, -1)
        })
        .case("last")
        .empty([&[0, 3], &[0, 3]], &[0, 3, 2])
        .scalar([&[], &[]], &[2]),
        line("repeat", [any([2, 3])], |t| t[0].repeat([2, 1, 2]))
            .empty([&[0, 3]], &[2, 0, 6])
            .scalar([&[]], &[2, 1, 2]),
        line("repeat", [any([3])], |t| t[0].repeat(0))
            .case("no times")
            .empty([&[0]], &[0])
            .scalar([&[]], &[0]),
    ]
}

fn windows() -> Vec<Line> {
    vec![
        line("unfold", [any([6])], |t| t[0].unfold(0, 3, 2))
            .empty_fails([&[0]])
            .scalar_fails(),
        line("unfold", [any([2, 5, 2])], |t| t[0].unfold(-2, 3, 1))
            .case("overlapping, middle")
            .empty([&[0, 5, 2]], &[0, 3, 2, 3])
            .scalar_fails(),
        line("pad", [any([2, 3])], |t| t[0].pad(&[(1, 2)], 0.5))
            .empty([&[2, 0]], &[2, 3])
            .scalar_fails(),
        line("pad", [any([2, 3])], |t| t[0].pad(&[(1, 0), (0, 2)], 0.0))
            .case("two")
            .empty([&[0, 3]], &[2, 4])
            .scalar_fails(),
        line("pad", [any([2, 3])], |t| t[0].pad(&[], 0.0))
            .case("none")
            .empty([&[0, 3]], &[0, 3])
            .scalar([&[]], &[]),
    ]
}
