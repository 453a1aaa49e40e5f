//! Norms, spread, running reductions, differences.

use ondol_autograd::{DType, Tensor};

use super::WHOLE;
use crate::line::{Line, any, between, distinct, line, mask, zeros};

pub(super) fn lines() -> Vec<Line> {
    [norms(), spread(), scans(), differences(), casts()]
        .into_iter()
        .flatten()
        .collect()
}

fn norms() -> Vec<Line> {
    let one = || [any([3, 4])];
    vec![
        line("vector_norm", one(), |t| t[0].vector_norm(2.0, 1, false))
            .empty([&[3, 0]], &[3])
            .scalar_fails(),
        line("vector_norm", one(), |t| t[0].vector_norm(1.0, .., true))
            .case("1")
            .empty([&[3, 0]], &[1, 1])
            .scalar([&[]], &[]),
        line("vector_norm", one(), |t| t[0].vector_norm(3.0, 0, true))
            .case("3")
            .empty([&[0, 4]], &[1, 4])
            .scalar([&[]], &[]),
        line("vector_norm", one(), |t| {
            t[0].vector_norm(1.5, [0, 1], false)
        })
        .case("1.5")
        .empty([&[0, 4]], &[])
        .scalar_fails(),
        line("vector_norm", one(), |t| t[0].vector_norm(0.5, 1, false))
            .case("0.5")
            .empty([&[3, 0]], &[3])
            .scalar_fails(),
        line("vector_norm", one(), |t| t[0].vector_norm(-1.0, 1, false))
            .case("-1")
            .empty_fails([&[3, 0]])
            .scalar_fails(),
        line("vector_norm", [distinct([3, 4])], |t| {
            t[0].vector_norm(f64::INFINITY, 1, false)
        })
        .case("infinite")
        .empty_fails([&[3, 0]])
        .scalar_fails(),
        line("vector_norm", [distinct([3, 4])], |t| {
            t[0].vector_norm(f64::NEG_INFINITY, 0, false)
        })
        .case("minus infinite")
        .empty_fails([&[0, 4]])
        .scalar([&[]], &[]),
        line("vector_norm", [any([3, 4])], |t| {
            t[0].vector_norm(0.0, 1, false)
        })
        .case("0")
        .empty([&[3, 0]], &[3])
        .scalar_fails()
        .first_only(super::CONSTANT),
        line("renorm", one(), |t| t[0].renorm(2.0, 0, 1.5))
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("renorm", [any([2, 3, 4])], |t| t[0].renorm(1.0, 1, 4.0))
            .case("middle")
            .empty([&[2, 0, 4]], &[2, 0, 4])
            .scalar_fails(),
    ]
}

fn spread() -> Vec<Line> {
    let one = || [any([3, 4])];
    // Every third is NaN, to be left out.
    let holes = |t: &Tensor| Tensor::where_(&mask(t, &t.shape()), f64::NAN, t);
    vec![
        line("var_mean", one(), |t| t[0].var_mean(0, 1.0, false))
            .empty([&[3, 0]], &[0])
            .scalar([&[]], &[]),
        line("std_mean", one(), |t| t[0].std_mean(.., 0.0, true))
            .empty([&[3, 0]], &[1, 1])
            .scalar([&[]], &[]),
        line("nansum", [any([3, 4])], move |t| {
            holes(&t[0]).nansum(1, false).square()
        })
        .empty([&[3, 0]], &[3])
        .scalar_fails(),
        line("nanmean", [any([3, 4])], move |t| {
            holes(&t[0]).nanmean(0, true).square()
        })
        .empty([&[3, 0]], &[1, 0])
        .scalar([&[]], &[]),
        line("cov", one(), |t| t[0].cov(1.0))
            .empty([&[0, 4]], &[0, 0])
            .scalar([&[]], &[]),
        line("cov", [any([5])], |t| t[0].cov(0.0))
            .case("1-D")
            .no_edges("as of rows"),
        line("corrcoef", [any([2, 6])], |t| t[0].corrcoef())
            .empty([&[0, 4]], &[0, 0])
            .scalar([&[]], &[]),
        line("aminmax", [distinct([3, 4])], |t| t[0].aminmax(1, false))
            .empty([&[0, 4]], &[0])
            .scalar_fails(),
        line("count_nonzero", [zeros([3, 4])], |t| t[0].count_nonzero(0))
            .empty([&[3, 0]], &[0])
            .scalar([&[]], &[])
            .stops(WHOLE),
        line("argmax", [distinct([3, 4])], |t| t[0].argmax(.., true))
            .case("of all")
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[])
            .stops(WHOLE),
        line("argmin", [distinct([3, 4])], |t| t[0].argmin(.., false))
            .case("of all")
            .empty_fails([&[0, 4]])
            .scalar([&[]], &[])
            .stops(WHOLE),
        line("softmin", one(), |t| t[0].softmin(1))
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("logsumexp", [any([2, 3, 4])], |t| {
            t[0].logsumexp([0, 2], true)
        })
        .case("several")
        .empty([&[0, 3, 4]], &[1, 3, 1])
        .scalar_fails(),
        line("logsumexp", one(), |t| t[0].logsumexp(.., false))
            .case("all")
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
    ]
}

