//! Recording on and off.

use std::thread;

use ondol_autograd::{
    enable_grad, enable_grad_guard, is_grad_enabled, no_grad, no_grad_guard, tensor,
};

#[test]
fn modes_nest_and_come_back() {
    assert!(is_grad_enabled());
    no_grad(|| {
        assert!(!is_grad_enabled());
        enable_grad(|| assert!(is_grad_enabled()));
        assert!(!is_grad_enabled());
        no_grad(|| assert!(!is_grad_enabled()));
        assert!(!is_grad_enabled());
    });
    assert!(is_grad_enabled());
}

#[test]
fn guards_last_until_dropped() {
    let outer = no_grad_guard();
    {
        let _inner = enable_grad_guard();
        assert!(is_grad_enabled());
    }
    assert!(!is_grad_enabled());
    drop(outer);
    assert!(is_grad_enabled());
}

#[test]
fn a_panic_restores_the_mode() {
    let panic = std::panic::catch_unwind(|| no_grad(|| panic!("on purpose")));
    assert!(panic.is_err() && is_grad_enabled());
}

#[test]
fn modes_belong_to_their_thread() {
    no_grad(|| {
        assert!(thread::spawn(is_grad_enabled).join().unwrap());
        assert!(!is_grad_enabled());
    });
    thread::spawn(|| no_grad(|| assert!(!is_grad_enabled())))
        .join()
        .unwrap();
    assert!(is_grad_enabled());
}

#[test]
fn nothing_is_recorded_without() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    let y = no_grad(|| x.mul(2.0));
    assert!(!y.requires_grad() && y.is_leaf() && y.grad_fn().is_none());
    let z = no_grad(|| enable_grad(|| x.mul(2.0)));
    assert_eq!(
        (z.requires_grad(), z.is_leaf(), z.grad_fn()),
        (true, false, Some("mul"))
    );
    // A leaf can be made in either mode.
    assert!(no_grad(|| tensor!(1.0).requires_grad_(true)).requires_grad());
}

#[test]
fn a_backward_records_nothing_and_keeps_the_mode() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    let y = x.square().sum();
    no_grad(|| {
        y.backward();
        assert!(!is_grad_enabled());
    });
    assert!(is_grad_enabled() && !x.grad().unwrap().requires_grad());
}
