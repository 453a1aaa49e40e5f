//! A tensor plus a matrix product: `beta · self + alpha · (a · b)`.

use ondol_tensor::{DType, Error, Scalar};

use crate::autocast::lower;
use crate::{Tensor, is_grad_enabled, raise};

/// A factor as the dtype holds it: of integers, PyTorch cuts the fraction off.
fn factor(s: Scalar, dtype: DType) -> Scalar {
    if dtype.is_floating_point() {
        s
    } else {
        Scalar::Int(s.to_i64())
    }
}

fn is(s: Scalar, value: f64) -> bool {
    s.to_f64() == value
}

/// `beta · input + alpha · product`; `input` broadcasts to the product, never the other way.
#[track_caller]
fn combine(
    op: &'static str,
    input: &Tensor,
    product: &Tensor,
    beta: Scalar,
    alpha: Scalar,
) -> Tensor {
    // The product is of the lower precision already.
    let input = &lower(input);
    let (from, to) = (input.shape(), product.shape());
    if !matches!(from.broadcast(&to, op), Ok(s) if s == to) {
        raise(Error::Shape {
            op,
            lhs: from.to_vec(),
            rhs: to.to_vec(),
            rule: "the input must broadcast to the shape of the product".into(),
        });
    }
    let (beta, alpha) = (factor(beta, input.dtype()), factor(alpha, product.dtype()));
    let product = if is(alpha, 1.0) {
        product.clone()
    } else {
        product.mul(alpha)
    };
    if is(beta, 0.0) {
        if !(is_grad_enabled() && input.requires_grad()) {
            return product;
        }
        // Not even a NaN of the input shows, but it stands in the graph, with a gradient of 0.
        let all = Tensor::full_with((), true, (DType::Bool, &input.device()));
        return product.add(input.masked_fill(&all, 0.0));
    }
    let input = if is(beta, 1.0) {
        input.clone()
    } else {
        input.mul(beta)
    };
    product.add(&input)
}

#[track_caller]
fn one_dtype(op: &'static str, input: &Tensor, other: &Tensor) {
    if input.dtype() != other.dtype() {
        raise(Error::DType {
            op,
            got: format!("{} and {}", input.dtype(), other.dtype()),
            expected: "self and mat2 to have the same dtype".into(),
        });
    }
}

macro_rules! in_place {
    ($($(#[$doc:meta])* $name:ident = $of:ident, $op:literal;)*) => { impl Tensor {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(
            &self,
            a: &Tensor,
            b: &Tensor,
            beta: impl Into<Scalar>,
            alpha: impl Into<Scalar>,
        ) -> Tensor {
            let new = self.snapshot().$of(a, b, beta, alpha);
            if new.shape() != self.shape() || new.dtype() != self.dtype() {
                raise(Error::Shape {
                    op: $op,
                    lhs: self.shape().to_vec(),
                    rhs: new.shape().to_vec(),
                    rule: "in place, shape and dtype must stay".into(),
                });
            }
            self.write_in_place($op, &[a, b], |_| new.clone(), |array| {
                *array = new.value();
                Ok(())
            });
            self.clone()
        }
    )*}};
}

in_place! {
    /// [`Tensor::addmm_with`] in place, `torch.Tensor.addmm_`; returns the same tensor.
    addmm_ = addmm_with, "addmm_";
    /// [`Tensor::addmv_with`] in place, `torch.Tensor.addmv_`; returns the same tensor.
    addmv_ = addmv_with, "addmv_";
    /// [`Tensor::addr_with`] in place, `torch.Tensor.addr_`; returns the same tensor.
    addr_ = addr_with, "addr_";
    /// [`Tensor::addbmm_with`] in place, `torch.Tensor.addbmm_`; returns the same tensor.
    addbmm_ = addbmm_with, "addbmm_";
    /// [`Tensor::baddbmm_with`] in place, `torch.Tensor.baddbmm_`; returns the same tensor.
    baddbmm_ = baddbmm_with, "baddbmm_";
}

