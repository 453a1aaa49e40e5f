//! The cases that were recorded.

use ondol_autograd::functional::{bilinear, cosine_similarity, normalize, pairwise_distance};
use ondol_autograd::{Tensor, linalg};

/// Well-conditioned: 1, 2, 3 … on the diagonal, little elsewhere.
fn near_diag(t: &Tensor) -> Tensor {
    let (m, n) = (t.size(-2), t.size(-1));
    let mut d = vec![0.0; m * n];
    (0..m.min(n)).for_each(|i| d[i * n + i] = (i + 1) as f64);
    t.mul(0.3)
        .add(Tensor::from_vec(d, [m, n]).to_dtype(t.dtype()))
}

fn mt(t: &Tensor) -> Tensor {
    t.transpose(-2, -1)
}

fn sym(t: &Tensor) -> Tensor {
    let a = near_diag(t);
    a.add(mt(&a))
}

fn spd(t: &Tensor) -> Tensor {
    t.matmul(&mt(t))
        .add(Tensor::eye_with(t.size(-2), t.dtype()).mul(2.0))
}

fn lower(t: &Tensor) -> Tensor {
    let n = t.size(-1);
    let mask: Vec<f64> = (0..n * n)
        .map(|i| if i % n <= i / n { 1.0 } else { 0.0 })
        .collect();
    t.mul(Tensor::from_vec(mask, [n, n]).to_dtype(t.dtype()))
}

/// Vectors up to their signs.
fn unsigned(parts: (Tensor, Tensor, Tensor)) -> Vec<Tensor> {
    vec![parts.0.square(), parts.1, parts.2.square()]
}

/// Its name, the shapes of its inputs, and what becomes of them.
pub(super) type Case = (
    &'static str,
    &'static [&'static [usize]],
    fn(&[Tensor]) -> Vec<Tensor>,
);

