//! Symmetric matrices: eigenvalues and eigenvectors.

use ondol_tensor::{Error, Result};

use super::{diag_embed, eye_like, mt};
use crate::{Op, Tensor, ok, raise};

/// Eigenvalues `[.., n]`, ascending, and eigenvectors as columns `[.., n, n]` of symmetric matrices,
/// `torch.linalg.eigh`. `uplo` says which triangle is read: `"L"`, PyTorch's default, or `"U"`.
///
/// The greatest number of each vector is positive (PyTorch leaves signs open). The gradient of the
/// vectors needs distinct eigenvalues.
///
/// # Panics
/// On numbers that are not finite, matrices that are not square, another `uplo`, and dtypes other
/// than `f32` and `f64`.
#[track_caller]
pub fn eigh(a: &Tensor, uplo: &str) -> (Tensor, Tensor) {
    let lower = match ok(triangle(uplo)) {
        true => a.clone(),
        false if a.ndim() < 2 => a.clone(),
        false => mt(a),
    };
    let (w, v) = ok(lower.value().eigh());
    let [w, v] = Op::new("eigh", [&lower])
        .joint(|grads, outputs, _| {
            let (w, v) = (&outputs[0], &outputs[1]);
            let mut inner = grads[0].as_ref().map(diag_embed);
            if let Some(gv) = &grads[1] {
                // Vᵀ gV over the gaps between eigenvalues, off the diagonal.
                let n = w.size(-1);
                let off = eye_like(w, n).mul(-1.0).add(1.0);
                let gaps = w.unsqueeze(-2).sub(w.unsqueeze(-1)).add(eye_like(w, n));
                let turned = mt(v).matmul(gv).div(&gaps).mul(&off);
                inner = Some(match inner {
                    Some(inner) => inner.add(&turned),
                    None => turned,
                });
            }
            let Some(inner) = inner else {
                return vec![None];
            };
            vec![Some(v.matmul(&inner).matmul(&mt(v)))]
        })
        .outputs([w, v]);
    (w, v)
}

fn triangle(uplo: &str) -> Result<bool> {
    match uplo {
        "L" | "l" => Ok(true),
        "U" | "u" => Ok(false),
        other => Err(Error::value(
            "linalg.eigh",
            format!("Expected UPLO argument to be 'L' or 'U', but got {other}"),
        )),
    }
}

/// Eigenvalues of symmetric matrices, ascending, `torch.linalg.eigvalsh`; see [`eigh`].
#[track_caller]
pub fn eigvalsh(a: &Tensor, uplo: &str) -> Tensor {
    eigh(a, uplo).0
}

/// A tensor that has rows and columns.
#[track_caller]
pub(super) fn want_matrix(op: &'static str, a: &Tensor) {
    if a.ndim() < 2 {
        raise(Error::Input {
            op,
            shape: a.shape().to_vec(),
            rule: "The input tensor A must have at least 2 dimensions.".into(),
        });
    }
}
