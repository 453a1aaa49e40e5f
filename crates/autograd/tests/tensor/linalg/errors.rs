//! Errors say what PyTorch's say.

use ondol_autograd::functional::bilinear;
use ondol_autograd::{Tensor, linalg, tensor};

use super::message;

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
