//! Matrix products beyond `matmul`, equations, distances.

use ondol_autograd::Tensor;
use ondol_autograd::functional::{
    bilinear, cosine_similarity, linear, normalize, pairwise_distance,
};

use crate::line::{Line, any, distinct, line};

pub(super) fn lines() -> Vec<Line> {
    [
        vectors(),
        sums(),
        in_place(),
        contractions(),
        equations(),
        distances(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn vectors() -> Vec<Line> {
    vec![
        line("mv", [any([3, 4]), any([4])], |t| t[0].mv(&t[1]))
            .empty([&[3, 0], &[0]], &[3])
            .scalar_fails(),
        line("vdot", [any([5]), any([5])], |t| t[0].vdot(&t[1]))
            .empty([&[0], &[0]], &[])
            .scalar_fails(),
        line("inner", [any([2, 3, 4]), any([5, 4])], |t| {
            t[0].inner(&t[1])
        })
        .empty([&[2, 3, 0], &[5, 0]], &[2, 3, 5])
        .scalar([&[], &[]], &[]),
        line("inner", [any([]), any([5, 4])], |t| t[0].inner(&t[1]))
            .case("a scalar")
            .empty([&[], &[0, 4]], &[0, 4])
            .scalar([&[], &[]], &[]),
        line("ger", [any([3]), any([2])], |t| t[0].ger(&t[1]))
            .empty([&[0], &[2]], &[0, 2])
            .scalar_fails(),
    ]
}

fn sums() -> Vec<Line> {
    let matrix = || [any([3, 2]), any([3, 4]), any([4, 2])];
    let batch = || [any([5, 1, 2]), any([5, 3, 4]), any([5, 4, 2])];
    vec![
        line("addmm_with", matrix(), |t| {
            t[0].addmm_with(&t[1], &t[2], 0.5, -2.0)
        })
        .empty([&[0, 2], &[0, 4], &[4, 2]], &[0, 2])
        .scalar_fails(),
        line("addmm_with", matrix(), |t| {
            t[0].addmm_with(&t[1], &t[2], 0.0, 1.0)
        })
        .case("nothing of the first")
        .empty([&[3, 2], &[3, 0], &[0, 2]], &[3, 2])
        .scalar_fails(),
        line("addmv", [any([3]), any([3, 4]), any([4])], |t| {
            t[0].addmv(&t[1], &t[2])
        })
        .empty([&[0], &[0, 4], &[4]], &[0])
        .scalar_fails(),
        line("addmv_with", [any([1]), any([3, 4]), any([4])], |t| {
            t[0].addmv_with(&t[1], &t[2], -0.5, 3.0)
        })
        .empty([&[1], &[0, 4], &[4]], &[0])
        .scalar_fails(),
        line("addr", [any([3, 2]), any([3]), any([2])], |t| {
            t[0].addr(&t[1], &t[2])
        })
        .empty([&[0, 2], &[0], &[2]], &[0, 2])
        .scalar_fails(),
        line("addr_with", [any([2]), any([3]), any([2])], |t| {
            t[0].addr_with(&t[1], &t[2], -0.5, 3.0)
        })
        .empty([&[2], &[0], &[2]], &[0, 2])
        .scalar_fails(),
        line(
            "addbmm",
            [any([3, 2]), any([5, 3, 4]), any([5, 4, 2])],
            |t| t[0].addbmm(&t[1], &t[2]),
        )
        .empty([&[3, 2], &[0, 3, 4], &[0, 4, 2]], &[3, 2])
        .scalar_fails(),
        line(
            "addbmm_with",
            [any([2]), any([5, 3, 4]), any([5, 4, 2])],
            |t| t[0].addbmm_with(&t[1], &t[2], -0.5, 3.0),
        )
        .empty([&[2], &[5, 3, 0], &[5, 0, 2]], &[3, 2])
        .scalar_fails(),
        line("baddbmm", batch(), |t| t[0].baddbmm(&t[1], &t[2]))
            .empty([&[0, 1, 2], &[0, 3, 4], &[0, 4, 2]], &[0, 3, 2])
            .scalar_fails(),
        line("baddbmm_with", batch(), |t| {
            t[0].baddbmm_with(&t[1], &t[2], -0.5, 3.0)
        })
        .empty([&[5, 1, 2], &[5, 3, 0], &[5, 0, 2]], &[5, 3, 2])
        .scalar_fails(),
    ]
}

fn in_place() -> Vec<Line> {
    // A copy, as a leaf may not be written to.
    let copy = |t: &Tensor| t.mul(1.0);
    vec![
        line(
            "addmm_",
            [any([3, 2]), any([3, 4]), any([4, 2])],
            move |t| copy(&t[0]).addmm_(&t[1], &t[2], 0.5, -2.0),
        )
        .empty([&[0, 2], &[0, 4], &[4, 2]], &[0, 2])
        .scalar_fails(),
        line("addmv_", [any([3]), any([3, 4]), any([4])], move |t| {
            copy(&t[0]).addmv_(&t[1], &t[2], 0.5, -2.0)
        })
        .empty([&[0], &[0, 4], &[4]], &[0])
        .scalar_fails(),
        line("addr_", [any([3, 2]), any([3]), any([2])], move |t| {
            copy(&t[0]).addr_(&t[1], &t[2], 0.5, -2.0)
        })
        .empty([&[0, 2], &[0], &[2]], &[0, 2])
        .scalar_fails(),
        line(
            "addbmm_",
            [any([3, 2]), any([5, 3, 4]), any([5, 4, 2])],
            move |t| copy(&t[0]).addbmm_(&t[1], &t[2], 0.5, -2.0),
        )
        .empty([&[3, 2], &[0, 3, 4], &[0, 4, 2]], &[3, 2])
        .scalar_fails(),
        line(
            "baddbmm_",
            [any([5, 3, 2]), any([5, 3, 4]), any([5, 4, 2])],
            move |t| copy(&t[0]).baddbmm_(&t[1], &t[2], 0.5, -2.0),
        )
        .empty([&[0, 3, 2], &[0, 3, 4], &[0, 4, 2]], &[0, 3, 2])
        .scalar_fails(),
    ]
}

fn contractions() -> Vec<Line> {
    vec![
        line("tensordot", [any([2, 3, 4]), any([4, 3, 2])], |t| {
            t[0].tensordot(&t[1], ([1, 2], [1, 0]))
        })
        .empty([&[2, 0, 4], &[4, 0, 2]], &[2, 2])
        .scalar_fails(),
        line("tensordot", [any([2, 3]), any([3, 2])], |t| {
            t[0].tensordot(&t[1], 1)
        })
        .case("counted")
        .empty([&[0, 3], &[3, 2]], &[0, 2])
        .scalar_fails(),
        line("tensordot", [any([2]), any([3])], |t| {
            t[0].tensordot(&t[1], 0)
        })
        .case("of none")
        .empty([&[0], &[3]], &[0, 3])
        .scalar([&[], &[]], &[]),
        line("kron", [any([2, 3]), any([2, 1, 2])], |t| t[0].kron(&t[1]))
            .empty([&[0, 3], &[2, 1, 2]], &[2, 0, 6])
            .scalar([&[], &[]], &[]),
        line("cross", [any([2, 3]), any([1, 3])], |t| {
            t[0].cross(&t[1], -1)
        })
        .empty([&[0, 3], &[1, 3]], &[0, 3])
        .scalar_fails(),
        line("cross", [any([3, 2]), any([3, 2])], |t| {
            t[0].cross(&t[1], None)
        })
        .case("the first of size 3")
        .empty([&[3, 0], &[3, 0]], &[3, 0])
        .scalar_fails(),
        line("multi_dot", [any([4]), any([4, 2]), any([2, 3])], |t| {
            ondol_autograd::linalg::multi_dot(t)
        })
        .empty([&[0], &[0, 2], &[2, 3]], &[3])
        .scalar_fails(),
        line(
            "chain_matmul",
            [any([2, 4]), any([4, 2]), any([2, 3])],
            |t| Tensor::chain_matmul(t),
        )
        .empty([&[2, 0], &[0, 2], &[2, 3]], &[2, 3])
        .scalar_fails(),
        line("linear", [any([2, 3]), any([3]), any([])], |t| {
            linear(&t[0], &t[1], Some(&t[2]))
        })
        .case("1-D weight")
        .empty([&[0, 3], &[3], &[]], &[0])
        .scalar_fails(),
        line(
            "bilinear",
            [any([2, 3]), any([2, 2]), any([2, 3, 2]), any([2])],
            |t| bilinear(&t[0], &t[1], &t[2], Some(&t[3])),
        )
        .empty([&[0, 3], &[0, 2], &[2, 3, 2], &[2]], &[0, 2])
        .scalar_fails(),
    ]
}

fn equations() -> Vec<Line> {
    let einsum = |equation: &'static str, inputs: Vec<_>| {
        line("einsum", inputs, move |t| Tensor::einsum(equation, t)).case(equation)
    };
    vec![
        einsum("ij,jk->ik", vec![any([2, 3]), any([3, 2])])
            .empty([&[2, 0], &[0, 2]], &[2, 2])
            .scalar_fails(),
        einsum("bij,bjk", vec![any([2, 2, 3]), any([2, 3, 2])])
            .empty([&[0, 2, 3], &[0, 3, 2]], &[2, 2])
            .scalar_fails(),
        einsum("ii->i", vec![any([3, 3])])
            .empty([&[0, 0]], &[0])
            .scalar_fails(),
        einsum("iij,ij->ji", vec![any([2, 2, 3]), any([2, 3])])
            .empty([&[2, 2, 0], &[2, 0]], &[0, 2])
            .scalar_fails(),
        einsum("...i,i...->...", vec![any([2, 3]), any([3, 1])])
            .empty([&[2, 0], &[0, 1]], &[2])
            .scalar_fails(),
        einsum(
            "ab,bc,cd,da",
            vec![any([2, 2]), any([2, 3]), any([3, 2]), any([2, 2])],
        )
        .empty([&[2, 2], &[2, 0], &[0, 2], &[2, 2]], &[])
        .scalar_fails(),
        einsum("i,j->ij", vec![any([2]), any([3])])
            .empty([&[0], &[3]], &[0, 3])
            .scalar_fails(),
        einsum("i,->i", vec![any([3]), any([])])
            .empty([&[0], &[]], &[0])
            .scalar_fails(),
        einsum("ij,jk->ik ", vec![any([2, 1]), any([3, 2])])
            .empty([&[2, 1], &[0, 2]], &[2, 2])
            .scalar_fails(),
    ]
}

fn distances() -> Vec<Line> {
    let pair = || [distinct([3, 4]), any([2, 4])];
    let cdist = |case, p| {
        line("cdist", pair(), move |t| t[0].cdist(&t[1], p))
            .case(case)
            .empty([&[0, 4], &[2, 4]], &[0, 2])
            .scalar_fails()
            .double_only("differences of near numbers lose what halves do not have")
    };
    let pdist = |case, p| {
        line("pdist", [distinct([4, 3])], move |t| t[0].pdist(p))
            .case(case)
            .empty([&[0, 4]], &[0])
            .scalar_fails()
            .double_only("differences of near numbers lose what halves do not have")
    };
    vec![
        pdist("2", 2.0),
        pdist("1", 1.0),
        pdist("infinite", f64::INFINITY),
        cdist("2", 2.0),
        cdist("1", 1.0),
        cdist("3", 3.0),
        cdist("infinite", f64::INFINITY),
        line("normalize", [any([3, 4])], |t| {
            normalize(&t[0], 2.0, 1, 1e-12)
        })
        .empty([&[3, 0]], &[3, 0])
        .scalar_fails(),
        line("normalize", [any([3, 4])], |t| {
            normalize(&t[0], 1.0, 0, 1e-12)
        })
        .case("p = 1")
        .empty([&[3, 0]], &[3, 0])
        .scalar([&[]], &[]),
        line("cosine_similarity", [any([3, 4]), any([4])], |t| {
            cosine_similarity(&t[0], &t[1], -1, 1e-8)
        })
        .empty([&[0, 4], &[4]], &[0])
        .scalar([&[], &[]], &[]),
        line("pairwise_distance", [any([3, 4]), distinct([3, 4])], |t| {
            pairwise_distance(&t[0], &t[1], 2.0, 1e-6, false)
        })
        .empty([&[0, 4], &[0, 4]], &[0])
        .scalar([&[], &[]], &[]),
        line("pairwise_distance", [any([3, 4]), distinct([3, 4])], |t| {
            pairwise_distance(&t[0], &t[1], 3.0, 1e-6, true)
        })
        .case("p = 3, kept")
        .empty([&[0, 4], &[0, 4]], &[0, 1])
        .scalar([&[], &[]], &[]),
    ]
}
