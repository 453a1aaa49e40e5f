//! Shapes, dtypes, indices and dimensions that do not go together.

use ondol_autograd::functional::{conv2d, linear, max_pool2d};
use ondol_autograd::{Conv2dOptions, DType, Index, Pool2dOptions, Tensor, tensor};

use crate::says;

fn z<const N: usize>(shape: [usize; N]) -> Tensor {
    Tensor::zeros(shape)
}

#[test]
fn operators() {
    let (a, b) = (z([2, 3]), z([2]));
    says!(&a + &b =>
        "add: [2, 3] and [2]: the sizes 3 and 2 at dimension 1 must be equal, or one of them 1, to broadcast");
    says!(a.clone() - &b =>
        "sub: [2, 3] and [2]: the sizes 3 and 2 at dimension 1 must be equal, or one of them 1, to broadcast");
    says!(&a * b.clone() =>
        "mul: [2, 3] and [2]: the sizes 3 and 2 at dimension 1 must be equal, or one of them 1, to broadcast");
    says!(2.0 * (&a / &b) =>
        "div: [2, 3] and [2]: the sizes 3 and 2 at dimension 1 must be equal, or one of them 1, to broadcast");
    says!(&a % &b =>
        "remainder: [2, 3] and [2]: the sizes 3 and 2 at dimension 1 must be equal, or one of them 1, to broadcast");
    says!(-tensor!([true]) =>
        "neg: got bool, expected numbers; to invert a mask use logical_not()");
    says!({ let mut x = z([2]); x += &a } =>
        "add: [2] and [2, 3]: the sizes 2 and 3 at dimension 1 must be equal, or one of them 1, to broadcast");
    says!({ let mut x = tensor!([1, 2]); x /= 2 } =>
        "div: got a result of f32 in place on i64, expected a result that i64 can hold; cast the tensor first");
    says!(1.0 - tensor!([true]) - &a - &b =>
        "sub: [2, 3] and [2]: the sizes 3 and 2 at dimension 1 must be equal, or one of them 1, to broadcast");
}

#[test]
fn matrix_products() {
    let (a, b) = (z([5, 3]), z([2, 3]));
    says!(a.mm(&b) =>
        "mm: [5, 3] and [2, 3]: mat1 and mat2 shapes cannot be multiplied (5x3 and 2x3): 3 ≠ 2");
    says!(a.mm(&z([3])) =>
        "mm: [3]: mat2 must be a matrix, but it has 1 dimensions");
    says!(a.matmul(&b) =>
        "matmul: [5, 3] and [2, 3]: the inner sizes 3 and 2 must be equal");
    says!(a.matmul(&tensor!(2.0)) =>
        "matmul: [5, 3] and []: both arguments to matmul need to be at least 1D; use * for a scalar");
    says!(z([2, 2, 3]).bmm(&z([3, 3, 2])) =>
        "bmm: [2, 2, 3] and [3, 3, 2]: expected [b, m, k] and [b, k, n] of one batch and one inner size");
    says!(z([3]).dot(&z([2])) =>
        "dot: [3] and [2]: inconsistent tensor size, expected both vectors to have the same number of elements");
    says!(a.mm(&tensor!([[1], [2], [3]])) =>
        "matmul: got f32 and i64, expected both operands of one dtype");
    says!(linear(&z([2, 4]), &z([5, 3]), None) =>
        "linear: [2, 4] and [5, 3]: the input's last size 4 must be the weight's in_features 3");
}

#[test]
fn shapes() {
    let x = z([3, 3]);
    says!(x.view(4) =>
        "view: [3, 3]: shape '[4]' is invalid for input of size 9");
    says!(x.t().view(9) =>
        "view: [3, 3]: view size [9] is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead");
    says!(x.view((-1, -1)) =>
        "view: [3, 3]: only one dimension can be inferred");
    says!(x.reshape((2, -1)) =>
        "reshape: [3, 3]: shape '[2, -1]' is invalid for input of size 9");
    says!(x.expand([3, 4]) =>
        "expand: [3, 3] and [3, 4]: the size 3 at dimension 1 cannot become 4; only a size of 1 stretches");
    says!(Tensor::from_vec(vec![1.0f32, 2.0], [3]) =>
        "from_vec: [3]: needs as many elements as the vector has: 2");
    says!(Tensor::cat(&[&x, &z([2, 2])], 0) =>
        "cat: [3, 3] and [2, 2]: sizes must match except in dimension 0");
    says!(Tensor::stack(&[&x, &z([2, 2])], 0) =>
        "stack: [3, 3] and [2, 2]: stack expects each tensor to be equal size, but entry 1 differs from entry 0");
    says!(tensor!(vec![vec![1.0, 2.0], vec![3.0]]) =>
        "tensor: expected sequence of length 2 at dim 1 (got 1) in row [1]");
    says!(x.repeat(2) =>
        "repeat: [3, 3] and [2]: the number of repeats must be at least the number of dimensions");
    says!(x.item() =>
        "item: [3, 3]: a Tensor with 9 elements cannot be converted to Scalar");
}

