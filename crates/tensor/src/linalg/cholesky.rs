//! The Cholesky factor of a symmetric positive-definite matrix.

/// The lower factor of `a [n, n]`, of which the lower triangle is read; the order of the first
/// leading minor that is not positive where there is one.
pub(super) fn factor(a: &[f64], n: usize) -> Result<Vec<f64>, usize> {
    let mut l = vec![0.0; n * n];
    for j in 0..n {
        let row = |i: usize, l: &[f64]| l[i * n..i * n + j].to_vec();
        let own = row(j, &l);
        let d = a[j * n + j] - own.iter().map(|v| v * v).sum::<f64>();
        if d <= 0.0 || d.is_nan() {
            return Err(j + 1);
        }
        let d = d.sqrt();
        l[j * n + j] = d;
        for i in j + 1..n {
            let dot: f64 = l[i * n..i * n + j]
                .iter()
                .zip(&own)
                .map(|(x, y)| x * y)
                .sum();
            l[i * n + j] = (a[i * n + j] - dot) / d;
        }
    }
    Ok(l)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_and_refuses() {
        assert_eq!(
            factor(&[4.0, 99.0, 2.0, 5.0], 2).unwrap(),
            [2.0, 0.0, 1.0, 2.0]
        );
        assert_eq!(factor(&[1.0, 2.0, 2.0, 1.0], 2), Err(2));
        assert_eq!(factor(&[f64::NAN], 1), Err(1));
        assert_eq!(factor(&[], 0).unwrap(), []);
    }
}
