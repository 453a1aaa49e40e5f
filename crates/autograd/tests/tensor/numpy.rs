//! `ndarray` both ways.

use ondol_autograd::{DType, Tensor, catch, tensor};

#[test]
fn nothing_is_copied_on_the_way() {
    let nd = ndarray::array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let place = nd.as_ptr();
    let x = Tensor::from_ndarray(nd);
    assert_eq!((x.shape().to_vec(), x.dtype()), (vec![2, 3], DType::F32));
    let back = x.into_ndarray::<f32>();
    assert_eq!(back.as_ptr(), place);
    assert_eq!(back[[1, 2]], 6.0);
}

#[test]
fn what_is_shared_is_copied() {
    let x = Tensor::from(ndarray::array![1i64, 2, 3]);
    let other = x.clone();
    let mut copy = x.into_ndarray::<i64>();
    copy[[0]] = 9;
    assert_eq!(other.to_vec::<i64>(), [1, 2, 3]);
    let columns = other.to_ndarray::<i64>();
    assert_eq!(columns.shape(), [3]);
}

#[test]
fn layouts_of_every_kind() {
    let x = tensor!([[1, 2, 3], [4, 5, 6]]);
    let t = x.t();
    assert_eq!(
        t.to_ndarray::<i64>(),
        ndarray::array![[1, 4], [2, 5], [3, 6]].into_dyn()
    );
    assert_eq!(
        t.into_ndarray::<i64>(),
        ndarray::array![[1, 4], [2, 5], [3, 6]].into_dyn()
    );
    assert_eq!(x.flip(1).to_ndarray::<i64>()[[0, 0]], 3);
    let turned = ndarray::array![[1.0f64, 2.0], [3.0, 4.0]].reversed_axes();
    assert_eq!(Tensor::from(turned).to_vec::<f64>(), [1.0, 3.0, 2.0, 4.0]);
    let part = ndarray::Array1::from_vec(vec![1u8, 2, 3, 4]).slice_move(ndarray::s![1..3]);
    assert_eq!(Tensor::from(part).to_vec::<u8>(), [2, 3]);
    assert_eq!(Tensor::zeros([0, 2]).to_ndarray::<f32>().shape(), [0, 2]);
    assert_eq!(Tensor::from(ndarray::arr0(true)).ndim(), 0);
}

#[test]
fn other_dtypes_and_gradients_are_refused() {
    let x = tensor!([1.0]);
    let text = catch(|| x.to_ndarray::<f64>()).unwrap_err().to_string();
    assert!(
        text.contains("got f32") && text.contains("numpy.rs"),
        "{text}"
    );
    let w = x.clone_data().requires_grad_(true);
    assert_eq!(w.to_ndarray::<f32>()[[0]], 1.0);
    let text = catch(|| w.clone().into_ndarray::<f32>())
        .unwrap_err()
        .to_string();
    assert!(text.contains("requires grad"), "{text}");
}
