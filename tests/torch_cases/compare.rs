//! What came out beside what should have.

use ondol::Tensor;

use super::case::Tolerance;

/// Shape and dtype exactly, numbers within the tolerance; integers and truths exactly.
pub(super) fn same(got: &Tensor, want: &Tensor, tol: Tolerance) -> Result<(), String> {
    if got.shape() != want.shape() {
        return Err(format!("shape {}, not {}", got.shape(), want.shape()));
    }
    if got.dtype() != want.dtype() {
        return Err(format!("dtype {}, not {}", got.dtype(), want.dtype()));
    }
    if !want.dtype().is_floating_point() {
        let (got, want) = (got.long().to_vec::<i64>(), want.long().to_vec::<i64>());
        return match got.iter().zip(&want).position(|(g, w)| g != w) {
            Some(i) => Err(format!("element {i}: {}, not {}", got[i], want[i])),
            None => Ok(()),
        };
    }
    let (got, want) = (got.double().to_vec::<f64>(), want.double().to_vec::<f64>());
    numbers(&got, &want, tol)
}

/// Numbers within the tolerance; infinities equal, NaN with NaN.
pub(super) fn numbers(got: &[f64], want: &[f64], tol: Tolerance) -> Result<(), String> {
    if got.len() != want.len() {
        return Err(format!("{} numbers, not {}", got.len(), want.len()));
    }
    let close = |g: f64, w: f64| {
        g == w || (g.is_nan() && w.is_nan()) || (g - w).abs() <= tol.atol + tol.rtol * w.abs()
    };
    match got.iter().zip(want).position(|(&g, &w)| !close(g, w)) {
        Some(i) => Err(format!("element {i}: {}, not {}", got[i], want[i])),
        None => Ok(()),
    }
}

#[test]
fn what_differs_is_seen() {
    use ondol::tensor;
    let tol = Tolerance {
        rtol: 1e-3,
        atol: 1e-6,
    };
    let want = tensor!([1.0, 2.0]);
    assert!(same(&tensor!([1.0, 2.001]), &want, tol).is_ok());
    assert!(same(&tensor!([1.0, 2.01]), &want, tol).is_err());
    assert!(same(&tensor!([1.0, f32::NAN]), &want, tol).is_err());
    assert!(same(&tensor!([[1.0, 2.0]]), &want, tol).is_err());
    assert!(same(&want.double(), &want, tol).is_err());
    assert!(same(&tensor!([1, 3]), &tensor!([1, 2]), tol).is_err());
    let odd = [f64::NAN, f64::INFINITY];
    assert!(numbers(&odd, &odd, tol).is_ok());
    assert!(numbers(&odd, &[f64::NAN, f64::NEG_INFINITY], tol).is_err());
    assert!(numbers(&[1.0], &[f64::INFINITY], tol).is_err());
    assert!(numbers(&[f64::INFINITY], &[1.0], tol).is_err());
    assert!(numbers(&[], &[1.0], tol).is_err());
}
