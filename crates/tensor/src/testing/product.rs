//! Matrix products.

use super::host::{
    FLOATS, NUMBERS, check, disagree, good, mixed, ravel, rounded, unravel, upload, wrapped,
};
use crate::{Array, DType, Device, Fused, Kind, Result};

type Move = fn(&Array) -> Result<Array>;

/// Layouts of one matrix, made so that its last two sizes are what was asked for.
const LAYOUTS: [(&str, bool, Move); 5] = [
    ("contiguous", false, |a| Ok(a.clone())),
    ("transposed", true, |a| a.transpose(-1, -2)),
    ("flipped", false, |a| a.flip(&[-1, -2])?.flip(&[-1])),
    ("both flipped", true, |a| {
        a.flip(&[-1, -2])?.transpose(-1, -2)
    }),
    ("every second", false, |a| {
        // Twice as many columns, every second of them.
        let doubled = Array::cat(&[a, a], -1)?;
        doubled.slice(-1, 0, isize::MAX, 2)
    }),
];

/// An operand of this shape, and its elements in row-major order.
fn operand(
    shape: &[usize],
    layout: &(&str, bool, Move),
    dtype: DType,
    device: &Device,
) -> (Array, Vec<f64>) {
    let n = shape.len();
    let mut base = shape.to_vec();
    if layout.1 {
        base.swap(n - 1, n - 2);
    }
    let value = mixed(dtype);
    // Small enough that 8 bits hold the sums.
    let value = |i| {
        if dtype == DType::U8 {
            value(i) % 3.0
        } else {
            value(i)
        }
    };
    let values: Vec<f64> = (0..base.iter().product())
        .map(|i| rounded(dtype, value(i)))
        .collect();
    let array = good(layout.0, layout.2(&upload(&values, &base, dtype, device)));
    let elements = super::host::download(&array);
    (array, elements)
}

fn product(
    a: (&[f64], &[usize]),
    b: (&[f64], &[usize]),
    shape: &[usize],
    dtype: DType,
) -> Vec<f64> {
    let n = shape.len();
    let k = a.1[a.1.len() - 1];
    (0..shape.iter().product())
        .map(|i| {
            let mut left = unravel(i, shape);
            let mut right = left.clone();
            let terms = (0..k).map(|p| {
                left[n - 1] = p;
                right[n - 2] = p;
                a.0[ravel(&left, a.1)] * b.0[ravel(&right, b.1)]
            });
            match dtype.kind() {
                Kind::Float => terms.sum(),
                _ => wrapped(dtype, terms.map(|t| t as i64).sum()),
            }
        })
        .collect()
}

/// Shapes of operands and of the result.
const SHAPES: [(&[usize], &[usize], &[usize]); 13] = [
    (&[1, 1], &[1, 1], &[1, 1]),
    (&[2, 3], &[3, 4], &[2, 4]),
    (&[1, 37], &[37, 70], &[1, 70]),
    (&[70, 37], &[37, 1], &[70, 1]),
    (&[5, 1], &[1, 6], &[5, 6]),
    (&[19, 33], &[33, 17], &[19, 17]),
    (&[64, 50], &[50, 10], &[64, 10]),
    (&[3, 0], &[0, 2], &[3, 2]),
    (&[0, 3], &[3, 2], &[0, 2]),
    (&[4, 2, 3], &[4, 3, 5], &[4, 2, 5]),
    (&[4, 2, 3], &[3, 5], &[4, 2, 5]),
    (&[2, 3], &[4, 3, 5], &[4, 2, 5]),
    (&[2, 1, 2, 7], &[3, 7, 2], &[2, 3, 2, 2]),
];

pub(super) fn matmul(device: &Device) {
    for dtype in NUMBERS {
        for (a, b, shape) in SHAPES {
            for left in &LAYOUTS {
                for right in &LAYOUTS {
                    let what = format!("matmul of {} {a:?} and {} {b:?}, {dtype}", left.0, right.0);
                    let (x, xs) = operand(a, left, dtype, device);
                    let (y, ys) = operand(b, right, dtype, device);
                    let expected = product((&xs, a), (&ys, b), shape, dtype);
                    // Terms of either sign: the error follows their number, not their sum.
                    let scale = 4.0 + (a[a.len() - 1] as f64).sqrt() * 4.0;
                    check(
                        &what,
                        &good(&what, x.matmul(&y)),
                        dtype,
                        shape,
                        &expected,
                        scale,
                    );
                }
            }
        }
    }
    let truth = upload(&[1.0; 4], &[2, 2], DType::Bool, device);
    if truth.matmul(&truth).is_ok() {
        disagree!("matmul of bool: should be refused");
    }
}

/// Rows, inner size and columns.
const AFFINE: [[usize; 3]; 7] = [
    [1, 3, 2],
    [5, 1, 4],
    [1, 40, 37],
    [33, 50, 19],
    [70, 41, 1],
    [3, 0, 2],
    [0, 4, 3],
];

pub(super) fn linear(device: &Device) {
    for dtype in FLOATS {
        for [m, k, n] in AFFINE {
            for left in &LAYOUTS {
                for right in &LAYOUTS {
                    let what = format!(
                        "linear of {} [{m}, {k}] and {} [{n}, {k}], {dtype}",
                        left.0, right.0
                    );
                    let (x, xs) = operand(&[m, k], left, dtype, device);
                    let (w, ws) = operand(&[n, k], right, dtype, device);
                    let bias: Vec<f64> = (0..n).map(|i| mixed(dtype)(i + 3)).collect();
                    // Every second of twice as many.
                    let spaced: Vec<f64> = bias.iter().flat_map(|&b| [b, 7.0]).collect();
                    let b = upload(&spaced, &[2 * n], dtype, device);
                    let b = good("slice", b.slice(0, 0, isize::MAX, 2));
                    let Some(got) = Array::fused(&Fused::Linear, &[&x, &w, &b]) else {
                        continue;
                    };
                    let turned: Vec<f64> = (0..k * n).map(|i| ws[i % n * k + i / n]).collect();
                    let mut expected = product((&xs, &[m, k]), (&turned, &[k, n]), &[m, n], dtype);
                    expected
                        .iter_mut()
                        .enumerate()
                        .for_each(|(i, y)| *y += bias[i % n]);
                    let scale = 4.0 + (k as f64).sqrt() * 4.0;
                    check(
                        &what,
                        &good(&what, got)[0],
                        dtype,
                        &[m, n],
                        &expected,
                        scale,
                    );
                }
            }
        }
    }
}
