//! Linear algebra. Free inputs are made into well-conditioned matrices inside of each line.

use ondol_autograd::{DType, Tensor, linalg};

use super::WHOLE;
use crate::line::{Line, any, line};

const HALVES: &str = "halves are refused, as in PyTorch, and f32 is computed in f64";

pub(super) fn lines() -> Vec<Line> {
    [
        square(),
        equations(),
        factors(),
        spectral(),
        pseudo(),
        norms(),
        others(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// 1, 2, 3 … on the diagonal, little elsewhere.
fn near_diag(t: &Tensor) -> Tensor {
    let of = |n: usize| Tensor::arange_with(1i64, n + 1, 1i64, (DType::I64, &t.device()));
    let rows = of(t.size(-2)).unsqueeze(1);
    let diagonal = rows.eq(of(t.size(-1))).mul(rows);
    t.mul(0.2).add(diagonal.to_dtype(t.dtype()))
}

fn mt(t: &Tensor) -> Tensor {
    t.transpose(-2, -1)
}

fn sym(t: &Tensor) -> Tensor {
    let a = near_diag(t);
    a.add(mt(&a))
}

/// Symmetric and positive-definite.
fn spd(t: &Tensor) -> Tensor {
    near_diag(&t.matmul(&mt(t)))
}

/// A line of one matrix.
fn one<O: crate::line::Outputs>(
    name: &'static str,
    f: impl Fn(&Tensor) -> O + Send + Sync + 'static,
) -> Line {
    line(name, [any([3, 3])], move |t| f(&t[0]))
        .scalar_fails()
        .double_only(HALVES)
}

fn square() -> Vec<Line> {
    vec![
        one("inv", |t| linalg::inv(&near_diag(t))).empty([&[0, 0]], &[0, 0]),
        line("inv", [any([2, 2, 2])], |t| linalg::inv(&near_diag(&t[0])))
            .case("batch")
            .empty([&[0, 2, 2]], &[0, 2, 2])
            .scalar_fails()
            .double_only(HALVES),
        one("inverse", |t| near_diag(t).inverse()).empty([&[2, 0, 0]], &[2, 0, 0]),
        one("det", |t| linalg::det(&near_diag(t))).empty([&[0, 0]], &[]),
        line("det", [any([3, 1]), any([1, 3])], |t| {
            linalg::det(&t[0].mm(&t[1]))
        })
        .case("rank 1")
        .empty([&[0, 1], &[1, 0]], &[])
        .scalar_fails()
        .double_only(HALVES)
        .first_only("the second gradient needs an inverse, which PyTorch has none of here either"),
        one("slogdet", |t| linalg::slogdet(&near_diag(t)).1).empty([&[2, 0, 0]], &[2]),
        one("logdet", |t| spd(t).logdet()).empty([&[0, 0]], &[]),
        one("cholesky_inverse", |t| near_diag(t).cholesky_inverse(false)).empty([&[0, 0]], &[0, 0]),
        one("cholesky_inverse", |t| near_diag(t).cholesky_inverse(true))
            .case("upper")
            .empty([&[0, 0]], &[0, 0]),
    ]
}

fn equations() -> Vec<Line> {
    let two = |name, f: fn(&Tensor, &Tensor) -> Tensor| {
        line(name, [any([3, 3]), any([3, 2])], move |t| {
            f(&near_diag(&t[0]), &t[1])
        })
        .empty([&[0, 0], &[0, 2]], &[0, 2])
        .scalar_fails()
        .double_only(HALVES)
    };
    vec![
        two("solve", |a, b| linalg::solve(a, b)),
        line("solve", [any([2, 2, 2]), any([2])], |t| {
            linalg::solve(&near_diag(&t[0]), &t[1])
        })
        .case("one vector for a batch")
        .empty([&[0, 2, 2], &[2]], &[0, 2])
        .scalar_fails()
        .double_only(HALVES),
        two("solve_triangular", |a, b| {
            linalg::solve_triangular(a, b, true, true, false)
        }),
        two("solve_triangular", |a, b| {
            linalg::solve_triangular(a, b, false, true, true)
        })
        .case("unit, lower"),
        two("solve_triangular", |a, b| {
            linalg::solve_triangular(a, &mt(b), true, false, false)
        })
        .case("from the right")
        .empty([&[3, 3], &[3, 0]], &[0, 3]),
        two("cholesky_solve", |a, b| b.cholesky_solve(a, false)),
        two("cholesky_solve", |a, b| b.cholesky_solve(a, true)).case("upper"),
        two("lu_solve", |a, b| {
            let (factors, pivots) = linalg::lu_factor(&a.flip(0));
            linalg::lu_solve(&factors, &pivots, b)
        }),
        line("tensorsolve", [any([2, 2, 4]), any([2, 2])], |t| {
            let a = near_diag(&t[0].reshape([4, 4])).reshape([2, 2, 4]);
            linalg::tensorsolve(&a, &t[1])
        })
        .no_edges("the line makes a matrix of four rows inside")
        .double_only(HALVES),
        line("tensorinv", [any([2, 2, 4])], |t| {
            let a = near_diag(&t[0].reshape([4, 4])).reshape([2, 2, 4]);
            linalg::tensorinv(&a, 2)
        })
        .no_edges("the line makes a matrix of four rows inside")
        .double_only(HALVES),
    ]
}

fn factors() -> Vec<Line> {
    let lu = |name: &'static str, shape: [usize; 2]| {
        line("lu", [any(shape)], |t| {
            let (_, l, u) = linalg::lu(&near_diag(&t[0]).flip(0));
            (l, u)
        })
        .case(name)
        .scalar_fails()
        .double_only(HALVES)
    };
    let qr = |name: &'static str, shape: [usize; 2]| {
        line("qr", [any(shape)], |t| linalg::qr(&near_diag(&t[0])))
            .case(name)
            .scalar_fails()
            .double_only(HALVES)
    };
    vec![
        one("cholesky", |t| linalg::cholesky(&spd(t), false)).empty([&[0, 0]], &[0, 0]),
        one("cholesky", |t| spd(t).cholesky(true))
            .case("upper")
            .empty([&[2, 0, 0]], &[2, 0, 0]),
        lu("square", [3, 3]).empty([&[0, 0]], &[0, 0]),
        lu("tall", [4, 2]).empty([&[3, 0]], &[3, 0]),
        lu("wide", [2, 4]).empty([&[0, 3]], &[0, 0]),
        one("lu_factor", |t| linalg::lu_factor(&near_diag(t).flip(0))).empty([&[0, 0]], &[0, 0]),
        qr("square", [3, 3]).empty([&[0, 0]], &[0, 0]),
        qr("tall", [4, 2]).empty([&[3, 0]], &[3, 0]),
        qr("wide", [2, 4]).empty([&[0, 3]], &[0, 0]),
    ]
}

fn spectral() -> Vec<Line> {
    let svd = |name: &'static str, shape: [usize; 2]| {
        line("svd", [any(shape)], |t| {
            let (u, s, v) = linalg::svd(&near_diag(&t[0]));
            vec![u, s, v]
        })
        .case(name)
        .scalar_fails()
        .double_only(HALVES)
    };
    vec![
        svd("square", [3, 3]).empty([&[0, 0]], &[0, 0]),
        svd("tall", [4, 2]).empty([&[2, 0]], &[2, 0]),
        svd("wide", [2, 4]).empty([&[2, 0, 3]], &[2, 0, 0]),
        one("svdvals", |t| linalg::svdvals(&near_diag(t))).empty([&[0, 3]], &[0]),
        one("eigh", |t| linalg::eigh(&sym(t), "L")).empty([&[0, 0]], &[0]),
        one("eigh", |t| linalg::eigh(&sym(t), "U"))
            .case("upper")
            .empty([&[0, 2, 2]], &[0, 2]),
        one("eigvalsh", |t| linalg::eigvalsh(&sym(t), "L")).empty([&[0, 0]], &[0]),
    ]
}