fn scans() -> Vec<Line> {
    let one = || [any([3, 4])];
    vec![
        line("cumprod", one(), |t| t[0].cumprod(1))
            .empty([&[3, 0]], &[3, 0])
            .scalar_fails(),
        line("cumprod", [zeros([3, 5])], |t| t[0].cumprod(-1))
            .case("with zeros")
            .no_edges("as without zeros"),
        line("cumprod", [zeros([7, 2])], |t| t[0].cumprod(0))
            .case("first, with zeros")
            .empty([&[0, 2]], &[0, 2])
            .scalar([&[]], &[]),
        line("cummax", [distinct([3, 4])], |t| t[0].cummax(1))
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("cummin", [distinct([3, 4])], |t| t[0].cummin(0))
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
        line("logcumsumexp", one(), |t| t[0].logcumsumexp(1))
            .empty([&[3, 0]], &[3, 0])
            .scalar_fails(),
        line("logcumsumexp", one(), |t| t[0].logcumsumexp(0))
            .case("first")
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
    ]
}

fn differences() -> Vec<Line> {
    vec![
        line("diff", [any([3, 4])], |t| t[0].diff(1, -1))
            .empty([&[3, 0]], &[3, 0])
            .scalar_fails(),
        line("diff", [any([5, 2])], |t| t[0].diff(2, 0))
            .case("twice")
            .empty([&[1, 2]], &[0, 2])
            .scalar_fails(),
        line("gradient", [any([3, 4])], |t| t[0].gradient(0.5, 1))
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("gradient", [any([2, 4])], |t| t[0].gradient(2.0, 0))
            .case("two points")
            .empty_fails([&[0, 4]])
            .scalar_fails(),
        line("sum_to_size", [any([2, 3, 4])], |t| {
            t[0].sum_to_size([3, 1])
        })
        .empty([&[0, 3, 4]], &[3, 1])
        .scalar_fails(),
        line("diff_with", [any([3, 4]), any([3, 1])], |t| {
            t[0].diff_with(1, 1, Some(&t[1]), None)
        })
        .empty([&[3, 0], &[3, 1]], &[3, 0])
        .scalar_fails(),
        line("trapezoid", [any([3, 4])], |t| t[0].trapezoid(0.5, -1))
            .empty([&[3, 0]], &[3])
            .scalar_fails(),
        line("trapezoid", [any([3, 4]), any([3])], |t| {
            t[0].trapezoid(&t[1], 0)
        })
        .case("places")
        .empty([&[0, 4], &[0]], &[4])
        .scalar_fails(),
        line("trapezoid", [any([3, 4]), any([3, 4])], |t| {
            t[0].trapezoid(&t[1], 1)
        })
        .case("places of each row")
        .empty([&[0, 4], &[0, 4]], &[0])
        .scalar_fails(),
        line("cumulative_trapezoid", [any([3, 4])], |t| {
            t[0].cumulative_trapezoid(2.0, 1)
        })
        .empty([&[0, 4]], &[0, 3])
        .scalar_fails(),
    ]
}

fn casts() -> Vec<Line> {
    let one = || [between(0.5, 2.0, [3, 4])];
    let f64 = DType::F64;
    vec![
        line("sum_with", one(), move |t| {
            t[0].sum_with(0, false, f64).square()
        })
        .empty([&[0, 4]], &[4])
        .scalar([&[]], &[]),
        line("mean_with", one(), move |t| {
            t[0].mean_with(1, true, f64).square()
        })
        .empty([&[0, 4]], &[0, 1])
        .scalar_fails(),
        line("prod_with", one(), move |t| t[0].prod_with(1, true, f64))
            .empty([&[3, 0]], &[3, 1])
            .scalar_fails(),
        line("cumsum_with", one(), move |t| {
            t[0].cumsum_with(0, f64).square()
        })
        .empty([&[0, 4]], &[0, 4])
        .scalar([&[]], &[]),
        line("cumprod_with", one(), move |t| t[0].cumprod_with(0, f64))
            .empty([&[0, 4]], &[0, 4])
            .scalar([&[]], &[]),
        line("softmax_with", one(), move |t| t[0].softmax_with(1, f64))
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
        line("log_softmax_with", one(), move |t| {
            t[0].log_softmax_with(0, f64)
        })
        .empty([&[0, 4]], &[0, 4])
        .scalar([&[]], &[]),
        line("type_as", one(), |t| t[0].square().type_as(&t[0])).elementwise(),
        line("where_", [any([3, 4])], |t| {
            Tensor::where_(&t[0].gt(0.0), &t[0], 0.5).square()
        })
        .case("number")
        .elementwise(),
    ]
}
