//! Writes that PyTorch would show elsewhere: refused with the idiom that works.

use ondol_autograd::{Tensor, tensor};

use crate::says;

const VIEW: &str = "writing to a view does not change the tensor it was made from, as it would in PyTorch; \
                    write to that tensor with x.set(index, &value), or make a copy with .clone_data() first";
const LEAF: &str = "a leaf Variable that requires grad is being used in an in-place operation; do it inside no_grad(|| …)";

#[test]
fn views_of_a_living_tensor() {
    let x = Tensor::zeros([2, 3]);
    says!(x.i(0).add_(1.0) => &format!("add_: {VIEW}"));
    says!(x.view(6).mul_(2.0) => &format!("mul_: {VIEW}"));
    says!(x.t().fill_(1.0) => &format!("fill_: {VIEW}"));
}

#[test]
fn leaves() {
    let x = tensor!([1.0, 2.0]).requires_grad_(true);
    says!(x.add_(1.0) => &format!("add_: {LEAF}"));
    says!({ let mut x = x.clone(); x -= 1.0 } => &format!("sub_: {LEAF}"));
    says!(x.set(0, 1.0) => &format!("set: {LEAF}"));
    says!(x.fill_at(0, 1.0) => &format!("set: {LEAF}"));
    says!(x.relu_() => &format!("relu_: {LEAF}"));
    says!(x.copy_(&tensor!(1.0)) => &format!("copy_: {LEAF}"));
}
