//! Which dtype a result has: `torch.result_type`.

use ondol_autograd::DType::{self, BF16, Bool, F16, F32, F64, I32, I64, U8};
use ondol_autograd::{Tensor, tensor};

fn vector(dtype: DType) -> Tensor {
    Tensor::ones_with(2, dtype)
}

fn scalar(dtype: DType) -> Tensor {
    Tensor::ones_with((), dtype)
}

#[test]
fn two_tensors() {
    let table = [
        (Bool, Bool, Bool),
        (Bool, U8, U8),
        (U8, I32, I32),
        (U8, I64, I64),
        (I32, I64, I64),
        (I64, F16, F16),
        (I64, BF16, BF16),
        (I64, F32, F32),
        (F16, BF16, F32),
        (F16, F32, F32),
        (BF16, F32, F32),
        (F32, F64, F64),
        (Bool, F32, F32),
        (I32, F64, F64),
    ];
    for (a, b, want) in table {
        for (a, b) in [(a, b), (b, a)] {
            assert_eq!(vector(a).add(vector(b)).dtype(), want, "{a} and {b}");
            assert_eq!(scalar(a).mul(scalar(b)).dtype(), want, "0-dim {a} and {b}");
        }
    }
}

#[test]
fn a_0_dim_tensor_counts_only_by_its_kind() {
    let table = [
        (F32, F64, F32),
        (F16, F32, F16),
        (BF16, F64, BF16),
        (I32, I64, I32),
        (U8, I64, U8),
        (F32, I64, F32),
        (I64, F32, F32),
        (I64, F64, F64),
        (I32, F16, F16),
        (Bool, I64, I64),
        (Bool, F32, F32),
    ];
    for (tensor, zero_dim, want) in table {
        assert_eq!(
            vector(tensor).add(scalar(zero_dim)).dtype(),
            want,
            "{tensor} and 0-dim {zero_dim}"
        );
        assert_eq!(
            scalar(zero_dim).add(vector(tensor)).dtype(),
            want,
            "0-dim {zero_dim} and {tensor}"
        );
    }
}

#[test]
fn a_number_counts_only_by_its_kind() {
    for dtype in [F16, BF16, F32, F64] {
        assert_eq!((vector(dtype) * 2.5).dtype(), dtype);
        assert_eq!((2 + vector(dtype)).dtype(), dtype);
    }
    for dtype in [U8, I32, I64] {
        assert_eq!((vector(dtype) + 1).dtype(), dtype);
        assert_eq!((vector(dtype) + 1.5).dtype(), F32);
        assert_eq!((1.5 - vector(dtype)).dtype(), F32);
    }
    assert_eq!((vector(Bool) + 1).dtype(), I64);
    assert_eq!((vector(Bool) * 2.0).dtype(), F32);
    // On a 0-dim tensor too.
    assert_eq!((scalar(F16) + 1.0).dtype(), F16);
}

#[test]
fn operations_with_a_dtype_of_their_own() {
    for dtype in [Bool, U8, I32, I64] {
        assert_eq!(vector(dtype).sum().dtype(), I64);
        assert_eq!(vector(dtype).prod().dtype(), I64);
        assert_eq!(vector(dtype).cumsum(0).dtype(), I64);
        assert_eq!(vector(dtype).exp().dtype(), F32);
        assert_eq!(vector(dtype).sqrt().dtype(), F32);
        assert_eq!(vector(dtype).div(2).dtype(), F32);
        assert_eq!(vector(dtype).div(vector(dtype)).dtype(), F32);
        assert_eq!(vector(dtype).softmax(0).dtype(), F32);
    }
    for dtype in [U8, I32, I64] {
        assert_eq!(vector(dtype).neg().dtype(), dtype);
        assert_eq!(vector(dtype).pow(2).dtype(), dtype);
        assert_eq!(vector(dtype).clamp(0.0, 1.0).dtype(), dtype);
        assert_eq!(vector(dtype).clamp(0.5, 1.0).dtype(), F32);
        assert_eq!(vector(dtype).floor_divide(2).dtype(), dtype);
        assert_eq!(vector(dtype).max().dtype(), dtype);
    }
    for dtype in [Bool, U8, I64, F16, F32] {
        assert_eq!(vector(dtype).eq(1).dtype(), Bool);
        assert_eq!(vector(dtype).logical_not().dtype(), Bool);
    }
    for dtype in [U8, I64, F16, F32] {
        assert_eq!(vector(dtype).argmax(0, false).dtype(), I64);
        assert_eq!(vector(dtype).sort(0, true).1.dtype(), I64);
    }
    for dtype in [F16, BF16, F32, F64] {
        assert_eq!(vector(dtype).sum().dtype(), dtype);
        assert_eq!(vector(dtype).mean().dtype(), dtype);
        assert_eq!(vector(dtype).exp().dtype(), dtype);
    }
}

#[test]
fn big_integers_are_exact() {
    let big = 9007199254740993i64;
    let x = Tensor::from(vec![big, 1]);
    assert_eq!(x.add(1).to_vec::<i64>(), [big + 1, 2]);
    assert_eq!(x.max().item_as::<i64>(), big);
    assert_eq!(x.sum().item_as::<i64>(), big + 1);
    assert_eq!(x.eq(big).to_vec::<bool>(), [true, false]);
}

#[test]
fn gradients_come_back_in_the_dtype_of_their_tensor() {
    let (x, y) = (
        vector(F16).requires_grad_(true),
        vector(F64).requires_grad_(true),
    );
    x.mul(&y).sum().backward();
    assert_eq!(
        (x.grad().unwrap().dtype(), y.grad().unwrap().dtype()),
        (F16, F64)
    );
    let z = tensor!(2.0).requires_grad_(true);
    z.mul(vector(F64)).sum().backward();
    assert_eq!(z.grad().unwrap().dtype(), F32);
}
