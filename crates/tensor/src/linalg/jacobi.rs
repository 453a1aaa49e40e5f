//! Eigenvalues and singular values by plane rotations.
//!
//! Slower than reduction to a narrow band on large matrices, and as accurate as can be on small
//! ones: every rotation is orthogonal, and nothing is squared.

/// Rounds through all pairs; convergence is quadratic, and eight or so are usual.
const SWEEPS: usize = 80;

/// Eigenvalues in ascending order, and eigenvectors as columns, of the symmetric `a [n, n]`, of
/// which the lower triangle is read. Numbers must be finite.
pub(super) fn eigh(a: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let scale = a.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let scale = if scale > 0.0 { scale } else { 1.0 };
    let mut w = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            w[i * n + j] = a[i * n + j] / scale;
            w[j * n + i] = w[i * n + j];
        }
    }
    let norm = w.iter().map(|v| v * v).sum::<f64>().sqrt();
    // The rows of `v` are the eigenvectors.
    let mut v = super::lu::identity(n);
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                let off = w[p * n + q];
                if off.abs() <= 1e-18 * norm {
                    continue;
                }
                turned = true;
                let (c, s) = rotation(w[q * n + q] - w[p * n + p], off);
                for i in 0..n {
                    let (x, y) = (w[i * n + p], w[i * n + q]);
                    w[i * n + p] = c * x - s * y;
                    w[i * n + q] = s * x + c * y;
                }
                turn(&mut w, n, p, q, c, s);
                turn(&mut v, n, p, q, c, s);
                (w[p * n + q], w[q * n + p]) = (0.0, 0.0);
            }
        }
        if !turned {
            break;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| w[i * n + i].total_cmp(&w[j * n + j]));
    let values = order.iter().map(|&i| w[i * n + i] * scale).collect();
    let mut vectors = vec![0.0; n * n];
    for (column, &from) in order.iter().enumerate() {
        let row = &v[from * n..(from + 1) * n];
        let sign = sign_of(row);
        for i in 0..n {
            vectors[i * n + column] = sign * row[i];
        }
    }
    (values, vectors)
}

/// `a [m, n] = u [m, k] · diag(s) · vᵀ [k, n]`, `k = min(m, n)`, the singular values descending.
/// Numbers must be finite.
pub(super) fn svd(a: &[f64], m: usize, n: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    if m < n {
        let (v, s, ut) = svd(&transposed(a, m, n), n, m);
        // aᵀ = v s uᵀ, so a = u s vᵀ.
        return (transposed(&ut, m, m), s, transposed(&v, n, m));
    }
    let scale = a.iter().fold(0.0f64, |x, v| x.max(v.abs()));
    let scale = if scale > 0.0 { scale } else { 1.0 };
    // Tall ones are first made square; the columns of the square one become rows here.
    let scaled: Vec<f64> = a.iter().map(|x| x / scale).collect();
    let (q, r) = super::qr::factor(&scaled, m, n);
    let mut w = transposed(&r, n, n);
    let mut v = super::lu::identity(n);
    for _ in 0..SWEEPS {
        let mut turned = false;
        for i in 0..n {
            for j in i + 1..n {
                let (x, y) = (&w[i * n..(i + 1) * n], &w[j * n..(j + 1) * n]);
                let (xx, yy, xy) = (dot(x, x), dot(y, y), dot(x, y));
                if xy.abs() <= 1e-16 * (xx * yy).sqrt() || xy.abs() < f64::MIN_POSITIVE {
                    continue;
                }
                turned = true;
                let (c, s) = rotation(yy - xx, xy);
                turn(&mut w, n, i, j, c, s);
                turn(&mut v, n, i, j, c, s);
            }
        }
        if !turned {
            break;
        }
    }
    let lengths: Vec<f64> = (0..n)
        .map(|i| dot(&w[i * n..(i + 1) * n], &w[i * n..(i + 1) * n]).sqrt())
        .collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| lengths[j].total_cmp(&lengths[i]));
    let mut left: Vec<Vec<f64>> = Vec::with_capacity(n);
    let largest = order.first().map_or(0.0, |&i| lengths[i]);
    for &i in &order {
        let direction = w[i * n..(i + 1) * n].to_vec();
        let small = lengths[i] <= 1e-12 * largest;
        left.push(unit(direction, &left, small));
    }
    // The rows of `left` are columns of r's left factor; those of a are q times them.
    let (mut u, mut vt) = (vec![0.0; m * n], vec![0.0; n * n]);
    for (k, column) in left.iter().enumerate() {
        let full: Vec<f64> = (0..m)
            .map(|i| dot(&q[i * n..(i + 1) * n], column))
            .collect();
        let sign = sign_of(&full);
        (0..m).for_each(|i| u[i * n + k] = sign * full[i]);
        let from = order[k] * n;
        (0..n).for_each(|j| vt[k * n + j] = sign * v[from + j]);
    }
    let values = order.iter().map(|&i| lengths[i] * scale).collect();
    (u, values, vt)
}

