//! Elements rolled, turned, repeated, in pieces and joined; the numbers are PyTorch 2.15's.

use ondol_autograd::{Indexing, Tensor, tensor};

use crate::{floats, inputs, ints, list};

#[test]
fn rolled_and_turned() {
    let (x, _, m) = inputs();
    ints(
        &x.roll(5, ..),
        &[2, 3, 4],
        &[
            19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
        ],
    );
    ints(
        &x.roll([1, -1], [0, 2]),
        &[2, 3, 4],
        &[
            13, 14, 15, 12, 17, 18, 19, 16, 21, 22, 23, 20, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8,
        ],
    );
    floats(
        &m.roll([1, 1], [1, 1]),
        &[2, 3],
        &[1.0, 2.0, 0.0, 4.0, 5.0, 3.0],
    );
    floats(&m.roll(-7, 1), &[2, 3], &[1.0, 2.0, 0.0, 4.0, 5.0, 3.0]);
    floats(
        &m.rot90(0, [0, 1]),
        &[2, 3],
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    );
    floats(
        &m.rot90(1, [0, 1]),
        &[3, 2],
        &[2.0, 5.0, 1.0, 4.0, 0.0, 3.0],
    );
    floats(
        &m.rot90(2, [0, 1]),
        &[2, 3],
        &[5.0, 4.0, 3.0, 2.0, 1.0, 0.0],
    );
    floats(
        &m.rot90(3, [0, 1]),
        &[3, 2],
        &[3.0, 0.0, 4.0, 1.0, 5.0, 2.0],
    );
    floats(
        &m.rot90(-1, [0, 1]),
        &[3, 2],
        &[3.0, 0.0, 4.0, 1.0, 5.0, 2.0],
    );
    floats(
        &m.rot90(5, [0, 1]),
        &[3, 2],
        &[2.0, 5.0, 1.0, 4.0, 0.0, 3.0],
    );
    ints(
        &x.rot90(1, [2, 0]),
        &[4, 3, 2],
        &[
            12, 0, 16, 4, 20, 8, 13, 1, 17, 5, 21, 9, 14, 2, 18, 6, 22, 10, 15, 3, 19, 7, 23, 11,
        ],
    );
    floats(&m.fliplr(), &[2, 3], &[2.0, 1.0, 0.0, 5.0, 4.0, 3.0]);
    floats(&m.flipud(), &[2, 3], &[3.0, 4.0, 5.0, 0.0, 1.0, 2.0]);
}

#[test]
fn repeated() {
    let (_, _, m) = inputs();
    floats(
        &m.tile(2),
        &[2, 6],
        &[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0],
    );
    floats(
        &m.tile([2, 1, 2]),
        &[2, 2, 6],
        &[
            0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0, 0.0, 1.0, 2.0, 0.0, 1.0,
            2.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0,
        ],
    );
    floats(&m.tile(()), &[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    floats(
        &m.repeat_interleave(2, None),
        &[12],
        &[0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 5.0],
    );
    floats(
        &m.repeat_interleave(2, 0),
        &[4, 3],
        &[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0],
    );
    floats(
        &m.repeat_interleave(tensor!([1, 0, 2]), -1),
        &[2, 3],
        &[0.0, 2.0, 2.0, 3.0, 5.0, 5.0],
    );
    floats(
        &m.repeat_interleave(tensor!([2]), 0),
        &[4, 3],
        &[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0],
    );
    floats(&m.repeat_interleave(tensor!([0, 0]), 0), &[0, 3], &[]);
    ints(&tensor!(3).repeat_interleave(2, None), &[2], &[3, 3]);
}

#[test]
fn in_pieces() {
    let (x, _, m) = inputs();
    let parts = list(x.split_with_sizes(&[1, 3], -1));
    assert_eq!(parts.len(), 2);
    ints(&parts[0], &[2, 3, 1], &[0, 4, 8, 12, 16, 20]);
    ints(
        &parts[1],
        &[2, 3, 3],
        &[
            1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23,
        ],
    );
    let parts = list(Tensor::arange(0, 7, 1).tensor_split(3, 0));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[3], &[0, 1, 2]);
    ints(&parts[1], &[2], &[3, 4]);
    ints(&parts[2], &[2], &[5, 6]);
    let parts = list(Tensor::arange(0, 7, 1).tensor_split([1, 5, 4, -1], 0));
    assert_eq!(parts.len(), 5);
    ints(&parts[0], &[1], &[0]);
    ints(&parts[1], &[4], &[1, 2, 3, 4]);
    ints(&parts[2], &[0], &[]);
    ints(&parts[3], &[2], &[4, 5]);
    ints(&parts[4], &[1], &[6]);
    let parts = list(Tensor::arange(0, 7, 1).tensor_split([2, 20], 0));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[2], &[0, 1]);
    ints(&parts[1], &[5], &[2, 3, 4, 5, 6]);
    ints(&parts[2], &[0], &[]);
    let parts = list(Tensor::arange(0, 2, 1).tensor_split(4, 0));
    assert_eq!(parts.len(), 4);
    ints(&parts[0], &[1], &[0]);
    ints(&parts[1], &[1], &[1]);
    ints(&parts[2], &[0], &[]);
    ints(&parts[3], &[0], &[]);
    let parts = list(m.unbind(1));
    assert_eq!(parts.len(), 3);
    floats(&parts[0], &[2], &[0.0, 3.0]);
    floats(&parts[1], &[2], &[1.0, 4.0]);
    floats(&parts[2], &[2], &[2.0, 5.0]);
    let parts = list(Tensor::zeros([0, 2]).unbind(0));
    assert_eq!(parts.len(), 0);
    let parts = list(Tensor::arange(0, 6, 1).hsplit(3));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[2], &[0, 1]);
    ints(&parts[1], &[2], &[2, 3]);
    ints(&parts[2], &[2], &[4, 5]);
    let parts = list(m.hsplit([1]));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[2, 1], &[0.0, 3.0]);
    floats(&parts[1], &[2, 2], &[1.0, 2.0, 4.0, 5.0]);
    let parts = list(m.vsplit(2));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[1, 3], &[0.0, 1.0, 2.0]);
    floats(&parts[1], &[1, 3], &[3.0, 4.0, 5.0]);
    let parts = list(x.dsplit(2));
    assert_eq!(parts.len(), 2);
    ints(
        &parts[0],
        &[2, 3, 2],
        &[0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21],
    );
    ints(
        &parts[1],
        &[2, 3, 2],
        &[2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23],
    );
}

