//! Householder reflections, with LAPACK's signs.

/// `a [m, n] = q [m, k] · r [k, n]` with `k = min(m, n)`.
pub(super) fn factor(a: &[f64], m: usize, n: usize) -> (Vec<f64>, Vec<f64>) {
    let k = m.min(n);
    let mut a = a.to_vec();
    let mut scales = vec![0.0; k];
    for j in 0..k {
        let alpha = a[j * n + j];
        let below: f64 = (j + 1..m).map(|i| a[i * n + j].powi(2)).sum();
        // A column that is done already is not turned round, as in LAPACK.
        if below == 0.0 {
            continue;
        }
        let beta = -(alpha * alpha + below).sqrt().copysign(alpha);
        scales[j] = (beta - alpha) / beta;
        for i in j + 1..m {
            a[i * n + j] /= alpha - beta;
        }
        for c in j + 1..n {
            let mut dot = a[j * n + c];
            for i in j + 1..m {
                dot += a[i * n + j] * a[i * n + c];
            }
            let by = scales[j] * dot;
            a[j * n + c] -= by;
            for i in j + 1..m {
                a[i * n + c] -= by * a[i * n + j];
            }
        }
        a[j * n + j] = beta;
    }
    let mut r = vec![0.0; k * n];
    for i in 0..k {
        r[i * n + i..(i + 1) * n].copy_from_slice(&a[i * n + i..(i + 1) * n]);
    }
    let mut q = vec![0.0; m * k];
    (0..k).for_each(|i| q[i * k + i] = 1.0);
    for j in (0..k).rev() {
        for c in j..k {
            let mut dot = q[j * k + c];
            for i in j + 1..m {
                dot += a[i * n + j] * q[i * k + c];
            }
            let by = scales[j] * dot;
            q[j * k + c] -= by;
            for i in j + 1..m {
                q[i * k + c] -= by * a[i * n + j];
            }
        }
    }
    (q, r)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_lapacks() {
        let (q, r) = factor(&[1.0, 2.0, 3.0, 4.0], 2, 2);
        let want = [
            -0.31622776601683794,
            -0.9486832980505138,
            -0.9486832980505138,
            0.31622776601683794,
        ];
        assert!(
            q.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-15),
            "{q:?}"
        );
        let want = [
            -3.1622776601683795,
            -4.427188724235731,
            0.0,
            -0.6324555320336759,
        ];
        assert!(
            r.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-14),
            "{r:?}"
        );
        assert_eq!(factor(&[0.0; 6], 3, 2).1, [0.0; 4]);
    }
}
