//! Matrix products and linear algebra give PyTorch's numbers and gradients.
//!
//! `linalg.txt` was recorded with PyTorch 2.15 in `float64`: for each case the outputs, and the
//! gradients of their sum weighted with [`numbers`].

use std::collections::BTreeMap;

use ondol_autograd::functional::{bilinear, cosine_similarity, normalize, pairwise_distance};
use ondol_autograd::{DType, GradOptions, Shape, Tensor, catch, grad, linalg, tensor};

/// The same numbers on both sides: no two near one another, none random.
fn numbers(shape: &[usize], salt: usize) -> Tensor {
    let n: usize = shape.iter().product();
    let one = |i| ((i * i * 31 + i * 7919 + salt * 104_729 + 13) % 1000) as f64 / 500.0 - 1.0;
    Tensor::from_vec((0..n).map(one).collect(), shape)
}

/// Well-conditioned: 1, 2, 3 … on the diagonal, little elsewhere.
fn near_diag(t: &Tensor) -> Tensor {
    let (m, n) = (t.size(-2), t.size(-1));
    let mut d = vec![0.0; m * n];
    (0..m.min(n)).for_each(|i| d[i * n + i] = (i + 1) as f64);
    t.mul(0.3).add(Tensor::from_vec(d, [m, n]))
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
        .add(Tensor::eye_with(t.size(-2), DType::F64).mul(2.0))
}

fn lower(t: &Tensor) -> Tensor {
    let n = t.size(-1);
    let mask: Vec<f64> = (0..n * n)
        .map(|i| if i % n <= i / n { 1.0 } else { 0.0 })
        .collect();
    t.mul(Tensor::from_vec(mask, [n, n]))
}

/// Vectors up to their signs.
fn unsigned(parts: (Tensor, Tensor, Tensor)) -> Vec<Tensor> {
    vec![parts.0.square(), parts.1, parts.2.square()]
}

type Case = (
    &'static str,
    &'static [&'static [usize]],
    fn(&[Tensor]) -> Vec<Tensor>,
);

const CASES: &[Case] = &[
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

/// The recorded numbers of each case: outputs, gradients.
fn recorded() -> BTreeMap<&'static str, [Vec<Vec<f64>>; 2]> {
    let list = |text: &str| -> Vec<Vec<f64>> {
        let numbers = |part: &str| {
            part.split_whitespace()
                .map(|v| v.parse().expect("a number"))
                .collect()
        };
        text.split(';').map(numbers).collect()
    };
    let lines = include_str!("linalg.txt").lines();
    lines
        .map(|line| {
            let mut parts = line.split('|');
            let name = parts.next().expect("a name").trim();
            let mut next = || list(parts.next().expect("three parts"));
            (name, [next(), next()])
        })
        .collect()
}

fn near(got: &Tensor, want: &[f64]) -> Result<(), String> {
    let got = got.to_vec::<f64>();
    if got.len() != want.len() {
        return Err(format!("{} numbers, not {}", got.len(), want.len()));
    }
    match got
        .iter()
        .zip(want)
        .position(|(x, y)| (x - y).abs() > 1e-9 * (1.0 + y.abs()))
    {
        Some(i) => Err(format!("element {i}: {} and {}", got[i], want[i])),
        None => Ok(()),
    }
}

fn check(inputs: &[Tensor], outputs: &[Tensor], want: &[Vec<Vec<f64>>; 2]) -> Result<(), String> {
    if outputs.len() != want[0].len() {
        return Err("another number of outputs".into());
    }
    for (i, (y, want)) in outputs.iter().zip(&want[0]).enumerate() {
        near(y, want).map_err(|e| format!("output {i}: {e}"))?;
    }
    let weights: Vec<Tensor> = outputs
        .iter()
        .enumerate()
        .map(|(i, y)| numbers(&y.shape(), 50 + i))
        .collect();
    let tracked: Vec<usize> = (0..outputs.len())
        .filter(|&i| outputs[i].requires_grad())
        .collect();
    let gradients = grad(
        &tracked.iter().map(|&i| &outputs[i]).collect::<Vec<_>>(),
        &inputs.iter().collect::<Vec<_>>(),
        Some(&tracked.iter().map(|&i| &weights[i]).collect::<Vec<_>>()),
        GradOptions::default(),
    );
    for (i, (g, want)) in gradients.iter().zip(&want[1]).enumerate() {
        let g = g.as_ref().ok_or(format!("no gradient {i}"))?;
        near(g, want).map_err(|e| format!("gradient {i}: {e}"))?;
    }
    Ok(())
}

