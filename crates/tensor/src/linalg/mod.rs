//! Decompositions of small matrices, on the host.
//!
//! Arrays of other devices are brought here and back; leading dimensions are a batch. Everything is
//! computed in `f64`, whatever the dtype. The kernels are short and written for this place: a
//! library would bring more crates than the rest of the arrays, and none gives LAPACK's signs.

mod batch;
mod cholesky;
mod exp;
mod jacobi;
mod lu;
mod qr;

use crate::{Array, Error, Result, Shape};
use batch::Batch;

impl Array {
    /// `A⁻¹`, `torch.linalg.inv`.
    ///
    /// # Errors
    /// A matrix that is singular; a dtype other than `f32` and `f64`; matrices that are not square.
    pub fn inverse(&self, op: &'static str) -> Result<Array> {
        let a = Batch::square(op, self)?;
        let n = a.rows;
        let mut out = Vec::with_capacity(a.count() * n * n);
        for i in 0..a.count() {
            let mut lu = a.matrix(i).to_vec();
            let pivots = lu::factor(&mut lu, n, n);
            if let Some(k) = lu::zero_pivot(&lu, n) {
                let message = format!(
                    "The diagonal element {k} is zero, the inversion could not be completed because the input matrix is singular."
                );
                return Err(a.failed(op, i, &message));
            }
            let mut x = lu::identity(n);
            lu::solve(&lu, &pivots, n, &mut x, n);
            out.extend(x);
        }
        a.array(out, &[n, n])
    }

    /// The determinant, `torch.linalg.det`.
    pub fn determinant(&self) -> Result<Array> {
        let a = Batch::square("linalg.det", self)?;
        let n = a.rows;
        let one = |i| {
            let mut lu = a.matrix(i).to_vec();
            let pivots = lu::factor(&mut lu, n, n);
            lu::determinant(&lu, &pivots, n)
        };
        a.array((0..a.count()).map(one).collect(), &[])
    }

    /// The sign of the determinant and the logarithm of its magnitude, `torch.linalg.slogdet`.
    pub fn log_determinant(&self) -> Result<(Array, Array)> {
        let a = Batch::square("linalg.slogdet", self)?;
        let n = a.rows;
        let one = |i| {
            let mut lu = a.matrix(i).to_vec();
            let pivots = lu::factor(&mut lu, n, n);
            lu::log_determinant(&lu, &pivots, n)
        };
        let (signs, logs) = (0..a.count()).map(one).unzip();
        Ok((a.array(signs, &[])?, a.array(logs, &[])?))
    }

    /// The matrix of cofactors, `det(A) A⁻ᵀ` where that exists: the gradient of the determinant.
    pub fn cofactors(&self) -> Result<Array> {
        const OP: &str = "linalg.det";
        let a = Batch::square(OP, self)?;
        let n = a.rows;
        let mut out = Vec::with_capacity(a.count() * n * n);
        for i in 0..a.count() {
            let m = a.matrix(i);
            if m.iter().any(|v| !v.is_finite()) {
                out.extend(std::iter::repeat_n(f64::NAN, n * n));
                continue;
            }
            // Of the singular values, those of the cofactors are the products of all others.
            let (u, s, vt) = jacobi::svd(m, n, n);
            let sign = |m: &[f64]| {
                let mut lu = m.to_vec();
                let pivots = lu::factor(&mut lu, n, n);
                lu::determinant(&lu, &pivots, n).signum()
            };
            let sign = sign(&u) * sign(&vt);
            let others = |k: usize| -> f64 { (0..n).filter(|&j| j != k).map(|j| s[j]).product() };
            let others: Vec<f64> = (0..n).map(others).collect();
            for r in 0..n {
                for c in 0..n {
                    let sum: f64 = (0..n)
                        .map(|k| u[r * n + k] * others[k] * vt[k * n + c])
                        .sum();
                    out.push(sign * sum);
                }
            }
        }
        a.array(out, &[n, n])
    }

    /// Both with equal leading sizes.
    fn met(&self, other: &Array, op: &'static str) -> Result<(Array, Array)> {
        let lead = |a: &Array| Shape::new(&a.shape()[..a.ndim().saturating_sub(2)]);
        let rows = |a: &Array| a.ndim().checked_sub(2).map(|d| a.shape()[d]);
        if rows(self) != rows(other) {
            return Err(Error::Shape {
                op,
                lhs: self.shape().to_vec(),
                rhs: other.shape().to_vec(),
                rule: "A and B must have as many rows".into(),
            });
        }
        let batch = lead(self).broadcast(&lead(other), op)?;
        let to = |a: &Array| {
            let tail = a.shape()[a.ndim().saturating_sub(2)..].to_vec();
            a.expand(batch.iter().copied().chain(tail).collect::<Shape>())
        };
        Ok((to(self)?, to(other)?))
    }

