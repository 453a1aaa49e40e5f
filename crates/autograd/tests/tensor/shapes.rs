//! `view`, `reshape` and their kin, and tensors without dimensions.

use ondol_autograd::{Tensor, catch, tensor};

use crate::floats;

fn count(n: usize) -> Tensor {
    Tensor::arange(0, n, 1)
}

#[test]
fn a_size_of_minus_one_is_what_is_left() {
    let x = count(12);
    assert_eq!(x.view((3, -1)).shape(), [3, 4]);
    assert_eq!(x.view([-1]).shape(), [12]);
    assert_eq!(x.view(&[2i64, -1, 2][..]).shape(), [2, 3, 2]);
    assert_eq!(x.view((12, -1)).shape(), [12, 1]);
    assert_eq!(x.reshape(vec![4usize, 3]).shape(), [4, 3]);
    assert_eq!(Tensor::zeros([0, 3]).view((-1, 3)).shape(), [0, 3]);
    for bad in [[-1, -1], [5, -1], [-2, 6], [3, 5]] {
        assert!(catch(|| x.view(bad)).is_err(), "{bad:?}");
    }
    // Any size would do.
    assert!(catch(|| Tensor::zeros([0, 3]).view((0, -1))).is_err());
}

#[test]
fn a_view_shares_and_a_reshape_copies_where_it_must() {
    let x = count(6).view((2, 3));
    assert!(catch(|| x.t().view(6)).is_err());
    assert_eq!(x.t().reshape(6).to_vec::<i64>(), [0, 3, 1, 4, 2, 5]);
    // Strides that merge make a view possible although the whole is not contiguous.
    let part = count(24).view((4, 3, 2)).i(..2);
    assert_eq!(part.view((2, 6)).shape(), [2, 6]);
    let columns = count(24).view((4, 6)).i((.., ..4));
    assert!(!columns.is_contiguous());
    assert_eq!(columns.view((4, 2, 2)).i((1, 0)).to_vec::<i64>(), [6, 7]);
    assert!(catch(|| columns.view(16)).is_err());
}

#[test]
fn squeezing() {
    let x = Tensor::zeros([1, 3, 1]);
    assert_eq!(x.squeeze().shape(), [3]);
    assert_eq!(x.squeeze_dim(0).shape(), [3, 1]);
    assert_eq!(x.squeeze_dim(-1).shape(), [1, 3]);
    // A dimension of another size stays, without an error.
    assert_eq!(x.squeeze_dim(1).shape(), [1, 3, 1]);
    assert_eq!(x.squeeze_dim([0, 2]).shape(), [3]);
    assert!(catch(|| x.squeeze_dim(3)).is_err());
    // A batch of one vanishes too.
    assert_eq!(Tensor::zeros([1, 1]).squeeze().ndim(), 0);
    assert_eq!(x.unsqueeze(-1).shape(), [1, 3, 1, 1]);
    assert_eq!(x.unsqueeze(-4).shape(), [1, 1, 3, 1]);
    assert!(catch(|| x.unsqueeze(-5)).is_err());
}

#[test]
fn sizes_and_strides() {
    let x = count(24).view((2, 3, 4));
    assert_eq!((x.size(0), x.size(-1), x.numel(), x.ndim()), (2, 4, 24, 3));
    assert_eq!((x.dim(), x.ndimension()), (3, 3));
    assert_eq!(x.stride(), [12, 4, 1]);
    let y = x.i((1, .., 1)).t();
    assert_eq!(
        (y.stride(), y.storage_offset(), y.shape()),
        (vec![4], 13, [3].into())
    );
    assert_eq!(x.expand([5, 2, 3, 4]).stride(), [0, 12, 4, 1]);
    assert!(x.is_contiguous() && !x.transpose(0, 1).is_contiguous());
    assert_eq!(x.permute([2, 0, 1]).shape(), [4, 2, 3]);
}