#[test]
fn joined() {
    let (_, _, m) = inputs();
    ints(
        &Tensor::hstack(&[tensor!([1, 2]), tensor!([3])]),
        &[3],
        &[1, 2, 3],
    );
    ints(&Tensor::hstack(&[tensor!(1), tensor!(2)]), &[2], &[1, 2]);
    floats(
        &Tensor::hstack(&[&m, &m]),
        &[2, 6],
        &[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 3.0, 4.0, 5.0],
    );
    ints(
        &Tensor::vstack(&[tensor!([1, 2]), tensor!([3, 4])]),
        &[2, 2],
        &[1, 2, 3, 4],
    );
    floats(
        &Tensor::row_stack(&[m.i(0), m.clone()].map(|t| t.atleast_2d())),
        &[3, 3],
        &[0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    );
    ints(
        &Tensor::dstack(&[tensor!([1, 2]), tensor!([3, 4])]),
        &[1, 2, 2],
        &[1, 3, 2, 4],
    );
    ints(
        &Tensor::column_stack(&[tensor!([1, 2]), tensor!([[3, 4], [5, 6]])]),
        &[2, 3],
        &[1, 3, 4, 2, 5, 6],
    );
    ints(
        &Tensor::column_stack(&[tensor!(1), tensor!(2)]),
        &[1, 2],
        &[1, 2],
    );
    floats(
        &Tensor::concat(&[&m, &m], 0),
        &[4, 3],
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    );
    floats(
        &Tensor::block_diag(&[tensor!([[1.0, 2.0]]), tensor!(3.0), tensor!([4.0, 5.0])]),
        &[3, 5],
        &[
            1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 5.0,
        ],
    );
    floats(&Tensor::block_diag::<Tensor>(&[]), &[1, 0], &[]);
    ints(
        &tensor!([1, 2, 3]).vander(None, false),
        &[3, 3],
        &[1, 1, 1, 4, 2, 1, 9, 3, 1],
    );
    floats(
        &tensor!([1.5, 2.0, 3.0]).vander(2, true),
        &[3, 2],
        &[1.0, 1.5, 1.0, 2.0, 1.0, 3.0],
    );
    ints(&tensor!([1, 2, 3]).vander(0, false), &[3, 0], &[]);
    let parts = list(Tensor::meshgrid(
        &[tensor!([1, 2]), tensor!([3, 4, 5])],
        Indexing::Ij,
    ));
    assert_eq!(parts.len(), 2);
    ints(&parts[0], &[2, 3], &[1, 1, 1, 2, 2, 2]);
    ints(&parts[1], &[2, 3], &[3, 4, 5, 3, 4, 5]);
    let parts = list(Tensor::meshgrid(
        &[tensor!([1, 2]), tensor!([3, 4, 5])],
        Indexing::Xy,
    ));
    assert_eq!(parts.len(), 2);
    ints(&parts[0], &[3, 2], &[1, 2, 1, 2, 1, 2]);
    ints(&parts[1], &[3, 2], &[3, 3, 4, 4, 5, 5]);
    let parts = list(Tensor::meshgrid(
        &[tensor!(1), tensor!([3, 4]), tensor!([5, 6])],
        Indexing::Xy,
    ));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[2, 1, 2], &[1, 1, 1, 1]);
    ints(&parts[1], &[2, 1, 2], &[3, 3, 4, 4]);
    ints(&parts[2], &[2, 1, 2], &[5, 6, 5, 6]);
    let parts = list(Tensor::broadcast_tensors(&[
        tensor!([[1], [2]]),
        tensor!([3, 4, 5]),
    ]));
    assert_eq!(parts.len(), 2);
    ints(&parts[0], &[2, 3], &[1, 1, 1, 2, 2, 2]);
    ints(&parts[1], &[2, 3], &[3, 4, 5, 3, 4, 5]);
}
