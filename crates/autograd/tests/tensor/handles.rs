//! Names, views, copies, and writes past the graph.

use ondol_autograd::{Array, Error, Tensor, catch, no_grad, tensor, update};

use crate::{floats, slope};

#[test]
fn a_clone_is_the_same_tensor() {
    let x = tensor!([1.0, 2.0]);
    let name = x.clone();
    assert!(name.same(&x));
    name.add_(1.0);
    assert_eq!(floats(&x), [2.0, 3.0]);
    name.requires_grad_(true);
    x.sum().backward();
    assert_eq!(slope(&name), [1.0, 1.0]);
}

#[test]
fn a_snapshot_is_another_with_the_graph_of_now() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    let y = x.mul(2.0);
    let then = y.snapshot();
    assert!(!then.same(&y));
    y.add_(10.0);
    assert_eq!(
        (floats(&then), floats(&y)),
        (vec![2.0, 4.0], vec![12.0, 14.0])
    );
    assert_eq!((then.grad_fn(), y.grad_fn()), (Some("mul"), Some("add")));
    then.sum().backward();
    assert_eq!(slope(&x), [2.0, 2.0]);
}

#[test]
fn a_detached_tensor_shares_numbers_but_no_history() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    let y = x.mul(2.0).detach();
    assert!(!y.requires_grad() && y.is_leaf());
    y.requires_grad_(true).sum().backward();
    assert!(x.grad().is_none());
}

#[test]
fn copies_have_memory_of_their_own() {
    let x = tensor!([1.0, 2.0]);
    let copy = x.clone_data();
    copy.add_(1.0);
    assert_eq!(
        (floats(&x), floats(&copy)),
        (vec![1.0, 2.0], vec![2.0, 3.0])
    );
    let tracked = x.requires_grad_(true).clone_data();
    assert_eq!(tracked.grad_fn(), Some("clone"));
}

#[test]
fn a_value_is_not_touched_by_later_writes() {
    let x = tensor!([1.0, 2.0]);
    let value = x.value();
    x.add_(1.0);
    assert_eq!(value.to_vec::<f32>().unwrap(), [1.0, 2.0]);
}

#[test]
fn new_data_keeps_identity_and_gradient() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    x.square().sum().backward();
    x.set_data(Array::from_vec(vec![5.0f32, 6.0], 2).unwrap());
    assert!(x.is_leaf() && x.requires_grad());
    assert_eq!((floats(&x), slope(&x)), (vec![5.0, 6.0], vec![2.0, 4.0]));
    // A leaf may change its shape; the result of an operation may not.
    let y = x.mul(1.0);
    assert!(catch(|| y.set_data(Array::from_vec(vec![1.0f32], 1).unwrap())).is_err());
    let z = tensor!([1.0]);
    z.set_data(Array::from_vec(vec![1i64, 2], 2).unwrap());
    assert_eq!(z.to_vec::<i64>(), [1, 2]);
}

#[test]
fn an_update_writes_leaves_in_place() {
    let (x, y) = (
        tensor!([1.0]).requires_grad_(true),
        tensor!([2.0]).requires_grad_(true),
    );
    x.mul(&y).sum().backward();
    update(&[x.clone(), y.clone()], |arrays| {
        let [a, b] = arrays else {
            unreachable!("two tensors, two arrays")
        };
        **a = a.binary_scalar(ondol_tensor::Binary::Add, 10.0)?;
        **b = a.binary(ondol_tensor::Binary::Add, b)?;
        Ok(())
    })
    .unwrap();
    assert_eq!((x.item(), y.item()), (11.0, 13.0));
    assert!(x.is_leaf() && x.requires_grad());
    assert_eq!((slope(&x), slope(&y)), (vec![2.0], vec![1.0]));
}

#[test]
fn an_update_keeps_the_buffer_where_it_is_alone() {
    let x = Tensor::zeros(1000);
    let address = |x: &Tensor| x.value().to_ndarray::<f32>().map(|_| ()).is_ok();
    assert!(address(&x));
    let allocated = || x.device().memory().allocated;
    let before = allocated();
    for _ in 0..10 {
        update(std::slice::from_ref(&x), |a| {
            a[0].binary_scalar_(ondol_tensor::Binary::Add, 1.0)
        })
        .unwrap();
    }
    assert_eq!(floats(&x), [10.0; 1000]);
    // Other tests allocate meanwhile: ten copies would be 40 kB.
    assert!(allocated() < before + 1_000_000);
}

#[test]
fn an_update_refuses_a_tensor_given_twice() {
    let x = tensor!([1.0]);
    let error = update(&[x.clone(), x.clone()], |_| Ok(())).unwrap_err();
    assert!(
        matches!(error, Error::Value { op: "update", .. }),
        "{error}"
    );
    // An error of the closure comes out, and the tensors can be used on.
    let error = update(std::slice::from_ref(&x), |_| {
        Err(Error::value("step", "no"))
    })
    .unwrap_err();
    assert_eq!(error.to_string(), "step: no");
    assert_eq!(x.add_(1.0).item(), 2.0);
}

#[test]
fn gradients_can_be_replaced() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    x.set_grad(Some(tensor!([7.0, 8.0])));
    x.sum().backward();
    assert_eq!(slope(&x), [8.0, 9.0]);
    x.set_grad(None);
    assert!(x.grad().is_none());
    assert!(catch(|| x.set_grad(Some(tensor!([1.0])))).is_err());
}

#[test]
fn freezing_a_leaf_ends_its_gradients() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    x.requires_grad_(false);
    assert!(!x.mul(2.0).requires_grad());
    assert!(no_grad(|| x.requires_grad_(true)).requires_grad());
}

#[test]
fn tensors_cross_threads() {
    fn both<T: Send + Sync + 'static>(_: &T) {}
    let x = tensor!([1.0]).requires_grad_(true);
    both(&x);
    let name = x.clone();
    std::thread::spawn(move || no_grad(|| name.add_(1.0)))
        .join()
        .unwrap();
    assert_eq!(x.item(), 2.0);
}