#[test]
fn pieces_and_wholes() {
    let x = count(7);
    let pieces: Vec<Vec<i64>> = x.split(3, 0).iter().map(Tensor::to_vec).collect();
    assert_eq!(pieces, [vec![0, 1, 2], vec![3, 4, 5], vec![6]]);
    let chunks: Vec<usize> = x.chunk(4, 0).iter().map(Tensor::numel).collect();
    assert_eq!(chunks, [2, 2, 2, 1]);
    // PyTorch gives fewer chunks where the size does not need all.
    assert_eq!(count(6).chunk(4, 0).len(), 3);
    assert_eq!(
        Tensor::cat(&x.split(2, 0), 0).to_vec::<i64>(),
        x.to_vec::<i64>()
    );
    assert!(catch(|| Tensor::cat::<Tensor>(&[], 0)).is_err());
    assert!(catch(|| Tensor::stack::<Tensor>(&[], 0)).is_err());
    assert_eq!(
        x.unfold(0, 3, 2).to_vec::<i64>(),
        [0, 1, 2, 2, 3, 4, 4, 5, 6]
    );
    assert_eq!(
        count(2).repeat([2, 2]).to_vec::<i64>(),
        [0, 1, 0, 1, 0, 1, 0, 1]
    );
}

#[test]
fn without_dimensions() {
    let x = tensor!(3.0);
    assert_eq!((x.ndim(), x.numel(), x.shape().to_vec()), (0, 1, vec![]));
    assert_eq!((x.stride(), x.is_contiguous()), (vec![], true));
    for y in [
        x.sum(),
        x.mean(),
        x.max(),
        x.prod(),
        x.view(()),
        x.t(),
        x.squeeze(),
        x.permute([0isize; 0]),
    ] {
        assert_eq!((y.ndim(), y.item()), (0, 3.0));
    }
    for y in [
        x.sum_dim(0, false),
        x.mean_dim(-1, true),
        x.amax(0, true),
        x.max_dim(0, true).0,
        x.cumsum(0),
    ] {
        assert_eq!((y.ndim(), y.item()), (0, 3.0));
    }
    assert_eq!(x.argmax(0, false).item(), 0.0);
    assert_eq!(x.softmax(0).item(), 1.0);
    assert_eq!(
        (x.view(1).shape(), x.view((1, -1)).shape()),
        ([1].into(), [1, 1].into())
    );
    assert_eq!(
        (x.unsqueeze(0).shape(), x.flatten(0, -1).shape()),
        ([1].into(), [1].into())
    );
    assert_eq!(floats(&x.expand(3)), [3.0; 3]);
    assert_eq!(floats(&Tensor::stack(&[&x, &x], 0)), [3.0, 3.0]);
    assert_eq!(x.sort(0, false).1.item(), 0.0);
    for dim in [1, -2] {
        assert!(catch(|| x.sum_dim(dim, false)).is_err());
    }
    assert!(catch(|| x.i(0)).is_err());
    assert!(catch(|| x.size(0)).is_err());
    assert!(catch(|| Tensor::cat(&[&x, &x], 0)).is_err());
    let w = x.requires_grad_(true);
    w.square().backward();
    assert_eq!(w.grad().unwrap().item(), 6.0);
}

#[test]
#[allow(clippy::reversed_empty_ranges)] // Empty on purpose, as Python's x[-1:-2].
fn parts_by_position() {
    let x = count(12).view((3, 4));
    assert_eq!(x.i(-1).to_vec::<i64>(), [8, 9, 10, 11]);
    assert_eq!(x.i((.., -2)).to_vec::<i64>(), [2, 6, 10]);
    assert_eq!(x.i((1..=2, 0)).to_vec::<i64>(), [4, 8]);
    assert_eq!(x.i((..-1, 2..)).to_vec::<i64>(), [2, 3, 6, 7]);
    // Slices clip, as Python's do; positions do not.
    assert_eq!(x.i(1..9).shape(), [2, 4]);
    assert_eq!(x.i(5..9).shape(), [0, 4]);
    assert_eq!(x.i(-1..-2).shape(), [0, 4]);
    assert!(catch(|| x.i(3)).is_err());
    x.set((1, ..2), tensor!([-1, -2]));
    x.set((.., 3), 7);
    assert_eq!(x.to_vec::<i64>(), [0, 1, 2, 7, -1, -2, 6, 7, 8, 9, 10, 7]);
    // A whole row from a float is cut to the tensor's dtype, as PyTorch's copy does.
    x.set(2, Tensor::full(4, 2.9));
    assert_eq!(x.i(2).to_vec::<i64>(), [2; 4]);
}
