//! The whole table of type promotion, recorded from PyTorch 2.15: every pair of dtypes.

use ondol_autograd::DType::{self, BF16, Bool, F16, F32, F64, I32, I64, U8};
use ondol_autograd::{Scalar, Tensor, can_cast, promote_types, result_type};

type Table = [[DType; 8]; 8];

/// Two tensors with dimensions, or two without.
const TENSORS: Table = [
    [Bool, U8, I32, I64, F16, BF16, F32, F64],
    [U8, U8, I32, I64, F16, BF16, F32, F64],
    [I32, I32, I32, I64, F16, BF16, F32, F64],
    [I64, I64, I64, I64, F16, BF16, F32, F64],
    [F16, F16, F16, F16, F16, F32, F32, F64],
    [BF16, BF16, BF16, BF16, F32, BF16, F32, F64],
    [F32, F32, F32, F32, F32, F32, F32, F64],
    [F64, F64, F64, F64, F64, F64, F64, F64],
];

/// A tensor with dimensions beside one without.
const BESIDE_0_DIM: Table = [
    [Bool, U8, I32, I64, F16, BF16, F32, F64],
    [U8, U8, U8, U8, F16, BF16, F32, F64],
    [I32, I32, I32, I32, F16, BF16, F32, F64],
    [I64, I64, I64, I64, F16, BF16, F32, F64],
    [F16, F16, F16, F16, F16, F16, F16, F16],
    [BF16, BF16, BF16, BF16, BF16, BF16, BF16, BF16],
    [F32, F32, F32, F32, F32, F32, F32, F32],
    [F64, F64, F64, F64, F64, F64, F64, F64],
];

/// A tensor, with dimensions or without, beside `true`, `1` and `1.5`.
const NUMBERS: [[DType; 3]; 8] = [
    [Bool, I64, F32],
    [U8, U8, F32],
    [I32, I32, F32],
    [I64, I64, F32],
    [F16, F16, F16],
    [BF16, BF16, BF16],
    [F32, F32, F32],
    [F64, F64, F64],
];

/// What may be written to what.
const CASTS: [[bool; 8]; 8] = {
    let (any, ints, floats) = (
        [true; 8],
        [false, true, true, true, true, true, true, true],
        [false, false, false, false, true, true, true, true],
    );
    [any, ints, ints, ints, floats, floats, floats, floats]
};

#[test]
fn every_pair_of_dtypes() {
    for (i, a) in DType::ALL.into_iter().enumerate() {
        for (j, b) in DType::ALL.into_iter().enumerate() {
            let ones = |dtype, n: usize| Tensor::ones_with(vec![2; n], dtype);
            let check = |x: &Tensor, y: &Tensor, want: DType| {
                assert_eq!(result_type(x, y), want, "{x:?} and {y:?}");
                assert_eq!(x.add(y).dtype(), want, "{x:?} + {y:?}");
                assert_eq!(x.mul(y).dtype(), want, "{x:?} * {y:?}");
                let picked = Tensor::where_(&Tensor::full((), true), x, y);
                assert_eq!(picked.dtype(), want, "where of {x:?} and {y:?}");
            };
            check(&ones(a, 1), &ones(b, 1), TENSORS[i][j]);
            check(&ones(a, 0), &ones(b, 0), TENSORS[i][j]);
            check(&ones(a, 1), &ones(b, 0), BESIDE_0_DIM[i][j]);
            check(&ones(b, 0), &ones(a, 2), BESIDE_0_DIM[i][j]);
            assert_eq!(promote_types(a, b), TENSORS[i][j]);
            assert_eq!(can_cast(a, b), CASTS[i][j], "{a} to {b}");
        }
        let numbers = [Scalar::from(true), Scalar::from(1), Scalar::from(1.5)];
        for (number, want) in numbers.into_iter().zip(NUMBERS[i]) {
            for n in [0, 1] {
                let x = Tensor::ones_with(vec![2; n], a);
                assert_eq!(result_type(&x, number), want, "{a} and {number:?}");
                assert_eq!(result_type(number, &x), want, "{number:?} and {a}");
                assert_eq!(x.add(number).dtype(), want, "{a} + {number:?}");
                let picked = Tensor::where_(&Tensor::full((), true), &x, number);
                assert_eq!(picked.dtype(), want, "where of {a} and {number:?}");
            }
        }
    }
    assert_eq!(result_type(1, 1.5), F32);
    let yes = Tensor::full(2, true);
    assert_eq!(Tensor::where_(&yes, 1, 0).dtype(), I64);
    assert_eq!(Tensor::where_(&yes, 1, 0.5).dtype(), F32);
}

#[test]
fn writes_go_where_they_may() {
    for (i, a) in DType::ALL.into_iter().enumerate() {
        for (j, b) in DType::ALL.into_iter().enumerate() {
            // What a sum of both would be must fit the tensor that is written to.
            let (x, y) = (Tensor::ones_with(2, a), Tensor::ones_with(2, b));
            let fits = CASTS[DType::ALL.iter().position(|&d| d == TENSORS[i][j]).unwrap()][i];
            let done = ondol_autograd::catch(|| x.add_(&y));
            assert_eq!(done.is_ok(), fits, "{a} += {b}");
            assert_eq!(x.dtype(), a);
            let done = ondol_autograd::catch(|| x.lcm_(&y));
            assert_eq!(
                done.is_ok(),
                fits && !TENSORS[i][j].is_floating_point() && TENSORS[i][j] != Bool,
                "{a} lcm_ {b}"
            );
        }
    }
}
