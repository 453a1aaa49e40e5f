//! The affine map `x · weightᵀ + bias` in one go.

use super::gemm::{self, Gemm, Matrix};
use super::staging;
use super::strided::{buffer_of, buffer_of_mut};
use crate::{DType, Layout, Result, View, ViewMut};

/// `x [M, K]`, `weight [N, K]`, `bias [N]` → `[M, N]`.
pub(super) fn forward(
    x: View<'_>,
    weight: View<'_>,
    bias: View<'_>,
    out: &mut ViewMut<'_>,
) -> Option<Result<()>> {
    match x.dtype {
        DType::F32 => run::<f32>(x, weight, bias, out),
        DType::F64 => run::<f64>(x, weight, bias, out),
        _ => return None,
    }
    Some(Ok(()))
}

fn run<T: Gemm>(x: View<'_>, weight: View<'_>, bias: View<'_>, out: &mut ViewMut<'_>) {
    let size = [
        x.layout.shape()[0],
        x.layout.shape()[1],
        weight.layout.shape()[0],
    ];
    let bias = staging::read::<T>(bias);
    let layout = out.layout;
    let matrix = |l: &Layout, start: *const T| Matrix {
        start: start.wrapping_add(l.offset()),
        row: l.strides()[0],
        column: l.strides()[1],
    };
    let a = matrix(x.layout, buffer_of::<T>(x).as_ptr());
    let b = matrix(weight.layout, buffer_of::<T>(weight).as_ptr()).transposed();
    let c = Matrix {
        start: buffer_of_mut::<T>(out)
            .as_mut_ptr()
            .wrapping_add(layout.offset()),
        row: layout.strides()[0],
        column: layout.strides()[1],
    };
    // SAFETY: the layouts were checked against their buffers, and the result's is another one; the
    // bias has one number for each column.
    unsafe {
        if size[1] > 0 {
            if gemm::affine(size, a, b, &bias, c) {
                return;
            }
            gemm::multiply(size, a, b, T::ZERO, c);
        }
        for i in 0..size[0] as isize {
            for (j, &bias) in bias.iter().enumerate() {
                let to = c.start.offset(i * c.row + j as isize * c.column);
                *to = if size[1] > 0 { (*to).plus(bias) } else { bias };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Array, Fused};

    /// Through products of every kind of loop, and operands of every layout.
    #[test]
    fn it_is_the_product_and_the_bias() {
        for (m, k, n) in [
            (1, 40, 7),
            (20, 2, 16),
            (20, 16, 1),
            (64, 100, 50),
            (3, 0, 2),
        ] {
            let ramp = |n: usize| {
                (0..n)
                    .map(|i| (i * 7 % 11) as f32 - 5.0)
                    .collect::<Vec<_>>()
            };
            let make = |s: [usize; 2]| Array::from_vec(ramp(s[0] * s[1]), s).unwrap();
            let bias = Array::from_vec(ramp(n), [n]).unwrap();
            for turned in [false, true] {
                let (x, w) = if turned {
                    let t = |a: Array| a.transpose(0, 1).unwrap();
                    (t(make([k, m])), t(make([n, k])).contiguous().unwrap())
                } else {
                    (make([m, k]), make([n, k]))
                };
                let w = if turned { w.view([n, k]).unwrap() } else { w };
                let got = Array::fused(&Fused::Linear, &[&x, &w, &bias])
                    .unwrap()
                    .unwrap();
                let product = x.matmul(&w.transpose(0, 1).unwrap()).unwrap();
                let expected = product.binary(crate::Binary::Add, &bias).unwrap();
                assert_eq!(
                    got[0].to_vec::<f32>().unwrap(),
                    expected.to_vec::<f32>().unwrap(),
                    "{m} {k} {n} {turned}"
                );
                let (x, w, b) = (
                    x.cast(crate::DType::F64).unwrap(),
                    w.cast(crate::DType::F64).unwrap(),
                    bias.cast(crate::DType::F64).unwrap(),
                );
                let got = Array::fused(&Fused::Linear, &[&x, &w, &b])
                    .unwrap()
                    .unwrap();
                let exact: Vec<f64> = expected
                    .to_vec::<f32>()
                    .unwrap()
                    .into_iter()
                    .map(f64::from)
                    .collect();
                assert_eq!(got[0].to_vec::<f64>().unwrap(), exact);
            }
        }
        let x = Array::from_vec(vec![1f32; 6], [2, 3]).unwrap();
        assert!(
            Array::fused(&Fused::Linear, &[&x, &x, &x])
                .unwrap()
                .is_err()
        );
    }
}
