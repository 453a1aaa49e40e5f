//! Matrix products.

use ondol_tensor::{Error, Shape};

use crate::autocast::{is_autocast_enabled, lower};
use crate::{Op, Tensor, ok, raise};

/// A matrix product's operand must have so many dimensions.
#[track_caller]
fn want_ndim(op: &'static str, t: &Tensor, n: usize, name: &str) {
    if t.ndim() != n {
        raise(Error::Input {
            op,
            shape: t.shape().to_vec(),
            rule: format!(
                "{name} must be a {}, but it has {} dimensions",
                ["scalar", "vector", "matrix", "batch of matrices"][n.min(3)],
                t.ndim()
            ),
        });
    }
}

impl Tensor {
    /// Both operands of at least two dimensions; leading ones broadcast.
    #[track_caller]
    pub(crate) fn product(&self, other: &Tensor) -> Tensor {
        if is_autocast_enabled() {
            return lower(self).recorded_product(&lower(other));
        }
        self.recorded_product(other)
    }

    #[track_caller]
    fn recorded_product(&self, other: &Tensor) -> Tensor {
        let value = ok(self.value().matmul(&other.value()));
        crate::watch::multiplied(value.numel() * self.shape().last().copied().unwrap_or(0));
        let op = Op::new("matmul", [self, other]);
        let (left, right) = (op.needs(0), op.needs(1));
        if !left && !right {
            return Tensor::from(value);
        }
        let (a, b) = (self.snapshot(), other.snapshot());
        op.rule(0, move |g| g.product(&b.transpose(-2, -1)))
            .rule(1, move |g| a.transpose(-2, -1).product(g))
            .output(value)
    }

    /// The product of two matrices, without broadcasting, `torch.mm`: `[m, k] · [k, n] → [m, n]`.
    ///
    /// # Panics
    /// `mat1 and mat2 shapes cannot be multiplied`.
    #[track_caller]
    pub fn mm(&self, other: &Tensor) -> Tensor {
        want_ndim("mm", self, 2, "self");
        want_ndim("mm", other, 2, "mat2");
        let (a, b) = (self.shape(), other.shape());
        if a[1] != b[0] {
            raise(Error::Shape {
                op: "mm",
                lhs: a.to_vec(),
                rhs: b.to_vec(),
                rule: format!(
                    "mat1 and mat2 shapes cannot be multiplied ({}x{} and {}x{}): {} ≠ {}",
                    a[0], a[1], b[0], b[1], a[1], b[0]
                ),
            });
        }
        self.product(other)
    }

    /// The matrix product with PyTorch's rules for every rank, `torch.matmul`, `@`: two vectors give
    /// their dot product, a vector beside a matrix counts as a row or column, leading dimensions
    /// broadcast.
    #[track_caller]
    pub fn matmul(&self, other: &Tensor) -> Tensor {
        match (self.ndim(), other.ndim()) {
            (0, _) | (_, 0) => raise(Error::Shape {
                op: "matmul",
                lhs: self.shape().to_vec(),
                rhs: other.shape().to_vec(),
                rule: "both arguments to matmul need to be at least 1D; use * for a scalar".into(),
            }),
            (1, 1) => self.dot(other),
            (1, _) => self.unsqueeze(0).product(other).squeeze_dim(-2),
            (_, 1) => self.product(&other.unsqueeze(-1)).squeeze_dim(-1),
            // A batch of rows times one matrix is one product of all rows.
            (n, 2) if n > 2 && self.size(-1) == other.size(0) => {
                let mut shape = self.shape();
                shape[n - 1] = other.size(1);
                self.flatten(0, -2).product(other).reshape(&shape)
            }
            _ => self.product(other),
        }
    }

    /// Products of two batches of matrices, without broadcasting, `torch.bmm`.
    #[track_caller]
    pub fn bmm(&self, other: &Tensor) -> Tensor {
        want_ndim("bmm", self, 3, "self");
        want_ndim("bmm", other, 3, "mat2");
        if self.size(0) != other.size(0) || self.size(2) != other.size(1) {
            raise(Error::Shape {
                op: "bmm",
                lhs: self.shape().to_vec(),
                rhs: other.shape().to_vec(),
                rule: "expected [b, m, k] and [b, k, n] of one batch and one inner size".into(),
            });
        }
        self.product(other)
    }

    /// The sum of the products of two vectors, `torch.dot`.
    #[track_caller]
    pub fn dot(&self, other: &Tensor) -> Tensor {
        want_ndim("dot", self, 1, "self");
        want_ndim("dot", other, 1, "other");
        if self.numel() != other.numel() {
            raise(Error::Shape {
                op: "dot",
                lhs: self.shape().to_vec(),
                rhs: other.shape().to_vec(),
                rule: "inconsistent tensor size, expected both vectors to have the same number of elements".into(),
            });
        }
        self.unsqueeze(0).product(&other.unsqueeze(1)).reshape(())
    }

    /// The product of a matrix and a vector, `torch.mv`: `[m, k] · [k] → [m]`.
    ///
    /// # Panics
    /// `size mismatch`.
    #[track_caller]
    pub fn mv(&self, vector: &Tensor) -> Tensor {
        want_ndim("mv", self, 2, "self");
        want_ndim("mv", vector, 1, "vec");
        let (m, v) = (self.shape(), vector.shape());
        if m[1] != v[0] {
            raise(Error::Shape {
                op: "mv",
                lhs: m.to_vec(),
                rhs: v.to_vec(),
                rule: format!("size mismatch, got mat ({}x{}), vec ({})", m[0], m[1], v[0]),
            });
        }
        self.product(&vector.unsqueeze(1)).squeeze_dim(1)
    }

    /// [`Tensor::dot`]; of complex numbers PyTorch's conjugates the first, `torch.vdot`.
    #[track_caller]
    pub fn vdot(&self, other: &Tensor) -> Tensor {
        self.dot(other)
    }

    /// The sums of products over the last dimension of both, `torch.inner`:
    /// `[.., k] · [~, k] → [.., ~]`; a scalar multiplies.
    ///
    /// # Panics
    /// Where the last sizes differ.
    #[track_caller]
    pub fn inner(&self, other: &Tensor) -> Tensor {
        let (a, b) = (self.shape(), other.shape());
        let (Some((&k, lead_a)), Some((&k2, lead_b))) = (a.split_last(), b.split_last()) else {
            return self.mul(other);
        };
        if k != k2 {
            raise(Error::Shape {
                op: "inner",
                lhs: a.to_vec(),
                rhs: b.to_vec(),
                rule: format!("the last dimension must match on both input tensors: {k} ≠ {k2}"),
            });
        }
        let rows = |lead: &[usize]| lead.iter().product::<usize>();
        let left = self.reshape([rows(lead_a), k]);
        let right = other.reshape([rows(lead_b), k]);
        let out: Shape = lead_a.iter().chain(lead_b).copied().collect();
        left.product(&right.transpose(0, 1)).reshape(&out)
    }

    /// Each element of one vector times each of another, `torch.outer`: `[m], [n] → [m, n]`.
    #[track_caller]
    pub fn outer(&self, other: &Tensor) -> Tensor {
        want_ndim("outer", self, 1, "self");
        want_ndim("outer", other, 1, "vec2");
        self.unsqueeze(1).mul(other.unsqueeze(0))
    }

    /// [`Tensor::outer`] under its older name, `torch.ger`.
    #[track_caller]
    pub fn ger(&self, other: &Tensor) -> Tensor {
        self.outer(other)
    }
}
