//! What stands at the edge: singular, empty, integer, in place.

use ondol_autograd::{DType, Shape, Tensor, linalg, tensor};

use super::{message, near};

#[test]
fn a_singular_determinant_has_its_gradient() {
    let a = tensor!(vec![
        vec![1.0f64, 2.0, 3.0],
        vec![2.0, 4.0, 6.0],
        vec![0.0, 1.0, 5.0]
    ]);
    let a = a.requires_grad_(true);
    linalg::det(&a).backward();
    // The cofactors; PyTorch 2.15 gives 0 everywhere.
    let want = [14.0, -10.0, 2.0, -7.0, 5.0, -1.0, 0.0, 0.0, 0.0];
    near(&a.grad().expect("it flows"), &want).expect("the cofactors");
    // Of no rank at all, nothing is left.
    let zero = Tensor::zeros_with([3, 3], DType::F64).requires_grad_(true);
    linalg::det(&zero).backward();
    assert_eq!(zero.grad().expect("it flows").to_vec::<f64>(), [0.0; 9]);
}

#[test]
fn equations_of_every_kind() {
    let shape = |equation: &str, shapes: &[&[usize]]| -> Shape {
        let operands: Vec<Tensor> = shapes.iter().map(|&s| Tensor::ones(s)).collect();
        Tensor::einsum(equation, &operands).shape()
    };
    assert_eq!(shape("bA", &[&[2, 3]]), [3, 2]);
    assert_eq!(shape("Ab,bA", &[&[2, 3], &[3, 2]]), []);
    assert_eq!(shape("ij->...i", &[&[2, 3]]), [2]);
    assert_eq!(shape("i...->...", &[&[2, 3]]), [3]);
    assert_eq!(shape("i...,j...->ij...", &[&[2, 3], &[4, 1]]), [2, 4, 3]);
    assert_eq!(shape("...ij,...jk->ik", &[&[5, 2, 3], &[5, 3, 4]]), [2, 4]);
    assert_eq!(shape("", &[&[]]), []);
    assert_eq!(shape(",,", &[&[], &[], &[]]), []);
    assert_eq!(shape("i,->i", &[&[3], &[]]), [3]);
    assert_eq!(shape("ij,jk->ik", &[&[2, 0], &[0, 3]]), [2, 3]);
    assert_eq!(shape("...", &[&[2, 3]]), [2, 3]);
    assert_eq!(shape("...a->a...", &[&[2, 3]]), [3, 2]);
    let sums = Tensor::einsum("ij,jk->ik", &[Tensor::ones([2, 0]), Tensor::ones([0, 3])]);
    assert_eq!(sums.to_vec::<f32>(), [0.0; 6]);
    let whole = Tensor::einsum("i,i->", &[tensor!([1, 2, 3]), tensor!([4, 5, 6])]);
    assert_eq!(whole.item_as::<i64>(), 32);
    // From the right it costs 20 million products, from the left ten thousand million.
    let (m, v) = (Tensor::ones([2000, 2000]), Tensor::ones(2000));
    let chain = Tensor::einsum("ij,jk,kl,l->i", &[&m, &m, &m, &v]);
    assert_eq!(chain.i(0).item(), 8e9);
}

#[test]
fn beta_of_nothing_hides_the_input() {
    let nan = Tensor::full([1, 1], f64::NAN);
    let one = Tensor::ones([1, 1]);
    assert_eq!(nan.addmm_with(&one, &one, 0, 1).item(), 1.0);
    let x = nan.clone_data().requires_grad_(true);
    let y = x.addmm_with(&one, &one, 0.0, 3.0);
    assert_eq!(y.item(), 3.0);
    y.backward();
    assert_eq!(x.grad().expect("a gradient of nothing").item(), 0.0);
    // Of integers, the factors are cut.
    let i = tensor!([[3]]);
    assert_eq!(i.addmm_with(&i, &i, 0.9, 2.9).item_as::<i64>(), 18);
}

