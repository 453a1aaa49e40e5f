//! The exponential of a matrix.

use super::lu::identity;

/// `e^a` of `a [n, n]` by a Taylor series of the matrix scaled down, squared up again.
pub(super) fn exp(a: &[f64], n: usize) -> Vec<f64> {
    let column = |j: usize| (0..n).map(|i| a[i * n + j].abs()).sum::<f64>();
    let norm = (0..n)
        .map(column)
        .fold(0.0, |m: f64, v| if v > m || v.is_nan() { v } else { m });
    if !norm.is_finite() {
        return vec![f64::NAN; n * n];
    }
    // Below a half, 16 terms reach the last bit.
    let halvings = if norm > 0.5 {
        (norm / 0.5).log2().ceil() as i32
    } else {
        0
    };
    let small: Vec<f64> = a.iter().map(|v| v * 0.5f64.powi(halvings)).collect();
    // Horner's scheme: 1 + a (1 + a/2 (1 + a/3 …)).
    let mut out = identity(n);
    for term in (1..=18).rev() {
        out = product(&small, &out, n);
        out.iter_mut().for_each(|v| *v /= f64::from(term));
        (0..n).for_each(|i| out[i * n + i] += 1.0);
    }
    for _ in 0..halvings {
        out = product(&out, &out, n);
    }
    out
}

fn product(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n * n];
    for (row, of_a) in out.chunks_exact_mut(n.max(1)).zip(a.chunks_exact(n.max(1))) {
        for (k, &x) in of_a.iter().enumerate() {
            for (o, y) in row.iter_mut().zip(&b[k * n..(k + 1) * n]) {
                *o += x * y;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials() {
        assert_eq!(exp(&[], 0), []);
        assert!((exp(&[1.0], 1)[0] - std::f64::consts::E).abs() < 1e-15);
        assert!((exp(&[-20.0], 1)[0] / (-20.0f64).exp() - 1.0).abs() < 1e-12);
        let turn = exp(&[0.0, -1.0, 1.0, 0.0], 2);
        assert!((turn[0] - 1.0f64.cos()).abs() < 1e-15 && (turn[2] - 1.0f64.sin()).abs() < 1e-15);
        assert_eq!(exp(&[0.0, 1.0, 0.0, 0.0], 2), [1.0, 1.0, 0.0, 1.0]);
        assert!(
            exp(&[f64::NAN, 0.0, 0.0, 0.0], 2)
                .iter()
                .all(|v| v.is_nan())
        );
    }
}
