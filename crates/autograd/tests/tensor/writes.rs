//! Mathematics in place: dtypes, sharing, graphs.

use ondol_autograd::{DType, Tensor, catch, no_grad, tensor};

use crate::floats;

#[test]
fn the_dtype_stays() {
    let x = tensor!([1.0, 2.0]);
    assert_eq!(floats(&x.eq_(2)), [0.0, 1.0]);
    assert_eq!(floats(&x.add_(tensor!([1.0, 1.0]).double())), [1.0, 2.0]);
    let y = tensor!([1, 2]);
    assert_eq!(y.logical_and_(tensor!([1, 0])).to_vec::<i64>(), [1, 0]);
    let z = tensor!([7, 1]).int();
    assert_eq!(z.cumsum_(0).to_vec::<i32>(), [7, 8]);
    assert_eq!(tensor!([7]).floor_divide_(2).to_vec::<i64>(), [3]);
    for refused in [
        catch(|| tensor!([1]).exp_()),
        catch(|| tensor!([7]).div_(2)),
        catch(|| tensor!([7]).clamp_(1.5, None)),
        catch(|| tensor!([7]).pow_(0.5)),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("i64") && error.contains("f32"), "{error}");
    }
    // The result must have the tensor's shape.
    assert!(catch(|| tensor!([1.0]).pow_(tensor!([1.0, 2.0]))).is_err());
    assert!(catch(|| tensor!([1.0]).lerp_(&tensor!([1.0, 2.0]), 0.5)).is_err());
}

#[test]
fn a_shared_buffer_is_never_written() {
    let x = tensor!([1.0, 4.0]);
    let kept = x.value();
    let other = x.clone();
    x.sqrt_();
    assert_eq!(floats(&other), [1.0, 2.0], "a clone is the same tensor");
    assert_eq!(kept.to_vec::<f32>().unwrap(), [1.0, 4.0]);
    // An operand may be the tensor itself.
    assert_eq!(floats(&x.lerp_(&x, &x)), [1.0, 2.0]);
    assert_eq!(floats(&x.addcmul_(&x, &x, 1.0)), [2.0, 6.0]);
    assert_eq!(floats(&x.pow_(&x)), [4.0, 46656.0]);
    let base = tensor!([1.0, 4.0]);
    let view = base.i(..1);
    assert!(catch(|| view.exp_()).is_err());
    drop(view);
}

#[test]
fn graphs_know_what_was_written() {
    let x = tensor!([2.0, 3.0]).requires_grad_(true);
    assert!(catch(|| x.exp_()).is_err(), "a leaf");
    no_grad(|| x.square_());
    assert_eq!(floats(&x), [4.0, 9.0]);
    let y = &x * 1.0;
    y.sqrt_();
    y.sum().backward();
    assert_eq!(floats(&x.grad().unwrap()), [0.25, 1.0 / 6.0]);
    // A comparison ends the path: its gradient is 0, and not missing.
    x.set_grad(None);
    let z = &x * 1.0;
    z.eq_(4);
    (&z * &x).sum().backward();
    assert_eq!(floats(&x.grad().unwrap()), [1.0, 0.0]);
    let weights = tensor!([0.5, 0.5]).requires_grad_(true);
    let start = tensor!([0.0, 0.0]);
    start.lerp_(&x, &weights);
    start.sum().backward();
    assert_eq!(floats(&weights.grad().unwrap()), [4.0, 9.0]);
}

#[test]
fn operators_write_too() {
    let mut x = tensor!([7, -7]);
    x %= 4;
    assert_eq!(x.to_vec::<i64>(), [3, 1]);
    let mask = tensor!([true, false]) | tensor!([false, false]);
    assert_eq!((mask & true).to_vec::<bool>(), [true, false]);
    assert_eq!((tensor!([6]) ^ 3).to_vec::<i64>(), [5]);
}

#[test]
fn to_takes_what_it_is_given() {
    let x = tensor!([1, 2]);
    assert_eq!(x.to(DType::F64).dtype(), DType::F64);
    assert_eq!(x.to((DType::F16, &x.device())).dtype(), DType::F16);
    assert_eq!(x.to(&tensor!([1.0])).dtype(), DType::F32);
    assert!(x.to(x.device()).same(&x) && x.to(DType::I64).same(&x));
    assert_eq!(x.type_as(&tensor!(true)).dtype(), DType::Bool);
    assert_eq!((x.element_size(), x.nbytes()), (8, 16));
    assert!(x.is_cpu() && !x.is_cuda() && x.is_signed() && !x.byte().is_signed());
    assert!(x.is_same_size(&x.float()) && tensor!([2]).is_nonzero());
    assert!(!x.is_floating_point() && Tensor::zeros(1).is_floating_point());
}

#[test]
fn equality_and_closeness() {
    let x = tensor!([1.0, f32::INFINITY, f32::NAN, f32::INFINITY]);
    let y = tensor!([1.0 + 1e-7, f32::INFINITY, f32::NAN, f32::NEG_INFINITY]);
    let close = x.isclose(&y, 1e-5, 1e-8, false);
    assert_eq!(close.to_vec::<bool>(), [true, true, false, false]);
    let close = x.isclose(&y, 1e-5, 1e-8, true);
    assert_eq!(close.to_vec::<bool>(), [true, true, true, false]);
    assert!(tensor!([10]).allclose(&tensor!([11]), 0.0, 1.0, false));
    assert!(tensor!([1.0, 1.0]).allclose(&tensor!([1.0]), 1e-5, 1e-8, false));
    assert!(catch(|| tensor!([1]).isclose(&tensor!([1.0]), 0.0, 0.0, false)).is_err());
    assert!(tensor!([1]).equal(&tensor!([1.0])));
    assert!(!tensor!([1]).equal(&tensor!([1, 1])));
    assert!(!tensor!([f32::NAN]).equal(&tensor!([f32::NAN])));
}