/// Cosine and sine of the rotation that makes `[[x, off], [off, x + gap]]` diagonal.
fn rotation(gap: f64, off: f64) -> (f64, f64) {
    let slope = gap / (2.0 * off);
    let t = 1.0f64.copysign(slope) / (slope.abs() + slope.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    (c, t * c)
}

/// Turns rows `p` and `q` in their plane.
fn turn(a: &mut [f64], n: usize, p: usize, q: usize, c: f64, s: f64) {
    let (upper, lower) = a.split_at_mut(q * n);
    let rows = upper[p * n..(p + 1) * n].iter_mut().zip(&mut lower[..n]);
    for (x, y) in rows {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

/// `v` of length 1. A `small` one is mostly rounding: it is made orthogonal to `others`, and
/// replaced where nothing is left of it.
fn unit(v: Vec<f64>, others: &[Vec<f64>], small: bool) -> Vec<f64> {
    let normal = |mut v: Vec<f64>| {
        let length = dot(&v, &v).sqrt();
        v.iter_mut().for_each(|x| *x /= length);
        v
    };
    if !small {
        return normal(v);
    }
    let n = v.len();
    let length = dot(&v, &v).sqrt();
    let axes = (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect());
    let own = (length > 0.0).then(|| normal(v));
    for mut candidate in own.into_iter().chain(axes) {
        for _ in 0..2 {
            for other in others {
                let along = dot(&candidate, other);
                candidate
                    .iter_mut()
                    .zip(other)
                    .for_each(|(x, o)| *x -= along * o);
            }
        }
        // Of n axes, one at least is so far from fewer than n directions.
        if dot(&candidate, &candidate) >= 0.5 / n as f64 {
            return normal(candidate);
        }
    }
    vec![f64::NAN; n]
}

/// The sign that makes the greatest number positive; of equal ones, the first counts.
fn sign_of(v: &[f64]) -> f64 {
    let greatest = v.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let first = v.iter().find(|x| x.abs() >= greatest * (1.0 - 1e-6));
    if first.is_some_and(|x| *x < 0.0) {
        -1.0
    } else {
        1.0
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn transposed(a: &[f64], m: usize, n: usize) -> Vec<f64> {
    let mut out = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            out[j * m + i] = a[i * n + j];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        };
        (0..n).map(|_| next()).collect()
    }

    fn product(a: &[f64], b: &[f64], m: usize, k: usize, n: usize) -> Vec<f64> {
        let mut out = vec![0.0; m * n];
        for i in 0..m {
            for j in 0..n {
                out[i * n + j] = (0..k).map(|l| a[i * k + l] * b[l * n + j]).sum();
            }
        }
        out
    }

    fn near(a: &[f64], b: &[f64], tolerance: f64) {
        assert_eq!(a.len(), b.len());
        for (x, y) in a.iter().zip(b) {
            assert!((x - y).abs() <= tolerance, "{x} and {y}");
        }
    }

    fn check_svd(a: &[f64], m: usize, n: usize, scale: f64) -> Vec<f64> {
        let k = m.min(n);
        let (u, s, vt) = svd(a, m, n);
        assert!(s.windows(2).all(|w| w[0] >= w[1]) && s.iter().all(|&v| v >= 0.0));
        let us: Vec<f64> = u.iter().enumerate().map(|(i, v)| v * s[i % k]).collect();
        near(&product(&us, &vt, m, k, n), a, 1e-13 * scale);
        near(
            &product(&transposed(&u, m, k), &u, k, m, k),
            &crate::linalg::lu::identity(k),
            1e-12,
        );
        near(
            &product(&vt, &transposed(&vt, k, n), k, n, k),
            &crate::linalg::lu::identity(k),
            1e-12,
        );
        s
    }

    #[test]
    fn singular_vectors_are_orthogonal_and_make_the_matrix() {
        for (m, n) in [(1, 1), (3, 3), (7, 3), (3, 7), (20, 20), (40, 11)] {
            check_svd(&numbers(m * n, 7 + m as u64), m, n, 1.0);
        }
        let scaled: Vec<f64> = numbers(12, 5).iter().map(|v| v * 1e200).collect();
        check_svd(&scaled, 4, 3, 1e200);
    }

    #[test]
    fn rank_may_be_missing() {
        assert_eq!(check_svd(&[0.0; 6], 3, 2, 1.0), [0.0, 0.0]);
        let s = check_svd(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], 3, 3, 10.0);
        assert!(s[2] < 1e-14);
        let outer = product(&numbers(6, 1), &numbers(5, 2), 6, 1, 5);
        let s = check_svd(&outer, 6, 5, 1.0);
        assert!(s[1] < 1e-15);
        check_svd(&[1.0; 16], 4, 4, 1.0);
        check_svd(&[1.0, 0.0, 0.0, 1.0], 2, 2, 1.0);
    }

    #[test]
    fn eigenvectors_make_the_matrix() {
        for n in [1, 2, 5, 30] {
            let a = numbers(n * n, n as u64);
            let symmetric: Vec<f64> = (0..n * n).map(|i| a[i] + a[(i % n) * n + i / n]).collect();
            let (w, v) = eigh(&symmetric, n);
            assert!(w.windows(2).all(|p| p[0] <= p[1]));
            let vw: Vec<f64> = v.iter().enumerate().map(|(i, x)| x * w[i % n]).collect();
            near(
                &product(&vw, &transposed(&v, n, n), n, n, n),
                &symmetric,
                1e-13,
            );
        }
        assert_eq!(eigh(&[0.0; 4], 2).0, [0.0, 0.0]);
        near(&eigh(&[0.0, 0.0, 1.0, 0.0], 2).0, &[-1.0, 1.0], 1e-15);
    }
}