pub(super) const CASES: &[Case] = &[
    ("mm", &[&[3, 4], &[4, 2]], |t| vec![t[0].mm(&t[1])]),
    ("matmul", &[&[2, 1, 3, 4], &[5, 4, 2]], |t| {
        vec![t[0].matmul(&t[1])]
    }),
    ("mv", &[&[3, 4], &[4]], |t| vec![t[0].mv(&t[1])]),
    ("inner", &[&[2, 3, 4], &[5, 4]], |t| vec![t[0].inner(&t[1])]),
    ("addmm", &[&[2], &[3, 4], &[4, 2]], |t| {
        vec![t[0].addmm_with(&t[1], &t[2], 0.5, -2)]
    }),
    ("addmv", &[&[3], &[3, 4], &[4]], |t| {
        vec![t[0].addmv_with(&t[1], &t[2], 0.5, -2)]
    }),
    ("addr", &[&[3, 2], &[3], &[2]], |t| {
        vec![t[0].addr_with(&t[1], &t[2], 0.5, -2)]
    }),
    ("addbmm", &[&[3, 2], &[5, 3, 4], &[5, 4, 2]], |t| {
        vec![t[0].addbmm_with(&t[1], &t[2], 0.5, -2)]
    }),
    ("baddbmm", &[&[5, 1, 2], &[5, 3, 4], &[5, 4, 2]], |t| {
        vec![t[0].baddbmm_with(&t[1], &t[2], 0.5, -2)]
    }),
    ("tensordot", &[&[2, 3, 4], &[4, 3, 5]], |t| {
        vec![t[0].tensordot(&t[1], ([1, 2], [1, 0]))]
    }),
    ("kron", &[&[2, 3], &[2, 1, 2]], |t| vec![t[0].kron(&t[1])]),
    ("cross", &[&[2, 3], &[1, 3]], |t| {
        vec![t[0].cross(&t[1], -1)]
    }),
    ("multi_dot", &[&[2, 5], &[5, 3], &[3, 4], &[4]], |t| {
        vec![linalg::multi_dot(t)]
    }),
    ("einsum_many", &[&[2, 3], &[3, 4], &[4, 5], &[5, 2]], |t| {
        vec![Tensor::einsum("ab,bc,cd,da->bd", t)]
    }),
    ("einsum_diagonal", &[&[3, 3, 2], &[3, 2]], |t| {
        vec![Tensor::einsum("iij,ij->ji", t)]
    }),
    ("einsum_dots", &[&[2, 1, 3, 4], &[5, 4, 3]], |t| {
        vec![Tensor::einsum("...ij,...jk->...ki", t)]
    }),
    ("einsum_implicit", &[&[2, 3], &[4, 2]], |t| {
        vec![Tensor::einsum("bA , cb", t)]
    }),
    ("einsum_ones", &[&[2, 1], &[5, 3]], |t| {
        vec![Tensor::einsum("ij,jk->ik", t)]
    }),
    ("bilinear", &[&[2, 3], &[2, 4], &[5, 3, 4], &[5]], |t| {
        vec![bilinear(&t[0], &t[1], &t[2], Some(&t[3]))]
    }),
    ("cosine_similarity", &[&[3, 4], &[3, 4]], |t| {
        vec![cosine_similarity(&t[0], &t[1], 1, 1e-8)]
    }),
    ("pairwise_distance", &[&[3, 4], &[3, 4]], |t| {
        vec![pairwise_distance(&t[0], &t[1], 2.0, 1e-6, false)]
    }),
    ("pairwise_distance_3", &[&[3, 4], &[3, 4]], |t| {
        vec![pairwise_distance(&t[0], &t[1], 3.0, 1e-6, false)]
    }),
    ("cdist", &[&[2, 3, 4], &[5, 4]], |t| {
        vec![t[0].cdist(&t[1], 2.0)]
    }),
    ("cdist_1", &[&[3, 4], &[5, 4]], |t| {
        vec![t[0].cdist(&t[1], 1.0)]
    }),
    ("cdist_1_5", &[&[3, 4], &[5, 4]], |t| {
        vec![t[0].cdist(&t[1], 1.5)]
    }),
    ("cdist_inf", &[&[3, 4], &[5, 4]], |t| {
        vec![t[0].cdist(&t[1], f64::INFINITY)]
    }),
    ("normalize", &[&[3, 4]], |t| {
        vec![normalize(&t[0], 2.0, 1, 1e-12)]
    }),
    ("normalize_half", &[&[3, 4]], |t| {
        vec![normalize(&t[0], 0.5, 0, 1e-12)]
    }),
    ("inv", &[&[2, 3, 3]], |t| {
        vec![linalg::inv(&near_diag(&t[0]))]
    }),
    ("det", &[&[2, 3, 3]], |t| {
        vec![linalg::det(&near_diag(&t[0]))]
    }),
    ("slogdet", &[&[2, 3, 3]], |t| {
        let (sign, log) = linalg::slogdet(&near_diag(&t[0]).neg());
        vec![sign, log]
    }),
    ("logdet", &[&[3, 3]], |t| vec![spd(&t[0]).logdet()]),
    ("solve", &[&[2, 3, 3], &[3, 2]], |t| {
        vec![linalg::solve(&near_diag(&t[0]), &t[1])]
    }),
    ("solve_vector", &[&[2, 3, 3], &[2, 3]], |t| {
        vec![linalg::solve(&near_diag(&t[0]), &t[1])]
    }),
    ("solve_triangular", &[&[3, 3], &[2, 3, 2]], |t| {
        vec![linalg::solve_triangular(
            &near_diag(&t[0]),
            &t[1],
            true,
            true,
            false,
        )]
    }),
    ("solve_triangular_right", &[&[3, 3], &[2, 3]], |t| {
        vec![linalg::solve_triangular(
            &lower(&near_diag(&t[0])),
            &t[1],
            false,
            false,
            false,
        )]
    }),
    ("solve_triangular_unit", &[&[3, 3], &[3, 2]], |t| {
        vec![linalg::solve_triangular(
            &lower(&t[0]),
            &t[1],
            false,
            true,
            true,
        )]
    }),
    ("cholesky", &[&[2, 3, 4]], |t| {
        vec![linalg::cholesky(&spd(&t[0]), false)]
    }),
    ("cholesky_upper", &[&[3, 4]], |t| {
        vec![linalg::cholesky(&spd(&t[0]), true)]
    }),
    ("cholesky_solve", &[&[3, 2], &[3, 3]], |t| {
        vec![t[0].cholesky_solve(&lower(&near_diag(&t[1])), false)]
    }),
    ("cholesky_inverse", &[&[3, 3]], |t| {
        let upper = mt(&lower(&mt(&near_diag(&t[0]))));
        vec![upper.cholesky_inverse(true)]
    }),
    ("lu", &[&[3, 3]], lu),
    ("lu_tall", &[&[4, 3]], lu),
    ("lu_wide", &[&[3, 5]], lu),
    ("lu_factor", &[&[4, 4]], |t| {
        vec![linalg::lu_factor(&t[0]).0]
    }),
    ("lu_solve", &[&[3, 3], &[3, 2]], |t| {
        let (factors, pivots) = linalg::lu_factor(&t[0]);
        vec![linalg::lu_solve(&factors, &pivots, &t[1])]
    }),
    ("qr", &[&[2, 3, 3]], qr),
    ("qr_tall", &[&[4, 2]], qr),
    ("qr_wide", &[&[2, 4]], qr),
    ("svdvals", &[&[2, 3, 4]], |t| {
        vec![linalg::svdvals(&near_diag(&t[0]))]
    }),
    ("svd", &[&[3, 3]], |t| {
        unsigned(linalg::svd(&near_diag(&t[0])))
    }),
    ("svd_tall", &[&[4, 2]], |t| {
        unsigned(linalg::svd(&near_diag(&t[0])))
    }),
    ("svd_wide", &[&[2, 4]], |t| {
        unsigned(linalg::svd(&near_diag(&t[0])))
    }),
    ("eigh", &[&[3, 3]], |t| {
        let (w, v) = linalg::eigh(&sym(&t[0]), "L");
        vec![w, v.square()]
    }),
    ("eigvalsh", &[&[2, 3, 3]], |t| {
        vec![linalg::eigvalsh(&sym(&t[0]), "U")]
    }),
    ("pinv", &[&[2, 3, 4]], |t| {
        vec![linalg::pinv(&near_diag(&t[0]))]
    }),
    ("pinv_tall", &[&[4, 2]], |t| {
        vec![linalg::pinv(&near_diag(&t[0]))]
    }),
    ("lstsq", &[&[4, 2], &[4, 3]], |t| {
        vec![linalg::lstsq(&near_diag(&t[0]), &t[1]).solution]
    }),
    ("lstsq_wide", &[&[2, 4], &[2, 3]], |t| {
        vec![linalg::lstsq(&near_diag(&t[0]), &t[1]).solution]
    }),
    ("norm_fro", &[&[2, 3, 4]], |t| {
        vec![linalg::matrix_norm(&t[0], "fro")]
    }),
    ("norm_nuc", &[&[2, 3, 4]], |t| {
        vec![linalg::matrix_norm(&near_diag(&t[0]), "nuc")]
    }),
    ("norm_1", &[&[2, 3, 4]], |t| {
        vec![linalg::matrix_norm(&t[0], 1)]
    }),
    ("norm_minus_1", &[&[2, 3, 4]], |t| {
        vec![linalg::matrix_norm(&t[0], -1)]
    }),
    ("norm_2", &[&[2, 3, 4]], |t| {
        vec![linalg::matrix_norm(&near_diag(&t[0]), 2)]
    }),
    ("norm_minus_2", &[&[2, 3, 4]], |t| {
        vec![linalg::matrix_norm(&near_diag(&t[0]), -2)]
    }),
    ("norm_inf", &[&[2, 3, 4]], |t| {
        vec![linalg::matrix_norm(&t[0], f64::INFINITY)]
    }),
    ("norm_minus_inf", &[&[2, 3, 4]], |t| {
        vec![linalg::matrix_norm(&t[0], f64::NEG_INFINITY)]
    }),
    ("norm_dims", &[&[2, 3, 4]], |t| {
        vec![linalg::matrix_norm_dim(&t[0], 1, [2, 0], true)]
    }),
    ("norm_vector", &[&[5]], |t| {
        vec![linalg::norm_order(&t[0], 3)]
    }),
    ("cond", &[&[3, 3]], |t| {
        vec![linalg::cond(&near_diag(&t[0]), 2)]
    }),
    ("cond_fro", &[&[2, 3, 3]], |t| {
        vec![linalg::cond(&near_diag(&t[0]), "fro")]
    }),
    ("vecdot", &[&[2, 3], &[3]], |t| {
        vec![linalg::vecdot(&t[0], &t[1], -1)]
    }),
    ("matrix_exp", &[&[2, 3, 3]], |t| {
        vec![linalg::matrix_exp(&t[0])]
    }),
    ("matrix_power", &[&[3, 3]], |t| {
        vec![linalg::matrix_power(&t[0], 5)]
    }),
    ("matrix_power_minus", &[&[3, 3]], |t| {
        vec![linalg::matrix_power(&near_diag(&t[0]), -3)]
    }),
    ("diagonal", &[&[2, 3, 4]], |t| {
        vec![linalg::diagonal(&t[0], 1, 0, 2)]
    }),
    ("tensorinv", &[&[2, 3, 6]], |t| {
        let a = near_diag(&t[0].reshape([6, 6])).reshape([2, 3, 6]);
        vec![linalg::tensorinv(&a, 2)]
    }),
    ("tensorsolve", &[&[2, 3, 6], &[2, 3]], |t| {
        let a = near_diag(&t[0].reshape([6, 6])).reshape([2, 3, 6]);
        vec![linalg::tensorsolve(&a, &t[1])]
    }),
];

fn lu(t: &[Tensor]) -> Vec<Tensor> {
    let (p, l, u) = linalg::lu(&t[0]);
    vec![p, l, u]
}

fn qr(t: &[Tensor]) -> Vec<Tensor> {
    let (q, r) = linalg::qr(&t[0]);
    vec![q, r]
}
