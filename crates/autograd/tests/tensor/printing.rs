//! Tensors print as PyTorch's do.

use ondol_autograd::{DType, Tensor, no_grad, tensor};

#[test]
fn numbers() {
    assert_eq!(
        tensor!([[1, 2], [3, 40]]).to_string(),
        "tensor([[ 1,  2],\n        [ 3, 40]])"
    );
    assert_eq!(tensor!([1.0, 2.5]).to_string(), "tensor([1.0000, 2.5000])");
    assert_eq!(tensor!([1.0, -2.0]).to_string(), "tensor([ 1., -2.])");
    assert_eq!(tensor!(3.0).to_string(), "tensor(3.)");
    assert_eq!(tensor!([true, false]).to_string(), "tensor([ True, False])");
    assert_eq!(tensor!([]).to_string(), "tensor([])");
    assert_eq!(
        tensor!([1e-8, 1.0]).to_string(),
        "tensor([1.0000e-08, 1.0000e+00])"
    );
    assert_eq!(
        tensor!([1.0, f64::NAN, f64::INFINITY]).to_string(),
        "tensor([1., nan, inf])"
    );
}

#[test]
fn dtypes_that_are_not_the_default() {
    assert_eq!(
        tensor!([1.0]).double().to_string(),
        "tensor([1.], dtype=f64)"
    );
    assert_eq!(tensor!([1]).int().to_string(), "tensor([1], dtype=i32)");
    assert_eq!(
        Tensor::zeros_with(0, DType::I64).to_string(),
        "tensor([], dtype=i64)"
    );
    assert_eq!(Tensor::zeros([0, 3]).to_string(), "tensor([], size=(0, 3))");
}

#[test]
fn history() {
    let x = tensor!([1.0]).requires_grad_(true);
    assert_eq!(x.to_string(), "tensor([1.], requires_grad=True)");
    assert_eq!(x.mul(2.0).to_string(), "tensor([2.], grad_fn=<mul>)");
    assert_eq!(
        format!("{:?}", x.double()),
        "tensor([1.], dtype=f64, grad_fn=<to>)"
    );
    assert_eq!(x.detach().to_string(), "tensor([1.])");
    assert_eq!(no_grad(|| x.mul(2.0)).to_string(), "tensor([2.])");
}

#[test]
fn long_ones_are_shortened() {
    let text = Tensor::arange(0, 2000, 1).to_string();
    assert_eq!(text, "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])");
    assert_eq!(
        tensor!([[1, 2], [3, 4]]).t().to_string(),
        "tensor([[1, 3],\n        [2, 4]])"
    );
}
