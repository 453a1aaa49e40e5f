//! Anomaly detection names the operation and the line that made a NaN.

use std::thread;

use ondol_autograd::{
    GradOptions, catch, detect_anomaly, grad, is_anomaly_check_nan_enabled, is_anomaly_enabled,
    set_detect_anomaly, tensor,
};

use crate::slope;

#[test]
fn the_operation_and_its_line_are_named() {
    let x = tensor!([-1.0, 4.0]).requires_grad_(true);
    let line = line!() + 1;
    let y = x.pow(0.5);
    let z = y.mul(2.0).sum();
    let error = catch(|| detect_anomaly(|| z.backward())).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(
            "pow: its backward returned nan values in its 0th output\n  in backward of pow\n"
        ),
        "{text}"
    );
    let at = error.location().unwrap();
    assert_eq!((at.file(), at.line()), (file!(), line));
    assert!(x.grad().is_none() && !is_anomaly_enabled());
}

#[test]
fn the_input_is_counted() {
    // 0 · ∞ in the gradient of the second factor only.
    let a = tensor!([f32::INFINITY].to_vec()).requires_grad_(true);
    let b = tensor!([1.0]).requires_grad_(true);
    let y = a.mul(&b);
    let error = catch(|| detect_anomaly(|| y.backward_with(&tensor!([0.0])))).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("mul: its backward returned nan values in its 1th output"),
        "{error}"
    );
}

#[test]
fn every_way_into_a_backward_looks() {
    let x = tensor!([0.0]).requires_grad_(true);
    let y = || x.mul(0.0).sqrt().sum();
    // sqrt gives ∞ and mul makes it NaN.
    let found = catch(|| detect_anomaly(|| grad(&[&y()], &[&x], None, GradOptions::default())));
    assert!(
        found
            .unwrap_err()
            .to_string()
            .starts_with("mul: its backward returned nan")
    );
    // Without the mode the NaN arrives.
    y().backward();
    assert!(slope(&x)[0].is_nan());
}

#[test]
fn infinities_and_half_precision() {
    let x = tensor!([0.0]).half().detach().requires_grad_(true);
    detect_anomaly(|| x.sqrt().sum().backward());
    assert!(x.grad().unwrap().item().is_infinite());
    assert!(catch(|| detect_anomaly(|| x.mul(0.0).sqrt().sum().backward())).is_err());
}

#[test]
fn guards_nest_and_belong_to_their_thread() {
    let outer = set_detect_anomaly(true, false);
    assert!(is_anomaly_enabled() && !is_anomaly_check_nan_enabled());
    assert!(!thread::spawn(is_anomaly_enabled).join().unwrap());
    let x = tensor!([0.0]).requires_grad_(true);
    // Not looked for.
    x.mul(0.0).sqrt().sum().backward();
    {
        let _inner = set_detect_anomaly(false, true);
        assert!(!is_anomaly_enabled());
        x.mul(0.0).sqrt().sum().backward();
    }
    assert!(is_anomaly_enabled());
    drop(outer);
    assert!(!is_anomaly_enabled() && is_anomaly_check_nan_enabled());
}