    /// `X` with `A X = B`, `torch.linalg.solve`; leading dimensions broadcast.
    ///
    /// # Errors
    /// A matrix that is singular.
    pub fn solve(&self, b: &Array) -> Result<Array> {
        const OP: &str = "linalg.solve";
        let (a, b) = self.met(b, OP)?;
        let (a, b) = (Batch::square(OP, &a)?, Batch::read(OP, &b)?);
        let (n, k) = (a.rows, b.columns);
        let mut out = Vec::with_capacity(a.count() * n * k);
        for i in 0..a.count() {
            let mut lu = a.matrix(i).to_vec();
            let pivots = lu::factor(&mut lu, n, n);
            if lu::zero_pivot(&lu, n).is_some() {
                return Err(a.failed(
                    OP,
                    i,
                    "The solver failed because the input matrix is singular.",
                ));
            }
            let mut x = b.matrix(i).to_vec();
            lu::solve(&lu, &pivots, n, &mut x, k);
            out.extend(x);
        }
        b.array(out, &[n, k])
    }

    /// `X` with `A X = B`, reading one triangle of `A`; `torch.linalg.solve_triangular`.
    pub fn solve_triangular(&self, b: &Array, upper: bool, unitriangular: bool) -> Result<Array> {
        const OP: &str = "linalg.solve_triangular";
        let (a, b) = self.met(b, OP)?;
        let (a, b) = (Batch::square(OP, &a)?, Batch::read(OP, &b)?);
        let (n, k) = (a.rows, b.columns);
        let mut out = Vec::with_capacity(a.count() * n * k);
        for i in 0..a.count() {
            let mut x = b.matrix(i).to_vec();
            lu::triangular(a.matrix(i), n, &mut x, k, upper, unitriangular);
            out.extend(x);
        }
        b.array(out, &[n, k])
    }

    /// The lower Cholesky factor, reading the lower triangle; `torch.linalg.cholesky`.
    ///
    /// # Errors
    /// A matrix that is not positive-definite.
    pub fn cholesky(&self) -> Result<Array> {
        const OP: &str = "linalg.cholesky";
        let a = Batch::square(OP, self)?;
        let n = a.rows;
        let mut out = Vec::with_capacity(a.count() * n * n);
        for i in 0..a.count() {
            out.extend(cholesky::factor(a.matrix(i), n).map_err(|k| {
                let message = format!(
                    "The factorization could not be completed because the input is not positive-definite (the leading minor of order {k} is not positive-definite)."
                );
                a.failed(OP, i, &message)
            })?);
        }
        a.array(out, &[n, n])
    }

    /// Both factors in one matrix and the row exchanges counted from 1 (`i32`),
    /// `torch.linalg.lu_factor`.
    pub fn lu_factor(&self) -> Result<(Array, Array)> {
        let a = Batch::read("linalg.lu_factor", self)?;
        let (m, n) = (a.rows, a.columns);
        let (mut all, mut exchanges) = (Vec::new(), Vec::new());
        for i in 0..a.count() {
            let mut lu = a.matrix(i).to_vec();
            let pivots = lu::factor(&mut lu, m, n);
            exchanges.extend(pivots.iter().map(|&p| p as i32 + 1));
            all.extend(lu);
        }
        Ok((a.array(all, &[m, n])?, a.positions(exchanges, &[m.min(n)])?))
    }

    /// The reduced factors `Q [m, k]` and `R [k, n]`, `torch.linalg.qr`.
    pub fn qr(&self) -> Result<(Array, Array)> {
        let a = Batch::read("linalg.qr", self)?;
        let (m, n) = (a.rows, a.columns);
        let (mut q, mut r) = (Vec::new(), Vec::new());
        for i in 0..a.count() {
            let (one_q, one_r) = qr::factor(a.matrix(i), m, n);
            q.extend(one_q);
            r.extend(one_r);
        }
        let k = m.min(n);
        Ok((a.array(q, &[m, k])?, a.array(r, &[k, n])?))
    }

    /// The reduced factors `U [m, k]`, `S [k]` descending and `Vᵀ [k, n]`, `torch.linalg.svd`. The
    /// greatest number of each column of `U` is positive.
    ///
    /// # Errors
    /// Numbers that are not finite.
    pub fn svd(&self) -> Result<(Array, Array, Array)> {
        const OP: &str = "linalg.svd";
        let a = Batch::read(OP, self)?;
        a.check_finite(OP)?;
        let (m, n) = (a.rows, a.columns);
        let (mut u, mut s, mut v) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..a.count() {
            let (one_u, one_s, one_v) = jacobi::svd(a.matrix(i), m, n);
            u.extend(one_u);
            s.extend(one_s);
            v.extend(one_v);
        }
        let k = m.min(n);
        Ok((
            a.array(u, &[m, k])?,
            a.array(s, &[k])?,
            a.array(v, &[k, n])?,
        ))
    }