#[test]
fn numbers_and_gradients_are_pytorchs() {
    let recorded = recorded();
    let mut failures = Vec::new();
    for (name, shapes, f) in CASES {
        let inputs: Vec<Tensor> = shapes
            .iter()
            .enumerate()
            .map(|(i, s)| numbers(s, i + 1).requires_grad_(true))
            .collect();
        let Some(want) = recorded.get(name) else {
            failures.push(format!("{name}: not recorded"));
            continue;
        };
        match catch(|| check(&inputs, &f(&inputs), want)) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => failures.push(format!("{name}: {why}")),
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(recorded.len(), CASES.len(), "a recorded case is not tested");
}

#[test]
fn a_singular_determinant_has_its_gradient() {
    let a = tensor!(vec![
        vec![1.0f64, 2.0, 3.0],
        vec![2.0, 4.0, 6.0],
        vec![0.0, 1.0, 5.0]
    ]);
    let a = a.requires_grad_(true);
    linalg::det(&a).backward();
    // The cofactors; PyTorch 2.15 gives 0 everywhere.
    let want = [14.0, -10.0, 2.0, -7.0, 5.0, -1.0, 0.0, 0.0, 0.0];
    near(&a.grad().expect("it flows"), &want).expect("the cofactors");
    // Of no rank at all, nothing is left.
    let zero = Tensor::zeros_with([3, 3], DType::F64).requires_grad_(true);
    linalg::det(&zero).backward();
    assert_eq!(zero.grad().expect("it flows").to_vec::<f64>(), [0.0; 9]);
}

fn message<T>(f: impl FnOnce() -> T) -> String {
    match catch(f) {
        Ok(_) => "no error".into(),
        Err(error) => error.root().to_string(),
    }
}

#[test]
fn errors_are_pytorchs() {
    let z = |shape: &[usize]| Tensor::zeros(shape);
    let texts = [
        (
            message(|| linalg::inv(&z(&[2, 3]))),
            "A must be batches of square matrices, but they are 2 by 3 matrices",
        ),
        (
            message(|| linalg::inv(&z(&[2]))),
            "The input tensor A must have at least 2 dimensions.",
        ),
        (
            message(|| linalg::inv(&z(&[2, 2]))),
            "linalg.inv: The diagonal element 1 is zero, the inversion could not be completed because the input matrix is singular.",
        ),
        (
            message(|| linalg::inv(&z(&[3, 2, 2]))),
            "(Batch element 0): The diagonal element 1 is zero",
        ),
        (
            message(|| linalg::inv(&z(&[2, 2]).half())),
            "low precision dtypes are not supported",
        ),
        (message(|| linalg::det(&z(&[2, 2]).long())), "got i64"),
        (
            message(|| linalg::solve(&z(&[2, 2]), &z(&[2]))),
            "The solver failed because the input matrix is singular.",
        ),
        (
            message(|| linalg::solve(&z(&[2, 2]), &z(&[3]))),
            "Incompatible shapes of A and B for the equation AX = B (2x2 and 3x1)",
        ),
        (
            message(|| linalg::solve_triangular(&z(&[2, 2]), &z(&[2, 1]), true, false, false)),
            "Incompatible shapes of A and B for the equation XA = B (2x2 and 2x1)",
        ),
        (
            message(|| linalg::cholesky(&tensor!([[1.0, 2.0], [2.0, 1.0]]), false)),
            "the leading minor of order 2 is not positive-definite",
        ),
        (
            message(|| linalg::svd(&tensor!([[f64::NAN, 2.0], [3.0, 4.0]]))),
            "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values.",
        ),
        (
            message(|| linalg::eigh(&tensor!([[f64::INFINITY]]), "L")),
            "contained non-finite values",
        ),
        (
            message(|| linalg::eigvalsh(&z(&[2, 2]), "X")),
            "Expected UPLO argument to be 'L' or 'U', but got X",
        ),
        (
            message(|| linalg::matrix_norm(&z(&[2, 3]), 3)),
            "Order 3 not supported.",
        ),
        (
            message(|| linalg::matrix_norm_dim(&z(&[2, 3]), 1, [0, -2], false)),
            "dims must be different. Got (0, -2)",
        ),
        (
            message(|| linalg::cond(&z(&[2, 3]), 1)),
            "but they are 2 by 3 matrices",
        ),
        (message(|| linalg::lu_factor(&z(&[2, 2]))), "U[1,1] is zero"),
        (
            message(|| linalg::multi_dot(&[z(&[2, 3])])),
            "expected at least 2 tensors but got 1",
        ),
        (
            message(|| z(&[2, 3]).mv(&z(&[2]))),
            "size mismatch, got mat (2x3), vec (2)",
        ),
        (
            message(|| z(&[3, 2]).addmm(&z(&[2, 3]), &z(&[3, 2]))),
            "must broadcast to the shape of the product",
        ),
        (
            message(|| z(&[2, 2]).double().addmm(&z(&[2, 3]), &z(&[3, 2]))),
            "self and mat2 to have the same dtype",
        ),
        (
            message(|| z(&[2, 3]).tensordot(&z(&[2, 3]), 1)),
            "contracted dimensions need to match",
        ),
        (
            message(|| z(&[2, 2]).cross(&z(&[2, 2]), None)),
            "no dimension of size 3 in input",
        ),
        (
            message(|| z(&[2, 3]).cdist(&z(&[4, 2]), 2.0)),
            "X1 and X2 must have the same number of columns. X1: 3 X2: 2",
        ),
        (
            message(|| z(&[2, 3]).cdist(&z(&[4, 3]), -1.0)),
            "cdist only supports non-negative p values",
        ),
        (
            message(|| bilinear(&z(&[2, 3]), &z(&[2, 5]), &z(&[5, 3, 4]), None)),
            "input2 size does not match weight size: got 5 but expected 4",
        ),
    ];
    for (got, want) in texts {
        assert!(got.contains(want), "`{got}` has no `{want}`");
    }
}

#[test]
fn equations_are_refused_in_pytorchs_words() {
    let (a, b) = (Tensor::zeros([2, 3]), Tensor::zeros([4, 5]));
    let cases: [(&str, &[&Tensor], &str); 16] = [
        (
            "ij,jk->ik",
            &[&a, &b],
            "subscript j has size 4 for operand 1 which does not broadcast with previously seen size 3",
        ),
        (
            "ij,jk->ik",
            &[&a],
            "fewer operands were provided than specified in the equation",
        ),
        (
            "ij",
            &[&a, &b],
            "more operands were provided than specified in the equation",
        ),
        (
            "ij->il",
            &[&a],
            "output subscript l does not appear in the equation for any input operand",
        ),
        (
            "ij->ii",
            &[&a],
            "output subscript i appears more than once in the output",
        ),
        (
            "i1->i",
            &[&a],
            "invalid subscript given at index 1 in the equation string, subscripts must be in [a-zA-Z]",
        ),
        ("ij-i", &[&a], "invalid subscript given at index 2"),
        ("ij->i->j", &[&a], "invalid subscript given at index 5"),
        ("ij->i1", &[&a], "invalid subscript given at index 5"),
        (
            "ijk->i",
            &[&a],
            "the number of subscripts in the equation (3) does not match the number of dimensions (2) for operand 0 and no ellipsis was given",
        ),
        (
            "ii->i",
            &[&a],
            "subscript i is repeated for operand 0 but the sizes don't match, 3 != 2",
        ),
        (
            "...i...->i",
            &[&a],
            "found '.' for operand 0 for which an ellipsis was already found",
        ),
        (
            "..i->i",
            &[&a],
            "found '.' for operand 0 that is not part of any ellipsis",
        ),
        (
            "ij->......",
            &[&a],
            "found '.' for output but an ellipsis (...) was already found",
        ),
        (
            "ij->i..",
            &[&a],
            "found '.' for output that is not part of any ellipsis (...)",
        ),
        ("i\u{e9}->i", &[&a], "invalid subscript given at index 1"),
    ];
    for (equation, operands, want) in cases {
        let got = message(|| Tensor::einsum(equation, operands));
        assert!(got.contains(want), "{equation}: `{got}` has no `{want}`");
    }
    assert!(message(|| Tensor::einsum::<Tensor>("", &[])).contains("at least one operand"));
}

#[test]
fn equations_of_every_kind() {
    let shape = |equation: &str, shapes: &[&[usize]]| -> Shape {
        let operands: Vec<Tensor> = shapes.iter().map(|&s| Tensor::ones(s)).collect();
        Tensor::einsum(equation, &operands).shape()
    };
    assert_eq!(shape("bA", &[&[2, 3]]), [3, 2]);
    assert_eq!(shape("Ab,bA", &[&[2, 3], &[3, 2]]), []);
    assert_eq!(shape("ij->...i", &[&[2, 3]]), [2]);
    assert_eq!(shape("i...->...", &[&[2, 3]]), [3]);
    assert_eq!(shape("i...,j...->ij...", &[&[2, 3], &[4, 1]]), [2, 4, 3]);
    assert_eq!(shape("...ij,...jk->ik", &[&[5, 2, 3], &[5, 3, 4]]), [2, 4]);
    assert_eq!(shape("", &[&[]]), []);
    assert_eq!(shape(",,", &[&[], &[], &[]]), []);
    assert_eq!(shape("i,->i", &[&[3], &[]]), [3]);
    assert_eq!(shape("ij,jk->ik", &[&[2, 0], &[0, 3]]), [2, 3]);
    assert_eq!(shape("...", &[&[2, 3]]), [2, 3]);
    assert_eq!(shape("...a->a...", &[&[2, 3]]), [3, 2]);
    let sums = Tensor::einsum("ij,jk->ik", &[Tensor::ones([2, 0]), Tensor::ones([0, 3])]);
    assert_eq!(sums.to_vec::<f32>(), [0.0; 6]);
    let whole = Tensor::einsum("i,i->", &[tensor!([1, 2, 3]), tensor!([4, 5, 6])]);
    assert_eq!(whole.item_as::<i64>(), 32);
    // From the right it costs 20 million products, from the left ten thousand million.
    let (m, v) = (Tensor::ones([2000, 2000]), Tensor::ones(2000));
    let chain = Tensor::einsum("ij,jk,kl,l->i", &[&m, &m, &m, &v]);
    assert_eq!(chain.i(0).item(), 8e9);
}

#[test]
fn beta_of_nothing_hides_the_input() {
    let nan = Tensor::full([1, 1], f64::NAN);
    let one = Tensor::ones([1, 1]);
    assert_eq!(nan.addmm_with(&one, &one, 0, 1).item(), 1.0);
    let x = nan.clone_data().requires_grad_(true);
    let y = x.addmm_with(&one, &one, 0.0, 3.0);
    assert_eq!(y.item(), 3.0);
    y.backward();
    assert_eq!(x.grad().expect("a gradient of nothing").item(), 0.0);
    // Of integers, the factors are cut.
    let i = tensor!([[3]]);
    assert_eq!(i.addmm_with(&i, &i, 0.9, 2.9).item_as::<i64>(), 18);
}

#[test]
fn in_place_products() {
    let (a, b) = (tensor!([[1.0, 2.0]]), tensor!([[3.0], [4.0]]));
    let x = tensor!([[10.0]]);
    assert!(x.addmm_(&a, &b, 1, 1).same(&x));
    assert_eq!(x.item(), 21.0);
    let w = a.clone_data().requires_grad_(true);
    x.addmm_(&w, &b, 2, 1);
    assert_eq!(x.item(), 53.0);
    x.backward();
    assert_eq!(crate::slope(&w), [3.0, 4.0]);
    let s = tensor!([[2.0]]);
    s.addmm_(&s, &s, 1, 1);
    assert_eq!(s.item(), 6.0);
    let row = tensor!([0.0]);
    assert!(message(|| row.addmm_(&a, &b, 1, 1)).contains("shape and dtype must stay"));
}

#[test]
fn singular_matrices() {
    let a = tensor!(vec![vec![1.0f64, 2.0], vec![2.0, 4.0]]);
    let (sign, log) = linalg::slogdet(&a);
    assert_eq!((sign.item(), log.item()), (0.0, f64::NEG_INFINITY));
    assert_eq!(a.logdet().item(), f64::NEG_INFINITY);
    assert!(tensor!(vec![vec![-1.0f64]]).logdet().item().is_nan());
    assert_eq!(linalg::cond(&a, "fro").item(), f64::INFINITY);
    assert_eq!(linalg::matrix_rank(&a).item_as::<i64>(), 1);
    let p = linalg::pinv(&a);
    assert!(p.mul(25.0).sub(&a).abs().max().item() < 1e-13);
    let nan = tensor!(vec![vec![f64::NAN, 1.0], vec![1.0, 1.0]]);
    assert!(linalg::inv(&nan).isnan().all().item_as::<bool>());
    assert!(linalg::det(&nan).item().is_nan());
    let least = linalg::lstsq(&Tensor::zeros([3, 2]), &Tensor::ones([3, 1]));
    assert_eq!(least.solution.to_vec::<f32>(), [0.0, 0.0]);
    assert_eq!((least.rank.item(), least.residuals.numel()), (0.0, 0));
    let line = linalg::lstsq(
        &tensor!([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]),
        &tensor!([0.0, 1.0, 5.0]),
    );
    assert!(line.solution.sub(tensor!([-0.5, 2.5])).abs().max().item() < 1e-6);
    assert!((line.residuals.item() - 1.5).abs() < 1e-5);
}

#[test]
fn norms_of_nothing() {
    let z = |shape: &[usize]| Tensor::zeros(shape);
    for (shape, order) in [
        ([0, 3], linalg::NormOrder::Fro),
        ([0, 3], 2.into()),
        ([0, 3], 1.into()),
        ([3, 0], 1.into()),
    ] {
        assert_eq!(linalg::matrix_norm(&z(&shape), order).item(), 0.0);
    }
    assert_eq!(linalg::cond(&z(&[0, 0]), 2).item(), 0.0);
    assert_eq!(linalg::matrix_rank(&z(&[0, 3])).item_as::<i64>(), 0);
    assert_eq!(linalg::pinv(&z(&[0, 3])).shape(), [3, 0]);
    assert_eq!(linalg::det(&z(&[0, 0])).item(), 1.0);
    assert_eq!(z(&[2, 0]).cdist(&z(&[4, 0]), 2.0).to_vec::<f32>(), [0.0; 8]);
}

#[test]
fn lengths_of_nothing_have_no_slope() {
    let x = Tensor::zeros([2, 3]).requires_grad_(true);
    let y = Tensor::zeros([1, 3]);
    for p in [1.0, 1.5, 2.0, 3.0] {
        x.zero_grad();
        x.cdist(&y, p).sum().backward();
        assert_eq!(crate::slope(&x), [0.0; 6]);
    }
    let half = Tensor::ones([2, 3]).to_dtype(DType::F32);
    assert_eq!(linalg::svdvals(&half).dtype(), DType::F32);
}
