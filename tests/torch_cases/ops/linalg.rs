//! Linear algebra.

use ondol::{Tensor, linalg};

use super::{one, two};
use crate::torch_cases::call::Call;

/// An order of a norm: a number or a name.
fn order(call: &Call<'_>, name: &str) -> Option<linalg::NormOrder> {
    let value = call.arg(name)?;
    Some(match value.as_str() {
        Some("fro") => linalg::NormOrder::Fro,
        Some("nuc") => linalg::NormOrder::Nuc,
        _ => call.float(name).expect("a number").into(),
    })
}

pub(super) fn run(op: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    let x = || call.x();
    let upper = || call.bool_or("upper", false);
    match op {
        "inv" | "inverse" => one(linalg::inv(&x())),
        "det" => one(linalg::det(&x())),
        "logdet" => one(x().logdet()),
        "slogdet" => two(linalg::slogdet(&x())),
        "solve" => one(linalg::solve(&x(), &call.at(1))),
        "solve_triangular" => one(linalg::solve_triangular(
            &x(),
            &call.at(1),
            upper(),
            call.bool_or("left", true),
            call.bool_or("unitriangular", false),
        )),
        "cholesky" => one(linalg::cholesky(&x(), upper())),
        "cholesky_solve" => one(x().cholesky_solve(&call.at(1), upper())),
        "cholesky_inverse" => one(x().cholesky_inverse(upper())),
        "qr" => {
            let mode = call.text("mode").unwrap_or("reduced");
            assert_eq!(mode, "reduced", "qr has one mode");
            two(linalg::qr(&x()))
        }
        "svd" => {
            assert!(!call.bool_or("full_matrices", false), "svd is reduced");
            let (u, s, vh) = linalg::svd(&x());
            Some(vec![u, s, vh])
        }
        "svdvals" => one(linalg::svdvals(&x())),
        "eigh" => two(linalg::eigh(&x(), call.text("UPLO").unwrap_or("L"))),
        "eigvalsh" => one(linalg::eigvalsh(&x(), call.text("UPLO").unwrap_or("L"))),
        "pinv" | "pinverse" => one(linalg::pinv(&x())),
        "matrix_rank" => one(linalg::matrix_rank(&x())),
        "matrix_exp" => one(linalg::matrix_exp(&x())),
        "matrix_power" => one(linalg::matrix_power(&x(), call.int("n").expect("n") as i64)),
        "multi_dot" => one(linalg::multi_dot(&call.rest(0))),
        "lu" => {
            let (p, l, u) = linalg::lu(&x());
            Some(vec![p, l, u])
        }
        "lstsq" => one(linalg::lstsq(&x(), &call.at(1)).solution),
        "cond" => one(linalg::cond(&x(), order(call, "p").unwrap_or(2.0.into()))),
        "matrix_norm" => {
            let dims = call.ints("dim").unwrap_or(vec![-2, -1]);
            one(linalg::matrix_norm_dim(
                &x(),
                order(call, "ord").unwrap_or(linalg::NormOrder::Fro),
                [dims[0], dims[1]],
                call.keepdim(),
            ))
        }
        "vector_norm" => {
            one(x().vector_norm(call.float_or("ord", 2.0), call.axes("dim"), call.keepdim()))
        }
        "vecdot" => one(linalg::vecdot(&x(), &call.at(1), call.int_or("dim", -1))),
        "diagonal" if call.raw("offset").is_none() && call.raw("dim1").is_none() => {
            one(linalg::diagonal(&x(), 0, -2, -1))
        }
        _ => None,
    }
}