fn pseudo() -> Vec<Line> {
    let tall = |name, f: fn(&Tensor) -> Tensor| {
        line(name, [any([4, 2])], move |t| f(&near_diag(&t[0])))
            .empty([&[3, 0]], &[0, 3])
            .scalar_fails()
            .double_only(HALVES)
    };
    vec![
        tall("pinv", linalg::pinv),
        tall("pinv", |a| linalg::pinv(&mt(a)))
            .case("wide")
            .empty([&[3, 0]], &[3, 0]),
        line("pinv", [any([3, 1]), any([1, 3])], |t| {
            linalg::pinv(&t[0].mm(&t[1]))
        })
        .case("rank 1")
        .empty([&[0, 1], &[1, 3]], &[3, 0])
        .scalar_fails()
        .double_only(HALVES),
        tall("pinv_tol", |a| linalg::pinv_tol(a, 1e-10, 1e-8)),
        tall("pinverse", Tensor::pinverse),
        line("lstsq", [any([4, 2]), any([4, 3])], |t| {
            let least = linalg::lstsq(&near_diag(&t[0]), &t[1]);
            vec![least.solution, least.residuals]
        })
        .empty([&[3, 0], &[3, 2]], &[0, 2])
        .scalar_fails()
        .double_only(HALVES),
        line("lstsq", [any([2, 4]), any([2])], |t| {
            linalg::lstsq(&near_diag(&t[0]), &t[1]).solution
        })
        .case("wide, one vector")
        .empty([&[0, 3], &[0]], &[3])
        .scalar_fails()
        .double_only(HALVES),
        tall("matrix_rank", linalg::matrix_rank)
            .stops(WHOLE)
            .empty([&[3, 0]], &[]),
        tall("matrix_rank_tol", |a| linalg::matrix_rank_tol(a, 1.5, 0.0))
            .stops(WHOLE)
            .empty([&[3, 0]], &[]),
    ]
}

