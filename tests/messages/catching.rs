//! `catch`: the typed error, and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

use ondol_autograd::{Error, Scope, Tensor, catch, ok, raise, tensor};

fn fails() -> Tensor {
    tensor!([1.0, 2.0]).mm(&tensor!([1.0]))
}

#[test]
fn the_error_is_typed() {
    let error = catch(|| &tensor!([1.0, 2.0]) + &tensor!([1.0, 2.0, 3.0])).unwrap_err();
    assert!(
        matches!(error.root(), Error::Shape { op: "add", lhs, rhs, .. } if lhs == &[2] && rhs == &[3])
    );
    assert!(matches!(&error, Error::At { layers, .. } if layers.is_empty()));
    let error = catch(|| tensor!([1.0]).i(1)).unwrap_err();
    assert!(
        matches!(
            error.root(),
            Error::Index {
                index: 1,
                dim: 0,
                size: 1,
                ..
            }
        ),
        "{error:?}"
    );
    let error = catch(|| tensor!([1.0]).sum_dim(1, false)).unwrap_err();
    assert!(
        matches!(
            error.root(),
            Error::Dim {
                dim: 1,
                low: -1,
                high: 0,
                ..
            }
        ),
        "{error:?}"
    );
    let error = catch(|| tensor!([1]).mean()).unwrap_err();
    assert!(
        matches!(error.root(), Error::DType { op: "mean", .. }),
        "{error:?}"
    );
    let error = catch(|| tensor!(1.0).backward()).unwrap_err();
    assert!(
        matches!(error.root(), Error::Autograd { op: "backward", .. }),
        "{error:?}"
    );
}

#[test]
fn a_value_passes() {
    assert_eq!(catch(|| tensor!(2.0).mul(3.0).item()).unwrap(), 6.0);
}

#[test]
fn outside_of_catch_the_panic_is_an_ordinary_string() {
    let inside = catch(fails).unwrap_err().to_string();
    let panic = catch_unwind(fails).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>(), Some(&inside));
}

#[test]
fn other_panics_pass_through() {
    let panic = catch_unwind(|| catch(|| panic!("mine"))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"mine"));
    let panic = catch_unwind(|| catch(|| panic_any(7u8))).unwrap_err();
    assert_eq!(panic.downcast_ref::<u8>(), Some(&7));
    // And leave nothing behind: the next error is an ordinary panic again.
    let panic = catch_unwind(fails).unwrap_err();
    assert!(panic.is::<String>());
}

#[test]
fn the_inner_one_catches() {
    let outer = catch(|| {
        let inner = catch(fails).unwrap_err();
        assert!(
            matches!(inner.root(), Error::Input { op: "mm", .. }),
            "{inner:?}"
        );
        "went on"
    });
    assert_eq!(outer.unwrap(), "went on");
    let outer = catch(|| {
        let _ = catch(fails);
        tensor!([1.0]).view(3)
    });
    assert!(matches!(
        outer.unwrap_err().root(),
        Error::Input { op: "view", .. }
    ));
}

#[test]
fn an_error_raised_again_keeps_its_place() {
    let first = catch(fails).unwrap_err();
    let again = catch(|| -> () { raise(first.clone()) }).unwrap_err();
    assert_eq!(first.to_string(), again.to_string());
    let again = catch(|| ok(Err::<(), _>(first.clone()))).unwrap_err();
    assert_eq!(first.to_string(), again.to_string());
}

#[test]
fn threads_catch_for_themselves() {
    let caught = catch(|| {
        // This thread is inside `catch`; the other is not.
        let panic = std::thread::spawn(|| fails().numel()).join().unwrap_err();
        assert!(panic.is::<String>());
        let threads: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| catch(fails).unwrap_err().to_string()))
            .collect();
        let here = catch(fails).unwrap_err().to_string();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), here);
        }
    });
    assert!(caught.is_ok());
}

#[test]
fn layers_are_left_when_an_error_passes() {
    let plain = catch(fails).unwrap_err().to_string();
    let _ = catch(|| {
        let _scope = Scope::enter("Lost", &[]);
        fails()
    });
    assert_eq!(catch(fails).unwrap_err().to_string(), plain);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _scope = Scope::enter("Lost", &[]);
        panic!("mine")
    }));
    assert_eq!(catch(fails).unwrap_err().to_string(), plain);
    // A scope that is never dropped does not outlive the `catch` around it.
    let _ = catch(|| std::mem::forget(Scope::enter("Lost", &[])));
    assert_eq!(catch(fails).unwrap_err().to_string(), plain);
}

#[test]
fn tensors_work_on_after_an_error() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    let y = x.mul(2.0);
    assert!(catch(|| y.add_(tensor!([1.0, 2.0, 3.0]))).is_err());
    assert!(catch(|| y.set(5, 1.0)).is_err());
    y.sum().backward();
    assert_eq!(x.grad().unwrap().to_vec::<f32>(), [2.0, 2.0]);
    let z = tensor!([1.0, 2.0]);
    assert!(catch(|| z.mul_(tensor!([1.0, 2.0, 3.0]))).is_err());
    assert_eq!(z.mul_(2.0).to_vec::<f32>(), [2.0, 4.0]);
}