#[test]
fn dimensions() {
    let x = z([3, 3]);
    says!(x.sum_dim(2, false) =>
        "sum: Dimension out of range (expected to be in range of [-2, 1], but got 2)");
    says!(x.size(-3) =>
        "size: Dimension out of range (expected to be in range of [-2, 1], but got -3)");
    says!(x.unsqueeze(4) =>
        "unsqueeze: Dimension out of range (expected to be in range of [-3, 2], but got 4)");
    says!(x.transpose(0, 5) =>
        "transpose: Dimension out of range (expected to be in range of [-2, 1], but got 5)");
    says!(x.permute([0, 0]) =>
        "permute: [3, 3]: dims [0, 0] must name each of the 2 dimensions once");
    says!(x.softmax(2) =>
        "softmax: Dimension out of range (expected to be in range of [-2, 1], but got 2)");
    says!(x.max_dim(-3, true) =>
        "max: Dimension out of range (expected to be in range of [-2, 1], but got -3)");
    says!(x.cumsum(7) =>
        "cumsum: Dimension out of range (expected to be in range of [-2, 1], but got 7)");
    says!(Tensor::stack(&[&x, &x], 4) =>
        "stack: Dimension out of range (expected to be in range of [-3, 2], but got 4)");
    says!(z([0, 3]).max() =>
        "amax: [0, 3]: there is no greatest or least of nothing; the reduced dimensions must have elements");
    says!(x.sum_dim([0, 0], false) =>
        "sum: a dimension appears more than once in [0, 0]");
}

#[test]
fn positions() {
    let x = z([3, 4]);
    says!(x.i(3) =>
        "index: index 3 is out of bounds for dimension 0 with size 3");
    says!(x.i((0, -5)) =>
        "index: index -5 is out of bounds for dimension 1 with size 4");
    says!(x.i((0, 0, 0)) =>
        "index: [3, 4]: too many indices for tensor of dimension 2: 3 were given");
    says!(x.i((Index::Ellipsis, Index::Ellipsis)) =>
        "index: an index can only have a single ellipsis");
    says!(x.index_select(0, &tensor!([0, 9])) =>
        "index_select: index 9 is out of bounds for dimension 0 with size 3");
    says!(x.gather(1, &tensor!([[4]])) =>
        "gather: index 4 is out of bounds for dimension 1 with size 4");
    says!(x.gather(1, &tensor!([[0.0]])) =>
        "gather: got an index of f32, expected an index of i64 or i32");
    says!(x.narrow(1, 3, 2) =>
        "narrow: [3, 4]: start (3) + length (2) exceeds dimension size (4)");
    says!(x.topk(5, 1, true) =>
        "topk: selected index k out of range: k is 5, dimension 1 has size 4");
    says!(tensor!([3]).one_hot(3) =>
        "one_hot: index 3 is out of bounds for dimension 1 with size 3");
}

#[test]
fn dtypes() {
    says!(tensor!([1, 2]).mean() =>
        "mean: got i64, expected a floating-point dtype; use .float() first");
    says!(tensor!([1, 2]).requires_grad_(true) =>
        "requires_grad_: got i64, expected a floating-point dtype: only Tensors of floating point dtype can require gradients");
    says!(tensor!([1, 2]).to_vec::<f32>() =>
        "to_vec: got i64, expected f32; cast first, or ask for the type it has");
    says!(tensor!([1.0]).item_as::<i64>() =>
        "item: got f32, expected i64; cast first, or ask for the type it has");
    says!(tensor!([1.0]).bitwise_and(1) =>
        "bitwise_and: got f32, expected integers or bool");
    says!(Tensor::randn_with([2], DType::I64) =>
        "random: got i64, expected a floating-point dtype");
    says!(tensor!([true]) - tensor!([true]) =>
        "sub: got bool, expected numbers; to invert a mask use logical_not(), to compare two use ne() or logical_xor()");
}

#[test]
fn convolutions() {
    let (x, o) = (z([1, 2, 4, 4]), Conv2dOptions::default());
    says!(conv2d(&x, &z([3, 1, 3, 3]), None, o) =>
        "conv2d: [1, 2, 4, 4] and [3, 1, 3, 3]: given groups=1, this weight expects an input of 1 channels, but got 2 channels instead");
    says!(conv2d(&x, &z([3, 2, 5, 5]), None, o) =>
        "conv2d: [1, 2, 4, 4] and [3, 2, 5, 5]: the kernel (with its dilation) cannot be larger than the padded input, nor stride or dilation 0");
    says!(conv2d(&x, &z([3, 2, 3, 3]), Some(&z([2])), o) =>
        "conv2d: [3, 2, 3, 3] and [2]: expected a bias of 3 elements, one for each output channel");
    says!(conv2d(&z([4, 4]), &z([3, 2, 3, 3]), None, o) =>
        "conv2d: [4, 4] and [3, 2, 3, 3]: expected an input [N, C, H, W] or [C, H, W] and a weight [O, C/groups, KH, KW]");
    let o = Pool2dOptions {
        kernel: [2, 2],
        stride: [2, 2],
        padding: [2, 0],
        dilation: [1, 1],
    };
    says!(max_pool2d(&x, o) =>
        "max_pool2d: [1, 2, 4, 4] and [2, 2]: pad should be at most half of effective kernel size, but got pad=[2, 0]");
}