fn norms() -> Vec<Line> {
    let norm = |case: &'static str, order: fn() -> linalg::NormOrder| {
        line("matrix_norm", [any([2, 3, 4])], move |t| {
            linalg::matrix_norm(&near_diag(&t[0]), order())
        })
        .case(case)
        .empty([&[0, 3, 4]], &[0])
        .scalar_fails()
        .double_only(HALVES)
    };
    vec![
        line("matrix_norm", [any([2, 3])], |t| {
            linalg::matrix_norm(&t[0], "fro")
        })
        .empty([&[0, 3]], &[])
        .scalar_fails(),
        line("matrix_norm", [any([2, 3])], |t| {
            linalg::matrix_norm(&t[0], 1)
        })
        .case("1")
        .empty([&[0, 3]], &[])
        .scalar_fails(),
        norm("nuclear", || linalg::NormOrder::Nuc),
        norm("2", || 2.into()),
        norm("-2", || (-2).into()),
        norm("-1", || (-1).into()),
        norm("infinite", || f64::INFINITY.into()),
        norm("-infinite", || f64::NEG_INFINITY.into()),
        line("matrix_norm_dim", [any([2, 3, 4])], |t| {
            linalg::matrix_norm_dim(&t[0], "fro", [2, 0], true)
        })
        .empty([&[2, 0, 4]], &[1, 0, 1])
        .scalar_fails(),
        line("matrix_norm_dim", [any([2, 3, 4])], |t| {
            linalg::matrix_norm_dim(&t[0], "nuc", [0, 2], false)
        })
        .case("nuclear")
        .empty([&[2, 0, 4]], &[0])
        .scalar_fails()
        .double_only(HALVES),
        line("norm", [any([2, 3, 4])], |t| linalg::norm(&t[0]))
            .case("linalg")
            .empty([&[0, 4]], &[])
            .scalar([&[]], &[]),
        line("norm_order", [any([5])], |t| linalg::norm_order(&t[0], 3))
            .empty([&[0]], &[])
            .scalar_fails(),
        one("cond", |t| linalg::cond(&near_diag(t), 2)).empty([&[0, 0]], &[]),
        one("cond", |t| linalg::cond(&near_diag(t), -2))
            .case("-2")
            .empty([&[0, 0]], &[]),
        one("cond", |t| linalg::cond(&near_diag(t), "fro"))
            .case("by the inverse")
            .empty([&[0, 0]], &[]),
        line("vecdot", [any([2, 3]), any([3])], |t| {
            linalg::vecdot(&t[0], &t[1], -1)
        })
        .empty([&[2, 0], &[0]], &[2])
        .scalar([&[], &[]], &[]),
    ]
}

fn others() -> Vec<Line> {
    vec![
        line("matrix_exp", [any([3, 3])], |t| {
            linalg::matrix_exp(&t[0].mul(0.5))
        })
        .empty([&[0, 0]], &[0, 0])
        .scalar_fails(),
        line("matrix_exp", [any([2, 2, 2])], |t| t[0].matrix_exp())
            .case("batch")
            .empty([&[0, 2, 2]], &[0, 2, 2])
            .scalar_fails(),
        line("matrix_power", [any([3, 3])], |t| {
            linalg::matrix_power(&t[0], 3)
        })
        .empty([&[0, 0]], &[0, 0])
        .scalar_fails(),
        line("matrix_power", [any([3, 3])], |t| {
            near_diag(&t[0]).matrix_power(-2)
        })
        .case("of the inverse")
        .empty([&[0, 0]], &[0, 0])
        .scalar_fails()
        .double_only(HALVES),
        line("vander", [any([2, 3])], |t| linalg::vander(&t[0], 4))
            .case("of linalg")
            .empty([&[0, 3]], &[0, 3, 4])
            .scalar_fails(),
        line("diagonal", [any([2, 3, 4])], |t| {
            linalg::diagonal(&t[0], 1, 0, -1)
        })
        .case("of linalg")
        .empty([&[2, 0, 4]], &[0, 2])
        .scalar_fails(),
        line("diagonal", [any([4, 3])], |t| {
            linalg::diagonal(&t[0], -2, -2, -1)
        })
        .case("below")
        .empty([&[1, 3]], &[0])
        .scalar_fails(),
    ]
}