impl Tensor {
    /// `self + a · b`, `torch.addmm`; `self` broadcasts.
    #[track_caller]
    pub fn addmm(&self, a: &Tensor, b: &Tensor) -> Tensor {
        self.addmm_with(a, b, 1.0, 1.0)
    }

    /// `beta · self + alpha · (a · b)`, `torch.addmm(beta, alpha)`. With `beta` 0, `self` does not
    /// count, NaN or not.
    ///
    /// ```
    /// use ondol_autograd::{Tensor, tensor};
    /// let (a, b) = (tensor!([[1.0, 2.0]]), tensor!([[3.0], [4.0]]));
    /// assert_eq!(tensor!([[10.0]]).addmm_with(&a, &b, 2.0, 0.5).item(), 25.5);
    /// ```
    ///
    /// # Panics
    /// `mat1 and mat2 shapes cannot be multiplied`; where `self` does not broadcast to the product,
    /// or its dtype is another.
    #[track_caller]
    pub fn addmm_with(
        &self,
        a: &Tensor,
        b: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Tensor {
        one_dtype("addmm", self, b);
        combine("addmm", self, &a.mm(b), beta.into(), alpha.into())
    }

    /// `self + matrix · vector`, `torch.addmv`.
    #[track_caller]
    pub fn addmv(&self, matrix: &Tensor, vector: &Tensor) -> Tensor {
        self.addmv_with(matrix, vector, 1.0, 1.0)
    }

    /// `beta · self + alpha · (matrix · vector)`, `torch.addmv(beta, alpha)`.
    #[track_caller]
    pub fn addmv_with(
        &self,
        matrix: &Tensor,
        vector: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Tensor {
        one_dtype("addmv", self, vector);
        combine("addmv", self, &matrix.mv(vector), beta.into(), alpha.into())
    }

    /// `self + a ⊗ b`, `torch.addr`: the outer product of two vectors.
    #[track_caller]
    pub fn addr(&self, a: &Tensor, b: &Tensor) -> Tensor {
        self.addr_with(a, b, 1.0, 1.0)
    }

    /// `beta · self + alpha · (a ⊗ b)`, `torch.addr(beta, alpha)`.
    #[track_caller]
    pub fn addr_with(
        &self,
        a: &Tensor,
        b: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Tensor {
        combine("addr", self, &a.outer(b), beta.into(), alpha.into())
    }

    /// `self` plus the sum of the products of two batches, `torch.addbmm`:
    /// `a [b, m, k]`, `b [b, k, n]`, `self [m, n]` or what broadcasts to it.
    #[track_caller]
    pub fn addbmm(&self, a: &Tensor, b: &Tensor) -> Tensor {
        self.addbmm_with(a, b, 1.0, 1.0)
    }

    /// `beta · self + alpha · Σ aᵢ · bᵢ`, `torch.addbmm(beta, alpha)`.
    #[track_caller]
    pub fn addbmm_with(
        &self,
        a: &Tensor,
        b: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Tensor {
        one_dtype("addbmm", self, b);
        let product = a.bmm(b).sum_dim(0, false);
        combine("addbmm", self, &product, beta.into(), alpha.into())
    }

    /// `self` plus the products of two batches, `torch.baddbmm`.
    #[track_caller]
    pub fn baddbmm(&self, a: &Tensor, b: &Tensor) -> Tensor {
        self.baddbmm_with(a, b, 1.0, 1.0)
    }

    /// `beta · self + alpha · (aᵢ · bᵢ)`, `torch.baddbmm(beta, alpha)`.
    #[track_caller]
    pub fn baddbmm_with(
        &self,
        a: &Tensor,
        b: &Tensor,
        beta: impl Into<Scalar>,
        alpha: impl Into<Scalar>,
    ) -> Tensor {
        one_dtype("baddbmm", self, b);
        combine("baddbmm", self, &a.bmm(b), beta.into(), alpha.into())
    }
}
