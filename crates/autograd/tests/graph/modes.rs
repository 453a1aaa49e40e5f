//! Inference mode and modes by a flag.

use std::thread;

use ondol_autograd::{
    enable_grad, inference_mode, inference_mode_guard, is_grad_enabled, is_inference_mode_enabled,
    no_grad, set_grad_enabled,
};

use crate::{leaf, slope};

#[test]
fn nothing_is_recorded_in_inference_mode() {
    let x = leaf();
    inference_mode(|| {
        assert!(is_inference_mode_enabled() && !is_grad_enabled());
        assert!(!x.mul(2.0).requires_grad());
        // As in PyTorch, recording cannot be switched on within.
        enable_grad(|| assert!(!x.mul(2.0).requires_grad() && !is_grad_enabled()));
        no_grad(|| assert!(is_inference_mode_enabled()));
    });
    assert!(is_grad_enabled() && !is_inference_mode_enabled());
}

#[test]
fn inference_mode_can_be_left_within() {
    let x = leaf();
    inference_mode(|| {
        {
            let _normal = inference_mode_guard(false);
            assert!(x.mul(2.0).requires_grad() && !is_inference_mode_enabled());
        }
        assert!(is_inference_mode_enabled());
    });
    let outer = inference_mode_guard(true);
    drop(inference_mode_guard(true));
    assert!(is_inference_mode_enabled());
    drop(outer);
    assert!(!is_inference_mode_enabled() && is_grad_enabled());
}

#[test]
fn tensors_of_inference_mode_are_ordinary_ones() {
    let w = leaf();
    let features = inference_mode(|| w.mul(2.0));
    features.mul(&w).sum().backward();
    assert_eq!(slope(&w), [2.0, 4.0]);
    features.requires_grad_(true);
    features.square().sum().backward();
    assert_eq!(slope(&features), [4.0, 8.0]);
}

#[test]
fn a_backward_goes_in_inference_mode() {
    let x = leaf();
    let y = x.square().sum();
    inference_mode(|| y.backward());
    assert_eq!(slope(&x), [2.0, 4.0]);
}

#[test]
fn modes_by_a_flag() {
    let x = leaf();
    for training in [true, false] {
        let _mode = set_grad_enabled(training);
        assert_eq!(
            (x.mul(2.0).requires_grad(), is_grad_enabled()),
            (training, training)
        );
    }
    assert!(is_grad_enabled());
}

#[test]
fn a_panic_and_a_thread() {
    let panic = std::panic::catch_unwind(|| inference_mode(|| panic!("on purpose")));
    assert!(panic.is_err() && is_grad_enabled() && !is_inference_mode_enabled());
    inference_mode(|| {
        assert!(!thread::spawn(is_inference_mode_enabled).join().unwrap());
    });
}