    /// Eigenvalues, ascending, and eigenvectors as columns of symmetric matrices, reading the lower
    /// triangle; `torch.linalg.eigh`. The greatest number of each vector is positive.
    ///
    /// # Errors
    /// Numbers that are not finite.
    pub fn eigh(&self) -> Result<(Array, Array)> {
        const OP: &str = "linalg.eigh";
        let a = Batch::square(OP, self)?;
        a.check_finite(OP)?;
        let n = a.rows;
        let (mut w, mut v) = (Vec::new(), Vec::new());
        for i in 0..a.count() {
            let (one_w, one_v) = jacobi::eigh(a.matrix(i), n);
            w.extend(one_w);
            v.extend(one_v);
        }
        Ok((a.array(w, &[n])?, a.array(v, &[n, n])?))
    }

    /// `e^A`, `torch.linalg.matrix_exp`; of halves too.
    pub fn matrix_exp(&self) -> Result<Array> {
        const OP: &str = "linalg.matrix_exp";
        let a = Batch::read_any(OP, self)?.check_square(OP, self)?;
        let n = a.rows;
        let out = (0..a.count()).flat_map(|i| exp::exp(a.matrix(i), n));
        a.array(out.collect(), &[n, n])
    }

    /// Says that matrices are to be square, for what is written in tensor operations.
    ///
    /// # Errors
    /// Where they are not, or there are fewer than two dimensions.
    pub fn check_square(&self, op: &'static str) -> Result<()> {
        let shape = self.shape();
        let rule = match shape[..] {
            [.., m, n] if m == n => return Ok(()),
            [.., m, n] => {
                format!("A must be batches of square matrices, but they are {m} by {n} matrices")
            }
            _ => "The input tensor A must have at least 2 dimensions.".into(),
        };
        Err(Error::Input {
            op,
            shape: shape.to_vec(),
            rule,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;

    #[test]
    fn batches_and_dtypes() {
        let a =
            Array::from_vec(vec![2.0f32, 0.0, 0.0, 4.0, 0.0, 1.0, 1.0, 0.0], [2, 2, 2]).unwrap();
        let inverse = a.inverse("linalg.inv").unwrap();
        assert_eq!(
            inverse.to_vec::<f32>().unwrap(),
            [0.5, 0.0, 0.0, 0.25, 0.0, 1.0, 1.0, 0.0]
        );
        assert_eq!(
            a.determinant().unwrap().to_vec::<f32>().unwrap(),
            [8.0, -1.0]
        );
        assert_eq!(
            a.cofactors()
                .unwrap()
                .narrow(0, 0, 1)
                .unwrap()
                .to_vec::<f32>()
                .unwrap(),
            [4.0, 0.0, 0.0, 2.0]
        );
        let b = Array::from_vec(vec![2.0f32, 4.0], [2, 1]).unwrap();
        assert_eq!(
            a.solve(&b).unwrap().to_vec::<f32>().unwrap(),
            [1.0, 1.0, 4.0, 2.0]
        );
        assert!(matches!(
            a.cast(DType::F16).unwrap().svd(),
            Err(Error::DType { .. })
        ));
        assert!(matches!(
            a.cast(DType::I64).unwrap().qr(),
            Err(Error::DType { .. })
        ));
        assert_eq!(
            a.cast(DType::BF16).unwrap().matrix_exp().unwrap().dtype(),
            DType::BF16
        );
    }

    #[test]
    fn errors_name_the_matrix() {
        let a =
            Array::from_vec(vec![1.0f64, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 4.0], [2, 2, 2]).unwrap();
        let e = a.inverse("linalg.inv").unwrap_err().to_string();
        assert_eq!(
            e,
            "linalg.inv: (Batch element 1): The diagonal element 2 is zero, the inversion could not be completed because the input matrix is singular."
        );
        let flat = Array::from_vec(vec![f64::NAN, 1.0], [2]).unwrap();
        assert!(
            flat.svd()
                .unwrap_err()
                .to_string()
                .contains("at least 2 dimensions")
        );
        let nan = flat.reshape([1, 2]).unwrap().svd().unwrap_err().to_string();
        assert!(nan.contains("non-finite"), "{nan}");
        assert!(
            a.narrow(2, 0, 1)
                .unwrap()
                .cholesky()
                .unwrap_err()
                .to_string()
                .contains("2 by 1")
        );
    }

    #[test]
    fn nothing_is_a_matrix_too() {
        let none = |shape: &[usize]| {
            Array::zeros(Shape::new(shape), DType::F64, &crate::Device::cpu()).unwrap()
        };
        assert_eq!(none(&[0, 0]).determinant().unwrap().item().unwrap(), 1.0);
        assert_eq!(
            none(&[2, 0, 0]).inverse("linalg.inv").unwrap().shape(),
            &[2, 0, 0]
        );
        let (u, s, v) = none(&[2, 0, 3]).svd().unwrap();
        assert_eq!(
            [u.shape().to_vec(), s.shape().to_vec(), v.shape().to_vec()],
            [vec![2, 0, 0], vec![2, 0], vec![2, 0, 3]]
        );
        assert_eq!(none(&[0, 3]).qr().unwrap().1.shape(), &[0, 3]);
        assert_eq!(none(&[0, 2, 2]).eigh().unwrap().1.shape(), &[0, 2, 2]);
        assert_eq!(none(&[0, 0]).matrix_exp().unwrap().shape(), &[0, 0]);
    }
}