#[test]
fn in_place_products() {
    let (a, b) = (tensor!([[1.0, 2.0]]), tensor!([[3.0], [4.0]]));
    let x = tensor!([[10.0]]);
    assert!(x.addmm_(&a, &b, 1, 1).same(&x));
    assert_eq!(x.item(), 21.0);
    let w = a.clone_data().requires_grad_(true);
    x.addmm_(&w, &b, 2, 1);
    assert_eq!(x.item(), 53.0);
    x.backward();
    assert_eq!(crate::slope(&w), [3.0, 4.0]);
    let s = tensor!([[2.0]]);
    s.addmm_(&s, &s, 1, 1);
    assert_eq!(s.item(), 6.0);
    let row = tensor!([0.0]);
    assert!(message(|| row.addmm_(&a, &b, 1, 1)).contains("shape and dtype must stay"));
}

#[test]
fn singular_matrices() {
    let a = tensor!(vec![vec![1.0f64, 2.0], vec![2.0, 4.0]]);
    let (sign, log) = linalg::slogdet(&a);
    assert_eq!((sign.item(), log.item()), (0.0, f64::NEG_INFINITY));
    assert_eq!(a.logdet().item(), f64::NEG_INFINITY);
    assert!(tensor!(vec![vec![-1.0f64]]).logdet().item().is_nan());
    assert_eq!(linalg::cond(&a, "fro").item(), f64::INFINITY);
    assert_eq!(linalg::matrix_rank(&a).item_as::<i64>(), 1);
    let p = linalg::pinv(&a);
    assert!(p.mul(25.0).sub(&a).abs().max().item() < 1e-13);
    let nan = tensor!(vec![vec![f64::NAN, 1.0], vec![1.0, 1.0]]);
    assert!(linalg::inv(&nan).isnan().all().item_as::<bool>());
    assert!(linalg::det(&nan).item().is_nan());
    let least = linalg::lstsq(&Tensor::zeros([3, 2]), &Tensor::ones([3, 1]));
    assert_eq!(least.solution.to_vec::<f32>(), [0.0, 0.0]);
    assert_eq!((least.rank.item(), least.residuals.numel()), (0.0, 0));
    let line = linalg::lstsq(
        &tensor!([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]),
        &tensor!([0.0, 1.0, 5.0]),
    );
    assert!(line.solution.sub(tensor!([-0.5, 2.5])).abs().max().item() < 1e-6);
    assert!((line.residuals.item() - 1.5).abs() < 1e-5);
}

#[test]
fn norms_of_nothing() {
    let z = |shape: &[usize]| Tensor::zeros(shape);
    for (shape, order) in [
        ([0, 3], linalg::NormOrder::Fro),
        ([0, 3], 2.into()),
        ([0, 3], 1.into()),
        ([3, 0], 1.into()),
    ] {
        assert_eq!(linalg::matrix_norm(&z(&shape), order).item(), 0.0);
    }
    assert_eq!(linalg::cond(&z(&[0, 0]), 2).item(), 0.0);
    assert_eq!(linalg::matrix_rank(&z(&[0, 3])).item_as::<i64>(), 0);
    assert_eq!(linalg::pinv(&z(&[0, 3])).shape(), [3, 0]);
    assert_eq!(linalg::det(&z(&[0, 0])).item(), 1.0);
    assert_eq!(z(&[2, 0]).cdist(&z(&[4, 0]), 2.0).to_vec::<f32>(), [0.0; 8]);
}

#[test]
fn lengths_of_nothing_have_no_slope() {
    let x = Tensor::zeros([2, 3]).requires_grad_(true);
    let y = Tensor::zeros([1, 3]);
    for p in [1.0, 1.5, 2.0, 3.0] {
        x.zero_grad();
        x.cdist(&y, p).sum().backward();
        assert_eq!(crate::slope(&x), [0.0; 6]);
    }
    let half = Tensor::ones([2, 3]).to_dtype(DType::F32);
    assert_eq!(linalg::svdvals(&half).dtype(), DType::F32);
}
