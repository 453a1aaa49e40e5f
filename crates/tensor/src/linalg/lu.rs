//! Gaussian elimination with row exchanges.

/// Factors `a [m, n]` in place: the multipliers below the diagonal, the upper factor on and above
/// it. Row `k` was exchanged with row `result[k]`, in order.
pub(super) fn factor(a: &mut [f64], m: usize, n: usize) -> Vec<usize> {
    let steps = m.min(n);
    let mut pivots = Vec::with_capacity(steps);
    for k in 0..steps {
        let mut p = k;
        for i in k + 1..m {
            // A NaN on the diagonal stays there and shows in the result.
            if a[i * n + k].abs() > a[p * n + k].abs() {
                p = i;
            }
        }
        pivots.push(p);
        if p != k {
            let (upper, lower) = a.split_at_mut(p * n);
            upper[k * n..(k + 1) * n].swap_with_slice(&mut lower[..n]);
        }
        let (upper, lower) = a.split_at_mut((k + 1) * n);
        let pivot_row = &upper[k * n..];
        let pivot = pivot_row[k];
        if pivot == 0.0 {
            continue;
        }
        for row in lower.chunks_exact_mut(n) {
            let factor = row[k] / pivot;
            row[k] = factor;
            if factor != 0.0 {
                for (x, y) in row[k + 1..].iter_mut().zip(&pivot_row[k + 1..]) {
                    *x -= factor * y;
                }
            }
        }
    }
    pivots
}

/// The first diagonal element that is 0, counted from 1.
pub(super) fn zero_pivot(lu: &[f64], n: usize) -> Option<usize> {
    (0..n).find(|&k| lu[k * n + k] == 0.0).map(|k| k + 1)
}

/// Solves `A x = b` for the `k` columns of `b [n, k]`, in place.
pub(super) fn solve(lu: &[f64], pivots: &[usize], n: usize, b: &mut [f64], k: usize) {
    for (i, &p) in pivots.iter().enumerate() {
        if p != i {
            for c in 0..k {
                b.swap(i * k + c, p * k + c);
            }
        }
    }
    triangular(lu, n, b, k, false, true);
    triangular(lu, n, b, k, true, false);
}

/// Solves `T x = b` in place, reading one triangle of `t [n, n]` only; `unit` takes its diagonal
/// for ones.
pub(super) fn triangular(t: &[f64], n: usize, b: &mut [f64], k: usize, upper: bool, unit: bool) {
    for step in 0..n {
        let i = if upper { n - 1 - step } else { step };
        let known = if upper { i + 1..n } else { 0..i };
        for j in known {
            let factor = t[i * n + j];
            if factor != 0.0 {
                for c in 0..k {
                    b[i * k + c] -= factor * b[j * k + c];
                }
            }
        }
        if !unit {
            for c in 0..k {
                b[i * k + c] /= t[i * n + i];
            }
        }
    }
}

/// The sign of the determinant and the logarithm of its magnitude.
pub(super) fn log_determinant(lu: &[f64], pivots: &[usize], n: usize) -> (f64, f64) {
    let swaps = pivots.iter().enumerate().filter(|&(i, &p)| i != p).count();
    let (mut sign, mut log) = (if swaps % 2 == 0 { 1.0 } else { -1.0 }, 0.0);
    for k in 0..n {
        let d = lu[k * n + k];
        sign *= if d == 0.0 { 0.0 } else { d.signum() };
        log += d.abs().ln();
    }
    (sign, log)
}

/// The determinant.
pub(super) fn determinant(lu: &[f64], pivots: &[usize], n: usize) -> f64 {
    let swaps = pivots.iter().enumerate().filter(|&(i, &p)| i != p).count();
    let diagonal = (0..n).map(|k| lu[k * n + k]);
    diagonal.fold(if swaps % 2 == 0 { 1.0 } else { -1.0 }, |d, v| d * v)
}

/// The ones of an identity matrix.
pub(super) fn identity(n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    (0..n).for_each(|i| out[i * n + i] = 1.0);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elimination_exchanges_rows() {
        let a = [0.0, 2.0, 1.0, 3.0];
        let mut lu = a.to_vec();
        let pivots = factor(&mut lu, 2, 2);
        assert_eq!(
            (pivots.as_slice(), lu.as_slice()),
            (&[1, 1][..], &[1.0, 3.0, 0.0, 2.0][..])
        );
        assert_eq!(determinant(&lu, &pivots, 2), -2.0);
        let mut x = vec![4.0, 7.0];
        solve(&lu, &pivots, 2, &mut x, 1);
        assert_eq!(x, [1.0, 2.0]);
    }

    #[test]
    fn singular_ones_are_seen() {
        let mut lu = vec![1.0, 2.0, 2.0, 4.0];
        let pivots = factor(&mut lu, 2, 2);
        assert_eq!(zero_pivot(&lu, 2), Some(2));
        assert_eq!(log_determinant(&lu, &pivots, 2), (0.0, f64::NEG_INFINITY));
        let mut nan = vec![f64::NAN, 1.0, 1.0, 1.0];
        factor(&mut nan, 2, 2);
        assert_eq!(zero_pivot(&nan, 2), None);
    }
}
